package shop

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestTablesFollow lists all payments, changes one in every way there is, and
// expects what lists read to be of the present.
func TestTablesFollow(t *testing.T) {
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
			s.Tried(Try{ID: id, Code: 500})
			checkTables(t, s)
			listAll(t, s)
			s.Tried(Try{ID: id, Code: 204, Last: true})
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
			s, w := newShelf(t)
			listAll(t, s)
			checkTables(t, s)
			test.change(t, s, w)
			checkTables(t, s)
			listAll(t, s)
			checkTables(t, s)
		})
	}
}

// listAll makes the store keep payments as lists show them.
func listAll(t tb, s *Store) {
	do(t, s.GetPayments, &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Size: world.Ptr(int32(100))}})
}

// checkTables holds what lists read against the payments themselves.
func checkTables(t tb, s *Store) {
	t.Helper()
	s.payments.refresh()
	for row, e := range s.payments.entries {
		a, p := e.attempt, e.attempt.payment
		if a != p.current() || e.row != row || e.created != p.created || e.changed != a.changedAt || s.payments.changed[p.inChanged] != row {
			t.Errorf("%s: the entry is %+v", p.id, e)
		}
		if want := s.payments.facetsOf(a); e.facets != want {
			t.Errorf("%s: facets %+v, want %+v", p.id, e.facets, want)
		}
		for field, text := range paymentTexts {
			if part := text(a); !s.payments.texts[field].Find(part).Row(row) {
				t.Errorf("%s: %s is not %q", p.id, field, part)
			}
		}
		if now, err := (proto.MarshalOptions{Deterministic: true}).Marshal(showPayment(p)); err != nil || p.wire != nil && !bytes.Equal(p.wire, now) {
			t.Errorf("%s: lists show something else: %v", p.id, err)
		}
	}
}

// TestShownIsBounded lists more payments than are kept as lists show them.
func TestShownIsBounded(t *testing.T) {
	var s shown
	all := make([]*payment, keptShown+10)
	for i := range all {
		all[i] = &payment{wire: []byte{}}
		s.keep(all[i])
	}
	s.keep(all[len(all)-1]) // again, as after a change
	kept := 0
	for _, p := range all {
		if p.wire != nil {
			kept++
		}
	}
	if kept > keptShown || kept < keptShown-10 {
		t.Errorf("%d are kept, want %d", kept, keptShown)
	}
}
