package transcode

import (
	"math/big"
)

// unusualInteger reads a number that is not just up to eighteen digits: one with
// a fraction, an exponent, or more digits. It is an integer if its value is one,
// so 1.50e2 is 150, as it is to every JSON parser.
func (d *decoder) unusualInteger() (v int64, result outcome) {
	start := d.pos
	if c := d.in[start]; c != '-' && (c < '0' || c > '9') {
		return 0, mistyped
	}
	if !d.scanNumber() {
		return 0, failed
	}
	text := d.in[start:d.pos]
	if len(text) > 40 {
		return 0, mistyped // could only be written so long to no purpose
	}
	for i, c := range text {
		if (c == 'e' || c == 'E') && len(text)-i > 4 {
			return 0, mistyped // 1e-1000 would take long to compute
		}
	}
	exact, ok := new(big.Rat).SetString(string(text))
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, mistyped
	}
	return exact.Num().Int64(), done
}
