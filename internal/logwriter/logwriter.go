// Package logwriter gathers the lines of a log before they are written: a system
// call for every line would cost a payment more than the gateway's own work on it.
// It also stands between calls and whoever reads the log: a reader that stalls or
// goes away costs lines, never a payment.
package logwriter

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// delay is how long a line may wait for company. A crash loses no more than that.
	delay = 50 * time.Millisecond

	// full is how many bytes are written without waiting for more.
	full = 64 << 10

	// limit is how many bytes may wait, with those that are being written: some
	// thousands of lines.
	limit = 1 << 20

	// patience is how long Flush waits for a reader that may have stalled.
	patience = time.Second
)

// Writer passes on what is written to it a little later, in order, and whole writes
// at a time, each of which is to be a line or more. It is safe for concurrent use.
type Writer struct {
	to      io.Writer
	dropped atomic.Uint64

	mu      sync.Mutex
	waiting []byte
	passing []byte               // being written, or empty
	busy    bool                 // passing on: at most one goroutine does
	timer   *time.Timer          // passes on, once; set while something waits and no one is busy
	idle    chan struct{}        // closed once nothing waits; nil if no one wants to know
	tell    func(dropped uint64) // nil to tell no one

	// Of the goroutine that passes on:
	told uint64 // of dropped
	torn bool   // what was written ends within a line
}

// New returns a writer in front of another.
func New(to io.Writer) *Writer {
	w := &Writer{to: to}
	w.timer = time.AfterFunc(time.Hour, w.pass)
	w.timer.Stop()
	return w
}

// Write implements io.Writer. It never waits for the other writer, and does not
// fail: a log that cannot be written must not stop a payment. What finds no room is
// dropped and counted.
func (w *Writer) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.waiting)
	if before+len(w.passing)+len(line) > limit {
		w.drop(line)
		return len(line), nil
	}
	w.waiting = append(w.waiting, line...)
	switch {
	case w.busy: // who is will look again
	case before < full && len(w.waiting) >= full:
		w.timer.Reset(0)
	case before == 0:
		w.timer.Reset(delay)
	}
	return len(line), nil
}

// Dropped is how many lines were lost since there was no room for them, or since
// the other writer failed.
func (w *Writer) Dropped() uint64 { return w.dropped.Load() }

// OnDrop sets what is told, once lines can be written again, how many were dropped
// since it was last told. It may write to w.
func (w *Writer) OnDrop(tell func(lines uint64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell = tell
}

// Flush writes what waits, and gives up after a second. Call it before the process
// ends.
func (w *Writer) Flush() {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-w.hurry():
	case <-late.C:
	}
}

// hurry lets what waits be written now; the channel is closed when it is.
func (w *Writer) hurry() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	if !w.busy {
		w.timer.Reset(0)
	}
	return idle
}

// pass writes what waits.
func (w *Writer) pass() {
	w.mu.Lock()
	if w.busy {
		w.mu.Unlock()
		return
	}
	w.busy = true
	w.waiting, w.passing = w.passing[:0], w.waiting
	text := w.passing
	w.mu.Unlock()
	written := w.write(text)
	w.mu.Lock()
	w.passing = w.passing[:0]
	tell := w.tell
	w.mu.Unlock()
	if written && tell != nil {
		w.tellDropped(tell)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	switch {
	case len(w.waiting) == 0:
		if w.idle != nil {
			close(w.idle)
			w.idle = nil
		}
	case len(w.waiting) >= full || w.idle != nil:
		w.timer.Reset(0)
	default:
		w.timer.Reset(delay)
	}
}

// tellDropped tells what was dropped since it last did.
func (w *Writer) tellDropped(tell func(lines uint64)) {
	if dropped := w.Dropped(); dropped > w.told {
		lines := dropped - w.told
		w.told = dropped
		tell(lines)
	}
}

// write writes lines, or reports that it could not.
func (w *Writer) write(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if w.torn { // so that only one line is lost of a disk that was full for a while
		if _, err := w.to.Write([]byte("\n")); err != nil {
			w.drop(text)
			return false
		}
		w.torn = false
	}
	n, err := w.to.Write(text)
	if err != nil {
		w.torn = n > 0 && text[n-1] != '\n'
		w.drop(text[n:])
	}
	return err == nil
}

// drop counts lines that are lost.
func (w *Writer) drop(text []byte) {
	w.dropped.Add(uint64(bytes.Count(text, []byte("\n"))))
}
