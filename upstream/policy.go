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
func (o *outgoing) run() *errmap.Error {
	budget := &o.account.budget
	budget.calls.Add(1)
	defer budget.calls.Add(-1)
	o.breaker = o.account.breakerOf(o.request.Method)
	o.attempt()
	o.awaitOutcome()
	for n := 1; n < o.client.opts.MaxAttempts && o.worthRepeating(); n++ {
		if !o.sleep(o.delay(n)) || !o.repeat() {
			break
		}
		o.awaitOutcome()
	}
	o.breaker.record(o.last.permit, o.verdict())
	o.logUnexpected()
	o.request.Attempts, o.request.Elsewhere = o.past.sent, o.past.answering+o.past.waiting
	if o.last.result == answered {
		return nil
	}
	return results[o.last.result].end(o)
}

// repeat makes another attempt, if there is room for one.
func (o *outgoing) repeat() bool {
	if !o.account.budget.take() {
		return false
	}
	defer o.account.budget.give()
	o.account.observer.Retry(o.operation(), false, o.past.pause)
	o.attempt()
	return true
}

// awaitOutcome asks again as long as PortOne is still working on the mutation.
func (o *outgoing) awaitOutcome() {
	for wait := firstOutstanding; o.last.result == outstanding; wait = min(2*wait, maxOutstanding) {
		o.past.outstanding = o.last.failure
		pause := max(wait/2+rand.N(wait/2), o.last.retryAfter())
		if o.remaining() < pause+lastMoment || !o.sleep(pause) {
			return
		}
		o.account.observer.Retry(o.operation(), true, o.past.pause)
		o.attempt()
	}
}

// worthRepeating reports whether the same request may have another result.
func (o *outgoing) worthRepeating() bool {
	if o.remaining() <= max(lastMoment, o.last.retryAfter()) || o.ended() {
		return false
	}
	switch results[o.last.result].repeat {
	case repeatAlways:
		return true
	case repeatIfTemporary:
		return o.temporary()
	}
	return false
}

// verdict is what the breaker learns from the last attempt. A fault that was asked
// for teaches nothing.
func (o *outgoing) verdict() verdict {
	if len(o.request.Header) > 0 {
		return neutral
	}
	fails := false
	switch results[o.last.result].lesson {
	case lessonWorks:
	case lessonFails:
		fails = true
	case lessonStatus:
		fails = o.last.response.Status >= 500
	case lessonInTime:
		if fails = !o.ended() && !o.late(); !fails {
			return neutral
		}
	case lessonPatient:
		if fails = !o.mutation() && !o.last.limited; !fails {
			return neutral
		}
	case lessonNothing:
		return neutral
	}
	if fails {
		return failure
	}
	return success
}

// delay is how long to wait before another attempt; retries counts from 1.
func (o *outgoing) delay(retries int) time.Duration {
	wait := min(firstBackoff<<max(retries-1, 0), maxBackoff)
	wait = wait/2 + rand.N(wait/2) // so that callers do not come back all at once
	return max(o.last.retryAfter(), min(wait, o.remaining()/2))
}

// sleep waits, or returns false because no one waits for the call any more.
func (o *outgoing) sleep(d time.Duration) bool {
	timer, start := time.NewTimer(d), time.Now()
	defer timer.Stop()
	defer func() {
		o.past.pause = time.Since(start)
		o.past.waiting += o.past.pause
	}()
	select {
	case <-timer.C:
		return true
	case <-o.ctx.Done():
	case <-o.client.gone.Done():
	}
	return false
}
