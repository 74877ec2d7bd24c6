// Package limit bounds what a caller may use: calls in a time, and calls at the same
// time. Limits are those of one process.
package limit

import (
	"sync/atomic"
	"time"
)

// Limiter bounds one caller's calls. Its zero value bounds nothing. It is safe for
// concurrent use.
//
// The rate is kept by GCRA (the generic cell rate algorithm of ITU-T I.371): one
// instant says when the next call is due, so that there is nothing to lock and how
// long to wait falls out.
type Limiter struct {
	every atomic.Int64 // nanoseconds in which one more call is allowed; 0 for no limit
	slack atomic.Int64 // how far calls may be ahead of that
	most  atomic.Int64 // in flight; 0 for no limit

	due      atomic.Int64 // when the next call is, in nanoseconds since start
	inFlight atomic.Int64
}

var start = time.Now()

// Set changes the limits, also while calls are on their way: a call each time every
// passes, so many at once as burst says, and so many at the same time. Zero values are
// no limits.
func (l *Limiter) Set(every time.Duration, burst, inFlight int64) {
	l.every.Store(int64(every))
	l.slack.Store(int64(every) * max(burst-1, 0))
	l.most.Store(inFlight)
}

// Take counts a call. If it comes too early, it does not count, and wait is when the
// next one may come.
func (l *Limiter) Take(now time.Time) (wait time.Duration, ok bool) {
	every := l.every.Load()
	if every == 0 {
		return 0, true
	}
	at, slack := int64(now.Sub(start)), l.slack.Load()
	for {
		due := l.due.Load()
		next := max(due, at)
		if ahead := next - at; ahead > slack {
			return time.Duration(ahead - slack), false
		}
		if l.due.CompareAndSwap(due, next+every) {
			return 0, true
		}
	}
}

// Enter counts a call in flight; Leave must follow if it may go on.
func (l *Limiter) Enter() bool {
	most := l.most.Load()
	if l.inFlight.Add(1) > most && most != 0 {
		l.inFlight.Add(-1)
		return false
	}
	return true
}

// Leave ends a call in flight.
func (l *Limiter) Leave() { l.inFlight.Add(-1) }

// InFlight is how many calls are in flight.
func (l *Limiter) InFlight() int64 { return l.inFlight.Load() }
