package upstream

import (
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// result is what came of an attempt.
type result uint8

const (
	// answered: 2xx, with the whole body or the beginning of a stream.
	answered result = iota
	// typedError: PortOne said no.
	typedError
	// outstanding: PortOne is still working on the mutation.
	outstanding
	// rateLimited: 429. Nothing was done.
	rateLimited
	// temporarilyFailed: 502, 503 or 504 without a typed error.
	temporarilyFailed
	// refused: any other answer without a typed error.
	refused
	// answerBroken: no answer, or half of one. The request may have been carried out.
	answerBroken
	// tooLarge: an answer with more than we read.
	tooLarge
	// timedOut: the time for an answer was over.
	timedOut
	// callerGone: the context ended after the request was sent.
	callerGone
	// connectionFailed: the request was not sent.
	connectionFailed
	// breakerOpen: the request was not sent, since too many have failed.
	breakerOpen
)

// outgoing is the state of one call across all its attempts.
type outgoing struct {
	client    *Client
	breaker   *breaker
	permit    permit // of the last attempt
	call      *Call
	ctx       context.Context
	streaming bool
	limit     time.Time // when the whole call must be over

	// The request, the same in every attempt.
	request transcode.Request
	header  []byte
	target  []byte

	// The last attempt.
	result   result
	response http1.Response
	body     *[]byte
	stream   *http1.Body
	failure  *errorAnswer // of an answer that is not 2xx
	err      error        // where no whole answer came
	limited  bool         // the caller's time was shorter than ours for an answer

	// unexpected is the latest response that PortOne's API does not give.
	unexpected *unexpected

	// maybeDone tells that an attempt before the last one may have been carried
	// out.
	maybeDone bool
	made      int          // requests that were sent, also to ask for an outcome
	waited    *errorAnswer // the latest IDEMPOTENCY_OUTSTANDING_REQUEST, if there was one
}

// errorAnswer is an answer other than 2xx, as errmap sees it.
type errorAnswer struct{ *errmap.Error }

func (e *errorAnswer) typed() bool { return e.Domain() == errmap.PortOneDomain }

// temporary tells whether a read may succeed when it is repeated.
func (e *errorAnswer) temporary() bool { return e.Code() == codes.Unavailable }

func (a *outgoing) mutation() bool    { return a.call.Spec.IsMutation() }
func (a *outgoing) operation() string { return a.call.Spec.Operation.GetId() }

// remaining is the time left for the call.
func (a *outgoing) remaining() time.Duration { return time.Until(a.limit) }

func (a *outgoing) retryAfter() time.Duration {
	if a.failure == nil {
		return 0
	}
	return a.failure.RetryAfter()
}

// prepare makes the HTTP request.
func (a *outgoing) prepare() *errmap.Error {
	c := a.client
	a.limit = a.call.Deadline
	if a.limit.IsZero() {
		a.limit = time.Now().Add(2 * c.opts.Timeout)
	}
	a.request.NoBody = a.call.NoBody
	if err := a.call.Spec.SetRequest(&a.request, a.call.Wire, maxTarget); err != nil {
		return c.opts.Mapper.Malformed(a.describe(), err)
	}
	fixed, err := c.header()
	if err != nil {
		return c.opts.Mapper.Failure(a.describe(), errmap.NotSent, err)
	}
	a.header = append(a.header[:0], fixed...)
	if a.request.Body != nil {
		a.header = append(a.header, "Content-Type: application/json\r\n"...)
	}
	if a.mutation() {
		a.header = append(a.header, IdempotencyHeader+": "...)
		a.header = append(a.header, a.call.Key.Header()...)
		a.header = append(a.header, "\r\n"...)
	}
	a.header = append(a.header, a.call.Header...)
	a.target = append(append(a.target[:0], c.prefix...), a.request.Path...)
	return nil
}

// attempt makes one HTTP request and takes in its result.
func (a *outgoing) attempt() {
	c := a.client
	a.maybeDone = a.maybeDone || a.mayHaveBeenDone()
	a.drop()
	if a.ctx.Err() != nil {
		a.result, a.err = connectionFailed, a.ctx.Err()
		return
	}
	if a.permit.probe { // of the attempt before, of which the breaker hears no more
		a.breaker.giveBack(a.permit)
	}
	var allowed bool
	if a.permit, allowed = a.breaker.allow(); !allowed {
		a.result, a.err = breakerOpen, errors.New("the circuit breaker is open")
		c.opts.Observer.Attempt(a.operation(), 0, a.problem(), 0)
		return
	}
	a.made++
	start := time.Now()
	deadline := start.Add(c.opts.Timeout)
	if a.limited = a.limit.Before(deadline); a.limited {
		deadline = a.limit
	}
	request := http1.Request{
		Method: a.call.Spec.Method,
		Target: [2][]byte{a.target, a.request.Query},
		Header: a.header,
		Body:   a.request.Body,

		BeforeSend: a.call.BeforeSend,
	}
	var err error
	if a.streaming {
		a.stream, err = c.http.Open(a.ctx, deadline, &request, &a.response)
	} else {
		a.body, err = c.http.Do(a.ctx, deadline, &request, &a.response)
	}
	if err != nil {
		a.broken(err)
	} else {
		a.read()
	}
	c.opts.Observer.Attempt(a.operation(), a.response.Status, a.problem(), time.Since(start))
}

// drop forgets the result of an attempt.
func (a *outgoing) drop() {
	free(a.body)
	if a.stream != nil {
		a.stream.Close()
	}
	a.body, a.stream, a.failure, a.err = nil, nil, nil, nil
}

// broken classifies an attempt that ended without a whole answer.
func (a *outgoing) broken(err error) {
	var e *http1.Error
	if !errors.As(err, &e) {
		e = &http1.Error{Kind: http1.Broken, Sent: true}
	}
	a.err = err
	switch {
	case e.Kind == http1.Canceled && e.Sent:
		a.result = callerGone
	case e.Kind == http1.Timeout && e.Sent:
		a.result = timedOut
	case e.Kind == http1.TooLarge:
		a.result = tooLarge
	case e.Sent:
		a.result = answerBroken
	default:
		a.result = connectionFailed
	}
}

// read takes in a whole answer.
func (a *outgoing) read() {
	status := a.response.Status
	if status >= 200 && status < 300 {
		a.result = answered
		return
	}
	body, err := a.errorBody()
	if err != nil {
		a.broken(err)
		return
	}
	a.failure = &errorAnswer{a.client.opts.Mapper.Answer(a.describe(), status, a.response.Header(), body)}
	a.result = refused
	switch {
	case a.failure.typed() && a.failure.Reason() == "IDEMPOTENCY_OUTSTANDING_REQUEST" && a.mutation():
		a.result = outstanding
	case status == http.StatusTooManyRequests:
		a.result = rateLimited
	case a.failure.typed():
		a.result = typedError
	case status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		a.result = temporarilyFailed
	}
	if !a.failure.typed() {
		a.unexpected = a.newUnexpected(status, body)
	}
}

// problem is a short name of what went wrong, for metrics.
func (a *outgoing) problem() string {
	return [...]string{
		answered: "", typedError: "", outstanding: "", rateLimited: "", temporarilyFailed: "untyped", refused: "untyped",
		answerBroken: "broken", tooLarge: "too_large", timedOut: "timeout", callerGone: "canceled", connectionFailed: "connect", breakerOpen: "breaker",
	}[a.result]
}

// mayHaveBeenDone tells whether the last attempt may have been carried out
// without our knowing what came of it.
func (a *outgoing) mayHaveBeenDone() bool {
	switch a.result {
	case answerBroken, tooLarge, timedOut, callerGone, temporarilyFailed, refused:
		return true
	}
	return false
}

// describe is the call for errmap. It is made for errors only.
func (a *outgoing) describe() *errmap.Call {
	spec := a.call.Spec
	return &errmap.Call{
		Operation:  spec.Operation,
		Mutation:   spec.IsMutation(),
		Key:        string(a.call.Key),
		Language:   a.call.Language,
		IDs:        pathIDs(spec, a.request.Path),
		Sent:       [][]byte{a.request.Path, a.request.Query, a.request.Body},
		Channel:    a.channel,
		Violations: func() []transcode.Violation { return spec.Violations(a.call.Wire) },
	}
}

// channel is the channel that the request chooses, and its store, as they went up:
// `unrecognized` can replace both.
func (a *outgoing) channel() (storeID, key string) {
	if len(a.request.Body) == 0 {
		return "", ""
	}
	err := transcode.Members(a.request.Body, func(name, raw []byte) {
		switch string(name) {
		case "channelKey":
			key, _ = transcode.Text(raw)
		case "storeId":
			storeID, _ = transcode.Text(raw)
		}
	})
	if err != nil {
		return "", ""
	}
	return storeID, key
}
