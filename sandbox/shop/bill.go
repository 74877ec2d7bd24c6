package shop

import (
	"math/bits"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// parts is an amount and what it contains, in the currency's minor unit. The
// value of supply is the rest.
type parts struct{ amount, taxFree, vat int64 }

func (p parts) supply() int64 { return p.amount - p.taxFree - p.vat }
func (p parts) taxed() int64  { return p.amount - p.taxFree }

func (p parts) plus(q parts) parts {
	return parts{p.amount + q.amount, p.taxFree + q.taxFree, p.vat + q.vat}
}

func (p parts) minus(q parts) parts {
	return parts{p.amount - q.amount, p.taxFree - q.taxFree, p.vat - q.vat}
}

// bill is what a payment costs, and what of it was paid and given back.
type bill struct {
	price    parts
	discount int64 // taken off the price at payment

	paid             int64 // money: price less discount, once paid
	cancelled        int64 // money that went back
	cancelledTaxFree int64

	left         parts // of the price: neither cancelled nor requested to be
	leftDiscount int64 // what the price left is less by
}

// newBill reads the amount of a request.
func newBill(in *portonev2.PaymentAmountInput) (bill, error) {
	price := parts{amount: in.GetTotal(), taxFree: in.GetTaxFree(), vat: in.GetVat()}
	if price.amount <= 0 || price.taxFree < 0 || price.vat < 0 {
		return bill{}, world.Invalid("amount: total must be positive, taxFree and vat not negative")
	}
	if price.taxFree > price.amount || price.vat > price.taxed() {
		return bill{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT,
			"taxFree %d and vat %d exceed total %d", price.taxFree, price.vat, price.amount)
	}
	if in.Vat == nil {
		price.vat = world.VAT(price.taxed())
	}
	return bill{price: price}, nil
}

// share is part * numerator / denominator, rounded down; numerator may not be
// more than denominator, none negative.
func share(part, numerator, denominator int64) int64 {
	high, low := bits.Mul64(uint64(part), uint64(numerator))
	quotient, _ := bits.Div64(high, low, uint64(denominator))
	return int64(quotient)
}

// pay is the payment of the whole bill.
func (b *bill) pay() {
	b.paid = b.price.amount - b.discount
	b.left, b.leftDiscount = b.price, b.discount
}

// moneyLeft is what can still go back.
func (b *bill) moneyLeft() int64 { return b.left.amount - b.leftDiscount }

// cut reads what a cancellation takes from what is left of the price. PortOne's
// defaults: no amount is all that is left; no tax-free amount is a cancellation
// that is taxed as a whole; no VAT is computed.
func (b *bill) cut(req *portonev2.CancelPaymentRequest) (parts, error) {
	wanted := b.left
	if req.Amount != nil {
		wanted = parts{amount: req.GetAmount()}
	}
	if req.TaxFreeAmount != nil {
		wanted.taxFree = req.GetTaxFreeAmount()
	}
	wanted.vat = req.GetVatAmount()
	switch {
	case req.Amount != nil && wanted.amount <= 0 || wanted.taxFree < 0 || wanted.vat < 0:
		return parts{}, world.Invalid("amount must be positive, taxFreeAmount and vatAmount not negative")
	case wanted.amount > b.left.amount || wanted.amount == 0:
		return parts{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT,
			"amount %d of %d left", wanted.amount, b.left.amount)
	case wanted.taxFree > wanted.amount || wanted.vat > wanted.taxed():
		return parts{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT,
			"taxFreeAmount %d and vatAmount %d exceed amount %d", wanted.taxFree, wanted.vat, wanted.amount)
	case wanted.taxFree > b.left.taxFree:
		return parts{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT,
			"taxFreeAmount %d of %d left", wanted.taxFree, b.left.taxFree)
	case wanted.taxed() > b.left.taxed():
		return parts{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT,
			"taxed %d of %d left", wanted.taxed(), b.left.taxed())
	}
	if req.VatAmount == nil {
		// As near to 1/11 as VAT and supply left allow, so that the last part
		// takes exactly what the others left.
		wanted.vat = min(max(world.VAT(wanted.taxed()), wanted.taxed()-b.left.supply()), b.left.vat)
	}
	if wanted.vat > b.left.vat || wanted.supply() > b.left.supply() {
		return parts{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT,
			"vat %d of %d left, supply %d of %d left", wanted.vat, b.left.vat, wanted.supply(), b.left.supply())
	}
	return wanted, nil
}

// amount is the bill as the contract shows it.
func (b *bill) amount() *portonev2.PaymentAmount {
	return &portonev2.PaymentAmount{
		Total: world.Ptr(b.price.amount), TaxFree: world.Ptr(b.price.taxFree),
		Vat: world.Ptr(b.price.vat), Supply: world.Ptr(b.price.supply()),
		Discount: world.Ptr(b.discount), Paid: world.Ptr(b.paid),
		Cancelled: world.Ptr(b.cancelled), CancelledTaxFree: world.Ptr(b.cancelledTaxFree),
	}
}
