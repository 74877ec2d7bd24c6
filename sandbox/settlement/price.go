package settlement

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// price computes the amounts of a new order by the terms. The request is one that
// checkOrder has let through.
func (t *terms) price(req *portonev2.CreatePlatformOrderTransferRequest) (order, error) {
	var o order
	for _, given := range req.GetOrderDetail().GetOrderLines() {
		l, err := t.line(given)
		if err != nil {
			return order{}, err
		}
		o.lines = append(o.lines, l)
	}
	o.order = o.lineTotal()
	if amount := req.GetOrderDetail().OrderAmount; amount != nil {
		o.order.total = *amount
	}
	if req.TaxFreeAmount != nil {
		o.order.taxFree = *req.TaxFreeAmount
	}
	if !o.order.valid() {
		return order{}, world.Invalid("orderDetail: the order amounts to more than %d", int64(maxAmount))
	}
	if err := t.apply(&o.part, req.GetDiscounts(), req.GetAdditionalFees()); err != nil {
		return order{}, err
	}
	if fixed := t.contract.GetPlatformFee().GetFixedAmount(); fixed != nil || len(o.lines) == 0 {
		t.chargePlatform(&o.part)
	}
	o.addLines()
	o.paymentVAT = max(0, vatWithin(o.payment().taxed()))
	if err := firstError(checkSize(o.amounts), o.check(nil)); err != nil {
		return order{}, err
	}
	return o, nil
}

// line computes the amounts of an order line.
func (t *terms) line(given *portonev2.CreatePlatformOrderTransferBodyOrderLine) (line, error) {
	product, quantity := given.GetProduct(), given.GetQuantity()
	l := line{
		product: &portonev2.PlatformOrderTransferProduct{
			Id:            product.Id,
			Name:          product.Name,
			Amount:        product.Amount,
			TaxFreeAmount: world.Ptr(product.GetTaxFreeAmount()),
			Tag:           product.Tag,
		},
		quantity: quantity,
	}
	ordered, ok := pieces(l.product, quantity)
	if !ok {
		return line{}, world.Invalid("orderDetail.orderLines: %q amounts to more than %d", product.GetId(), int64(maxAmount))
	}
	l.order = ordered
	if err := t.apply(&l.part, given.GetDiscounts(), given.GetAdditionalFees()); err != nil {
		return line{}, err
	}
	if t.contract.GetPlatformFee().GetFixedRate() != nil {
		t.chargePlatform(&l.part)
	}
	l.paymentVAT = max(0, vatWithin(l.payment().taxed()))
	return l, firstError(checkSize(l.amounts), l.check(product.Id))
}

// pieces is the amount of some pieces of a product, unless it is too large.
func pieces(product *portonev2.PlatformOrderTransferProduct, quantity int32) (split, bool) {
	count := int64(quantity)
	if product.GetAmount() > maxAmount/count || product.GetTaxFreeAmount() > maxAmount/count {
		return split{}, false
	}
	return split{product.GetAmount() * count, product.GetTaxFreeAmount() * count}, true
}

// apply sets the discounts and additional fees of a part, and adds them up. Its
// order amount is set.
func (t *terms) apply(p *part, discounts []*portonev2.CreatePlatformOrderTransferBodyDiscount, fees []*portonev2.CreatePlatformOrderTransferBodyAdditionalFee) error {
	for _, given := range discounts {
		d := discount{
			policy: t.shares[given.GetSharePolicyId()],
			amount: split{given.GetAmount(), given.GetTaxFreeAmount()},
		}
		rate := d.policy.GetPartnerShareRate()
		d.share = split{atRate(d.amount.total, rate), atRate(d.amount.taxFree, rate)}
		p.discounts = append(p.discounts, d)
		if err := checkSize(amounts{discount: d.amount, share: d.share}); err != nil {
			return err
		}
	}
	for _, given := range fees {
		policy := t.fees[given.GetPolicyId()]
		f := fee{policy: policy, amount: charge(policy.GetFee(), p.order.total)}
		f.vat = borne(f.amount, policy.GetVatPayer())
		p.fees = append(p.fees, f)
		if err := checkSize(amounts{additionalFee: f.amount, additionalFeeVAT: f.vat}); err != nil {
			return err
		}
	}
	if len(p.discounts)+len(p.fees) > maxPolicies {
		return world.Invalid("more than %d discounts and additional fees", maxPolicies)
	}
	p.addUp()
	return nil
}

// maxPolicies bounds the discounts and fees of an order or line, so that their sum
// cannot overflow.
const maxPolicies = 1000

// chargePlatform sets the platform fee of a part.
func (t *terms) chargePlatform(p *part) {
	p.platformFee = charge(t.contract.GetPlatformFee(), p.order.total)
	p.platformFeeVAT = borne(p.platformFee, t.contract.GetPlatformFeeVatPayer())
}

// charge computes a fee on an order amount.
func charge(by *portonev2.PlatformFee, ordered int64) int64 {
	if fixed := by.GetFixedAmount(); fixed != nil {
		return fixed.GetAmount()
	}
	return atRate(ordered, by.GetFixedRate().GetRate())
}

// borne is the VAT on a fee as far as the partner bears it.
func borne(fee int64, payer portonev2.PlatformPayer) int64 {
	if payer == portonev2.PlatformPayer_PLATFORM_PAYER_MERCHANT {
		return 0
	}
	return vatOn(fee)
}

// checkSize refuses amounts that are too large to count with.
func checkSize(a amounts) error {
	for _, amount := range []int64{
		a.discount.total, a.discount.taxFree, a.share.total, a.share.taxFree,
		a.platformFee, a.platformFeeVAT, a.additionalFee, a.additionalFeeVAT,
	} {
		if amount > maxAmount {
			return world.Invalid("a discount or fee amounts to more than %d", int64(maxAmount))
		}
	}
	return nil
}

// firstError is the first error that there is.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
