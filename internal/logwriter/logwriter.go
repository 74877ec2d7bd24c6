// Package logwriter gathers the lines of a log before they are written: a system
// call for every line would cost a payment more than the gateway's own work on it.
package logwriter

import (
	"io"
	"sync"
	"time"
)

const (
	// delay is how long a line may wait. A crash loses no more than that.
	delay = 50 * time.Millisecond

	// full is how many bytes may wait.
	full = 64 << 10
)

// Writer passes on what is written to it a little later, in order, and whole writes
// at a time. It is safe for concurrent use.
type Writer struct {
	mu      sync.Mutex
	to      io.Writer
	waiting []byte
	timer   *time.Timer // running while something waits
}

// New returns a writer in front of another.
func New(to io.Writer) *Writer { return &Writer{to: to} }

// Write implements io.Writer. It does not fail: a log that cannot be written must
// not stop a payment.
func (w *Writer) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, line...)
	switch {
	case len(w.waiting) >= full:
		w.flush()
	case w.timer == nil:
		w.timer = time.AfterFunc(delay, w.Flush)
	}
	return len(line), nil
}

// Flush writes what waits. Call it before the process ends.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
}

func (w *Writer) flush() {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if len(w.waiting) > 0 {
		_, _ = w.to.Write(w.waiting)
		w.waiting = w.waiting[:0]
	}
}
