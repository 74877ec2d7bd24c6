package b2b

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOrder moves invoices about, and expects for every sequence of moves the
// order that a plain list has.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o order
		var want []*invoice // the latest last
		for range rapid.IntRange(0, 300).Draw(t, "moves") {
			kind := rapid.SampledFrom([]string{"add", "move", "move", "move", "drop"}).Draw(t, "kind")
			if kind == "add" || len(want) == 0 {
				inv := new(invoice)
				o.push(inv)
				want = append(want, inv)
				continue
			}
			i := rapid.IntRange(0, len(want)-1).Draw(t, "which")
			inv := want[i]
			o.drop(inv)
			want = slices.Delete(want, i, i+1)
			if kind == "move" {
				o.push(inv)
				want = append(want, inv)
			}
		}
		got := slices.Collect(o.latestFirst())
		slices.Reverse(got)
		if !slices.Equal(got, want) || o.count != len(want) || len(o.slots) > 2*len(want)+300 {
			t.Errorf("%d in %d slots, counted %d; want %d", len(got), len(o.slots), o.count, len(want))
		}
	})
}
