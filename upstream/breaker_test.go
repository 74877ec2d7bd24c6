package upstream

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestBreakerStates leads a breaker through its states by what calls say, on a clock
// of its own.
func TestBreakerStates(t *testing.T) {
	type step struct {
		wait    time.Duration
		record  verdict
		times   int
		allowed int // of 100 requests that are asked for then; -1: not asked
		state   BreakerState
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"a few failures are none", []step{{0, failure, breakerMin - 1, 100, BreakerClosed}}},
		{"half of many", []step{{0, success, 10, -1, BreakerClosed}, {0, failure, 10, 0, BreakerOpen}}},
		{"less than half", []step{{0, success, 11, -1, BreakerClosed}, {0, failure, 10, 100, BreakerClosed}}},
		{"old ones do not count", []step{{0, failure, breakerMin - 1, -1, BreakerClosed}, {breakerPeriod, failure, 1, 100, BreakerClosed}}},
		{"what says nothing does not count", []step{{0, neutral, 100, 100, BreakerClosed}}},
		{"some calls are let through when it has been open", []step{
			{0, failure, breakerMin, 0, BreakerOpen}, {breakerDelay, neutral, 1, breakerProbes, BreakerHalfOpen},
		}},
		{"more, as long as none of them has ended", []step{
			{0, failure, breakerMin, 0, BreakerOpen}, {breakerDelay, neutral, 1, breakerProbes, BreakerHalfOpen},
			{breakerDouble, neutral, 1, breakerProbes, BreakerHalfOpen}, {10 * breakerDouble, neutral, 1, 100, BreakerHalfOpen},
		}},
		{"it closes when they succeed", []step{
			{0, failure, breakerMin, 0, BreakerOpen}, {breakerDelay, neutral, 1, breakerProbes, BreakerHalfOpen},
			{0, success, breakerSuccess, 100, BreakerClosed}, {0, failure, breakerMin - 1, 100, BreakerClosed},
		}},
		{"it opens when one fails", []step{
			{0, failure, breakerMin, 0, BreakerOpen}, {breakerDelay, neutral, 1, breakerProbes, BreakerHalfOpen},
			{0, failure, 1, 0, BreakerOpen},
		}},
		{"late news while it is open are none", []step{{0, failure, breakerMin, 0, BreakerOpen}, {0, success, 10, 0, BreakerOpen}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			now := time.Unix(1_000_000, 0)
			var told []BreakerState
			b := &breaker{now: func() time.Time { return now }, changed: func(s BreakerState) { told = append(told, s) }}
			for i, s := range test.steps {
				now = now.Add(s.wait)
				for range s.times {
					b.record(permit{at: now, moved: b.moved}, s.record)
				}
				allowed := 0
				for range 100 {
					if s.allowed < 0 {
						continue
					}
					if _, ok := b.allow(); ok {
						allowed++
					}
				}
				if s.allowed >= 0 && allowed != s.allowed || b.state != s.state {
					t.Fatalf("step %d: %d allowed, %s; want %d, %s", i, allowed, b.state, s.allowed, s.state)
				}
			}
			if slices.Contains(told, BreakerState(-1)) || len(told) != len(slices.Compact(slices.Clone(told))) {
				t.Errorf("told of %v", told)
			}
		})
	}
}

// TestStaleNews: requests that waited for a PortOne that hung fail long after it works
// again, which must not stop those that are sent now.
func TestStaleNews(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	b := &breaker{now: func() time.Time { return now }, changed: func(BreakerState) {}}
	var waiting []permit
	for range 10 * breakerMin {
		p, ok := b.allow()
		if !ok {
			t.Fatal("it is not closed at first")
		}
		waiting = append(waiting, p)
	}
	now = now.Add(20 * time.Second) // PortOne works again
	p, _ := b.allow()
	b.record(p, success)
	for _, p := range waiting {
		now = now.Add(10 * time.Millisecond)
		b.record(p, failure)
	}
	if b.state != BreakerClosed {
		t.Fatalf("old news make it %s", b.state)
	}

	// Failures of before it opened do not disturb it when it looks again.
	for range breakerMin {
		p, _ := b.allow()
		waiting = append(waiting, p)
		b.record(p, failure)
	}
	if b.state != BreakerOpen {
		t.Fatalf("new ones make it %s", b.state)
	}
	now = now.Add(breakerDelay)
	for range breakerSuccess {
		p, ok := b.allow()
		if !ok {
			t.Fatal("it does not let any through")
		}
		b.record(waiting[len(waiting)-1], failure)
		b.record(p, success)
	}
	if b.state != BreakerClosed {
		t.Errorf("after successes it is %s", b.state)
	}
}

// TestProbesWithoutVerdict: calls that end without a verdict, such as mutations that a PG
// lets wait, do not use up the probes of a half-open breaker, however many they are.
func TestProbesWithoutVerdict(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	b := &breaker{now: func() time.Time { return now }, changed: func(BreakerState) {}}
	for range breakerMin {
		p, _ := b.allow()
		b.record(p, failure)
	}
	now = now.Add(breakerDelay)
	for n := range 1_000_000 {
		p, ok := b.allow()
		if !ok {
			t.Fatalf("call %d is refused by a breaker that is %s", n, b.state)
		}
		if n%2 == 0 {
			b.record(p, neutral)
		} else {
			b.giveBack(p)
		}
		now = now.Add(time.Millisecond)
	}
	for range breakerSuccess {
		p, ok := b.allow()
		if !ok {
			t.Fatal("a probe is refused")
		}
		b.record(p, success)
	}
	if b.state != BreakerClosed {
		t.Errorf("after successes it is %s", b.state)
	}
}

// TestProbesAtOnce: as long as probes are under way, no more are let through than the
// time that has passed allows.
func TestProbesAtOnce(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	b := &breaker{now: func() time.Time { return now }, changed: func(BreakerState) {}}
	for range breakerMin {
		p, _ := b.allow()
		b.record(p, failure)
	}
	now = now.Add(breakerDelay)
	var probes []permit
	for range breakerProbes {
		p, ok := b.allow()
		if !ok {
			t.Fatal("a probe is refused")
		}
		probes = append(probes, p)
	}
	if _, ok := b.allow(); ok {
		t.Fatal("one more is let through")
	}
	b.record(probes[0], neutral)
	if _, ok := b.allow(); !ok {
		t.Error("what ended without a verdict is not replaced")
	}
	if _, ok := b.allow(); ok {
		t.Error("it is replaced twice")
	}
}

// TestBudget: a fifth of the calls in flight, but always a few.
func TestBudget(t *testing.T) {
	for _, test := range []struct{ calls, want int }{{0, budgetMin}, {10, budgetMin}, {100, 20}, {1000, 200}} {
		t.Run(fmt.Sprint(test.calls), func(t *testing.T) {
			var b budget
			b.calls.Store(int64(test.calls))
			taken := 0
			for b.take() {
				taken++
			}
			if taken != test.want {
				t.Errorf("%d repetitions for %d calls, want %d", taken, test.calls, test.want)
			}
			b.give()
			if !b.take() {
				t.Error("what was given back is gone")
			}
		})
	}
}
