package b2b

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// amounts are small ones, and those where sums leave the range.
func amounts() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(-10, 10), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
}

// TestSum expects of every list of amounts the sum, unless it or a sum on the way
// to it is out of range.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(amounts()).Draw(t, "list")
		exact, within := new(big.Int), true
		for _, a := range list {
			exact.Add(exact, big.NewInt(a))
			within = within && exact.IsInt64()
		}
		if got, ok := sum(list...); ok != within || ok && got != exact.Int64() {
			t.Errorf("sum of %v: %d, %t; want %v, %t", list, got, ok, exact, within)
		}
	})
}

// TestTotals expects for every supply, tax and total that exactly the right total
// is accepted.
func TestTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		supply, tax := amounts().Draw(t, "supply"), amounts().Draw(t, "tax")
		total := rapid.OneOf(rapid.Just(supply+tax), amounts()).Draw(t, "total")
		exact := new(big.Int).Add(big.NewInt(supply), big.NewInt(tax))
		right := exact.IsInt64() && exact.Int64() == total
		in := &taxInput{TaxationType: taxable.Enum(), TotalSupplyAmount: &supply, TotalTaxAmount: &tax, TotalAmount: &total}
		if err := checkTotals(in); (err == nil) != right {
			t.Errorf("%d + %d = %d: %v", supply, tax, total, err)
		}
		in.TaxationType = portonev2.B2BTaxInvoiceTaxationType_B2B_TAX_INVOICE_TAXATION_TYPE_ZERO_RATED.Enum()
		if err := checkTotals(in); (err == nil) != (right && tax == 0) {
			t.Errorf("zero-rated: %d + %d = %d: %v", supply, tax, total, err)
		}
	})
}

// TestItemSums splits totals into items: they are accepted, and no longer once
// one amount is another.
func TestItemSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.Int64Range(-1e12, 1e12), 1, maxItems).Draw(t, "parts")
		in := &taxInput{TotalSupplyAmount: ptr(int64(0)), TotalTaxAmount: ptr(int64(0))}
		for _, part := range parts {
			in.Items = append(in.Items, &portonev2.B2BTaxInvoiceItem{SupplyCostAmount: ptr(part), TaxAmount: ptr(part / 10)})
			*in.TotalSupplyAmount += part
			*in.TotalTaxAmount += part / 10
		}
		if err := checkSums(in); err != nil {
			t.Fatalf("%v: %v", parts, err)
		}
		wrong := in.Items[rapid.IntRange(0, len(parts)-1).Draw(t, "wrong")]
		amount := rapid.SampledFrom([]*int64{wrong.SupplyCostAmount, wrong.TaxAmount}).Draw(t, "amount")
		*amount++
		if err := checkSums(in); err == nil {
			t.Fatalf("%v with another amount is accepted", parts)
		}
		wrong.SupplyCostAmount, wrong.TaxAmount = nil, nil
		if err := checkSums(in); err != nil {
			t.Fatalf("%v with an item without amounts: %v", parts, err)
		}
	})
}

func TestParts(t *testing.T) {
	tests := []struct {
		name              string
		total, cash, note int64
		ok                bool
	}{
		{"none", 100, 0, 0, true},
		{"all", 100, 60, 40, true},
		{"some", 100, 60, 0, true},
		{"too much", 100, 60, 41, false},
		{"another sign", 100, -1, 0, false},
		{"taken back", -100, -60, -40, true},
		{"too much taken back", -100, -60, -41, false},
		{"paid where it is taken back", -100, 1, 0, false},
		{"out of range", math.MaxInt64, math.MaxInt64, 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := checkParts(&taxInput{TotalAmount: &test.total, CashAmount: &test.cash, NoteAmount: &test.note})
			if (err == nil) != test.ok {
				t.Errorf("%d and %d of %d: %v", test.cash, test.note, test.total, err)
			}
		})
	}
}
