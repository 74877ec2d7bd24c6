package world

import (
	"math"
	"testing"
)

func TestVAT(t *testing.T) {
	for taxed, want := range map[int64]int64{
		0: 0, 1: 0, 5: 0, 6: 1, 11: 1, 16: 1, 17: 2, 1_000: 91, 10_000: 909, 11_000: 1_000,
		math.MaxInt64: 838_488_366_986_797_801, // 2^63-1 is 11 * this - 4
	} {
		if got := VAT(taxed); got != want {
			t.Errorf("VAT(%d) = %d, want %d", taxed, got, want)
		}
	}
}
