package events

import (
	"sync"
	"time"
)

// receivers are the streams and waiting pulls of this gateway, by subscription. The zero
// value is ready.
type receivers struct {
	mu     sync.Mutex
	byName map[string]map[*loans]struct{}
}

// add adds one, and returns what removes it.
func (r *receivers) add(name string, l *loans) (remove func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName = make(map[string]map[*loans]struct{})
	}
	if r.byName[name] == nil {
		r.byName[name] = make(map[*loans]struct{})
	}
	r.byName[name][l] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.byName[name], l)
		if len(r.byName[name]) == 0 {
			delete(r.byName, name)
		}
	}
}

func (r *receivers) count(name string) int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int32(len(r.byName[name]))
}

// each calls do for the receivers of a subscription.
func (r *receivers) each(name string, do func(*loans)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.byName[name] {
		do(l)
	}
}

// settled notes that a loan has ended.
func (r *receivers) settled(name, ackID string) { r.each(name, func(l *loans) { l.remove(ackID) }) }

// extended notes that a loan has another deadline.
func (r *receivers) extended(name, ackID string, deadline time.Time) {
	r.each(name, func(l *loans) { l.extend(ackID, deadline) })
}

// forget notes that all loans have ended.
func (r *receivers) forget(name string) { r.each(name, (*loans).clear) }

// loans are what a stream has lent: as many as it may, and no more until some are
// settled or have passed their deadlines.
type loans struct {
	most int

	mu        sync.Mutex
	deadlines map[string]time.Time // by ack id
	changed   chan struct{}        // has something when there may be more room
}

func newLoans(most int) *loans {
	return &loans{most: most, deadlines: make(map[string]time.Time), changed: make(chan struct{}, 1)}
}

func (l *loans) add(ackID string, deadline time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadlines[ackID] = deadline
}

func (l *loans) remove(ackID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, found := l.deadlines[ackID]; found {
		delete(l.deadlines, ackID)
		l.signal()
	}
}

func (l *loans) extend(ackID string, deadline time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, found := l.deadlines[ackID]; found {
		l.deadlines[ackID] = deadline
	}
}

func (l *loans) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.deadlines)
	l.signal()
}

func (l *loans) signal() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// room is for how many more there is room, and when the next deadline passes; zero
// without loans.
func (l *loans) room(now time.Time) (room int, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.deadlines) < l.most { // who looks at deadlines only if need be
		return l.most - len(l.deadlines), time.Time{}
	}
	for id, deadline := range l.deadlines {
		if !now.Before(deadline) {
			delete(l.deadlines, id)
		} else if next.IsZero() || deadline.Before(next) {
			next = deadline
		}
	}
	return l.most - len(l.deadlines), next
}
