package service

import (
	"context"
	"runtime"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// lastWords is how long calls that are broken off may take to say so.
const lastWords = 3 * time.Second

// settle is how long answers that have been given may take to leave the process
// when nothing else holds a drain.
const settle = time.Second

// streamWorkers is how many goroutines wait for calls, which spares the start of
// one for each; with all of them busy, calls get goroutines of their own.
func streamWorkers() uint32 { return uint32(4 * runtime.GOMAXPROCS(0)) }

// enter lets a call in, unless the server is draining.
func (s *Server) enter() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.draining {
		return false
	}
	s.calls.Add(1)
	return true
}

func (s *Server) leave() { s.calls.Done() }

// Unready lets health say that no more calls should come. Calls that come all the
// same are still answered.
func (s *Server) Unready() { s.health.Shutdown() }

// Drain refuses new calls and waits for those in flight, of both transports. It
// returns ctx's error if they do not end in time. They are then broken off towards
// PortOne, so that their callers learn that the outcome is unknown, and the key by
// which to ask: a connection that just ends would tell them to try again. Watches of
// health and open reflections do not hold it.
func (s *Server) Drain(ctx context.Context) error {
	s.Unready()
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()

	stopped, done := make(chan struct{}), make(chan struct{})
	go func() { s.grpc.GracefulStop(); close(stopped) }()
	go func() { s.calls.Wait(); close(done) }()
	defer s.grpc.Stop()
	var err error
	select {
	case <-ctx.Done():
		err = ctx.Err()
		s.opts.Upstream.Abort()
		select {
		case <-done:
		case <-time.After(lastWords):
		}
	case <-done:
	}
	select {
	case <-stopped:
	case <-time.After(settle):
	}
	return err
}

// Stop ends everything at once.
func (s *Server) Stop() { s.grpc.Stop() }

// Invoke makes a call from within the process, through the same steps as those
// of gRPC. It returns PortOne's JSON as it came, which is valid for the contract,
// and empty where the answer has no content; it is good until Release.
//
// The error is an *errmap.Error. It is a mistake to invoke an operation that
// streams.
func (s *Server) Invoke(ctx context.Context, c *Call) ([]byte, error) {
	if c.Op.Streams {
		return nil, status.Error(codes.Internal, "the operation streams")
	}
	if err := s.handle(ctx, c); err != nil {
		c.free()
		return nil, err
	}
	return *c.answer, nil
}

// Release gives back what the answer of Invoke holds.
func (c *Call) Release() { c.free() }

// InvokeStream makes a call to an operation that streams; send gets the pieces
// of the answer, the first one perhaps empty. An error after the first piece
// means that the answer is not whole.
func (s *Server) InvokeStream(ctx context.Context, c *Call, send func(contentType, disposition string, piece []byte) error) error {
	c.send = send
	return s.handle(ctx, c)
}
