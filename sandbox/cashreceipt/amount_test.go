package cashreceipt

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestAmounts draws amounts: whatever is accepted adds up, and whatever adds up is
// accepted.
func TestAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.Int64Range(math.MinInt64, math.MaxInt64)
		small := rapid.Int64Range(-5, 50)
		draw := rapid.OneOf(part, small)
		in := &portonev2.PaymentAmountInput{Total: world.Ptr(draw.Draw(t, "total"))}
		if rapid.Bool().Draw(t, "with tax-free") {
			in.TaxFree = world.Ptr(draw.Draw(t, "tax-free"))
		}
		if rapid.Bool().Draw(t, "with VAT") {
			in.Vat = world.Ptr(draw.Draw(t, "VAT"))
		}
		fits := in.GetTotal() > 0 && in.GetTaxFree() >= 0 && in.GetTaxFree() <= in.GetTotal() &&
			in.GetVat() >= 0 && in.GetVat() <= in.GetTotal()-in.GetTaxFree()
		got, err := readAmount(in)
		if (err == nil) != fits {
			t.Fatalf("%v: error %v", in, err)
		}
		if err != nil {
			return
		}
		if got.total != in.GetTotal() || got.taxFree < 0 || got.vat < 0 || got.vat > got.total-got.taxFree {
			t.Fatalf("%v: %+v", in, got)
		}
	})
}
