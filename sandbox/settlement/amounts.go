package settlement

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// amounts are those from which a settlement follows, of an order, of one of its
// lines, or of what was cancelled of it. None is negative, and all of them add up:
// what is left of an order is the order's amounts minus those of its cancellations.
//
//	payment    = order - discount
//	settlement = order - discount share
//	             - platform fee - its VAT - additional fees - their VAT
//	             - VAT of the payment, if the contract subtracts it
//
// and likewise for the tax-free parts, which bear no fees:
//
//	tax-free settlement = tax-free order - tax-free discount share
//
// Fees at a rate are computed from the order amount before discounts and rounded
// down, line by line where there are lines. A platform fee of a fixed amount is
// due once an order and belongs to no line; an additional fee of a fixed amount is
// due once where it is given. The VAT on a fee is 10 % of it, rounded down, and 0
// where the merchant bears it. The VAT of a payment is an eleventh of its taxed
// part, rounded to the nearest. The partner's share of a discount is rounded down.
type amounts struct {
	order, discount, share split

	paymentVAT                      int64
	platformFee, platformFeeVAT     int64
	additionalFee, additionalFeeVAT int64
}

func (a amounts) payment() split { return a.order.minus(a.discount) }

// settlement is what the partner gets. It may be negative: fees may exceed the
// order.
func (a amounts) settlement(subtractPaymentVAT bool) split {
	s := a.order.minus(a.share)
	s.total -= a.platformFee + a.platformFeeVAT + a.additionalFee + a.additionalFeeVAT
	if subtractPaymentVAT {
		s.total -= a.paymentVAT
	}
	return s
}

// combine applies op to each pair of amounts.
func (a amounts) combine(b amounts, op func(a, b int64) int64) amounts {
	parts := func(a, b split) split { return split{op(a.total, b.total), op(a.taxFree, b.taxFree)} }
	return amounts{
		order:            parts(a.order, b.order),
		discount:         parts(a.discount, b.discount),
		share:            parts(a.share, b.share),
		paymentVAT:       op(a.paymentVAT, b.paymentVAT),
		platformFee:      op(a.platformFee, b.platformFee),
		platformFeeVAT:   op(a.platformFeeVAT, b.platformFeeVAT),
		additionalFee:    op(a.additionalFee, b.additionalFee),
		additionalFeeVAT: op(a.additionalFeeVAT, b.additionalFeeVAT),
	}
}

func (a amounts) plus(b amounts) amounts {
	return a.combine(b, func(a, b int64) int64 { return a + b })
}

func (a amounts) minus(b amounts) amounts {
	return a.combine(b, func(a, b int64) int64 { return a - b })
}

// message shows the amounts as the contract has them.
func (a amounts) message(subtractPaymentVAT bool) *portonev2.PlatformOrderSettlementAmount {
	payment, settlement := a.payment(), a.settlement(subtractPaymentVAT)
	burden := int64(0)
	if subtractPaymentVAT {
		burden = a.paymentVAT
	}
	return &portonev2.PlatformOrderSettlementAmount{
		Settlement:           world.Ptr(settlement.total),
		SettlementTaxFree:    world.Ptr(settlement.taxFree),
		Payment:              world.Ptr(payment.total),
		PaymentVat:           world.Ptr(a.paymentVAT),
		PaymentVatBurden:     world.Ptr(burden),
		PaymentTaxFree:       world.Ptr(payment.taxFree),
		PaymentSupply:        world.Ptr(payment.taxed() - a.paymentVAT),
		Order:                world.Ptr(a.order.total),
		OrderTaxFree:         world.Ptr(a.order.taxFree),
		PlatformFee:          world.Ptr(a.platformFee),
		PlatformFeeVat:       world.Ptr(a.platformFeeVAT),
		AdditionalFee:        world.Ptr(a.additionalFee),
		AdditionalFeeVat:     world.Ptr(a.additionalFeeVAT),
		Discount:             world.Ptr(a.discount.total),
		DiscountTaxFree:      world.Ptr(a.discount.taxFree),
		DiscountShare:        world.Ptr(a.share.total),
		DiscountShareTaxFree: world.Ptr(a.share.taxFree),
	}
}

// readAmounts is the reverse of message.
func readAmounts(m *portonev2.PlatformOrderSettlementAmount) amounts {
	return amounts{
		order:            split{m.GetOrder(), m.GetOrderTaxFree()},
		discount:         split{m.GetDiscount(), m.GetDiscountTaxFree()},
		share:            split{m.GetDiscountShare(), m.GetDiscountShareTaxFree()},
		paymentVAT:       m.GetPaymentVat(),
		platformFee:      m.GetPlatformFee(),
		platformFeeVAT:   m.GetPlatformFeeVat(),
		additionalFee:    m.GetAdditionalFee(),
		additionalFeeVAT: m.GetAdditionalFeeVat(),
	}
}
