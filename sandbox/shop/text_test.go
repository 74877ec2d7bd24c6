package shop

import (
	"strings"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestTextsFollow lists all payments, changes one in every way there is, and expects
// searches to find the present texts.
func TestTextsFollow(t *testing.T) {
	parcelOf := func(id string) *portonev2.ApplyEscrowLogisticsRequest {
		return &portonev2.ApplyEscrowLogisticsRequest{PaymentId: id, Logistics: parcel}
	}
	tests := []struct {
		name   string
		change func(*testing.T, *Store, *world.World)
	}{
		{"a new payment", func(t *testing.T, s *Store, _ *world.World) { do(t, s.PayInstantly, byCard("new", 100, goodNumber)) }},
		{"another attempt", func(t *testing.T, s *Store, _ *world.World) { do(t, s.PayInstantly, byCard("failed", 700, goodNumber)) }},
		{"another refusal", func(t *testing.T, s *Store, _ *world.World) {
			try(t, s.PayInstantly, byCard("failed", 700, "4000000000009995"))
		}},
		{"a partial cancel", func(t *testing.T, s *Store, _ *world.World) { do(t, s.CancelPayment, cancelPart("debit", 50)) }},
		{"a refused cancel", func(t *testing.T, s *Store, _ *world.World) { try(t, s.CancelPayment, cancelPart("escrow", 50)) }},
		{"a full cancel of one with a receipt", func(t *testing.T, s *Store, _ *world.World) {
			do(t, s.CancelPayment, with(cancelAll("account"), func(r *portonev2.CancelPaymentRequest) {
				r.RefundAccount = &portonev2.CancelPaymentBodyRefundAccount{Bank: portonev2.Bank_BANK_KAKAO.Enum(), Number: world.Ptr("3333000000000"), HolderName: world.Ptr("Lee")}
			}))
		}},
		{"a delivery that changes and is confirmed", func(t *testing.T, s *Store, _ *world.World) {
			do(t, s.ModifyEscrowLogistics, &portonev2.ModifyEscrowLogisticsRequest{PaymentId: "escrow", Logistics: parcel})
			listAll(t, s)
			do(t, s.ConfirmEscrow, &portonev2.ConfirmEscrowRequest{PaymentId: "escrow"})
		}},
		{"a delivery", func(t *testing.T, s *Store, _ *world.World) {
			do(t, s.PayInstantly, with(byCard("escrow 2", 500, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.IsEscrow = world.Ptr(true) }))
			listAll(t, s)
			do(t, s.ApplyEscrowLogistics, parcelOf("escrow 2"))
		}},
		{"a webhook once more", func(t *testing.T, s *Store, _ *world.World) {
			do(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "debit"})
		}},
		{"a webhook that is refused and then taken", func(t *testing.T, s *Store, _ *world.World) {
			s.OnWebhook = func(Webhook) int { return 4 }
			id := do(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "debit"}).GetWebhook().GetId()
			listAll(t, s)
			s.Tried(DeliveryAttempt{ID: id, Code: 500})
			checkTexts(t, s)
			listAll(t, s)
			s.Tried(DeliveryAttempt{ID: id, Code: 204, Last: true})
		}},
		{"a cash receipt, and none", func(t *testing.T, s *Store, _ *world.World) {
			s.SetCashReceipt(world.DefaultStoreID, "debit", s.payments.find(paymentKey{world.DefaultStoreID, "account"}).current().receipt)
			listAll(t, s)
			s.SetCashReceipt(world.DefaultStoreID, "account", nil)
		}},
		{"approval of what was pending", func(_ *testing.T, _ *Store, w *world.World) { w.Clock.Advance(2 * PendingApproval) }},
		{"an account that expires", func(t *testing.T, s *Store, w *world.World) {
			do(t, s.PayInstantly, byAccount("account 2", 9_000, 1))
			listAll(t, s)
			w.Clock.Advance(48 * time.Hour)
		}},
		{"an account that is closed", func(t *testing.T, s *Store, _ *world.World) {
			do(t, s.PayInstantly, byAccount("account 2", 9_000, 1))
			listAll(t, s)
			do(t, s.CloseVirtualAccount, &portonev2.CloseVirtualAccountRequest{PaymentId: "account 2"})
		}},
		{"a cancellation that is stopped", func(t *testing.T, s *Store, w *world.World) {
			w.Clock.Advance(2 * PendingApproval)
			id := do(t, s.CancelPayment, with(cancelPart("coin", 10), func(r *portonev2.CancelPaymentRequest) { r.RefundEmail = world.Ptr("a@example.com") })).Cancellation.GetRequested().GetId()
			listAll(t, s)
			do(t, s.StopPaymentCancellation, &portonev2.StopPaymentCancellationRequest{PaymentId: "coin", CancellationId: id})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, w := newAssortment(t)
			listAll(t, s)
			checkTexts(t, s)
			test.change(t, s, w)
			checkTexts(t, s)
			listAll(t, s)
			checkTexts(t, s)
		})
	}
}

// listAll makes the store read the texts of all payments.
func listAll(t tb, s *Store) {
	do(t, s.GetPayments, &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Size: world.Ptr(int32(100))}})
}

// checkTexts holds the texts of payments, as searches find them, against the payments
// themselves.
func checkTexts(t tb, s *Store) {
	t.Helper()
	s.payments.refresh()
	for _, p := range s.payments.created {
		for i, field := range textFields {
			if got, want := p.texts.at(i), strings.ToLower(paymentTexts[field](p.current())); got != want {
				t.Errorf("%s: %s is %q, want %q", p.id, field, got, want)
			}
		}
	}
}
