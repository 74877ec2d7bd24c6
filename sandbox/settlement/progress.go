package settlement

import (
	"time"
)

// enter keeps a new transfer, and has the clock move it through its statuses.
func (m *mode) enter(t *transfer) {
	m.transfers.add(t)
	m.progress(t)
}

// progress brings a transfer to the status that the clock calls for, and plans the
// next one.
func (m *mode) progress(t *transfer) {
	t.unplan = nil
	due := mustDay(t.GetSettlementDate())
	start := due
	if o := t.order(); o != nil {
		start = mustDay(o.GetSettlementStartDate())
	}
	switch now := m.world.Clock.Now(); {
	case now.Before(start):
		t.setStatus(scheduled)
		m.plan(t, start)
	case now.Before(due):
		t.setStatus(inProcess)
		m.plan(t, due)
	default:
		t.setStatus(settled)
		m.settle(t)
	}
}

func (m *mode) plan(t *transfer, at time.Time) {
	t.unplan = m.world.Clock.At(at, func() { m.progress(t) })
}
