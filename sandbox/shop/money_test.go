package shop

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// near draws a value from 0 to a limit, often the limit itself or one more, or
// none.
func near(t *rapid.T, name string, limit int64) *int64 {
	switch rapid.IntRange(0, 5).Draw(t, "how "+name) {
	case 0:
		return nil
	case 1:
		return world.Ptr(limit)
	case 2:
		return world.Ptr(limit + 1)
	}
	return world.Ptr(rapid.Int64Range(0, max(limit, 0)).Draw(t, name))
}

// TestMoney pays and cancels at random, and expects at every moment that no
// more went back than was paid and that all amounts add up.
func TestMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := open()
		for _, id := range []string{"by card", "in coins"}[:rapid.IntRange(1, 2).Draw(t, "orders")] {
			pay(t, s, id)
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				switch rapid.IntRange(0, 7).Draw(t, "what") {
				case 0:
					pay(t, s, id)
				case 1, 2:
					w.Clock.Advance(time.Duration(rapid.IntRange(1, 25).Draw(t, "hours")) * time.Hour)
				case 3:
					stopOne(t, s, id)
				default:
					try(t, s.CancelPayment, drawCancel(t, s, id))
				}
				checkBooks(t, s, w)
			}
			emptyOut(t, s, id)
			checkBooks(t, s, w)
		}
	})
}

// emptyOut cancels what is left, in two parts: nothing is ever left that cannot
// go back.
func emptyOut(t *rapid.T, s *Store, id string) {
	p := s.payments.find(paymentKey{world.DefaultStoreID, id})
	if p == nil {
		return
	}
	a := p.current()
	if a.bill.left.amount == 0 || a.means.card.refusesCancelling() {
		return
	}
	if taxed := a.bill.left.taxed(); taxed > 1 && a.promotion == nil {
		part := cancelPart(id, rapid.Int64Range(1, taxed-1).Draw(t, "taxed part"))
		part.RefundEmail = world.Ptr("buyer@example.com")
		do(t, s.CancelPayment, part)
	}
	rest := cancelAll(id)
	rest.RefundEmail = world.Ptr("buyer@example.com")
	do(t, s.CancelPayment, rest)
	if a.bill.left != (parts{}) || a.bill.moneyLeft() != 0 {
		t.Fatalf("%+v is left", a.bill)
	}
}

// pay pays by card, some with a promotion, some declined, or in cryptocurrency.
func pay(t *rapid.T, s *Store, id string) {
	total := rapid.SampledFrom([]int64{1, 7, 12, 100, 1_001, 3_000, 10_000, 50_000, 51_000, 100_000, 700_000}).Draw(t, "total")
	amount := won(total)
	amount.TaxFree = near(t, "taxFree", total)
	amount.Vat = near(t, "vat", (total-amount.GetTaxFree())/2)
	if id == "in coins" {
		_, _ = s.PayInWindow(WindowPayment{PaymentID: id, OrderName: id, ChannelKey: ChannelTripleA, Amount: amount})
		return
	}
	card := rapid.SampledFrom([]struct{ number, promotion string }{
		{goodNumber, PromotionAmount}, {"5555555555554444", PromotionPercent}, {"4000000000000002", PromotionAmount}, {"4000000000005126", PromotionAmount},
	}).Draw(t, "card")
	req := byCard(id, total, card.number)
	req.Amount = amount
	if rapid.Bool().Draw(t, "promoted") {
		req.PromotionId = &card.promotion
	}
	try(t, s.PayInstantly, req)
}

// drawCancel is a cancellation that takes about what is left.
func drawCancel(t *rapid.T, s *Store, id string) *portonev2.CancelPaymentRequest {
	req := cancelAll(id)
	req.RefundEmail = world.Ptr("buyer@example.com")
	var left parts
	if p := s.payments.find(paymentKey{world.DefaultStoreID, id}); p != nil {
		left = p.current().bill.left
	}
	req.Amount, req.TaxFreeAmount = near(t, "amount", left.amount), near(t, "taxFree", left.taxFree)
	if rapid.IntRange(0, 3).Draw(t, "with vat") == 0 {
		req.VatAmount = near(t, "vat", left.vat)
	}
	req.PromotionDiscountRetainOption = rapid.SampledFrom([]*portonev2.PromotionDiscountRetainOption{
		nil,
		portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RETAIN.Enum(),
		portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RELEASE.Enum(),
	}).Draw(t, "option")
	return req
}

