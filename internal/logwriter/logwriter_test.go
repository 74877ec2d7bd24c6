package logwriter

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// sink tells of what is written to it.
type sink struct {
	mu     sync.Mutex
	text   bytes.Buffer
	writes chan struct{}
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.text.Write(p)
	select {
	case s.writes <- struct{}{}:
	default:
	}
	return n, err
}

// TestLines writes from many goroutines: every line is there, whole.
func TestLines(t *testing.T) {
	s := &sink{writes: make(chan struct{}, 1)}
	w := New(s)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			for j := range 200 {
				fmt.Fprintf(w, "line %d of %d %s\n", j, i, strings.Repeat("x", j))
			}
		})
	}
	all.Wait()
	w.Flush()
	lines := strings.Split(strings.TrimSuffix(s.text.String(), "\n"), "\n")
	seen := make(map[string]bool)
	for _, line := range lines {
		if !strings.HasPrefix(line, "line ") || seen[line] {
			t.Fatalf("line %q", line)
		}
		seen[line] = true
	}
	if len(seen) != 50*200 {
		t.Errorf("%d lines", len(seen))
	}
}

// TestLater expects a line without anybody asking for it, and the next one too.
func TestLater(t *testing.T) {
	s := &sink{writes: make(chan struct{}, 1)}
	w := New(s)
	for _, line := range []string{"a\n", "b\n"} {
		fmt.Fprint(w, line)
		<-s.writes
	}
	if got := s.text.String(); got != "a\nb\n" {
		t.Errorf("written: %q", got)
	}
}
