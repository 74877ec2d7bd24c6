package b2b

import (
	"math"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const taxable = portonev2.B2BTaxInvoiceTaxationType_B2B_TAX_INVOICE_TAXATION_TYPE_TAXABLE

// checkTotals expects supply and tax to add up to the total, and no tax where the
// supply is not taxed.
func checkTotals(in *portonev2.B2BTaxInvoiceInput) error {
	total, ok := sum(in.GetTotalSupplyAmount(), in.GetTotalTaxAmount())
	if !ok || total != in.GetTotalAmount() {
		return world.Invalid("taxInvoice.totalAmount: %d, but totalSupplyAmount and totalTaxAmount are %d and %d",
			in.GetTotalAmount(), in.GetTotalSupplyAmount(), in.GetTotalTaxAmount())
	}
	if in.GetTaxationType() != taxable && in.GetTotalTaxAmount() != 0 {
		return world.Invalid("taxInvoice.totalTaxAmount: %d, but the supply is not taxed", in.GetTotalTaxAmount())
	}
	return nil
}

// checkParts expects the parts of the total by way of payment to have its sign and
// not to exceed it.
func checkParts(in *portonev2.B2BTaxInvoiceInput) error {
	parts := []int64{in.GetCashAmount(), in.GetCheckAmount(), in.GetCreditAmount(), in.GetNoteAmount()}
	total := in.GetTotalAmount()
	for _, part := range parts {
		if part != 0 && (part < 0) != (total < 0) {
			return world.Invalid("taxInvoice: cash, check, credit and note amounts are parts of totalAmount %d", total)
		}
	}
	paid, ok := sum(parts...)
	if !ok || total >= 0 && paid > total || total < 0 && paid < total {
		return world.Invalid("taxInvoice: cash, check, credit and note amounts exceed totalAmount %d", total)
	}
	return nil
}

// checkSums expects the items to add up to the totals of supply and of tax, where
// every item has such an amount.
func checkSums(in *portonev2.B2BTaxInvoiceInput) error {
	for _, column := range []struct {
		name  string
		of    func(*portonev2.B2BTaxInvoiceItem) *int64
		total int64
	}{
		{"supplyCostAmount", func(i *portonev2.B2BTaxInvoiceItem) *int64 { return i.SupplyCostAmount }, in.GetTotalSupplyAmount()},
		{"taxAmount", func(i *portonev2.B2BTaxInvoiceItem) *int64 { return i.TaxAmount }, in.GetTotalTaxAmount()},
	} {
		var amounts []int64
		for _, item := range in.GetItems() {
			if amount := column.of(item); amount != nil {
				amounts = append(amounts, *amount)
			}
		}
		if len(amounts) == 0 || len(amounts) < len(in.GetItems()) {
			continue
		}
		if got, ok := sum(amounts...); !ok || got != column.total {
			return world.Invalid("taxInvoice.items: %s does not add up to %d", column.name, column.total)
		}
	}
	return nil
}

// sum adds up, and reports whether the sum is within range. A sum that leaves the
// range on the way is not.
func sum(amounts ...int64) (int64, bool) {
	var total int64
	for _, a := range amounts {
		if a > 0 && total > math.MaxInt64-a || a < 0 && total < math.MinInt64-a {
			return 0, false
		}
		total += a
	}
	return total, true
}
