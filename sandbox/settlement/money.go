package settlement

import (
	"math/bits"
)

const (
	// maxAmount is the largest amount of an order, product, discount or fee, in
	// minor units. It keeps sums over millions of them within 64 bits.
	maxAmount = 1_000_000_000_000

	// rateUnit is the rate of 100 %: rates are in units of 10^-5.
	rateUnit = 100_000
)

// split is an amount and the part of it that is exempt from VAT.
type split struct{ total, taxFree int64 }

// taxed is the rest of the amount, VAT included.
func (s split) taxed() int64 { return s.total - s.taxFree }

func (s split) plus(o split) split  { return split{s.total + o.total, s.taxFree + o.taxFree} }
func (s split) minus(o split) split { return split{s.total - o.total, s.taxFree - o.taxFree} }

// valid reports whether both parts are amounts that may be given.
func (s split) valid() bool { return validAmount(s.total) && validAmount(s.taxFree) }

func validAmount(amount int64) bool { return amount >= 0 && amount <= maxAmount }

// scale is amount * numerator / denominator, rounded down. None may be negative,
// and the result has to fit.
func scale(amount, numerator, denominator int64) int64 {
	high, low := bits.Mul64(uint64(amount), uint64(numerator))
	quotient, _ := bits.Div64(high, low, uint64(denominator))
	return int64(quotient)
}

// atRate is the share of an amount at a rate, rounded down.
func atRate(amount int64, rate int32) int64 { return scale(amount, int64(rate), rateUnit) }

// vatOn is the VAT to add to an amount, 10 %, rounded down.
func vatOn(amount int64) int64 { return amount / 10 }

// vatWithin is the VAT that an amount contains, an eleventh, rounded to the
// nearest, as PGs do.
func vatWithin(amount int64) int64 { return (2*amount + 11) / 22 }

// portion is the part of a value that goes with a part of what it was computed
// from, rounded down; the whole value goes with the whole.
func portion(value, part, whole int64) int64 {
	if part == whole {
		return value
	}
	return scale(value, part, whole)
}
