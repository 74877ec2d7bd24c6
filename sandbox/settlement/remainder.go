package settlement

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// remainder is what is left of an order transfer.
func remainder(original *transfer) order {
	left := readOrder(original.order())
	for _, c := range original.cancels {
		left.take(readOrder(c.order()))
	}
	return left
}

// cancel is the part of what is left that a request cancels. Fees and shares go
// back in proportion, rounded down, so that several cancellations together never
// cancel more than there was, and the last one cancels what is left.
// Discounts go back as far as the request says; with everything they go too.
func (left *order) cancel(req *portonev2.CreatePlatformOrderCancelTransferRequest, test bool) (order, error) {
	detail := req.GetOrderDetail()
	all := detail == nil || detail.GetAll() != nil
	if !all && (len(left.lines) > 0) != (len(detail.GetOrderLines()) > 0) {
		return order{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ORDER_DETAIL_MISMATCHED,
			"an order by lines is cancelled by lines, one by amount by amount")
	}
	own, err := left.cancelDiscounts(req.GetDiscounts(), nil, test)
	if err != nil {
		return order{}, err
	}
	if all {
		return left.everything(), nil
	}
	lines, err := left.cancelLines(detail.GetOrderLines(), test)
	if err != nil {
		return order{}, err
	}
	cancelled := split{total: detail.GetOrderAmount()}
	if len(lines) > 0 {
		by := order{lines: lines}
		cancelled = by.lineTotal()
	}
	if req.TaxFreeAmount != nil {
		cancelled.taxFree = *req.TaxFreeAmount
	}
	if err := checkLeft(cancelled, left.order); err != nil {
		return order{}, err
	}
	c := left.portionOf(cancelled, own, lines)
	return c, firstError(c.check(nil), checkLeft(c.payment(), left.payment()))
}

// everything is all that is left.
func (left *order) everything() order {
	var lines []line
	for _, l := range left.lines {
		if l.quantity > 0 {
			lines = append(lines, l.portionOf(l.quantity, l.order, l.discounts))
		}
	}
	return left.portionOf(left.order, left.discounts, lines)
}

// cancelLines cancels order lines.
func (left *order) cancelLines(given []*portonev2.CreatePlatformOrderCancelTransferBodyOrderLine, test bool) ([]line, error) {
	var lines []line
	for _, g := range given {
		l := left.lineOf(g.GetProductId())
		if l == nil {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PRODUCT_ID_NOT_FOUND,
				"the order has no product %q", g.GetProductId()).
				With(&portonev2.PlatformProductIdNotFoundError{Id: g.ProductId})
		}
		if g.GetQuantity() > l.quantity {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_PRODUCT_QUANTITY_EXCEEDED,
				"%d of %q, of which %d are left", g.GetQuantity(), g.GetProductId(), l.quantity).
				With(&portonev2.PlatformCancellableProductQuantityExceededError{
					ProductId:           g.ProductId,
					CancellableQuantity: world.Ptr(int64(l.quantity)),
				})
		}
		discounts, err := l.cancelDiscounts(g.GetDiscounts(), g.ProductId, test)
		if err != nil {
			return nil, err
		}
		ordered, _ := pieces(l.product, g.GetQuantity())
		c := l.portionOf(g.GetQuantity(), ordered, discounts)
		if err := firstError(c.check(g.ProductId), checkLeft(c.payment(), l.payment())); err != nil {
			return nil, err
		}
		lines = append(lines, c)
	}
	return lines, nil
}

// cancelDiscounts cancels parts of discounts. Product is nil for those on the
// whole order.
func (left *part) cancelDiscounts(given []*portonev2.CreatePlatformOrderCancelTransferBodyDiscount, product *string, test bool) ([]discount, error) {
	var cancelled []discount
	for _, g := range given {
		d := left.discountBy(g.GetSharePolicyId())
		if d == nil {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_DISCOUNT_SHARE_POLICY_NOT_FOUND,
				"no discount by the policy %q", g.GetSharePolicyId()).
				With(&portonev2.PlatformTransferDiscountSharePolicyNotFoundError{
					DiscountSharePolicyId:        g.SharePolicyId,
					DiscountSharePolicyGraphqlId: world.Ptr(world.GraphQLID("PlatformDiscountSharePolicy", test, g.GetSharePolicyId())),
					ProductId:                    product,
				})
		}
		amount := split{g.GetAmount(), g.GetTaxFreeAmount()}
		if err := d.checkLeft(amount, product); err != nil {
			return nil, err
		}
		cancelled = append(cancelled, d.portionOf(amount))
	}
	return cancelled, nil
}

