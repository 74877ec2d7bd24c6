package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/portone-gateway/portone-gateway/errmap"
)

const (
	// maxArrival is how long a message may take to arrive, from when it is waited for.
	maxArrival = 10 * time.Second

	// maxCame is how many bytes may come in, over all connections, while a message
	// is waited for. It bounds what messages that never end can hold: sixteen of the
	// largest that arrive side by side pass.
	maxCame = 16 * MaxMessage

	// maxLate is how many messages may be late at a time. It bounds what frames hold
	// that are too small to be counted.
	maxLate = 64

	// late is how long a message takes that is late: others are there in an instant.
	late = 2 * time.Second

	// lookEvery and lookEveryTime are after how many bytes, and after which time at the
	// latest, it is looked for messages that are over these limits.
	lookEvery     = 4 << 20
	lookEveryTime = time.Second / 2
)

// errNotWhole is why a message was given up, for the log.
var errNotWhole = errors.New("its message was given up, since it took too long or too much came in meanwhile")

// arrivals are the messages that are waited for, the oldest first. HTTP/2's flow
// control has a limit for each call, but grpc-go has none for all calls of a connection,
// let alone of all connections. Here a message that takes too long is given up, and so
// are the oldest ones where too much comes in, or too many are late. Safe for concurrent
// use.
type arrivals struct {
	came atomic.Int64 // bytes, over all connections, see countedPool

	mu          sync.Mutex
	first, last *arrival
	watched     bool // a timer will look
}

// arrival is a message that is waited for.
type arrival struct {
	before, after *arrival
	began         time.Time
	came          int64 // bytes, when it began
	over          bool  // it is not among the arrivals any more
	events        chan arrivalEvent
}

// arrivalEvent is that a message has arrived or failed, or that it is given up.
type arrivalEvent struct {
	err      error
	panicked any
	givenUp  bool
	failure  errmap.Failure // of one that is given up
}

// receive waits for recv, which takes in a message, and returns what ended the waiting.
// When the message is given up, recv still waits for it, and must end when the call does;
// abandoned is called after it then.
func (as *arrivals) receive(recv func() error, abandoned func()) arrivalEvent {
	a := as.begin()
	go func() {
		var e arrivalEvent
		defer func() {
			e.panicked = recover()
			a.events <- e
		}()
		e.err = recv()
	}()
	e := <-a.events
	as.end(a)
	if e.givenUp {
		go func() {
			<-a.events
			abandoned()
		}()
	}
	if e.panicked != nil { // where it is recovered; it may be anything, so only its type is kept
		panic(fmt.Sprintf("%T in receiving a message", e.panicked))
	}
	return e
}

// receiveFrame takes in the message of an operation.
func (as *arrivals) receiveFrame(recv func(any) error) (frame, arrivalEvent) {
	message := new(frame)
	e := as.receive(func() error { return recv(message) }, func() { message.free() })
	if e.givenUp {
		return frame{}, e
	}
	return *message, e
}

// begin enrolls a message.
func (as *arrivals) begin() *arrival {
	a := &arrival{events: make(chan arrivalEvent, 2)}
	as.mu.Lock()
	defer as.mu.Unlock()
	a.began, a.came = time.Now(), as.came.Load() // here, so that they are in order
	if a.before = as.last; a.before == nil {
		as.first = a
	} else {
		a.before.after = a
	}
	as.last = a
	if !as.watched {
		as.watched = true
		time.AfterFunc(lookEveryTime, as.lookAgain)
	}
	return a
}

func (as *arrivals) end(a *arrival) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.drop(a)
}

// drop takes a message out. The lock is held.
func (as *arrivals) drop(a *arrival) {
	if a.over {
		return
	}
	a.over = true
	if a.before == nil {
		as.first = a.after
	} else {
		a.before.after = a.after
	}
	if a.after == nil {
		as.last = a.before
	} else {
		a.after.before = a.before
	}
}

// look gives up the messages that are over the limits.
func (as *arrivals) look() {
	now, came := time.Now(), as.came.Load()
	as.mu.Lock()
	defer as.mu.Unlock()
	behind := 0
	for a := as.first; a != nil && now.Sub(a.began) > late; a = a.after {
		behind++
	}
	for a := as.first; a != nil; a = as.first {
		e := arrivalEvent{givenUp: true}
		switch {
		case came-a.came > maxCame, behind > maxLate:
			e.failure = errmap.Overloaded
		case now.Sub(a.began) > maxArrival:
			e.failure = errmap.DeadlineBeforeSend
		default:
			return // those behind it are younger
		}
		behind--
		as.drop(a)
		a.events <- e
	}
}

// lookAgain looks as long as there are messages to look at.
func (as *arrivals) lookAgain() {
	as.look()
	as.mu.Lock()
	defer as.mu.Unlock()
	if as.watched = as.first != nil; as.watched {
		time.AfterFunc(lookEveryTime, as.lookAgain)
	}
}

// countedPool counts what grpc-go takes in, but for frames under 1 KiB, which it takes no
// pool for.
type countedPool struct {
	mem.BufferPool
	arrivals *arrivals
}

// Get implements mem.BufferPool.
func (p countedPool) Get(length int) *[]byte {
	n := int64(length)
	if came := p.arrivals.came.Add(n); came/lookEvery != (came-n)/lookEvery {
		p.arrivals.look()
	}
	return p.BufferPool.Get(length)
}

// guard lets the messages of a service that has no operations be given up too.
func (s *Server) guard(desc grpc.ServiceDesc) *grpc.ServiceDesc {
	desc.Methods = slices.Clone(desc.Methods)
	for i := range desc.Methods {
		handler := desc.Methods[i].Handler
		desc.Methods[i].Handler = func(service any, ctx context.Context, receive func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			return handler(service, ctx, func(message any) error { return s.receiveOther(ctx, receive, message) }, interceptor)
		}
	}
	return &desc
}

// receiveOther takes in a message of a call that is none of an operation.
func (s *Server) receiveOther(ctx context.Context, receive func(any) error, message any) error {
	e := s.arrivals.receive(func() error { return receive(message) }, func() {})
	if e.givenUp {
		return s.opts.Mapper.Failure(&errmap.Subject{Language: languageOf(ctx)}, e.failure, errNotWhole)
	}
	return e.err
}
