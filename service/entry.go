package service

import (
	"context"
	"fmt"
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// This file has what other transports than gRPC enter by. Each call passes the steps.

// Unknown stands for whatever is called and is no method of the contract. Observers,
// tracers and the log see it in a method's place.
var Unknown = &contract.Method{FullName: "/unknown", Name: "unknown", HTTPMethod: "GET"}

// Invoke makes a call from within the process, through the same steps as those
// of gRPC. It returns PortOne's JSON as it came, which is valid for the contract,
// and empty where the answer has no content; it is good until Release, and so long the
// call counts as in flight.
//
// The error is an *errmap.Error. It is a mistake to invoke an operation that
// streams.
func (s *Server) Invoke(ctx context.Context, c *Call) ([]byte, error) {
	if c.Method.Streams {
		return nil, status.Error(codes.Internal, "the operation streams")
	}
	if err := s.handle(ctx, c); err != nil {
		c.free()
		return nil, err
	}
	if c.wire != nil { // it has served to check the answer, and is not held while that is written
		bytepool.Shared.Put(c.wire)
		c.wire = nil
	}
	c.upstream = s.opts.Upstream
	c.upstream.BeginWriting()
	return *c.answer, nil
}

// Release gives back what the answer of Invoke holds, if there is any. It may be called
// again.
func (c *Call) Release() {
	c.free()
	if c.upstream != nil {
		c.upstream.EndWriting()
		c.upstream = nil
	}
}

// InvokeStream makes a call to an operation that streams; send gets the pieces
// of the answer, the first one perhaps empty. An error after the first piece
// means that the answer is not whole.
func (s *Server) InvokeStream(ctx context.Context, c *Call, send func(file *upstream.Stream, piece []byte) error) error {
	c.send = send
	return s.handle(ctx, c)
}

// Refuse ends what is no call of a method as a failure. It passes the first steps of a
// call as Unknown: it gets its request id, and metrics and the log see it. The error is
// an *errmap.Error.
func (s *Server) Refuse(ctx context.Context, c *Call, failure errmap.Failure) error {
	return s.RefuseWith(ctx, c, func() error { return s.opts.Mapper.Failure(c.Describe(), failure, nil) })
}

// RefuseWith is Refuse with an error that refusal makes, which must be an *errmap.Error.
func (s *Server) RefuseWith(ctx context.Context, c *Call, refusal func() error) error {
	c.Method = Unknown
	c.language = errmap.ParseLanguage(first(c.Headers.Values(HeaderLanguage)))
	return s.chain(firstSteps, func(context.Context, *Call) error { return refusal() })(ctx, c)
}

// Panicked writes down that a call ended as a panic, wherever that was, and makes its
// error. What was panicked with may be anything, so only its type is in the log.
func (s *Server) Panicked(c *Call, p any) error {
	if c.Method == nil {
		c.Method = Unknown
	}
	if c.RequestID == "" {
		c.RequestID = requestID(c.Headers)
	}
	s.opts.Logger.Error("panic", "rpc", c.Method.Name, "request_id", c.RequestID, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
	return s.opts.Mapper.Failure(c.Describe(), errmap.Internal, fmt.Errorf("panic of type %T", p))
}
