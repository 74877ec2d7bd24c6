package upstream

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/portone-gateway/portone-gateway/errmap"
)

const (
	// Wait before the second attempt, and at most; doubled from one to the next.
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 2 * time.Second

	// Of the calls in flight, a fifth may be repetitions, but always a few: what
	// helps one caller must not keep PortOne down for all.
	budgetRate = 0.2
	budgetMin  = 10

	// Wait between questions for a mutation that PortOne is still working on.
	firstOutstanding = 50 * time.Millisecond
	maxOutstanding   = time.Second

	// The breaker opens when half of at least 20 attempts within 10 s have
	// failed, for 2 s; then 3 in a row must succeed.
	breakerRate    = 0.5
	breakerMin     = 20
	breakerPeriod  = 10 * time.Second
	breakerDelay   = 2 * time.Second
	breakerSuccess = 3

	// lastMoment is too little time for another attempt.
	lastMoment = 5 * time.Millisecond
)

// newExecutor makes what repeats attempts.
func newExecutor(maxAttempts int, observer Observer) failsafe.Executor[*attempt] {
	retries := budget.NewBuilder().WithMaxRate(budgetRate).WithMinConcurrency(budgetMin).Build()
	policy := retrypolicy.NewBuilder[*attempt]().
		HandleIf(func(a *attempt, _ error) bool { return a.worthRepeating() }).
		WithMaxAttempts(maxAttempts).
		ReturnLastFailure().
		WithBudget(retries).
		OnRetry(func(e failsafe.ExecutionEvent[*attempt]) { observer.Retry(e.LastResult().operation(), false) }).
		Build()
	return failsafe.With[*attempt](policy)
}

// newBreaker makes what stops calls to a PortOne that does not answer.
func newBreaker(observer Observer) circuitbreaker.CircuitBreaker[any] {
	return circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(breakerRate, breakerMin, breakerPeriod).
		WithDelay(breakerDelay).
		WithSuccessThreshold(breakerSuccess).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { observer.Breaker(stateName(e.NewState)) }).
		Build()
}

func stateName(state circuitbreaker.State) string {
	switch state {
	case circuitbreaker.OpenState:
		return "open"
	case circuitbreaker.HalfOpenState:
		return "half-open"
	}
	return "closed"
}

// run makes attempts until one settles the call.
func (c *Client) run(ctx context.Context, a *attempt) *errmap.Error {
	// The result is always a itself. An error is failsafe's, for a context that
	// ended or a budget that is used up: the attempt knows what came of it.
	_, _ = c.executor.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[*attempt]) (*attempt, error) {
		// The wait is ours and not failsafe's, since Abort has to end it.
		if !e.IsRetry() || a.sleep(a.delay(e.Retries())) {
			a.try()
		}
		return a, nil
	})
	if a.succeeded() {
		return nil
	}
	return a.conclude()
}

// worthRepeating tells whether the same request may have another result.
func (a *attempt) worthRepeating() bool {
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

// delay is how long to wait before another attempt; retries counts from 1.
func (a *attempt) delay(retries int) time.Duration {
	wait := min(firstBackoff<<max(retries-1, 0), maxBackoff)
	wait = wait/2 + rand.N(wait/2) // so that callers do not come back all at once
	return max(a.retryAfter(), min(wait, a.remaining()/2))
}

// ended tells whether nobody waits for the call any more.
func (a *attempt) ended() bool { return a.ctx.Err() != nil || a.client.gone.Err() != nil }

// sleep waits, or returns false because nobody waits for the call any more.
func (a *attempt) sleep(d time.Duration) bool {
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