// checkLeft refuses to cancel more of a discount than is left.
func (d *discount) checkLeft(amount split, product *string) error {
	if amount.total > d.amount.total {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_DISCOUNT_AMOUNT_EXCEEDED,
			"%d of a discount of which %d is left", amount.total, d.amount.total).
			With(&portonev2.PlatformCancellableDiscountAmountExceededError{
				DiscountSharePolicyId:        d.policy.Id,
				DiscountSharePolicyGraphqlId: d.policy.GraphqlId,
				CancellableAmount:            world.Ptr(d.amount.total),
				RequestAmount:                world.Ptr(amount.total),
				ProductId:                    product,
			})
	}
	if amount.taxFree > d.amount.taxFree {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_DISCOUNT_TAX_FREE_AMOUNT_EXCEEDED,
			"%d tax-free of a discount of which %d is left", amount.taxFree, d.amount.taxFree).
			With(&portonev2.PlatformCancellableDiscountTaxFreeAmountExceededError{
				DiscountSharePolicyId:        d.policy.Id,
				DiscountSharePolicyGraphqlId: d.policy.GraphqlId,
				CancellableAmount:            world.Ptr(d.amount.taxFree),
				RequestAmount:                world.Ptr(amount.taxFree),
				ProductId:                    product,
			})
	}
	return nil
}

// portionOf is the discount as far as an amount of it is cancelled.
func (d *discount) portionOf(amount split) discount {
	return discount{d.policy, amount, split{
		portion(d.share.total, amount.total, d.amount.total),
		portion(d.share.taxFree, amount.taxFree, d.amount.taxFree),
	}}
}

// portionOf is the line as far as some pieces of it are cancelled, with some
// discounts.
func (l *line) portionOf(quantity int32, ordered split, discounts []discount) line {
	c := line{part: l.part.portionOf(ordered, discounts), product: proto.CloneOf(l.product), quantity: quantity}
	c.platformFee = portion(l.platformFee, ordered.total, l.order.total)
	c.platformFeeVAT = portion(l.platformFeeVAT, ordered.total, l.order.total)
	c.paymentVAT = l.vatOf(c.payment())
	return c
}

// portionOf is the order as far as an amount of it is cancelled, with discounts on
// the whole and with lines.
func (left *order) portionOf(ordered split, own []discount, lines []line) order {
	c := order{part: left.part.portionOf(ordered, own), lines: lines}
	ownFee := left.amounts
	for _, l := range left.lines {
		ownFee = ownFee.minus(l.amounts)
	}
	c.platformFee = portion(ownFee.platformFee, ordered.total, left.order.total)
	c.platformFeeVAT = portion(ownFee.platformFeeVAT, ordered.total, left.order.total)
	c.addLines()
	c.paymentVAT = left.vatOf(c.payment())
	return c
}

// portionOf is what both have in common: the order amount, discounts and fees.
func (left *part) portionOf(ordered split, discounts []discount) part {
	c := part{amounts: amounts{order: ordered}}
	for _, d := range discounts {
		if d.amount != (split{}) {
			c.discounts = append(c.discounts, d)
		}
	}
	for _, f := range left.fees {
		c.fees = append(c.fees, fee{
			f.policy,
			portion(f.amount, ordered.total, left.order.total),
			portion(f.vat, ordered.total, left.order.total),
		})
	}
	c.addUp()
	return c
}

// vatOf is the VAT that goes with a part of the payment: what is left of the VAT
// without that of what is left of the payment.
func (left *part) vatOf(cancelled split) int64 {
	rest := left.payment().minus(cancelled)
	return min(max(left.paymentVAT-vatWithin(max(rest.taxed(), 0)), 0), left.paymentVAT)
}

// checkLeft refuses to cancel more than is left of the taxed or of the tax-free
// part.
func checkLeft(requested, left split) error {
	for _, part := range []struct {
		kind            portonev2.PlatformCancellableAmountType
		requested, left int64
	}{
		{portonev2.PlatformCancellableAmountType_PLATFORM_CANCELLABLE_AMOUNT_TYPE_SUPPLY_WITH_VAT, requested.taxed(), left.taxed()},
		{portonev2.PlatformCancellableAmountType_PLATFORM_CANCELLABLE_AMOUNT_TYPE_TAX_FREE, requested.taxFree, left.taxFree},
	} {
		if part.requested > part.left {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_AMOUNT_EXCEEDED,
				"%d, of which %d is left", part.requested, part.left).
				With(&portonev2.PlatformCancellableAmountExceededError{
					CancellableAmount: &part.left,
					RequestAmount:     &part.requested,
					AmountType:        part.kind.Enum(),
				})
		}
	}
	return nil
}
