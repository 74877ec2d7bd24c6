package watch

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines is a log to read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatal("never: " + what)
}

func TestProblemsAreToldOnce(t *testing.T) {
	var log lines
	var mu sync.Mutex
	reads, problem := 0, errors.New("one problem")
	w := start("the thing", slog.New(slog.NewTextHandler(&log, nil)), func() (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		reads++
		return problem == nil, problem
	}, time.Millisecond, time.Minute)
	defer w.Close()
	set := func(err error) { mu.Lock(); defer mu.Unlock(); problem = err }
	eventually(t, "many readings", func() bool { mu.Lock(); defer mu.Unlock(); return reads > 20 })
	if w.Problem() == nil || log.count("one problem") != 1 {
		t.Errorf("the problem is %v, and %d times in the log", w.Problem(), log.count("one problem"))
	}
	set(errors.New("another problem"))
	eventually(t, "the other problem", func() bool { return log.count("another problem") == 1 })
	set(nil)
	eventually(t, "recovery", func() bool { return log.count("can be read again") == 1 && w.Problem() == nil })
	eventually(t, "news", func() bool { return log.count("has changed") > 0 })
	set(errors.New("one problem"))
	eventually(t, "the problem again", func() bool { return log.count("one problem") == 2 })
}

func TestStuck(t *testing.T) {
	var log lines
	release := make(chan struct{})
	w := start("the thing", slog.New(slog.NewTextHandler(&log, nil)), func() (bool, error) { <-release; return false, nil },
		time.Millisecond, 5*time.Millisecond)
	defer w.Close()
	eventually(t, "a problem", func() bool { return w.Problem() != nil && log.count("takes longer") == 1 })
	close(release)
	eventually(t, "recovery", func() bool { return w.Problem() == nil })
}

func TestClosed(t *testing.T) {
	var log lines
	w := start("the thing", slog.New(slog.NewTextHandler(&log, nil)), func() (bool, error) { return true, nil }, time.Hour, time.Hour)
	w.Close()
	w.again()
	if log.count("") > 1 {
		t.Error("a closed watcher writes to the log")
	}
}
