package service

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/transcode"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// Names of headers, as gRPC's metadata has them.
const (
	// HeaderRequestID names a call in logs. A caller may choose it.
	HeaderRequestID = "x-request-id"
	// HeaderIdempotencyKey is upstream.IdempotencyHeader.
	HeaderIdempotencyKey = "idempotency-key"
	// HeaderLanguage chooses the language of texts for people.
	HeaderLanguage = "accept-language"
	// HeaderSandbox asks the sandbox for trouble.
	HeaderSandbox = "x-portone-sandbox"
)

// Headers are what a caller sent beside the message: gRPC metadata or HTTP
// headers. http.Header is one.
type Headers interface {
	// Values returns the values of a header, whose name is in lower case.
	Values(name string) []string
}

// grpcHeaders are the metadata of an incoming gRPC call.
type grpcHeaders struct{ ctx context.Context }

func (h grpcHeaders) Values(name string) []string {
	return metadata.ValueFromIncomingContext(h.ctx, name)
}

// Call is one call of an operation on its way through the gateway. It is used by
// one goroutine.
type Call struct {
	// Op is what is called.
	Op *Operation

	// Headers are the caller's.
	Headers Headers

	// Wire is the request message. It must not change until the call ends. Where
	// Read is set, it is what Read returns.
	Wire []byte

	// Read reads the request, where it is no message yet. Describe makes what
	// errmap wants for an error, which is all that Read may return. May be nil.
	Read func(describe func() *errmap.Call) ([]byte, error)

	// NoBody says that the request came without the body that the operation may have:
	// then none goes up, and PortOne judges. By gRPC that cannot be told from an empty
	// one.
	NoBody bool

	// Hold is told how many bytes the answer takes until Release, and reports whether
	// there is room for it; if there is not, a read ends as errmap.Overloaded. May be
	// nil.
	Hold func(size int) bool

	// Transport is "grpc" or "rest", for logs and metrics.
	Transport string

	// Asked is for the log where Op is Unknown: what was asked for, without any ids.
	Asked string

	// RequestID names the call; set by the first step.
	RequestID string

	// Key is the idempotency key of a mutation, once it is known.
	Key upstream.Key

	// Status is the HTTP status of PortOne's answer, once there is one with 2xx.
	Status int

	attempts int // requests that were sent to PortOne for it
	language errmap.Language
	deadline time.Time
	extra    []byte // header lines for PortOne

	// receive takes in the message of a call by gRPC, into request; nil for others.
	receive   func(any) error
	request   frame
	headerSet bool // of the answer, by gRPC

	// answer is PortOne's JSON, in a slice of bytepool.Shared.
	answer *[]byte
	// wire is the answer as a message, in another one.
	wire *[]byte
	// upstream counts the call as in flight until Release.
	upstream *upstream.Client
	// send takes the pieces of a streamed answer.
	send sender
}

// describe is the call for errmap, where it failed before it went upstream.
func (c *Call) describe() *errmap.Call {
	return &errmap.Call{
		Operation: c.Op.Spec.Operation,
		Mutation:  c.Op.Spec.IsMutation(),
		Key:       string(c.Key),
		Language:  c.language,
	}
}

// free gives back what the call holds.
func (c *Call) free() {
	if c.answer != nil {
		bytepool.Shared.Put(c.answer)
	}
	if c.wire != nil {
		bytepool.Shared.Put(c.wire)
	}
	c.answer, c.wire = nil, nil
}

// forward is the last step: it makes the call.
func (s *Server) forward(ctx context.Context, c *Call) error {
	request := upstream.Call{
		Spec:     c.Op.Spec,
		Wire:     c.Wire,
		Key:      c.Key,
		Language: c.language,
		Deadline: c.deadline,
		Header:   c.extra,
		NoBody:   c.NoBody,

		RequestID: c.RequestID,
	}
	if c.Op.Streams {
		return s.stream(ctx, c, &request)
	}
	answer, failure := s.opts.Upstream.Do(ctx, &request)
	c.attempts = request.Attempts
	if failure != nil {
		return failure
	}
	c.answer, c.Status = answer, request.Status
	if c.Hold != nil && !c.Hold(cap(*answer)) && !c.Op.Spec.IsMutation() {
		return s.opts.Mapper.Failure(c.describe(), errmap.Overloaded, nil)
	}
	return s.readAnswer(c)
}

// readAnswer turns PortOne's JSON into a message.
func (s *Server) readAnswer(c *Call) error {
	wire := bytepool.Shared.Get(len(*c.answer))
	c.wire = wire
	if c.Op.empty && len(*c.answer) == 0 {
		*wire = (*wire)[:0]
		return nil
	}
	out, err := c.Op.Spec.Output.AppendWire((*wire)[:0], *c.answer, transcode.Strict)
	*wire = out
	if err == nil {
		if c.Op.channels { // so that a PG's codes can be explained
			s.opts.Mapper.Channels().Observe(c.Op.Spec.Output.Descriptor(), *c.answer, out)
		}
		return nil
	}
	var at *transcode.Error
	if errors.As(err, &at) {
		s.opts.Logger.Error("PortOne's answer is not as the contract has it", "operation", c.Op.Spec.Operation.GetId(),
			"request_id", c.RequestID, "problem", at.Loggable())
	}
	return s.opts.Mapper.Failure(c.describe(), errmap.Unreadable, err)
}
