package webhook_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/webhook"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

var at = timestamppb.New(time.Date(2024, time.April, 25, 10, 0, 0, 123_000_000, time.UTC))

// transaction makes the data of a transaction of those members that are not empty.
func transaction(store, payment, tx string) *eventsv1.Event_Transaction {
	set := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	return &eventsv1.Event_Transaction{Transaction: &eventsv1.TransactionData{StoreId: set(store), PaymentId: set(payment), TransactionId: set(tx)}}
}

func TestRead(t *testing.T) {
	withCancellation := transaction("s", "p", "t")
	withCancellation.Transaction.CancellationId = proto.String("c")
	withUnknown := transaction("s", "", "")
	withUnknown.Transaction.Unrecognized = map[string]string{"paymentId": "7", "new": `{"a":[1,2]}`, "transactionId": "null", "StoreId": `"x"`}
	tests := []struct {
		name, body string
		want       *eventsv1.Event
	}{
		{"paid", `{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.123Z","data":{"storeId":"s","paymentId":"p","transactionId":"t"}}`,
			&eventsv1.Event{Type: "Transaction.Paid", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_PAID, OccurredAt: at, WebhookVersion: webhook.Version2024April, Data: transaction("s", "p", "t")}},
		{"members in another order, data before the type", ` {"data":{"transactionId":"t","storeId":"s"},"type":"Transaction.PayPending"}`,
			&eventsv1.Event{Type: "Transaction.PayPending", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_PAY_PENDING, WebhookVersion: webhook.Version2024April, Data: transaction("s", "", "t")}},
		{"cancelled in part", `{"type":"Transaction.PartialCancelled","data":{"storeId":"s","paymentId":"p","transactionId":"t","cancellationId":"c"}}`,
			&eventsv1.Event{Type: "Transaction.PartialCancelled", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_PARTIAL_CANCELLED, WebhookVersion: webhook.Version2024April, Data: withCancellation}},
		{"a billing key", `{"type":"BillingKey.Issued","data":{"storeId":"s","billingKey":"k"}}`,
			&eventsv1.Event{Type: "BillingKey.Issued", KnownType: eventsv1.EventType_EVENT_TYPE_BILLING_KEY_ISSUED, WebhookVersion: webhook.Version2024April,
				Data: &eventsv1.Event_BillingKey{BillingKey: &eventsv1.BillingKeyData{StoreId: proto.String("s"), BillingKey: proto.String("k")}}}},
		{"a tax invoice", `{"type":"TaxInvoice.SendingCompleted","timestamp":"2024-04-25T10:00:00.123Z","data":{"taxInvoiceId":"i","totalAmount":9007199254740993,"totalTaxAmount":0,"status":"SENDING_COMPLETED"}}`,
			&eventsv1.Event{Type: "TaxInvoice.SendingCompleted", KnownType: eventsv1.EventType_EVENT_TYPE_TAX_INVOICE_SENDING_COMPLETED, OccurredAt: at, WebhookVersion: webhook.Version2024April,
				Data: &eventsv1.Event_TaxInvoice{TaxInvoice: &eventsv1.TaxInvoiceData{TaxInvoiceId: proto.String("i"), TotalAmount: proto.Int64(9007199254740993), TotalTaxAmount: proto.Int64(0), Status: proto.String("SENDING_COMPLETED")}}}},
		{"a type of tomorrow in a family of today", `{"type":"Transaction.Refunded","data":{"paymentId":"p"},"more":1e400}`,
			&eventsv1.Event{Type: "Transaction.Refunded", WebhookVersion: webhook.Version2024April, Data: transaction("", "p", ""), Unrecognized: map[string]string{"more": "1e400"}}},
		{"a family of tomorrow", `{"type":"Payout.Sent","timestamp":"soon","data":{"paymentId":"p"}}`,
			&eventsv1.Event{Type: "Payout.Sent", WebhookVersion: webhook.Version2024April, Unrecognized: map[string]string{"data": `{"paymentId":"p"}`, "timestamp": `"soon"`}}},
		{"members of other types, null, and other case", `{"type":"Transaction.Ready","data":{"storeId":"s","paymentId":7,"transactionId":null,"new":{"a":[1,2]},"StoreId":"x"}}`,
			&eventsv1.Event{Type: "Transaction.Ready", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_READY, WebhookVersion: webhook.Version2024April, Data: withUnknown}},
		{"a type in other case is another type", `{"type":"transaction.paid","data":{}}`,
			&eventsv1.Event{Type: "transaction.paid", WebhookVersion: webhook.Version2024April, Unrecognized: map[string]string{"data": "{}"}}},
		{"data that is no object", `{"type":"Transaction.Paid","data":[]}`,
			&eventsv1.Event{Type: "Transaction.Paid", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_PAID, WebhookVersion: webhook.Version2024April, Unrecognized: map[string]string{"data": "[]"}}},
		{"a type that is no text", `{"type":1}`, &eventsv1.Event{Unrecognized: map[string]string{"type": "1"}}},
		{"no type", `{"hello":"world"}`, &eventsv1.Event{Unrecognized: map[string]string{"hello": `"world"`}}},
		{"2024-01-01", `{"payment_id":"p","tx_id":"t","status":"Paid"}`,
			&eventsv1.Event{Type: "Transaction.Paid", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_PAID, WebhookVersion: webhook.Version2024January, Data: transaction("", "p", "t")}},
		{"2024-01-01, a status of tomorrow", `{"payment_id":"p","status":"Held","x":true}`,
			&eventsv1.Event{Type: "Transaction.Held", WebhookVersion: webhook.Version2024January, Data: transaction("", "p", ""), Unrecognized: map[string]string{"x": "true"}}},
		{"2024-01-01 as a form", `payment_id=p%20%EA%B0%80&tx_id=t&status=VirtualAccountIssued`,
			&eventsv1.Event{Type: "Transaction.VirtualAccountIssued", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_VIRTUAL_ACCOUNT_ISSUED, WebhookVersion: webhook.Version2024January, Data: transaction("", "p 가", "t")}},
		{"2024-01-01, the question", `{"payment_id":"p","tx_id":"t","total_amount":1000}`,
			&eventsv1.Event{Type: webhook.TypeConfirm, WebhookVersion: webhook.Version2024January, Data: transaction("", "p", "t"), Unrecognized: map[string]string{"total_amount": "1000"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := webhook.Read([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			test.want.RawBody = []byte(test.body)
			if diff := cmp.Diff(test.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.body, diff)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	for _, body := range []string{
		"", " ", "null", "[]", `"text"`, "1", "{", `{"a":1`, `{"a":1}{`, `{"a":1} x`, `{"a":1,}`, `{a:1}`,
		`{"type":"Transaction.Paid","type":"Transaction.Confirm"}`, `{"type":"a","\u0074ype":"b"}`, "{\"a\":\"\xff\"}",
		"hello", "a=b", "payment_id=1&payment_id=2", "payment_id=%ff", "payment_id=1;status=2",
	} {
		if event, err := webhook.Read([]byte(body)); !errors.Is(err, webhook.ErrUnreadable) {
			t.Errorf("%q is read as %v, error %v", body, event, err)
		}
	}
}

func TestIsQuestion(t *testing.T) {
	tests := []struct {
		body string
		want bool
	}{
		{`{"type":"Transaction.Confirm","data":{"paymentId":"p","totalAmount":1000}}`, true},
		{`{"type":"Transaction.Confirm"}`, true},
		{`{"type":"transaction.CONFIRM"}`, true},
		{`{"type":"Confirm"}`, true},
		{`{"type":"Payout.Confirm"}`, true},
		{`{"payment_id":"p","tx_id":"t","total_amount":1000}`, true},
		{`{"payment_id":"p"}`, true},
		{`payment_id=p&tx_id=t&total_amount=1000`, true},
		{`{"payment_id":"p","status":"Confirm"}`, true},
		{`{"data":{"paymentId":"p","totalAmount":1000}}`, true},
		{`{"totalAmount":1000}`, true},
		{`{"type":"Transaction.Paid"}`, false},
		{`{"type":"Transaction.Confirmed"}`, false},
		{`{"type":"TaxInvoice.Issued","data":{"totalAmount":1000}}`, false},
		{`{"payment_id":"p","status":"Paid"}`, false},
		{`{}`, false},
	}
	for _, test := range tests {
		event, err := webhook.Read([]byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if got := webhook.IsQuestion(event); got != test.want {
			t.Errorf("%s: %v, want %v", test.body, got, test.want)
		}
	}
}

// TestTypes holds the types of the contract against PortOne's own list.
func TestTypes(t *testing.T) {
	list := strings.Fields(`
		Transaction.Ready Transaction.Paid Transaction.VirtualAccountIssued Transaction.PartialCancelled Transaction.Cancelled
		Transaction.Failed Transaction.PayPending Transaction.CancelPending Transaction.DisputeCreated Transaction.DisputeResolved
		BillingKey.Ready BillingKey.Issued BillingKey.Failed BillingKey.Deleted BillingKey.Updated
		TaxInvoice.Requested TaxInvoice.Issued TaxInvoice.RequestCancelled TaxInvoice.IssuanceCancelled TaxInvoice.Refused
		TaxInvoice.SendingCompleted TaxInvoice.Manual`)
	seen := make(map[eventsv1.EventType]bool)
	for _, name := range list {
		event, err := webhook.Read([]byte(`{"type":"` + name + `","data":{}}`))
		if err != nil || event.KnownType == 0 || seen[event.KnownType] || event.Data == nil {
			t.Errorf("%s is %v with data %T: %v", name, event.GetKnownType(), event.GetData(), err)
		}
		seen[event.GetKnownType()] = true
	}
	if len(seen) != len(eventsv1.EventType_name)-1 {
		t.Errorf("the contract has %d types, PortOne's list %d", len(eventsv1.EventType_name)-1, len(seen))
	}
}

// FuzzRead looks for bodies that panic, that make an event which protobuf cannot carry, or
// whose members are lost.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.123Z","data":{"storeId":"s","x":[{}]},"y":null}`))
	f.Add([]byte(`{"payment_id":"p","tx_id":"t","status":"Paid"}`))
	f.Add([]byte(`payment_id=p&status=Paid`))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := webhook.Read(body)
		if err != nil {
			return
		}
		if _, err := proto.Marshal(event); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		webhook.IsQuestion(event)
		var members map[string]json.RawMessage
		if event.WebhookVersion != webhook.Version2024April || json.Unmarshal(body, &members) != nil {
			return
		}
		for name, raw := range members {
			kept := name == "type" || name == "timestamp" && event.OccurredAt != nil || name == "data" && event.Data != nil
			if text, found := event.Unrecognized[name]; !kept && (!found || text != string(raw)) {
				t.Fatalf("%q: the member %q is lost", body, name)
			}
		}
	})
}
