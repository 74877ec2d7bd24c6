package limit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/access/limit"
)

// TestRate holds a limiter against a bucket that is filled as time passes.
func TestRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "every"))
		burst := rapid.Int64Range(1, 100).Draw(t, "burst")
		var l limit.Limiter
		l.Set(every, burst, 0)
		now := time.Now()
		full := time.Duration(burst) * every // the bucket, in time
		level, last := full, now
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 2*int64(every)).Draw(t, "pause")))
			level = min(full, level+now.Sub(last))
			last = now
			wait, ok := l.Take(now)
			if want := level >= every; ok != want {
				t.Fatalf("a call is let through: %v, with %v of %v in the bucket", ok, level, every)
			}
			if ok {
				level -= every
			} else if wait != every-level {
				t.Fatalf("to wait: %v, want %v", wait, every-level)
			}
		}
	})
}

func TestNoLimit(t *testing.T) {
	var l limit.Limiter
	for range 1000 {
		if _, ok := l.Take(time.Now()); !ok || !l.Enter() {
			t.Fatal("a limiter without limits refuses a call")
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	var l limit.Limiter
	l.Set(time.Hour, 50, 20)
	var taken, over, inside atomic.Int64
	var calls sync.WaitGroup
	for range 500 {
		calls.Go(func() {
			if _, ok := l.Take(time.Now()); ok {
				taken.Add(1)
			}
			if l.Enter() {
				if inside.Add(1) > 20 {
					over.Add(1)
				}
				inside.Add(-1)
				l.Leave()
			}
		})
	}
	calls.Wait()
	if taken.Load() != 50 {
		t.Errorf("%d calls were let through", taken.Load())
	}
	if over.Load() != 0 {
		t.Errorf("%d times more than 20 were in flight", over.Load())
	}
	if l.InFlight() != 0 {
		t.Errorf("%d are left in flight", l.InFlight())
	}
}

func TestInFlight(t *testing.T) {
	var l limit.Limiter
	l.Set(0, 0, 2)
	first, second, third := l.Enter(), l.Enter(), l.Enter()
	if !first || !second || third {
		t.Error("two may be in flight")
	}
	l.Leave()
	if !l.Enter() {
		t.Error("one that left makes no room")
	}
	l.Set(0, 0, 1)
	l.Leave()
	if l.Enter() {
		t.Error("a smaller limit does not count those in flight")
	}
}

func BenchmarkTake(b *testing.B) {
	var l limit.Limiter
	l.Set(1, 1_000_000, 100)
	for b.Loop() {
		if _, ok := l.Take(time.Now()); !ok || !l.Enter() {
			b.Fatal("refused")
		}
		l.Leave()
	}
}
