package cashreceipt

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// amount is what a receipt is for, in the minor unit of its currency.
type amount struct{ total, taxFree, vat int64 }

// readAmount takes an amount from a request and adds what is absent: nothing is
// tax-free, and the VAT is 1/11 of what is taxed. Parts that do not fit into the
// total are INVALID_REQUEST.
func readAmount(input *portonev2.PaymentAmountInput) (amount, error) {
	a := amount{total: input.GetTotal(), taxFree: input.GetTaxFree()}
	switch {
	case a.total <= 0:
		return amount{}, world.Invalid("amount.total must be positive: %d", a.total)
	case a.taxFree < 0 || a.taxFree > a.total:
		return amount{}, world.Invalid("amount.taxFree must be between 0 and amount.total: %d of %d", a.taxFree, a.total)
	}
	taxed := a.total - a.taxFree
	if input.Vat == nil {
		a.vat = world.VAT(taxed)
		return a, nil
	}
	if a.vat = input.GetVat(); a.vat < 0 || a.vat > taxed {
		return amount{}, world.Invalid("amount.vat must be between 0 and what is taxed: %d of %d", a.vat, taxed)
	}
	return a, nil
}
