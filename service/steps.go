package service

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// next carries a call on.
type next func(ctx context.Context, c *Call) error

// step is something that happens to every call, gRPC or REST.
type step struct {
	name string
	do   func(s *Server, ctx context.Context, c *Call, next next) error
}

// steps in the order in which a call passes them; its answer passes them
// backwards. The order has reasons: everything that is written down has the
// request id; metrics and log see recovered panics and calls that are refused;
// strangers are refused before anything of their request is read;
// headers are read before any work is done. Recovery stands twice, so that a panic in
// what observes calls does not end the process either.
var steps = append(slices.Clip(firstSteps), []step{
	{"admission", (*Server).admit},
	{"access", (*Server).authorize},
	{"headers", (*Server).readHeaders},
	{"deadline", (*Server).trimDeadline},
	{"request", (*Server).readRequest},
}...)

// nativeSteps are those of a call that the gateway answers by itself.
var nativeSteps = append(slices.Clip(firstSteps), []step{
	{"admission", (*Server).admit},
	{"access", (*Server).authorize},
	{"headers", (*Server).readHeaders},
	{"deadline", (*Server).trimDeadline},
}...)

// firstSteps are those that see every call, also one of what is no operation.
var firstSteps = []step{
	{"last resort", (*Server).recover},
	{"request id", (*Server).identify},
	{"tracing", (*Server).trace},
	{"metrics", (*Server).measure},
	{"log", (*Server).log},
	{"recovery", (*Server).recover},
}

// chain builds the way of a call through the steps.
func (s *Server) chain(steps []step, last next) next {
	for i := len(steps) - 1; i >= 0; i-- {
		do, after := steps[i].do, last
		last = func(ctx context.Context, c *Call) error { return do(s, ctx, c, after) }
	}
	return last
}

// maxRequestID is how long a caller's request id may be, in bytes.
const maxRequestID = 128

// identify gives the call its request id.
func (s *Server) identify(ctx context.Context, c *Call, next next) error {
	c.RequestID = requestID(c.Headers)
	return next(ctx, c)
}

// requestID is the caller's, if it can stand in a header and a log line, else a new
// one.
func requestID(headers Headers) string {
	if ids := headers.Values(HeaderRequestID); len(ids) > 0 && isRequestID(ids[0]) {
		return ids[0]
	}
	return newRequestID()
}

// newRequestID makes 32 hexadecimal digits. They need not be hard to guess, so they
// come from the generator that takes no system call.
func newRequestID() string {
	var id [16]byte
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	return hex.EncodeToString(id[:])
}

func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// trace makes a span of the call, where somebody traces.
func (s *Server) trace(ctx context.Context, c *Call, next next) error {
	if s.opts.Tracer == nil {
		return next(ctx, c)
	}
	ctx, end := s.opts.Tracer.Start(ctx, c)
	err := next(ctx, c)
	end(outcome(err))
	return err
}

// measure counts the call and its end.
func (s *Server) measure(ctx context.Context, c *Call, next next) error {
	start := time.Now()
	s.opts.Observer.Begin(c.Method)
	err := next(ctx, c)
	code, reason := outcome(err)
	s.opts.Observer.End(c.Method, c.Transport, code, reason, time.Since(start), c.elsewhere)
	return err
}

// outcome is how a call ended: code, and the label of the reason where it is an error
// of ours.
func outcome(err error) (codes.Code, string) {
	if err == nil {
		return codes.OK, ""
	}
	var e *errmap.Error
	if errors.As(err, &e) {
		return e.Code(), errmap.Label(e.Reason())
	}
	return codes.Unknown, "" // the caller went away while a stream was sent
}

// log writes a line for the call: mutations always, reads where they failed, and
// everything at debug level. A line has names, ids of the call, codes and
// durations; never a message, an idempotency key, or a header.
func (s *Server) log(ctx context.Context, c *Call, next next) error {
	start := time.Now()
	err := next(ctx, c)
	level := slog.LevelDebug
	if c.Method.IsMutation() {
		level = slog.LevelInfo
	}
	code, reason := outcome(err)
	switch {
	case code == codes.Internal:
		level = slog.LevelError
	case reason == "OUTCOME_UNKNOWN" || code == codes.Unavailable || code == codes.Unauthenticated:
		level = slog.LevelWarn
	case err != nil:
		level = slog.LevelInfo
	}
	if !s.opts.Logger.Enabled(ctx, level) {
		return err
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("rpc", c.Method.Name), slog.String("transport", c.Transport), slog.String("code", code.String()),
		slog.Float64("took_ms", math.Round(float64(time.Since(start))/1e4)/100), slog.String("request_id", c.RequestID))
	if caller := c.Caller(); caller != "" {
		attrs = append(attrs, slog.String("caller", caller))
	}
	if cause := c.wouldRefuse(); cause != "" {
		attrs = append(attrs, slog.String("would_refuse", cause))
	}
	if c.attempts > 1 {
		attrs = append(attrs, slog.Int("attempts", c.attempts))
	}
	if c.Asked != "" {
		attrs = append(attrs, slog.String("asked", c.Asked))
	}
	if err != nil {
		attrs = append(attrs, slog.String("reason", reason))
		if cause := errors.Unwrap(err); cause != nil {
			attrs = append(attrs, slog.String("cause", causeText(cause)))
		}
	}
	s.opts.Logger.LogAttrs(ctx, level, "call", attrs...)
	return err
}

