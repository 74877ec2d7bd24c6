package shop

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// DefaultWebhookURL is Store.WebhookURL unless told. It leads nowhere (RFC 2606).
const DefaultWebhookURL = "https://shop.invalid/portone-webhook"

// Webhook is a webhook as PortOne would post it.
type Webhook struct {
	ID   string
	URL  string
	Body string // JSON, the same on a redelivery
}

// The types of webhooks that the sandbox sends.
const (
	transactionReady            = "Transaction.Ready"
	transactionPaid             = "Transaction.Paid"
	transactionIssued           = "Transaction.VirtualAccountIssued"
	transactionPartialCancelled = "Transaction.PartialCancelled"
	transactionCancelled        = "Transaction.Cancelled"
	transactionFailed           = "Transaction.Failed"
	transactionPayPending       = "Transaction.PayPending"
	transactionCancelPending    = "Transaction.CancelPending"
	transactionDisputeCreated   = "Transaction.DisputeCreated"
	transactionDisputeResolved  = "Transaction.DisputeResolved"
	billingKeyReady             = "BillingKey.Ready"
	billingKeyIssued            = "BillingKey.Issued"
	billingKeyFailed            = "BillingKey.Failed"
	billingKeyDeleted           = "BillingKey.Deleted"
)

// How webhooks write times: those about tax invoices have no fraction.
const (
	webhookTime    = "2006-01-02T15:04:05.000Z"
	taxInvoiceTime = "2006-01-02T15:04:05Z"
)

// webhook is one that was sent about an attempt.
type webhook struct {
	id, url string
	body    string
	at      instant
	status  portonev2.PaymentStatus
	trigger portonev2.PaymentWebhookTrigger
	resends int32
	outcome outcome
}

// webhookBody is the body of version 2024-04-25.
type webhookBody struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp"`
	Data      webhookData `json:"data"`
}

type webhookData struct {
	StoreID        string `json:"storeId"`
	PaymentID      string `json:"paymentId,omitempty"`
	TransactionID  string `json:"transactionId,omitempty"`
	CancellationID string `json:"cancellationId,omitempty"`
	BillingKey     string `json:"billingKey,omitempty"`
}

func newBody(kind string, at instant, data webhookData) string {
	body, err := json.Marshal(webhookBody{kind, at.time().Format(webhookTime), data})
	if err != nil {
		panic(err) // strings alone cannot fail
	}
	return string(body)
}

// urlsOr is where webhooks go: the addresses of a request or the store's.
func (s *Store) urlsOr(noticeURLs []string) []string {
	if len(noticeURLs) == 0 {
		return []string{s.WebhookURL}
	}
	return noticeURLs
}

// notify sends a webhook about an attempt, or a cancellation of it, and records
// it.
func (s *Store) notify(a *attempt, kind string, c *cancellation, trigger portonev2.PaymentWebhookTrigger) {
	data := dataOf(a)
	if c != nil {
		data.CancellationID = c.id
	}
	s.record(a, newBody(kind, s.now(), data), trigger)
}

func dataOf(a *attempt) webhookData {
	return webhookData{StoreID: a.payment.storeID, PaymentID: a.payment.id, TransactionID: a.id}
}

// record sends a body about an attempt to wherever its webhooks go, and records it.
func (s *Store) record(a *attempt, body string, trigger portonev2.PaymentWebhookTrigger) {
	for _, url := range s.urlsOr(a.noticeURLs) {
		h := &webhook{id: s.w.IDs.UUID("webhook"), url: url, body: body, at: s.now(), status: a.status, trigger: trigger}
		a.webhooks = append(a.webhooks, h)
		s.deliver(a, h)
	}
}

// notifyKey sends a webhook about a billing key, which PortOne shows nowhere.
func (s *Store) notifyKey(k *billingKey, kind string) {
	s.sendAll(k.noticeURLs, newBody(kind, s.now(), webhookData{StoreID: k.storeID, BillingKey: k.key}))
}

// sendAll sends a body that is recorded nowhere.
func (s *Store) sendAll(noticeURLs []string, body string) {
	for _, url := range s.urlsOr(noticeURLs) {
		s.send(Webhook{s.w.IDs.UUID("webhook"), url, body})
	}
}

// send sends a webhook, and returns how often that will be tried: see OnWebhook.
func (s *Store) send(h Webhook) (tries int) {
	if s.OnWebhook == nil {
		return 0
	}
	return s.OnWebhook(h)
}

// webhookStatuses are the states of a payment as webhooks name them.
var webhookStatuses = map[portonev2.PaymentStatus]portonev2.PaymentWebhookPaymentStatus{
	ready:     portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_READY,
	pending:   portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PAY_PENDING,
	issued:    portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_VIRTUAL_ACCOUNT_ISSUED,
	paid:      portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PAID,
	failed:    portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_FAILED,
	partial:   portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PARTIAL_CANCELLED,
	cancelled: portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_CANCELLED,
}

func showWebhooks(a *attempt) []proto.Message {
	shown := make([]proto.Message, len(a.webhooks))
	for i, h := range a.webhooks {
		shown[i] = h.show()
	}
	return shown
}

func (h *webhook) show() *portonev2.PaymentWebhook {
	at := h.at.timestamp()
	shown := &portonev2.PaymentWebhook{
		PaymentStatus:         webhookStatuses[h.status].Enum(),
		Id:                    world.Ptr(h.id),
		Url:                   world.Ptr(h.url),
		IsAsync:               world.Ptr(h.trigger != 0),
		CurrentExecutionCount: world.Ptr(h.outcome.tried),
		MaxExecutionCount:     world.Ptr(h.outcome.tries * (1 + MaxResends)),
		Request: &portonev2.PaymentWebhookRequest{
			Header:      world.Ptr("content-type: application/json\nwebhook-id: " + h.id + "\nwebhook-timestamp: " + strconv.FormatInt(cmp.Or(h.outcome.sent, at.GetSeconds()), 10)),
			Body:        world.Ptr(h.body),
			RequestedAt: at,
		},
		TriggeredAt: at,
	}
	h.outcome.show(shown)
	if h.trigger != 0 {
		shown.Trigger = h.trigger.Enum()
	}
	return shown
}

// ResendWebhook implements PaymentServiceServer.
func (s *Store) ResendWebhook(_ context.Context, req *portonev2.ResendWebhookRequest) (*portonev2.ResendWebhookResponse, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	a, h := p.webhook(req.WebhookId)
	if h == nil {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_WEBHOOK_NOT_FOUND, "payment %q has no such webhook", req.PaymentId)
	}
	if h.resends >= MaxResends {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_MAX_WEBHOOK_RETRY_COUNT_REACHED, "webhook %s was resent %d times", h.id, h.resends)
	}
	h.resends++
	h.trigger = portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_MANUAL
	s.touch(a)
	s.deliver(a, h)
	return &portonev2.ResendWebhookResponse{Webhook: h.show()}, nil
}

// webhook finds a webhook by id, or the latest, among those of all attempts.
func (p *payment) webhook(id *string) (*attempt, *webhook) {
	for i := len(p.attempts) - 1; i >= 0; i-- {
		a := p.attempts[i]
		for j := len(a.webhooks) - 1; j >= 0; j-- {
			if h := a.webhooks[j]; id == nil || h.id == *id {
				return a, h
			}
		}
	}
	return nil, nil
}
