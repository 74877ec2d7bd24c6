package jetstream

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/events/store"
)

// Store implements store.Store.
//
// It opens, and after trouble opens again, by itself: a folder that is locked, a disk
// that is full, a cluster that is away make it unavailable and nothing else.
type Store struct {
	opts  Options
	names names

	current atomic.Pointer[session] // nil while there is none
	problem atomic.Pointer[error]   // why there is none
	suspect chan *session           // one that did not answer
	silent  atomic.Int32            // appends in a row that were not answered

	cache cache

	unreadable atomic.Uint64 // events, see scrub

	stop context.CancelFunc
	done chan struct{}
}

var _ store.Store = (*Store)(nil)

// How long to wait before opening again.
const (
	firstWait = time.Second
	lastWait  = 15 * time.Second
	// firstTry is how long Open waits for the first attempt.
	firstTry = 3 * time.Second
)

// Open makes a store and tries to open it. An error is one of the options; that it
// could not be opened yet is told by Problem.
func Open(options Options) (*Store, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Store{opts: o, names: names(o.Name), suspect: make(chan *session, 1), stop: cancel, done: make(chan struct{})}
	tried := make(chan struct{})
	go s.supervise(ctx, sync.OnceFunc(func() { close(tried) }))
	select {
	case <-tried:
	case <-time.After(firstTry): // payments do not wait for a store of events
	}
	return s, nil
}

// Problem implements store.Store.
func (s *Store) Problem() error {
	if s.current.Load() != nil {
		return nil
	}
	if problem := s.problem.Load(); problem != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, *problem)
	}
	return store.ErrUnavailable
}

// Close ends the store. Everything that was appended stays.
func (s *Store) Close() {
	s.stop()
	<-s.done
}

// session is the one in use.
func (s *Store) session() (*session, error) {
	if session := s.current.Load(); session != nil {
		return session, nil
	}
	return nil, s.Problem()
}

// bound bounds a request to the store.
func (s *Store) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.opts.Timeout)
}

// supervise keeps a session open until the context ends. Tried is called after the
// first attempt.
func (s *Store) supervise(ctx context.Context, tried func()) {
	defer close(s.done)
	folder := &folder{dir: s.opts.Dir}
	defer folder.release()
	wait := firstWait
	var told string
	for {
		opened, err := s.open(folder)
		if err != nil {
			s.problem.Store(&err)
			if text := err.Error(); text != told {
				told = text
				s.opts.Logger.Error("the store of events cannot be opened; trying again and again", "problem", text)
			}
			tried()
			if !sleep(ctx, wait) {
				return
			}
			wait = min(2*wait, lastWait)
			continue
		}
		if told != "" {
			s.opts.Logger.Info("the store of events is open")
			told = ""
		}
		s.cache.clear()
		s.current.Store(opened)
		tried()
		lived := time.Now()
		s.use(ctx, opened)
		s.current.Store(nil)
		folder.busy = !opened.close()
		if ctx.Err() != nil {
			return
		}
		if time.Since(lived) > time.Minute {
			wait = firstWait
		}
		if !sleep(ctx, wait) {
			return
		}
		wait = min(2*wait, lastWait)
	}
}

// use returns when a session is over, and looks after what is stored meanwhile.
func (s *Store) use(ctx context.Context, opened *session) {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	if opened.server != nil {
		beside.Go(func() { s.scrub(ctx, opened) })
		beside.Go(func() { s.noteFloors(ctx, opened) })
	}
	s.watch(ctx, opened)
}

// open opens a session, in a folder that no one else uses.
func (s *Store) open(folder *folder) (*session, error) {
	if err := folder.take(); err != nil {
		return nil, err
	}
	opened, err := open(s.opts)
	if err != nil {
		return nil, err
	}
	if err := s.heal(opened); err != nil {
		folder.busy = !opened.close()
		return nil, err
	}
	return opened, nil
}

// watch returns when a session is over: the store is closed, or an embedded server does
// not do what it should, which only a new start can cure, since it keeps the first
// error of a write for good.
func (s *Store) watch(ctx context.Context, current *session) {
	for {
		select {
		case <-ctx.Done():
			return
		case suspected := <-s.suspect:
			if suspected != current || current.server == nil {
				continue
			}
			err := fmt.Errorf("it did not store %d events, each within %v", patience, s.opts.Timeout)
			s.problem.Store(&err)
			s.opts.Logger.Error("the store of events is opened anew", "problem", err.Error())
			return
		}
	}
}

// patience is how many appends in a row must go unanswered before the store is opened
// anew: one may have met a disk that was slow.
const patience = 2

// doubt tells that a session did not answer.
func (s *Store) doubt(suspected *session) {
	if s.silent.Add(1) < patience {
		return
	}
	s.silent.Store(0)
	select {
	case s.suspect <- suspected:
	default: // somebody did so already
	}
}

// folder is that of an embedded store.
type folder struct {
	dir  string // empty for a cluster
	lock *os.File
	busy bool // a server that did not end has files open in it
}

func (f *folder) take() (err error) {
	switch {
	case f.dir == "" || f.lock != nil && !f.busy:
		return nil
	case f.busy:
		return fmt.Errorf("%s: the disk does not answer; only a restart can help", f.dir)
	}
	f.lock, err = takeFolder(f.dir)
	return err
}

func (f *folder) release() {
	if f.lock != nil {
		f.lock.Close()
	}
}

// sleep waits, and reports whether the context still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
