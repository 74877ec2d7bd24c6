package audit

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/access/watch"
)

const (
	// room is how many bytes may wait to be written.
	room = 4 << 20

	// patience is how long a call waits for its line to be written, where it must be.
	patience = 2 * time.Second
)

// ErrNotWritten is the error of a line that could not be written, or of which it is not
// known in time.
var ErrNotWritten = errors.New("the audit cannot be written")

// Log writes lines. It is safe for concurrent use.
type Log struct {
	strict bool
	path   string // empty where it is not a file of ours
	logger *slog.Logger
	watch  *watch.Watcher

	lost    atomic.Uint64
	problem atomic.Pointer[error] // of the last writing; nil if it went well

	mu      sync.Mutex
	waiting []byte
	batch   *batch
	busy    bool          // a goroutine writes
	idle    chan struct{} // closed when nothing waits any more; nil if no one wants to know

	file struct {
		sync.Mutex
		to   io.Writer
		torn bool // what was written ends within a line
	}
}

// batch is what is written at once.
type batch struct {
	done  chan struct{}
	lines uint64
	err   error
}

// Open begins a log at the end of a file, which is opened anew when it has been renamed
// or removed, or, for the path -, on standard output. Strict lets Write wait and fail;
// otherwise, lines that cannot be written are counted, and the log is told of it.
func Open(path string, stdout io.Writer, strict bool, logger *slog.Logger) (*Log, error) {
	l := &Log{strict: strict, logger: logger, batch: newBatch()}
	if path == "-" {
		l.file.to = stdout
		return l, nil
	}
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	l.path, l.file.to = path, file
	l.watch = watch.Start("the audit's file", logger, l.reopen)
	return l, nil
}

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// reopen opens the file anew if the path leads to another one.
func (l *Log) reopen() (changed bool, err error) {
	l.file.Lock()
	defer l.file.Unlock()
	file, ok := l.file.to.(*os.File)
	if !ok {
		return false, nil
	}
	there, err := os.Stat(l.path)
	if err == nil {
		if ours, err := file.Stat(); err == nil && os.SameFile(there, ours) {
			return false, nil
		}
	}
	next, err := open(l.path)
	if err != nil {
		return false, err
	}
	l.file.to, l.file.torn = next, false
	return true, file.Close()
}

// Lost is how many lines were lost.
func (l *Log) Lost() uint64 { return l.lost.Load() }

// OK reports whether the last writing went well.
func (l *Log) OK() bool { return l.problem.Load() == nil }

// Write writes a line. Where the log is strict, it waits until the line is with the
// operating system, and fails with ErrNotWritten if that cannot be said.
func (l *Log) Write(e *Entry) error {
	line, err := e.append(make([]byte, 0, 1024))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritten, err)
	}
	b := l.enqueue(line)
	if b == nil {
		l.lost.Add(1)
		return l.failed()
	}
	if !l.strict {
		return nil
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-b.done:
		if b.err != nil {
			return l.failed()
		}
		return nil
	case <-timer.C:
		return l.failed()
	}
}

func (l *Log) failed() error {
	if !l.strict {
		return nil
	}
	return ErrNotWritten
}

// enqueue lets a line wait. It returns nil if there is no room.
func (l *Log) enqueue(line []byte) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting)+len(line) > room {
		return nil
	}
	l.waiting = append(l.waiting, line...)
	l.batch.lines++
	if !l.busy {
		l.busy = true
		go l.pass()
	}
	return l.batch
}

// pass writes what waits until nothing does.
func (l *Log) pass() {
	var spare []byte
	for {
		l.mu.Lock()
		if len(l.waiting) == 0 {
			l.busy = false
			if l.idle != nil {
				close(l.idle)
				l.idle = nil
			}
			l.mu.Unlock()
			return
		}
		lines, b := l.waiting, l.batch
		l.waiting, l.batch = spare[:0], newBatch()
		l.mu.Unlock()
		b.err = l.write(lines)
		l.note(b)
		close(b.done)
		spare = lines
	}
}

func (l *Log) write(lines []byte) error {
	l.file.Lock()
	defer l.file.Unlock()
	if l.file.torn {
		lines = append([]byte("\n"), lines...)
	}
	n, err := l.file.to.Write(lines)
	l.file.torn = err != nil && (n > 0 && lines[n-1] != '\n' || n == 0 && l.file.torn)
	return err
}

// note tells the log of a problem, and of its end.
func (l *Log) note(b *batch) {
	before := l.problem.Load()
	if b.err == nil {
		if before != nil {
			l.problem.Store(nil)
			l.logger.Info("the audit can be written again", "lines_lost", l.lost.Load())
		}
		return
	}
	l.lost.Add(b.lines)
	l.problem.Store(&b.err)
	if before == nil || (*before).Error() != b.err.Error() {
		l.logger.Error("the audit cannot be written", "problem", b.err.Error())
	}
}

// Close writes what waits, for as long as patience lasts, and closes the file.
func (l *Log) Close() {
	l.mu.Lock()
	var idle chan struct{}
	if l.busy {
		if l.idle == nil {
			l.idle = make(chan struct{})
		}
		idle = l.idle
	}
	l.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-time.After(patience):
		}
	}
	if l.watch == nil {
		return
	}
	l.watch.Close()
	l.file.Lock()
	defer l.file.Unlock()
	if file, ok := l.file.to.(*os.File); ok {
		file.Close()
	}
}
