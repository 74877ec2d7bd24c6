package webhook

import (
	"encoding/json"
	"time"
)

// Event is a webhook that was verified. Members that PortOne did not send are empty.
type Event struct {
	// ID is the webhook's id: the same when it is sent again.
	ID string

	// SentAt is when it was sent, to the second.
	SentAt time.Time

	// Type is what happened, such as Transaction.Paid. Empty for webhooks of the version
	// 2024-01-01, which have none.
	Type string

	// Timestamp is when it happened; zero if that is not said.
	Timestamp time.Time

	// StoreID, PaymentID, TransactionID, CancellationID and BillingKey say to what.
	StoreID, PaymentID, TransactionID, CancellationID, BillingKey string

	// Data has all members of what it happened to, by PortOne's names.
	Data map[string]json.RawMessage

	// Body is the whole, as it was received.
	Body []byte
}

// read reads a body. Members of other types than expected are left to Data: PortOne
// adds to webhooks without notice.
func read(id string, sent time.Time, body []byte) (*Event, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil || all == nil {
		return nil, ErrBody
	}
	e := &Event{ID: id, SentAt: sent, Body: body, Type: text(all, "type"), Data: all}
	if at, err := time.Parse(time.RFC3339Nano, text(all, "timestamp")); err == nil {
		e.Timestamp = at
	}
	var data map[string]json.RawMessage
	if json.Unmarshal(all["data"], &data) == nil && data != nil {
		e.Data = data
	}
	e.StoreID = text(e.Data, "storeId")
	e.PaymentID = first(text(e.Data, "paymentId"), text(e.Data, "payment_id"))
	e.TransactionID = first(text(e.Data, "transactionId"), text(e.Data, "tx_id"))
	e.CancellationID = first(text(e.Data, "cancellationId"), text(e.Data, "cancellation_id"))
	e.BillingKey = text(e.Data, "billingKey")
	return e, nil
}

// text is a member that is a string; empty if it is not.
func text(members map[string]json.RawMessage, name string) (value string) {
	if json.Unmarshal(members[name], &value) != nil {
		return ""
	}
	return value
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
