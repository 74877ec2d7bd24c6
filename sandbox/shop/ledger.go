package shop

import "slices"

// ledger has all payments, by id and in the two orders in which they are listed.
// What filters and searches ask for stands in tables, so that a list call reads
// 100,000 entries in a row instead of visiting as many objects.
type ledger struct {
	byID    map[string]*payment
	entries []entry           // by row, in order of creation
	changed []int             // rows in order of the last change of state, and gaps
	gone    int               // how many of those are gaps
	stores  map[string]uint32 // numbers for store ids
	texts   texts
	shown   shown

	stale []*payment // those whose entries and texts may be of the past
}

// entry is a payment in a list, by its latest attempt.
type entry struct {
	attempt *attempt
	row     int
	created instant
	changed instant
	facets
}

const (
	// gap stands in ledger.changed where a payment was that was moved on.
	gap = -1

	// tolerated is how many payments may be stale. Changes come in several steps,
	// so the tables follow some time later; a search should not find much to do.
	tolerated = 64
)

func newLedger() ledger {
	return ledger{byID: make(map[string]*payment), stores: make(map[string]uint32), texts: newTexts()}
}

func (l *ledger) find(key paymentKey) *payment {
	for p := l.byID[key.id]; p != nil; p = p.elsewhere {
		if p.storeID == key.storeID {
			return p
		}
	}
	return nil
}

// add takes up a new payment, whose first attempt changedStatus notes.
func (l *ledger) add(p *payment) {
	p.elsewhere = l.byID[p.id]
	l.byID[p.id] = p
	p.row, p.inChanged = len(l.entries), -1
	l.entries = append(l.entries, entry{row: p.row, created: p.created})
}

// changedStatus moves a payment to the end of the list by change of state. Its
// place before stays a gap until there are more gaps than payments.
func (l *ledger) changedStatus(p *payment) {
	if p.inChanged >= 0 {
		l.changed[p.inChanged] = gap
		l.gone++
	}
	e := &l.entries[p.row]
	e.attempt, e.changed = p.current(), p.current().changedAt
	p.inChanged = len(l.changed)
	l.changed = append(l.changed, p.row)
	if l.gone > len(l.changed)/2 {
		l.closeGaps()
	}
	l.touched(p)
}

func (l *ledger) closeGaps() {
	l.changed = slices.DeleteFunc(l.changed, func(row int) bool { return row == gap })
	for i, row := range l.changed {
		l.entries[row].attempt.payment.inChanged = i
	}
	l.gone = 0
}

// touched notes that a payment changes in the present call, or has changed.
func (l *ledger) touched(p *payment) {
	l.shown.forget(p)
	if p.stale {
		return
	}
	if len(l.stale) >= tolerated { // p is not among them: it may change further
		l.refresh()
	}
	p.stale = true
	l.stale = append(l.stale, p)
}

// refresh brings the tables up to date.
func (l *ledger) refresh() {
	for _, p := range l.stale {
		l.entries[p.row].facets = l.facetsOf(p.current())
		l.texts.set(p.row, p.current())
		p.stale = false
	}
	clear(l.stale)
	l.stale = l.stale[:0]
}

func (l *ledger) storeNumber(id string) uint32 {
	number, known := l.stores[id]
	if !known {
		number = uint32(len(l.stores) + 1)
		l.stores[id] = number
	}
	return number
}
