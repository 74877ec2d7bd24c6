package shop

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestPromotions pays with discounts and gives parts back, with the option that
// keeps the rate and the one that looks the discount up anew.
func TestPromotions(t *testing.T) {
	const (
		retain  = portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RETAIN
		release = portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RELEASE
	)
	tests := []struct {
		name      string
		promotion string
		card      string
		price     int64
		discount  int64
		option    portonev2.PromotionDiscountRetainOption
		part      int64
		refund    int64 // money for the part
		spent     int64 // of the budget, after the part
		spentAt0  int64 // after all
	}{
		{"amount, retained", PromotionAmount, goodNumber, 50_000, 7_000, retain, 10_000, 8_600, 5_600, 0},
		{"amount, released", PromotionAmount, goodNumber, 50_000, 7_000, release, 10_000, 4_000, 1_000, 0},
		{"amount, by default released", PromotionAmount, goodNumber, 50_000, 7_000, 0, 10_000, 4_000, 1_000, 0},
		{"amount, in the same band", PromotionAmount, goodNumber, 60_000, 7_000, release, 10_000, 10_000, 7_000, 0},
		{"amount, below its discount", PromotionAmount, goodNumber, 2_000, 1_000, release, 1_500, 500, 0, 0},
		{"percent, retained", PromotionPercent, "5555555555554444", 100_000, 10_000, retain, 50_000, 45_000, 10_000, 10_000},
		{"percent, released", PromotionPercent, "5555555555554444", 100_000, 10_000, release, 50_000, 42_500, 10_000, 10_000},
		{"percent, at its most", PromotionPercent, "5555555555554444", 900_000, 30_000, retain, 450_000, 435_000, 30_000, 30_000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := open()
			do(t, s.PayInstantly, with(byCard("p", test.price, test.card), func(r *portonev2.PayInstantlyRequest) { r.PromotionId = &test.promotion }))
			if a := look(t, s, "p", paid).GetAmount(); a.GetDiscount() != test.discount || a.GetPaid() != test.price-test.discount || a.GetTotal() != test.price {
				t.Errorf("paid %v", a)
			}
			cancel := cancelPart("p", test.part)
			if test.option != 0 {
				cancel.PromotionDiscountRetainOption = test.option.Enum()
			}
			if c := do(t, s.CancelPayment, cancel).Cancellation.GetSucceeded(); c.GetTotalAmount() != test.refund {
				t.Errorf("refunded %v", c)
			}
			spent := func() int64 {
				return do(t, s.GetPromotion, &portonev2.GetPromotionRequest{PromotionId: test.promotion}).GetCard().GetSpentAmount()
			}
			if got := spent(); got != test.spent {
				t.Errorf("spent %d", got)
			}
			do(t, s.CancelPayment, cancelAll("p"))
			if a := look(t, s, "p", cancelled).GetAmount(); a.GetCancelled() != a.GetPaid() {
				t.Errorf("cancelled %v", a)
			}
			if got := spent(); got != test.spentAt0 {
				t.Errorf("spent in the end %d", got)
			}
		})
	}
}

// TestPromotionBudget spends a promotion's budget and lets one end.
func TestPromotionBudget(t *testing.T) {
	s, w := open()
	status := func(id string) portonev2.PromotionStatus {
		return do(t, s.GetPromotion, &portonev2.GetPromotionRequest{PromotionId: id}).GetCard().GetStatus()
	}
	if got := status(PromotionTerminated); got != portonev2.PromotionStatus_PROMOTION_STATUS_TERMINATED {
		t.Errorf("%s", got)
	}
	s.promotion(PromotionAmount).spent = 993_001
	use := with(byCard("p", 50_000, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.PromotionId = world.Ptr(PromotionAmount) })
	refused(t, s.PayInstantly, use, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
	s.promotion(PromotionAmount).spent = 993_000
	do(t, s.PayInstantly, use)
	if got := status(PromotionAmount); got != portonev2.PromotionStatus_PROMOTION_STATUS_BUDGET_EXHAUSTED {
		t.Errorf("%s", got)
	}
	do(t, s.CancelPayment, cancelAll("p"))
	if got := status(PromotionAmount); got != portonev2.PromotionStatus_PROMOTION_STATUS_IN_PROGRESS {
		t.Errorf("%s", got)
	}
	w.Clock.Advance(11 * 365 * day)
	if got := status(PromotionAmount); got != portonev2.PromotionStatus_PROMOTION_STATUS_COMPLETED {
		t.Errorf("%s", got)
	}
}
