package world

import (
	"container/heap"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// Clock is the sandbox's time: real time, or one that stands still until it is
// moved. What was planned with At happens when the clock gets there.
type Clock struct {
	real   func() time.Time
	origin origin
	frozen time.Time // the time, if the clock stands still; else zero
	timers timers
	made   uint64
}

// Latest is the last moment that a clock can show, and a date-time of RFC 3339 tell.
// A clock that runs stops there.
var Latest = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)

// origin is a moment that a clock that runs counts from: what it showed, and what
// the real time was. A difference of the two would not do: a time.Duration spans no
// more than 292 years. The zero value is real time.
type origin struct{ shown, real time.Time }

// NewClock returns a clock that shows real time, as told by now.
func NewClock(now func() time.Time) *Clock { return &Clock{real: now} }

// NewStoppedClock returns a clock that stands at a time until it is moved.
func NewStoppedClock(at time.Time) *Clock { return &Clock{frozen: at} }

// Now is the sandbox's time, in UTC. While something planned happens, it is the
// time for which that was planned.
func (c *Clock) Now() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen.UTC()
	}
	now := wall(c.real())
	if c.origin != (origin{}) {
		now = c.origin.shown.Add(now.Sub(c.origin.real))
	}
	if now.After(Latest) {
		return Latest
	}
	return now.UTC()
}

// Stopped reports whether the clock stands still until it is moved.
func (c *Clock) Stopped() bool { return !c.frozen.IsZero() }

// wall is a time without the reading of the monotonic clock, which stops while a
// machine sleeps.
func wall(t time.Time) time.Time { return t.Round(0) }

// Timestamp is Now as the contract has it.
func (c *Clock) Timestamp() *timestamppb.Timestamp { return timestamppb.New(c.Now()) }

// At plans f for a time; a time that has passed means at the next Settle. The
// function returned takes the plan back, if it has not happened yet.
func (c *Clock) At(t time.Time, f func()) (cancel func()) {
	c.made++
	timer := &timer{at: t, order: c.made, do: f}
	heap.Push(&c.timers, timer)
	return func() { timer.do = nil }
}

// Settle does whatever is due now, in order, each at its own time. The sandbox
// calls it before every call.
func (c *Clock) Settle() { c.runUntil(c.Now()) }

// Advance moves the clock forward, and does on the way what falls due.
func (c *Clock) Advance(d time.Duration) { c.MoveTo(c.Now().Add(d)) }

// MoveTo moves the clock to a time, and does on the way what falls due. A clock
// that runs goes on from there. It does not go back: an earlier time changes
// nothing.
func (c *Clock) MoveTo(t time.Time) {
	if t.Before(c.Now()) {
		return
	}
	c.runUntil(t)
	if c.frozen.IsZero() {
		c.origin = origin{t, wall(c.real())}
	} else {
		c.frozen = t
	}
}

// CheckMove returns why a clock that shows a time cannot be moved to another: that is
// in the past, or later than PortOne could write.
func CheckMove(now, t time.Time) error {
	switch {
	case t.Before(now):
		return fmt.Errorf("the clock shows %s, and does not go back", now.Format(time.RFC3339Nano))
	case t.After(Latest):
		return fmt.Errorf("the clock does not go beyond the year %d", Latest.Year())
	}
	return nil
}

// Stop moves the clock to a time as MoveTo does, and has it stand there.
func (c *Clock) Stop(t time.Time) {
	c.MoveTo(t)
	c.frozen = c.Now()
}

// Run has a clock that stands go on from there in real time.
func (c *Clock) Run() {
	if c.frozen.IsZero() {
		return
	}
	if c.real == nil {
		c.real = time.Now
	}
	c.origin, c.frozen = origin{c.frozen, wall(c.real())}, time.Time{}
}

// runUntil does what is due until t with the clock standing at each plan's time.
func (c *Clock) runUntil(t time.Time) {
	stood, now := c.frozen, c.Now()
	for len(c.timers) > 0 && !c.timers[0].at.After(t) {
		next := heap.Pop(&c.timers).(*timer)
		if next.do == nil {
			continue
		}
		if next.at.After(now) { // plans for the past happen now
			now = next.at
		}
		c.frozen = now
		next.do()
	}
	c.frozen = stood
}

// timer is something planned.
type timer struct {
	at    time.Time
	order uint64 // plans for the same time happen in the order they were made
	do    func() // nil if cancelled
}

// timers is a heap (container/heap), the next one first.
type timers []*timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	if !t[i].at.Equal(t[j].at) {
		return t[i].at.Before(t[j].at)
	}
	return t[i].order < t[j].order
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(*timer)) }
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return x
}
