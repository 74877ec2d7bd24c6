package reconcile

import (
	"encoding/json"
	"time"

	"github.com/portone-gateway/portone-gateway/events/webhook"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// typesOf are the types of webhooks by the state that they told.
var typesOf = map[portonev2.PaymentWebhookPaymentStatus]string{
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_READY:                  "Transaction.Ready",
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_VIRTUAL_ACCOUNT_ISSUED: "Transaction.VirtualAccountIssued",
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PAID:                   "Transaction.Paid",
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_FAILED:                 "Transaction.Failed",
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PARTIAL_CANCELLED:      "Transaction.PartialCancelled",
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_CANCELLED:              "Transaction.Cancelled",
	portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PAY_PENDING:            "Transaction.PayPending",
}

// writtenBody is a webhook of version 2024-04-25.
type writtenBody struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp,omitempty"`
	Data      writtenData `json:"data"`
}

type writtenData struct {
	StoreID       string `json:"storeId,omitempty"`
	PaymentID     string `json:"paymentId"`
	TransactionID string `json:"transactionId,omitempty"`
}

// written makes the event of a webhook whose body PortOne's record does not have, or has
// in a form that cannot be read; nil where the record does not say either what it told.
func written(p payment, h *portonev2.PaymentWebhook) *eventsv1.Event {
	kind, known := typesOf[h.GetPaymentStatus()]
	if !known {
		return nil
	}
	body := writtenBody{Type: kind, Data: writtenData{p.GetStoreId(), p.GetId(), p.GetTransactionId()}}
	if at := h.GetTriggeredAt(); at != nil {
		body.Timestamp = at.AsTime().Format(time.RFC3339Nano)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	event, err := webhook.Read(text)
	if err != nil {
		return nil
	}
	return event
}
