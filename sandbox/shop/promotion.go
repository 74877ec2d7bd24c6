package shop

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// The promotions of a new shop, all in won and for the default store.
const (
	// PromotionAmount takes 1,000 off any price and 7,000 off 50,000 and more,
	// with cards of Shinhan Card; cancelling gives the discount back to the
	// budget.
	PromotionAmount = "promotion-sandbox-amount"

	// PromotionPercent takes 5 % off 10,000 and more and 10 % off 100,000 and
	// more, at most 30,000, with cards of Hyundai Card; cancelling does not give
	// the discount back to the budget.
	PromotionPercent = "promotion-sandbox-percent"

	// PromotionTerminated was stopped and cannot be used.
	PromotionTerminated = "promotion-sandbox-terminated"
)

// promotion is a promotion and how much of its budget is spent. Nil is none.
type promotion struct {
	shown *portonev2.CardPromotion // but for spent_amount and status
	spent int64
}

// seedPromotions makes the promotions of a new shop, which run for ten years.
func seedPromotions(now time.Time) []*promotion {
	amount := newPromotion(PromotionAmount, "신한카드 즉시할인", portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_SHINHAN_CARD, 1_000_000, now,
		amountOff(0, 1_000), amountOff(50_000, 7_000))
	amount.shown.RecoverOption = &portonev2.PromotionRecoverOption{Type: &portonev2.PromotionRecoverOption_Recover{
		Recover: &portonev2.PromotionRecoverOptionRecover{},
	}}
	percent := newPromotion(PromotionPercent, "현대카드 청구할인", portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_HYUNDAI_CARD, 500_000, now,
		percentOff(10_000, 5), percentOff(100_000, 10))
	percent.shown.MaxDiscountAmount = world.Ptr(int64(30_000))
	stopped := newPromotion(PromotionTerminated, "종료된 할인", portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_SHINHAN_CARD, 1_000_000, now,
		amountOff(0, 1_000))
	stopped.shown.TerminatedAt = timestamppb.New(now.Add(-24 * time.Hour))
	return []*promotion{amount, percent, stopped}
}

func newPromotion(id, name string, company portonev2.PromotionCardCompany, budget int64, now time.Time, bands ...*portonev2.PromotionDiscountPartition) *promotion {
	return &promotion{shown: &portonev2.CardPromotion{
		Id: world.Ptr(id), StoreId: world.Ptr(world.DefaultStoreID), Name: world.Ptr(name),
		DiscountPolicy: &portonev2.PromotionDiscountPolicy{Partitions: bands},
		TotalBudget:    world.Ptr(budget), Currency: portonev2.Currency_CURRENCY_KRW.Enum(), CardCompany: company.Enum(),
		CreatedAt: timestamppb.New(now.AddDate(0, -2, 0)), StartAt: timestamppb.New(now.AddDate(0, -1, 0)), EndAt: timestamppb.New(now.AddDate(10, 0, 0)),
		RecoverOption: &portonev2.PromotionRecoverOption{Type: &portonev2.PromotionRecoverOption_NoRecover{
			NoRecover: &portonev2.PromotionRecoverOptionNoRecover{},
		}},
	}}
}

func amountOff(from, amount int64) *portonev2.PromotionDiscountPartition {
	return &portonev2.PromotionDiscountPartition{AmountFrom: world.Ptr(from), Scheme: &portonev2.PromotionDiscountScheme{
		Type: &portonev2.PromotionDiscountScheme_Amount{Amount: &portonev2.PromotionAmountDiscountScheme{Amount: world.Ptr(amount)}},
	}}
}

func percentOff(from int64, percent int32) *portonev2.PromotionDiscountPartition {
	return &portonev2.PromotionDiscountPartition{AmountFrom: world.Ptr(from), Scheme: &portonev2.PromotionDiscountScheme{
		Type: &portonev2.PromotionDiscountScheme_Percent{Percent: &portonev2.PromotionPercentDiscountScheme{Percent: world.Ptr(percent)}},
	}}
}

// id is nil for no promotion.
func (p *promotion) id() any {
	if p == nil {
		return nil
	}
	return p.shown.GetId()
}

