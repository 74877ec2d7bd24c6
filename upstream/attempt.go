package upstream

import (
	"errors"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// attempt is one HTTP request and what came of it.
type attempt struct {
	permit   permit // of the breaker
	result   result
	response http1.Response
	body     *[]byte
	stream   *http1.Body
	failure  *errmap.Error // of an answer that is not 2xx
	err      error         // where no whole answer came
	limited  bool          // the caller's time was shorter than ours for an answer
}

// drop gives back what an attempt holds.
func (a *attempt) drop() {
	free(a.body)
	if a.stream != nil {
		a.stream.Close()
	}
	a.body, a.stream, a.failure, a.err = nil, nil, nil, nil
}

// typed reports whether the answer is a typed error of PortOne's.
func (a *attempt) typed() bool { return a.failure.Domain() == contract.PortOneDomain }

// retryAfter is how long the answer asks to wait.
func (a *attempt) retryAfter() time.Duration {
	if a.failure == nil {
		return 0
	}
	return a.failure.RetryAfter()
}

// attempt makes one HTTP request and takes in its result.
func (o *outgoing) attempt() {
	o.past.add(&o.last)
	o.last.drop()
	if o.ctx.Err() != nil {
		o.last.result, o.last.err = connectionFailed, o.ctx.Err()
		return
	}
	if o.last.permit.probe { // of the attempt before, of which the breaker hears no more
		o.breaker.giveBack(o.last.permit)
	}
	var allowed bool
	if o.last.permit, allowed = o.breaker.allow(); !allowed {
		o.last.result, o.last.err = breakerOpen, errors.New("the circuit breaker is open")
		o.observe(0, 0)
		return
	}
	o.past.sent++
	end := o.trace()
	start := time.Now()
	o.send(start)
	took := time.Since(start)
	o.past.answering += took
	o.observe(o.last.response.Status, took)
	end(o.last.response.Status, results[o.last.result].label)
}

// untraced ends no span.
func untraced(int, string) {}

// trace begins a span of the attempt, where somebody traces.
func (o *outgoing) trace() (end func(status int, problem string)) {
	if o.client.opts.Tracer == nil {
		return untraced
	}
	return o.client.opts.Tracer.StartAttempt(o.ctx, Attempt{Method: o.request.Method, Number: o.past.sent, Waited: o.past.pause, Address: o.client.address})
}

// send makes the HTTP request.
func (o *outgoing) send(start time.Time) {
	deadline := start.Add(o.client.opts.Timeout)
	if o.last.limited = o.limit.Before(deadline); o.last.limited {
		deadline = o.limit
	}
	request := http1.Request{
		Method:     o.request.Method.HTTPMethod,
		Target:     [2][]byte{o.target, o.request.Query},
		Header:     o.header,
		Body:       o.request.Body,
		BeforeSend: o.request.BeforeSend,
	}
	var err error
	if o.streaming {
		o.last.stream, err = o.client.http.Open(o.ctx, deadline, &request, &o.last.response)
	} else {
		o.last.body, err = o.client.http.Do(o.ctx, deadline, &request, &o.last.response)
	}
	if err != nil {
		o.last.broken(err)
	} else {
		o.read()
	}
}

func (o *outgoing) observe(status int, took time.Duration) {
	o.account.observer.Attempt(o.operation(), status, results[o.last.result].label, took)
}

// broken classifies an attempt that ended without a whole answer.
func (a *attempt) broken(err error) {
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
func (o *outgoing) read() {
	a := &o.last
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
	a.failure = o.client.opts.Mapper.Answer(o.request.Call.Describe(), status, a.response.Header(), body)
	a.result = o.classify(status)
	if !a.typed() {
		o.past.unexpected = o.newUnexpected(status, body)
	}
}

// classify tells answers other than 2xx apart.
func (o *outgoing) classify(status int) result {
	switch {
	case o.last.typed() && o.last.failure.Reason() == "IDEMPOTENCY_OUTSTANDING_REQUEST" && o.mutation():
		return outstanding
	case status == http.StatusTooManyRequests:
		return rateLimited
	case o.last.typed():
		return typedError
	case status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		return temporarilyFailed
	}
	return refused
}

// temporary reports whether a read that PortOne refused may succeed when it is
// repeated.
func (o *outgoing) temporary() bool {
	return !o.mutation() && o.last.failure.Code() == codes.Unavailable
}