// stopOne stops any cancellation of a payment.
func stopOne(t *rapid.T, s *Store, id string) {
	p := s.payments.find(paymentKey{world.DefaultStoreID, id})
	if p == nil || len(p.current().cancellations) == 0 {
		return
	}
	c := rapid.SampledFrom(p.current().cancellations).Draw(t, "stopped")
	try(t, s.StopPaymentCancellation, &portonev2.StopPaymentCancellationRequest{PaymentId: id, CancellationId: c.id})
}

// checkBooks holds every payment against its cancellations, the events and the lists.
func checkBooks(t *rapid.T, s *Store, w *world.World) {
	checkTexts(t, s)
	var balance, moved int64
	for _, p := range s.payments.created {
		a, shown := p.current(), showPayment(p)
		checkAmounts(t, a, a.bill.amount(), shown)
		balance += a.bill.paid - a.bill.cancelled
	}
	for _, e := range s.events {
		moved += e.amount
	}
	if balance != moved {
		t.Fatalf("payments hold %d, events say %d", balance, moved)
	}
	var charged, back int64
	for _, e := range s.events {
		if e.cancellation == nil {
			charged++
		} else {
			back++
		}
	}
	if w.Counters["payment.charged"] != charged || w.Counters["payment.cancelled"] != back {
		t.Fatalf("counted %v, events say %d and %d", w.Counters, charged, back)
	}
}

// checkAmounts holds the amounts of a payment against each other.
func checkAmounts(t *rapid.T, a *attempt, amount *portonev2.PaymentAmount, shown *portonev2.Payment) {
	var money, taxFree, requested int64
	var given parts // of the price
	for _, c := range a.cancellations {
		switch c.status {
		case cancelSucceeded:
			money += c.money.amount
			taxFree += c.money.taxFree
		case cancelRequested:
			requested += c.money.amount
		}
		if c.money.amount < 0 || c.money.taxFree < 0 || c.money.vat < 0 || c.money.supply() < 0 {
			t.Fatalf("a cancellation of %+v: %v", c.money, shown)
		}
		if c.status != cancelFailed {
			given = given.plus(c.price)
		}
	}
	whole := a.bill.left.amount == 0 && requested == 0
	wasPaid := a.status == paid || a.status == partial || a.status == cancelled
	for rule, holds := range map[string]bool{
		"total = taxFree + vat + supply":                                    amount.GetTotal() == amount.GetTaxFree()+amount.GetVat()+amount.GetSupply() && amount.GetSupply() >= 0,
		"paid = total - discount":                                           !wasPaid || amount.GetPaid() == amount.GetTotal()-amount.GetDiscount(),
		"nothing is paid before":                                            wasPaid || amount.GetPaid() == 0 && amount.GetCancelled() == 0,
		"no more goes back than was paid":                                   money+requested <= amount.GetPaid(),
		"cancelled is what the cancellations say":                           money == amount.GetCancelled() && taxFree == amount.GetCancelledTaxFree(),
		"cancelled tax-free is within tax-free":                             taxFree <= amount.GetTaxFree() && taxFree <= money,
		"what is left is the price less all that is cancelled or requested": !wasPaid || a.bill.left == a.bill.price.minus(given),
		"what is left can go back":                                          !wasPaid || money+requested+a.bill.moneyLeft() == amount.GetPaid(),
		"no part of what is left is negative":                               min(a.bill.left.amount, a.bill.left.taxFree, a.bill.left.vat, a.bill.left.supply(), a.bill.leftDiscount) >= 0,
		"cancelled as a whole is all that is left":                          !wasPaid || (a.status == cancelled) == whole,
		"all went back if it is cancelled":                                  a.status != cancelled || money == amount.GetPaid(),
	} {
		if !holds {
			t.Fatalf("%s, but %v", rule, shown)
		}
	}
}

// TestDear pays and cancels the largest amount that there is.
func TestDear(t *testing.T) {
	s, _ := open()
	do(t, s.PayInstantly, byCard("dear", 1<<63-1, goodNumber))
	do(t, s.CancelPayment, cancelPart("dear", 1<<62))
	do(t, s.CancelPayment, cancelAll("dear"))
	look(t, s, "dear", cancelled)
}
