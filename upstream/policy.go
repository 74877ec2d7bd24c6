package upstream

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
)

const (
	// Wait before the second attempt, and at most; doubled from one to the next.
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 2 * time.Second

	// Repetitions may be a fifth of the calls in flight, and always a few, so that
	// they cannot keep PortOne down.
	budgetRate = 0.2
	budgetMin  = 10

	// Wait between questions for a mutation that PortOne is still working on.
	firstOutstanding = 50 * time.Millisecond
	maxOutstanding   = time.Second

	// lastMoment is too little time for another attempt.
	lastMoment = 5 * time.Millisecond
)

// budget limits how many requests are repetitions at a time. One that waits for its
// turn is none yet.
type budget struct{ calls, repetitions atomic.Int64 }

// take takes up a repetition, if there is room.
func (b *budget) take() bool {
	n := b.repetitions.Add(1)
	if n <= budgetMin || float64(n) <= budgetRate*float64(b.calls.Load()) {
		return true
	}
	b.repetitions.Add(-1)
	return false
}

func (b *budget) give() { b.repetitions.Add(-1) }

// run makes attempts until one settles the call.
//
// Retries and breaker are our own and not a library's: a wait has to end with Abort
// and must not count as a repetition, and a call whose caller went away has to leave
// the breaker without a verdict.
func (c *Client) run(a *outgoing) *errmap.Error {
	c.budget.calls.Add(1)
	defer c.budget.calls.Add(-1)
	a.breaker = c.breakerOf(a.call.Spec)
	a.attempt()
	a.awaitOutcome()
	for n := 1; n < c.opts.MaxAttempts && a.worthRepeating(); n++ {
		if !a.sleep(a.delay(n)) || !a.repeat() {
			break
		}
		a.awaitOutcome()
	}
	a.breaker.record(a.permit, a.verdict())
	a.logUnexpected()
	a.call.Attempts = a.made
	if a.result == answered {
		return nil
	}
	return a.conclude()
}

// repeat makes another attempt, if there is room for one.
func (a *outgoing) repeat() bool {
	if !a.client.budget.take() {
		return false
	}
	defer a.client.budget.give()
	a.client.opts.Observer.Retry(a.operation(), false)
	a.attempt()
	return true
}

// awaitOutcome asks again as long as PortOne is still working on the mutation.
func (a *outgoing) awaitOutcome() {
	for wait := firstOutstanding; a.result == outstanding; wait = min(2*wait, maxOutstanding) {
		a.waited = a.failure
		pause := max(wait/2+rand.N(wait/2), a.retryAfter())
		if a.remaining() < pause+lastMoment || !a.sleep(pause) {
			return
		}
		a.client.opts.Observer.Retry(a.operation(), true)
		a.attempt()
	}
}

// worthRepeating tells whether the same request may have another result.
func (a *outgoing) worthRepeating() bool {
	if a.remaining() <= max(lastMoment, a.retryAfter()) || a.ended() {
		return false
	}
	switch a.result {
	case connectionFailed, answerBroken, temporarilyFailed, rateLimited:
		return true
	case typedError:
		return !a.mutation() && a.failure.temporary()
	}
	return false
}

// verdict is what the breaker learns from the last attempt. Trouble that was asked
// for, with header lines of the caller's, teaches nothing.
func (a *outgoing) verdict() verdict {
	if len(a.call.Header) > 0 {
		return neutral
	}
	switch a.result {
	case answerBroken, temporarilyFailed:
		return failure
	case refused:
		if a.response.Status >= 500 {
			return failure
		}
	case connectionFailed:
		if a.ended() || a.late() {
			return neutral
		}
		return failure
	case timedOut:
		if a.mutation() || a.limited {
			return neutral
		}
		return failure
	case callerGone, breakerOpen:
		return neutral
	}
	return success
}

// delay is how long to wait before another attempt; retries counts from 1.
func (a *outgoing) delay(retries int) time.Duration {
	wait := min(firstBackoff<<max(retries-1, 0), maxBackoff)
	wait = wait/2 + rand.N(wait/2) // so that callers do not come back all at once
	return max(a.retryAfter(), min(wait, a.remaining()/2))
}

// ended tells whether nobody waits for the call any more.
func (a *outgoing) ended() bool { return a.ctx.Err() != nil || a.client.gone.Err() != nil }

// sleep waits, or returns false because nobody waits for the call any more.
func (a *outgoing) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.ctx.Done():
	case <-a.client.gone.Done():
	}
	return false
}
