package service

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
)

// abortGrace is how long calls that are broken off may take to say so, and what they
// say to leave the process.
const abortGrace = 3 * time.Second

// watchGrace is how long a watch of health may take to tell that nothing is served any
// more, before it is ended.
const watchGrace = time.Second

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

// Drain refuses new calls and waits for those in flight, of both transports, and
// for answers by gRPC to be with their callers, however slowly these read. It returns
// ctx's error if that takes longer. Calls in flight are then broken off towards
// PortOne, so that their callers learn that the outcome is unknown, and the key by
// which to ask: a connection that just ends would tell them to try again. Watches of
// health and open reflections do not hold it: they end first.
func (s *Server) Drain(ctx context.Context) error {
	s.Unready()
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.drains)
		for _, d := range s.drainers {
			d.Drain()
		}
	}
	s.mu.Unlock()

	ended := make(chan struct{})
	go func() { s.grpc.GracefulStop(); s.calls.Wait(); close(ended) }()
	defer s.grpc.Stop()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	s.opts.Upstream.Abort()
	select {
	case <-ended:
	case <-time.After(abortGrace):
	}
	return ctx.Err()
}

// endWithDrain ends streams that are no operations when draining begins, since they
// do not end by themselves. The end of a stream releases its handler.
func (s *Server) endWithDrain(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if contract.Lookup(info.FullMethod) != nil {
		return handler(service, stream)
	}
	watched := &watched{ServerStream: stream, server: s, told: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- handler(service, watched) }()
	select {
	case err := <-ended:
		return err
	case <-s.drains:
	}
	if info.FullMethod == healthpb.Health_Watch_FullMethodName {
		select {
		case <-watched.told:
		case <-time.After(watchGrace):
		}
	}
	return s.opts.Mapper.Failure(&errmap.Subject{Language: languageOf(stream.Context())}, errmap.Draining, nil)
}

func languageOf(ctx context.Context) errmap.Language {
	return errmap.ParseLanguage(first(grpcHeaders{ctx}.Values(HeaderLanguage)))
}

// watched is a stream of which is known when it has told that something is not
// served.
type watched struct {
	grpc.ServerStream
	server *Server
	told   chan struct{}
	once   sync.Once
}

// RecvMsg implements grpc.ServerStream.
func (w *watched) RecvMsg(message any) error {
	return w.server.receiveOther(w.Context(), w.ServerStream.RecvMsg, message)
}

// SendMsg implements grpc.ServerStream.
func (w *watched) SendMsg(message any) error {
	err := w.ServerStream.SendMsg(message)
	if health, ok := message.(*healthpb.HealthCheckResponse); ok && health.Status == healthpb.HealthCheckResponse_NOT_SERVING {
		w.once.Do(func() { close(w.told) })
	}
	return err
}

// Stop ends everything at once.
func (s *Server) Stop() { s.grpc.Stop() }
