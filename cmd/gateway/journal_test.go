package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. Nothing is measured
// against it: a test that reaches it has failed.
const patience = 60 * time.Second

// journal is what a process writes, readable while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed when something is written
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

// Write implements io.Writer.
func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.more)
	j.more = make(chan struct{})
	return j.text.Write(text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// now is what has been written, and what is closed when there is more.
func (j *journal) now() (string, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String(), j.more
}

// awaitLine waits for a whole line with something in it. Ended ends the wait: no
// more will be written.
func (j *journal) awaitLine(t *testing.T, part string, ended <-chan struct{}) string {
	t.Helper()
	late := time.After(patience)
	for last := false; ; {
		text, more := j.now()
		if line, ok := lineWith(text, part); ok {
			return line
		}
		if last {
			t.Fatalf("the process ended without a line with %q:\n%s", part, text)
		}
		select {
		case <-more:
		case <-ended:
			last = true // once more: it may have written before
		case <-late:
			t.Fatalf("waited in vain for a line with %q:\n%s", part, text)
		}
	}
}

// lineWith finds the first whole line with something in it.
func lineWith(text, part string) (string, bool) {
	for line := range strings.Lines(text) {
		if strings.HasSuffix(line, "\n") && strings.Contains(line, part) {
			return strings.TrimSuffix(line, "\n"), true
		}
	}
	return "", false
}

// await waits until something holds that no event tells.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// receive takes what comes from a channel.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	panic("unreachable")
}
