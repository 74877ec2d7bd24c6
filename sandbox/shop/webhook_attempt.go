package shop

import (
	"strconv"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// DeliveryAttempt is what came of an attempt to deliver a webhook.
type DeliveryAttempt struct {
	ID   string // the webhook's
	Code int    // the HTTP status of the answer; 0 for none
	Sent int64  // the time in the request's header, in seconds since 1970
	Last bool   // it will not be tried again, unless it is resent
}

// outcome is what became of a webhook.
type outcome struct {
	tries   int32 // at most, each time that it is sent
	tried   int32
	status  portonev2.PaymentWebhookStatus // of the last try; unspecified before
	code    int32                          // 0 for no answer
	at      instant                        // of the answer
	sent    int64                          // the time in the header of the last try; 0 before
	waiting int32                          // how often it was sent with tries to come
}

// underway is a webhook of an attempt that is still tried.
type underway struct {
	attempt *attempt
	webhook *webhook
}

// deliver sends a webhook of an attempt. Where no one delivers it, the sandbox
// behaves as if the endpoint had taken it with 200.
func (s *Store) deliver(a *attempt, h *webhook) {
	o := &h.outcome
	tries := s.send(Webhook{h.id, h.url, h.body})
	if tries == 0 {
		o.tries, o.tried = 1, o.tried+1
		o.note(200, h.at)
		return
	}
	o.tries, o.status, o.code = int32(tries), portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_UNSPECIFIED, 0
	o.waiting++
	s.underway[h.id] = underway{a, h}
}

// Tried notes what came of an attempt to deliver a webhook for which OnWebhook said that
// there would be such. Like every call, it is not to be made while another is under
// way.
func (s *Store) Tried(t DeliveryAttempt) {
	u, found := s.underway[t.ID]
	if !found { // of a billing key
		return
	}
	o := &u.webhook.outcome
	o.tried++
	o.sent = t.Sent
	o.note(t.Code, s.now())
	if t.Last {
		if o.waiting--; o.waiting == 0 {
			delete(s.underway, t.ID)
		}
	}
}

// note notes the answer to a try; 0 is none.
func (o *outcome) note(code int, at instant) {
	o.code, o.at = int32(code), at
	switch {
	case code == 0:
		o.status = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_FAILED_UNEXPECTED_ERROR
	case code/100 == 2:
		o.status = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_SUCCEEDED
	default:
		o.status = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_FAILED_NOT_OK_RESPONSE
	}
}

// show shows the outcome on a webhook. The contract has no status for one that has
// not been tried yet: it has none.
func (o *outcome) show(shown *portonev2.PaymentWebhook) {
	if o.status != portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_UNSPECIFIED {
		shown.Status = o.status.Enum()
	}
	if o.code != 0 {
		shown.Response = &portonev2.PaymentWebhookResponse{
			Code: world.Ptr(strconv.Itoa(int(o.code))), Header: world.Ptr(""), Body: world.Ptr(""), RespondedAt: o.at.timestamp(),
		}
	}
}
