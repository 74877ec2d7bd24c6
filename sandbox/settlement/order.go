package settlement

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// order is what was ordered, was cancelled of an order, or is left of one.
type order struct {
	part
	lines []line
}

// line is a number of pieces of one product.
type line struct {
	part
	product  *portonev2.PlatformOrderTransferProduct
	quantity int32
}

// part is an order or a line of one. The discounts and fees of an order are those
// on the order as a whole; its amounts include those of its lines.
type part struct {
	amounts
	discounts []discount
	fees      []fee
}

// discount is one that the customer got, and the partner's share of it.
type discount struct {
	policy        *portonev2.PlatformDiscountSharePolicy
	amount, share split
}

// fee is an additional fee.
type fee struct {
	policy      *portonev2.PlatformAdditionalFeePolicy
	amount, vat int64
}

// addUp sets those amounts of the part that are sums over its own discounts and
// fees.
func (p *part) addUp() {
	for _, d := range p.discounts {
		p.discount, p.share = p.discount.plus(d.amount), p.share.plus(d.share)
	}
	for _, f := range p.fees {
		p.additionalFee += f.amount
		p.additionalFeeVAT += f.vat
	}
}

// addLines adds those amounts of the lines that the order includes. The order
// amount is not among them: its tax-free part may be given apart from the lines,
// which changes the VAT too.
func (o *order) addLines() {
	for _, l := range o.lines {
		o.discount, o.share = o.discount.plus(l.discount), o.share.plus(l.share)
		o.platformFee += l.platformFee
		o.platformFeeVAT += l.platformFeeVAT
		o.additionalFee += l.additionalFee
		o.additionalFeeVAT += l.additionalFeeVAT
	}
}

// lineTotal is the order amount of all lines.
func (o *order) lineTotal() split {
	var total split
	for _, l := range o.lines {
		total = total.plus(l.order)
	}
	return total
}

// orderBody is an order transfer or an order cancel transfer.
type orderBody interface {
	body
	GetAmount() *portonev2.PlatformOrderSettlementAmount
	GetContract() *portonev2.PlatformContract
	GetPayment() *portonev2.PlatformPayment
	GetSettlementStartDate() string
	GetOrderLines() []*portonev2.PlatformOrderTransferOrderLine
	GetAdditionalFees() []*portonev2.PlatformOrderTransferAdditionalFee
	GetDiscounts() []*portonev2.PlatformOrderTransferDiscount
}

// readOrder reads what a transfer is for. Discounts by the same policy come as
// one, and so do fees.
func readOrder(body orderBody) order {
	o := order{part: readPart(body)}
	for _, l := range body.GetOrderLines() {
		o.lines = append(o.lines, line{part: readPart(l), product: l.GetProduct(), quantity: l.GetQuantity()})
	}
	return o
}

func readPart(m interface {
	GetAmount() *portonev2.PlatformOrderSettlementAmount
	GetDiscounts() []*portonev2.PlatformOrderTransferDiscount
	GetAdditionalFees() []*portonev2.PlatformOrderTransferAdditionalFee
}) part {
	p := part{amounts: readAmounts(m.GetAmount())}
	for _, d := range m.GetDiscounts() {
		if same := p.discountBy(d.GetSharePolicy().GetId()); same != nil {
			same.amount = same.amount.plus(split{d.GetAmount(), d.GetTaxFreeAmount()})
			same.share = same.share.plus(split{d.GetShareAmount(), d.GetShareTaxFreeAmount()})
			continue
		}
		p.discounts = append(p.discounts, discount{
			policy: d.GetSharePolicy(),
			amount: split{d.GetAmount(), d.GetTaxFreeAmount()},
			share:  split{d.GetShareAmount(), d.GetShareTaxFreeAmount()},
		})
	}
	for _, f := range m.GetAdditionalFees() {
		if same := p.feeBy(f.GetPolicy().GetId()); same != nil {
			same.amount += f.GetAmount()
			same.vat += f.GetVat()
			continue
		}
		p.fees = append(p.fees, fee{f.GetPolicy(), f.GetAmount(), f.GetVat()})
	}
	return p
}

// discountBy is the discount by a policy, or nil.
func (p *part) discountBy(policy string) *discount {
	for i := range p.discounts {
		if p.discounts[i].policy.GetId() == policy {
			return &p.discounts[i]
		}
	}
	return nil
}

