package shop

// payments has all payments, by id and in the order of their creation. Lists go
// through all of them.
type payments struct {
	byID    map[string]*payment
	created []*payment
	changes uint64     // how often any of them changed its state
	stale   []*payment // those whose texts may be of the past
}

// tolerated is how many payments may be stale: a list should not find much to do.
const tolerated = 64

func newPayments() payments { return payments{byID: make(map[string]*payment)} }

func (l *payments) find(key paymentKey) *payment {
	for p := l.byID[key.id]; p != nil; p = p.elsewhere {
		if p.storeID == key.storeID {
			return p
		}
	}
	return nil
}

// add takes up a new payment.
func (l *payments) add(p *payment) {
	p.elsewhere = l.byID[p.id]
	l.byID[p.id] = p
	l.created = append(l.created, p)
}

// changedStatus notes that a payment came into another state: it is the last in the
// order of such changes.
func (l *payments) changedStatus(p *payment) {
	l.changes++
	p.change = l.changes
	l.touched(p)
}

// touched notes that a payment changes in the present call, or has changed. Changes
// come in several steps, so its texts follow some time later.
func (l *payments) touched(p *payment) {
	if p.stale {
		return
	}
	if len(l.stale) >= tolerated { // p is not among them: it may change further
		l.refresh()
	}
	p.stale = true
	l.stale = append(l.stale, p)
}

// refresh brings the texts of all payments up to date.
func (l *payments) refresh() {
	for _, p := range l.stale {
		p.texts, p.stale = textsOf(p.current()), false
	}
	clear(l.stale)
	l.stale = l.stale[:0]
}
