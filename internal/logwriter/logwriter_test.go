package logwriter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sink is a log's reader that can stall and fail.
type sink struct {
	mu    sync.Mutex
	text  bytes.Buffer
	room  int           // how many bytes it takes before it fails; negative: any
	stall chan struct{} // what Write waits for, if it is not nil
}

var errFull = errors.New("no space left")

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	stall := s.stall
	s.mu.Unlock()
	if stall != nil {
		<-stall
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(p)
	if s.room >= 0 {
		n = min(n, s.room)
		s.room -= n
	}
	s.text.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (s *sink) set(room int, stall chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room, s.stall = room, stall
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestLines writes from many goroutines: every line is there, whole, and those of a
// goroutine in its order.
func TestLines(t *testing.T) {
	s := &sink{room: -1}
	w := New(s)
	const goroutines, each = 50, 100 // in all less than limit, should no one pass them on
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() {
			for j := range each {
				fmt.Fprintf(w, "line %d of %d %s.\n", j, i, strings.Repeat("x", j))
			}
		})
	}
	all.Wait()
	w.Flush()
	var next [goroutines]int
	for line := range strings.Lines(s.String()) {
		var i, j int
		if _, err := fmt.Sscanf(line, "line %d of %d", &j, &i); err != nil || !strings.HasSuffix(line, ".\n") || next[i] != j {
			t.Fatalf("line %q, %v; the next of this goroutine is %d", line, err, next[i])
		}
		next[i]++
	}
	for i, n := range next {
		if n != each {
			t.Errorf("%d lines of goroutine %d", n, i)
		}
	}
	if w.Dropped() != 0 {
		t.Errorf("%d lines dropped", w.Dropped())
	}
}

// TestLater expects lines without anybody asking for them, after the delay and not
// before, unless there are many.
func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{room: -1}
		w := New(s)
		want := ""
		for _, line := range []string{"a\n", "b\n"} {
			fmt.Fprint(w, line)
			time.Sleep(delay - 1)
			synctest.Wait()
			if got := s.String(); got != want {
				t.Errorf("written before the delay: %q", got)
			}
			want += line
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if got := s.String(); got != want {
				t.Errorf("written after the delay: %q, want %q", got, want)
			}
		}
		many := strings.Repeat("x", full-1) + "\n"
		fmt.Fprint(w, many)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := s.String(); got != want+many {
			t.Errorf("many lines wait: %d bytes are written", len(got))
		}
	})
}

// TestStalledReader: writing goes on at once while the reader stalls, up to the
// limit; what is over it is counted, and told once the reader reads again.
func TestStalledReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stall := make(chan struct{})
		s := &sink{room: -1, stall: stall}
		w := New(s)
		w.OnDrop(func(lines uint64) { fmt.Fprintf(w, "dropped %d\n", lines) })
		line := strings.Repeat("x", 1023) + "\n"
		start := time.Now()
		for range 2 * limit / len(line) {
			fmt.Fprint(w, line)
			time.Sleep(time.Microsecond)
		}
		if took := time.Since(start); took > 10*time.Millisecond {
			t.Errorf("writing took %v", took)
		}
		const lost = limit / 1024
		if got := w.Dropped(); got != lost {
			t.Errorf("%d lines dropped, want %d", got, lost)
		}
		start = time.Now()
		w.Flush()
		if took := time.Since(start); took != patience {
			t.Errorf("Flush waited %v", took)
		}
		s.set(-1, nil)
		close(stall)
		w.Flush()
		want := strings.Repeat(line, lost) + fmt.Sprintf("dropped %d\n", lost)
		if got := s.String(); got != want {
			t.Errorf("%d bytes are written, want %d; they end with %q", len(got), len(want), got[max(0, len(got)-30):])
		}
		fmt.Fprint(w, "more\n")
		w.Flush()
		if got := s.String(); !strings.HasSuffix(got, fmt.Sprintf("dropped %d\nmore\n", lost)) {
			t.Errorf("then it ends with %q", got[max(0, len(got)-30):])
		}
	})
}

// TestFailingReader: lines that the other writer refuses are counted, and those
// after them are whole.
func TestFailingReader(t *testing.T) {
	for _, test := range []struct {
		name string
		room int
		want string
	}{
		{"before the first line", 0, "third\n"},
		{"within a line", 2, "fi\nthird\n"},
		{"between lines", 6, "first\nthird\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sink{room: test.room}
			w := New(s)
			var told []uint64
			w.OnDrop(func(lines uint64) { told = append(told, lines) })
			fmt.Fprint(w, "first\nfirst, too\n")
			w.Flush()
			fmt.Fprint(w, "second\n")
			w.Flush()
			s.set(-1, nil)
			fmt.Fprint(w, "third\n")
			w.Flush()
			lost := uint64(4 - strings.Count(strings.TrimPrefix(test.want, "fi\n"), "\n"))
			if got := s.String(); got != test.want || w.Dropped() != lost || len(told) != 1 || told[0] != lost {
				t.Errorf("with room for %d: %q, %d dropped, told %d; want %q, %d", test.room, got, w.Dropped(), told, test.want, lost)
			}
		})
	}
}

// TestFlushOfNothing does not wait.
func TestFlushOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := New(&sink{room: -1})
		w.Flush()
		w.Flush()
		if took := time.Since(start); took != 0 {
			t.Errorf("it waited %v", took)
		}
	})
}

// BenchmarkWrite writes to a file, as the gateway does.
func BenchmarkWrite(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	line := []byte(strings.Repeat("x", 200) + "\n")
	w := New(file)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = w.Write(line)
		}
	})
	w.Flush()
}
