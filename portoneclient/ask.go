package portoneclient

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneerr"
)

// leastLeft is how much time an attempt after the first must have. The gateway answers
// up to 200 ms before a deadline, with more than a client that is cut off would know.
const leastLeft = 250 * time.Millisecond

// asker asks again. It never changes.
type asker struct {
	askAgainFor, attemptTimeout time.Duration
	firstWait, longestWait      time.Duration
	longestRetryAfter           time.Duration
}

func newAsker(o Options) *asker {
	a := &asker{
		askAgainFor: defaultAskAgainFor, attemptTimeout: defaultAttemptTimeout,
		firstWait: 200 * time.Millisecond, longestWait: 5 * time.Second, longestRetryAfter: time.Minute,
	}
	if o.AskAgainFor != 0 {
		a.askAgainFor = o.AskAgainFor
	}
	if o.AttemptTimeout != 0 {
		a.attemptTimeout = o.AttemptTimeout
	}
	return a
}

// call is a call on its way through the interceptor.
type call struct {
	*asker
	method  string
	request any
	reply   any
	known   portoneerr.Call
	send    func(ctx context.Context, header, trailer *metadata.MD) error
	giveUp  time.Time // zero until the first failure
}

// unary is the interceptor. clients/DESIGN.md has its algorithm, which is the same in
// every language.
func (a *asker) unary(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	k := kindOf(method)
	if k == foreign {
		return invoke(ctx, method, request, reply, cc, opts...)
	}
	c := &call{asker: a, method: method, request: request, reply: reply}
	c.known.Mutation = k == mutation
	if c.known.Mutation {
		var err error
		if ctx, c.known.IdempotencyKey, err = keyed(ctx); err != nil {
			c.known.NotSent = true
			return portoneerr.FromCall(status.Error(codes.InvalidArgument, keyMetadata+" "+err.Error()), c.known)
		}
	}
	c.send = func(ctx context.Context, header, trailer *metadata.MD) error {
		options := append(opts[:len(opts):len(opts)], grpc.Header(header), grpc.Trailer(trailer))
		return invoke(ctx, method, request, reply, cc, options...)
	}
	return c.run(ctx)
}

// run makes attempts until one is answered, or nothing is gained by another.
func (c *call) run(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		e := c.attempt(ctx)
		if e == nil {
			return nil
		}
		again := c.asksAgain(e) && ctx.Err() == nil
		if e.OutcomeUnknown() && !e.TellsOutcome() {
			c.known.OutcomeUnknown = true
		}
		if !again || !c.pause(ctx, attempt, e.RetryAfter) {
			return e
		}
	}
}

// attempt makes one attempt.
func (c *call) attempt(ctx context.Context) *portoneerr.Error {
	end := time.Now().Add(c.attemptTimeout)
	if !c.giveUp.IsZero() && c.giveUp.Before(end) {
		end = c.giveUp
	}
	own, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	var header, trailer metadata.MD
	err := c.send(own, &header, &trailer)
	if err == nil {
		return nil
	}
	known := c.known
	known.RequestID = requestID(header, trailer)
	e := portoneerr.FromCall(err, known)
	if e.TellsOutcome() {
		known.OutcomeUnknown = false
		return portoneerr.FromCall(err, known)
	}
	if e.Type == "" && c.unencodable() {
		known.NotSent = true
		return portoneerr.FromCall(err, known)
	}
	return e
}

// unencodable reports whether the request never left, since it is no message that can
// be written: grpc-go calls that Internal, like a stream that breaks.
func (c *call) unencodable() bool {
	message, ok := c.request.(proto.Message)
	if !ok {
		return false
	}
	_, err := proto.Marshal(message)
	return err != nil
}

// asksAgain reports whether the same request may have another end. What an earlier
// attempt has left unknown does not count: a mesh that refuses the caller goes on to.
func (c *call) asksAgain(e *portoneerr.Error) bool {
	if c.known.OutcomeUnknown && !e.TellsOutcome() {
		known := c.known
		known.OutcomeUnknown = false
		e = portoneerr.FromCall(e.Unwrap(), known)
	}
	limited := e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_UPSTREAM_RATE_LIMITED || e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_CALLER_LIMIT
	return e.Retry() == portoneerr.RetrySame || limited && e.RetryAfter > 0
}

// pause waits before the next attempt. It reports whether there is time for one.
func (c *call) pause(ctx context.Context, attempt int, retryAfter time.Duration) bool {
	if c.askAgainFor <= 0 {
		return false
	}
	now := time.Now()
	if c.giveUp.IsZero() {
		c.giveUp = now.Add(c.askAgainFor)
	}
	wait := c.wait(attempt, retryAfter)
	least := now.Add(wait + leastLeft)
	if deadline, ok := ctx.Deadline(); least.After(c.giveUp) || ok && least.After(deadline) {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wait is how long to wait: what the gateway says and a little more, so that callers
// who were told the same do not come at once, or anything up to a limit that doubles.
func (c *call) wait(attempt int, retryAfter time.Duration) time.Duration {
	if retryAfter > 0 {
		retryAfter = min(retryAfter, c.longestRetryAfter)
		return retryAfter + rand.N(retryAfter/10+1)
	}
	limit := c.longestWait
	if attempt < 10 {
		limit = min(limit, c.firstWait<<attempt)
	}
	return rand.N(limit + 1)
}

// requestID finds the gateway's name for the call.
func requestID(metadata ...metadata.MD) string {
	for _, md := range metadata {
		if ids := md.Get("x-request-id"); len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}
