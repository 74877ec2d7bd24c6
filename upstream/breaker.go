package upstream

import (
	"sync"
	"time"
)

const (
	// A breaker opens when half of at least 20 calls within 10 s have failed, for
	// 2 s.
	breakerRate   = 0.5
	breakerMin    = 20
	breakerPeriod = 10 * time.Second
	breakerDelay  = 2 * time.Second

	// Then it lets some calls through, twice as many every half second, since a PG
	// may take its time to answer the first ones, and closes when three have
	// succeeded.
	breakerProbes  = 3
	breakerDouble  = 500 * time.Millisecond
	breakerSuccess = 3

	// A failure is stale if a request that was sent that much later has succeeded:
	// it has waited long for a PortOne that works again.
	breakerStale = time.Second
)

// BreakerState is what a circuit breaker does with calls.
type BreakerState int

const (
	// BreakerClosed lets all calls through.
	BreakerClosed BreakerState = iota
	// BreakerHalfOpen lets some through, to see whether they succeed.
	BreakerHalfOpen
	// BreakerOpen lets none through.
	BreakerOpen
)

// String names the state.
func (s BreakerState) String() string { return [...]string{"closed", "half-open", "open"}[s] }

// breaker stops the calls of one operation while most of them fail: to wait for
// what does not answer takes room and time that others need. Each operation has its
// own, since a PG or a service of PortOne's can fail alone. It counts calls and not
// attempts, and only what says something about PortOne: not a caller who went away
// or has little time, and not how long a PG takes for a mutation.
type breaker struct {
	now     func() time.Time
	changed func(BreakerState)

	mu        sync.Mutex
	state     BreakerState
	moved     int       // how often the state has changed
	good      time.Time // when the latest request was sent that has succeeded
	slots     [10]slot  // of closed: what happened lately
	until     time.Time // of open: its end; of half-open: when that began
	let       int       // of half-open: how many requests were let through that are under way or have succeeded
	succeeded int       // ... and how many of them succeeded
}

// slot counts the calls that ended in a tenth of breakerPeriod.
type slot struct {
	number          int64
	calls, failures int
}

// verdict is what a call says about PortOne.
type verdict uint8

const (
	neutral verdict = iota
	success
	failure
)

// permit is a request that may be sent.
type permit struct {
	at    time.Time
	moved int  // of the breaker
	probe bool // let through by a half-open breaker
}

// allow reports whether a request may be sent.
func (b *breaker) allow() (p permit, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.state == BreakerClosed {
		return permit{at: now, moved: b.moved}, true
	}
	if b.state == BreakerOpen {
		if now.Before(b.until) {
			return permit{}, false
		}
		b.move(BreakerHalfOpen)
		b.until, b.let, b.succeeded = now, 0, 0
	}
	if doubled := min(now.Sub(b.until)/breakerDouble, 16); b.let >= breakerProbes<<doubled {
		return permit{}, false
	}
	b.let++
	return permit{now, b.moved, true}, true
}

// giveBack makes room for another probe in place of one that ended without saying
// anything about PortOne: else a breaker whose probes all end so, as mutations do
// that a PG lets wait, would use up its probes and refuse calls for ever.
func (b *breaker) giveBack(p permit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replace(p)
}

func (b *breaker) replace(p permit) {
	if p.probe && p.moved == b.moved && b.state == BreakerHalfOpen {
		b.let--
	}
}

// record takes in how a call ended whose last request was permitted. One from before
// the state changed says nothing new.
func (b *breaker) record(p permit, v verdict) {
	if v == neutral && !p.probe {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.moved != b.moved {
		return
	}
	if v == success && p.at.After(b.good) {
		b.good = p.at
	}
	if v == neutral || v == failure && b.good.Sub(p.at) > breakerStale {
		b.replace(p)
		return
	}
	switch b.state {
	case BreakerClosed:
		if b.count(v) {
			b.open()
		}
	case BreakerHalfOpen:
		if v == failure {
			b.open()
			return
		}
		if b.succeeded++; b.succeeded >= breakerSuccess {
			b.slots = [10]slot{}
			b.move(BreakerClosed)
		}
	}
}

// count counts a call, and reports whether too many have failed.
func (b *breaker) count(v verdict) bool {
	length := breakerPeriod / time.Duration(len(b.slots))
	number := b.now().UnixNano() / int64(length)
	s := &b.slots[number%int64(len(b.slots))]
	if s.number != number {
		*s = slot{number: number}
	}
	s.calls++
	if v == success {
		return false
	}
	s.failures++
	calls, failures := 0, 0
	for i := range b.slots {
		if number-b.slots[i].number < int64(len(b.slots)) {
			calls += b.slots[i].calls
			failures += b.slots[i].failures
		}
	}
	return calls >= breakerMin && float64(failures) >= breakerRate*float64(calls)
}

func (b *breaker) open() {
	b.until = b.now().Add(breakerDelay)
	b.move(BreakerOpen)
}

func (b *breaker) move(state BreakerState) {
	if b.state != state {
		b.state = state
		b.moved++
		b.changed(state)
	}
}
