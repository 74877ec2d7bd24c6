// Package watch reads things again and again that can change while the program runs:
// files that are written, or replaced as Kubernetes does, and keys on a server. What was
// read last stays in use while reading fails. Contents are compared, since what tells of
// changes of files does not tell of all of them.
package watch

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// Every is how often things are read.
	Every = time.Second

	// Stuck is how long reading may take before that is a problem: a mount can hang for
	// good.
	Stuck = 10 * time.Second
)

// Watcher reads something again and again. It is safe for concurrent use.
type Watcher struct {
	what   string
	read   func() (changed bool, err error)
	every  time.Duration
	stuck  time.Duration
	logger *slog.Logger

	mu      sync.Mutex
	problem error           // of the last reading; nil if it went well
	told    map[string]bool // problems that the log has since the last reading that went well
	next    *time.Timer     // reads again; at most one reading goes on
	closed  bool
}

// Start begins to read something, first after a while: whoever calls it has read it
// once. What is its name in the log, such as "the policy". A reading reports whether it
// brought anything new.
func Start(what string, logger *slog.Logger, read func() (changed bool, err error)) *Watcher {
	return start(what, logger, read, Every, Stuck)
}

func start(what string, logger *slog.Logger, read func() (bool, error), every, stuck time.Duration) *Watcher {
	w := &Watcher{what: what, read: read, every: every, stuck: stuck, logger: logger, told: make(map[string]bool)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = time.AfterFunc(every, w.again)
	return w
}

// Problem is why it could not be read when that was last tried; nil if it could.
func (w *Watcher) Problem() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.problem
}

// Close ends the reading.
func (w *Watcher) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.next.Stop()
}

// again reads, and once more later.
func (w *Watcher) again() {
	late := time.AfterFunc(w.stuck, func() { w.ended(false, fmt.Errorf("reading it takes longer than %v", w.stuck)) })
	changed, err := w.read()
	late.Stop()
	w.ended(changed, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.next.Reset(w.every)
	}
}

// ended notes how a reading ended. The log has each problem once, not every second.
func (w *Watcher) ended(changed bool, problem error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	recovered := w.problem != nil && problem == nil
	w.problem = problem
	switch {
	case problem != nil && !w.told[problem.Error()]:
		w.told[problem.Error()] = true
		w.logger.Error(w.what+" cannot be read again; what was read before stays in use", "problem", problem.Error())
	case recovered:
		clear(w.told)
		w.logger.Info(w.what + " can be read again")
	}
	if changed && problem == nil {
		w.logger.Info(w.what + " has changed, and the new one is in use")
	}
}
