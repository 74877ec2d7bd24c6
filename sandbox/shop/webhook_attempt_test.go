package shop

import (
	"context"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestTries follows the webhook of one payment, and expects it to be shown, and to be
// found by filters, as it went.
func TestTries(t *testing.T) {
	const (
		none       = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_UNSPECIFIED
		succeeded  = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_SUCCEEDED
		notOK      = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_FAILED_NOT_OK_RESPONSE
		unexpected = portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_FAILED_UNEXPECTED_ERROR
	)
	s, _ := open()
	var id string
	s.OnWebhook = func(h Webhook) int {
		id = h.ID
		return 4
	}
	do(t, s.PayInstantly, byCard("p", 1000, goodNumber))
	resend := func() { do(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "p"}) }
	tests := []struct {
		name   string
		happen func()
		status portonev2.PaymentWebhookStatus
		code   string
		tried  int32
	}{
		{"sent", func() {}, none, "", 0},
		{"refused", func() { s.Tried(DeliveryAttempt{ID: id, Code: 503}) }, notOK, "503", 1},
		{"sent elsewhere", func() { s.Tried(DeliveryAttempt{ID: id, Code: 302}) }, notOK, "302", 2},
		{"nobody there", func() { s.Tried(DeliveryAttempt{ID: id}) }, unexpected, "", 3},
		{"given up", func() { s.Tried(DeliveryAttempt{ID: id, Code: 404, Last: true}) }, notOK, "404", 4},
		{"a try of nothing", func() { s.Tried(DeliveryAttempt{ID: "of a billing key", Code: 200, Last: true}) }, notOK, "404", 4},
		{"resent", resend, none, "", 4},
		{"resent again", resend, none, "", 4},
		{"taken", func() { s.Tried(DeliveryAttempt{ID: id, Code: 204, Last: true}) }, succeeded, "204", 5},
		{"taken twice", func() { s.Tried(DeliveryAttempt{ID: id, Code: 200, Last: true}) }, succeeded, "200", 6},
		{"after the end", func() { s.Tried(DeliveryAttempt{ID: id, Code: 500}) }, succeeded, "200", 6},
	}
	for _, test := range tests {
		test.happen()
		h := get(t, s, "p").GetPaid().GetWebhooks()[0]
		if h.GetStatus() != test.status || h.GetResponse().GetCode() != test.code || h.GetCurrentExecutionCount() != test.tried || h.GetMaxExecutionCount() != 24 {
			t.Errorf("%s: %v", test.name, h)
		}
		for _, status := range []portonev2.PaymentWebhookStatus{succeeded, notOK, unexpected} {
			answer, err := s.GetPayments(context.Background(), &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{WebhookStatus: &status}})
			if found := len(answer.GetItems()) == 1; err != nil || found != (status == test.status) {
				t.Errorf("%s: found by %s: %v, %v", test.name, status, found, err)
			}
		}
	}
	if len(s.underway) != 0 {
		t.Errorf("%d are waited for", len(s.underway))
	}
}