// feeBy is the fee by a policy, or nil.
func (p *part) feeBy(policy string) *fee {
	for i := range p.fees {
		if p.fees[i].policy.GetId() == policy {
			return &p.fees[i]
		}
	}
	return nil
}

// lineOf is the line of a product, or nil.
func (o *order) lineOf(product string) *line {
	for i := range o.lines {
		if o.lines[i].product.GetId() == product {
			return &o.lines[i]
		}
	}
	return nil
}

// take takes away what was cancelled.
func (o *order) take(cancelled order) {
	o.part.take(cancelled.part)
	for _, c := range cancelled.lines {
		l := o.lineOf(c.product.GetId())
		l.part.take(c.part)
		l.quantity -= c.quantity
	}
}

func (p *part) take(cancelled part) {
	p.amounts = p.amounts.minus(cancelled.amounts)
	for _, c := range cancelled.discounts {
		d := p.discountBy(c.policy.GetId())
		d.amount, d.share = d.amount.minus(c.amount), d.share.minus(c.share)
	}
	for _, c := range cancelled.fees {
		f := p.feeBy(c.policy.GetId())
		f.amount -= c.amount
		f.vat -= c.vat
	}
}

// lineMessages shows the lines as the contract has them.
func (o *order) lineMessages(subtractPaymentVAT bool) []*portonev2.PlatformOrderTransferOrderLine {
	var shown []*portonev2.PlatformOrderTransferOrderLine
	for _, l := range o.lines {
		shown = append(shown, &portonev2.PlatformOrderTransferOrderLine{
			Product:        proto.CloneOf(l.product),
			Quantity:       world.Ptr(l.quantity),
			Discounts:      l.discountMessages(),
			AdditionalFees: l.feeMessages(),
			Amount:         l.message(subtractPaymentVAT),
		})
	}
	return shown
}

func (p *part) discountMessages() []*portonev2.PlatformOrderTransferDiscount {
	var shown []*portonev2.PlatformOrderTransferDiscount
	for _, d := range p.discounts {
		shown = append(shown, &portonev2.PlatformOrderTransferDiscount{
			SharePolicy:        proto.CloneOf(d.policy),
			Amount:             world.Ptr(d.amount.total),
			TaxFreeAmount:      world.Ptr(d.amount.taxFree),
			ShareAmount:        world.Ptr(d.share.total),
			ShareTaxFreeAmount: world.Ptr(d.share.taxFree),
		})
	}
	return shown
}

func (p *part) feeMessages() []*portonev2.PlatformOrderTransferAdditionalFee {
	var shown []*portonev2.PlatformOrderTransferAdditionalFee
	for _, f := range p.fees {
		shown = append(shown, &portonev2.PlatformOrderTransferAdditionalFee{
			Policy: proto.CloneOf(f.policy),
			Amount: world.Ptr(f.amount),
			Vat:    world.Ptr(f.vat),
		})
	}
	return shown
}

// exceeded refuses an amount that is larger than the one that bounds it. Product
// is nil where the amounts are those of the whole order.
func exceeded(kind portonev2.PlatformAmountExceededType, product *string, requested, allowed int64) error {
	if requested <= allowed {
		return nil
	}
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
		"%d, where at most %d is possible", requested, allowed).
		With(&portonev2.PlatformSettlementAmountExceededError{
			Type:            kind.Enum(),
			ProductId:       product,
			RequestedAmount: world.Ptr(requested),
			AllowedAmount:   world.Ptr(allowed),
		})
}

// check refuses amounts that cannot go together, as when the discounts exceed the
// order.
func (p *part) check(product *string) error {
	for _, d := range p.discounts {
		if err := exceeded(portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_TAX_FREE_THAN_DISCOUNT,
			product, d.amount.taxFree, d.amount.total); err != nil {
			return err
		}
	}
	bounds := []struct {
		kind               portonev2.PlatformAmountExceededType
		requested, allowed int64
	}{
		{portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_THAN_ORDER,
			p.discount.total, p.order.total},
		{portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_TAX_FREE_THAN_ORDER_TAX_FREE,
			p.discount.taxFree, p.order.taxFree},
		{portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_PAYMENT_TAX_FREE_THAN_PAYMENT,
			p.payment().taxFree, p.payment().total},
	}
	for _, b := range bounds {
		if err := exceeded(b.kind, product, b.requested, b.allowed); err != nil {
			return err
		}
	}
	return nil
}
