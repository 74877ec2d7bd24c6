package b2b

import (
	"iter"
)

// order keeps invoices in the order of their last changes of status. Lists of
// 100,000 invoices run through it, so it is a slice: an invoice that moves leaves
// a gap behind, and gaps are closed when they are in the majority.
type order struct {
	slots []*invoice // the latest change last; nil is a gap
	count int
}

// push makes an invoice the latest.
func (o *order) push(inv *invoice) {
	if len(o.slots) > 2*o.count+16 {
		o.close()
	}
	inv.slot = len(o.slots)
	o.slots = append(o.slots, inv)
	o.count++
}

// drop takes an invoice out.
func (o *order) drop(inv *invoice) {
	o.slots[inv.slot] = nil
	o.count--
}

// close closes the gaps.
func (o *order) close() {
	kept := make([]*invoice, 0, 2*o.count+16)
	for _, inv := range o.slots {
		if inv != nil {
			inv.slot = len(kept)
			kept = append(kept, inv)
		}
	}
	o.slots = kept
}

// latestFirst yields the invoices.
func (o *order) latestFirst() iter.Seq[*invoice] {
	return func(yield func(*invoice) bool) {
		for i := len(o.slots) - 1; i >= 0; i-- {
			if inv := o.slots[i]; inv != nil && !yield(inv) {
				return
			}
		}
	}
}