// causeText is a cause as a log may have it.
func causeText(cause error) string {
	var malformed *transcode.Error
	if errors.As(cause, &malformed) {
		return malformed.Loggable()
	}
	return cause.Error()
}

// recover turns a panic into INTERNAL and a line in the log with its stack. The
// process goes on: other payments are in flight.
func (s *Server) recover(ctx context.Context, c *Call, next next) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = s.Panicked(c, p)
		}
	}()
	return next(ctx, c)
}

// admit refuses calls once the gateway is draining, and while it has as many as it may,
// before anything of their requests is read.
func (s *Server) admit(ctx context.Context, c *Call, next next) error {
	if !s.enter() {
		return s.refuseAdmission(c, errmap.Draining)
	}
	defer s.leave()
	if s.opts.Upstream.Full() {
		return s.refuseAdmission(c, errmap.Overloaded)
	}
	return next(ctx, c)
}

func (s *Server) refuseAdmission(c *Call, failure errmap.Failure) error {
	c.language = errmap.ParseLanguage(first(c.Headers.Values(HeaderLanguage)))
	return s.opts.Mapper.Failure(c.Describe(), failure, nil)
}

// readHeaders reads what the caller wants beside the message.
func (s *Server) readHeaders(ctx context.Context, c *Call, next next) error {
	if accept := c.Headers.Values(HeaderLanguage); len(accept) > 0 {
		c.language = errmap.ParseLanguage(accept[0])
	}
	if c.Method.IsMutation() {
		if err := s.readKey(c); err != nil {
			return err
		}
	}
	if s.opts.Sandbox {
		for _, value := range c.Headers.Values(HeaderSandbox) {
			if !isHeaderValue(value) {
				return s.opts.Mapper.Invalid(c.Describe(), HeaderSandbox, "has a character that cannot stand in a header", nil)
			}
			c.extra = append(append(append(c.extra, HeaderSandbox+": "...), value...), "\r\n"...)
		}
	}
	return next(ctx, c)
}

// readKey reads the idempotency key of a mutation, or makes one.
func (s *Server) readKey(c *Call) error {
	switch keys := c.Headers.Values(HeaderIdempotencyKey); {
	case len(keys) > 1:
		return s.opts.Mapper.Invalid(c.Describe(), HeaderIdempotencyKey, "is given more than once", nil)
	case len(keys) == 1:
		key, err := upstream.ParseKey(keys[0])
		if err != nil {
			return s.opts.Mapper.Invalid(c.Describe(), HeaderIdempotencyKey, err.Error(), err)
		}
		c.Key = key
	case s.opts.RequireKey.of(c.Transport):
		return s.opts.Mapper.Failure(c.Describe(), errmap.KeyRequired, nil)
	default:
		if c.access != nil {
			if refusal := c.access.NoKey(); refusal != nil {
				return s.refused(c, refusal)
			}
		}
		c.Key, c.keyMade = upstream.NewKey(), true
	}
	return nil
}

func isHeaderValue(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// maxMargin is the most that is kept of a caller's deadline for our answer.
const maxMargin = 200 * time.Millisecond

// trimDeadline lets the call end a little before the caller's deadline: a client that
// times out first never sees the answer, and so never learns the key under which the
// outcome can be asked for.
func (s *Server) trimDeadline(ctx context.Context, c *Call, next next) error {
	if deadline, ok := ctx.Deadline(); ok {
		margin := min(time.Until(deadline)/10, maxMargin)
		c.deadline = deadline.Add(-margin)
	}
	return next(ctx, c)
}

// readRequest reads the request, where it is no message yet.
func (s *Server) readRequest(ctx context.Context, c *Call, next next) error {
	switch {
	case c.receive != nil:
		if err := s.receiveMessage(c); err != nil {
			return err
		}
	case c.Read != nil:
		wire, err := c.Read()
		if err != nil {
			return err
		}
		c.Wire = wire
	}
	return next(ctx, c)
}

// receiveMessage takes in the message of a call by gRPC. If grpc-go cannot, it has
// answered by itself, without our metadata: our error is for metrics and the log then.
func (s *Server) receiveMessage(c *Call) error {
	message, arrived := s.arrivals.receiveFrame(c.receive)
	c.request = message
	err, failure := arrived.err, errmap.RequestTooLarge
	switch code := status.Code(err); {
	case arrived.givenUp:
		failure, err = arrived.failure, errNotWhole
	case err == nil && !c.request.tooLarge:
		c.Wire = c.request.bytes()
		return nil
	case err == nil || code == codes.ResourceExhausted:
	case code == codes.DeadlineExceeded:
		failure = errmap.DeadlineBeforeSend
	case code == codes.Canceled:
		failure = errmap.CanceledBeforeSend
	default:
		return s.opts.Mapper.Invalid(c.Describe(), "", "its message did not arrive as a whole", err)
	}
	return s.opts.Mapper.Failure(c.Describe(), failure, err)
}