// discountOn is what the promotion takes off a price, whatever its budget.
func (p *promotion) discountOn(price int64) int64 {
	var discount int64
	for _, band := range p.shown.DiscountPolicy.Partitions { // by rising amounts
		if price < band.GetAmountFrom() {
			break
		}
		discount = band.Scheme.GetAmount().GetAmount()
		if percent := band.Scheme.GetPercent(); percent != nil {
			discount = share(price, int64(percent.GetPercent()), 100)
		}
	}
	if p.shown.MaxDiscountAmount != nil {
		discount = min(discount, *p.shown.MaxDiscountAmount)
	}
	return discount
}

// spend takes a discount from the budget.
func (p *promotion) spend(discount int64) {
	if p != nil {
		p.spent += discount
	}
}

// recover gives a discount back to the budget, if the promotion is one that
// does.
func (p *promotion) recover(discount int64) {
	if p != nil && p.shown.RecoverOption.GetRecover() != nil {
		p.spent -= discount
	}
}

// status is the promotion's state at a time.
func (p *promotion) status(at instant) portonev2.PromotionStatus {
	switch {
	case p.shown.TerminatedAt != nil:
		return portonev2.PromotionStatus_PROMOTION_STATUS_TERMINATED
	case at < instantOf(p.shown.StartAt.AsTime()):
		return portonev2.PromotionStatus_PROMOTION_STATUS_SCHEDULED
	case at >= instantOf(p.shown.EndAt.AsTime()):
		return portonev2.PromotionStatus_PROMOTION_STATUS_COMPLETED
	case p.spent >= p.shown.GetTotalBudget():
		return portonev2.PromotionStatus_PROMOTION_STATUS_BUDGET_EXHAUSTED
	}
	return portonev2.PromotionStatus_PROMOTION_STATUS_IN_PROGRESS
}

func (p *promotion) show(at instant) *portonev2.Promotion {
	shown := proto.CloneOf(p.shown)
	shown.SpentAmount, shown.Status = world.Ptr(p.spent), p.status(at).Enum()
	return &portonev2.Promotion{Type: &portonev2.Promotion_Card{Card: shown}}
}

// GetPromotion implements PromotionServiceServer.
func (s *Store) GetPromotion(_ context.Context, req *portonev2.GetPromotionRequest) (*portonev2.Promotion, error) {
	if p := s.promotion(req.PromotionId); p != nil {
		return p.show(s.now()), nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PROMOTION_NOT_FOUND, "no promotion %q", req.PromotionId)
}

func (s *Store) promotion(id string) *promotion {
	for _, p := range s.promotions {
		if p.shown.GetId() == id {
			return p
		}
	}
	return nil
}

// promotionOf is the promotion that a request to pay names. Those operations have
// no error for an unknown one.
func (s *Store) promotionOf(id *string) (*promotion, error) {
	if id == nil {
		return nil, nil
	}
	p := s.promotion(*id)
	if p == nil {
		return nil, world.Invalid("no promotion %q", *id)
	}
	return p, nil
}

// discount applies an order's promotion, if it has one, to its bill. The card is
// nil for another method.
func (s *Store) discount(o *order, c *card) error {
	p := o.promotion
	if p == nil {
		return nil
	}
	if status := p.status(s.now()); status != portonev2.PromotionStatus_PROMOTION_STATUS_IN_PROGRESS ||
		o.key.storeID != p.shown.GetStoreId() || o.currency != p.shown.GetCurrency() {
		return world.Invalid("promotion %q is %s, of store %s and in %s", p.shown.GetId(), status, p.shown.GetStoreId(), p.shown.GetCurrency())
	}
	if c == nil || c.companyOf() != p.shown.GetCardCompany() {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PROMOTION_PAY_METHOD_DOES_NOT_MATCH, "promotion %q is for %s", p.shown.GetId(), p.shown.GetCardCompany())
	}
	discount := p.discountOn(o.bill.price.amount)
	switch {
	case discount >= o.bill.price.amount:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_DISCOUNT_AMOUNT_EXCEEDS_TOTAL_AMOUNT, "a discount of %d on %d", discount, o.bill.price.amount)
	case discount > p.shown.GetTotalBudget()-p.spent:
		return world.Invalid("promotion %q has %d left of its budget", p.shown.GetId(), p.shown.GetTotalBudget()-p.spent)
	}
	o.bill.discount = discount
	return nil
}
