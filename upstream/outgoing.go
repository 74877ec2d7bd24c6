package upstream

import (
	"context"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
)

// outgoing is one call across all its attempts.
type outgoing struct {
	// What is fixed before the first attempt.
	client    *Client
	account   *Account
	breaker   *breaker
	request   *Request
	ctx       context.Context
	streaming bool
	limit     time.Time // when the whole call must be over
	header    []byte
	target    []byte

	// The last attempt, and what is remembered of those before it.
	last attempt
	past past
}

// past is what is remembered of a call's attempts.
type past struct {
	// open reports whether an attempt before the last one may have been carried out.
	open bool

	// outstanding is the latest IDEMPOTENCY_OUTSTANDING_REQUEST; nil if there was none.
	outstanding *errmap.Error

	// unexpected is the latest answer that PortOne's API does not give.
	unexpected *unexpected

	// sent is how many requests were sent, also to ask for an outcome.
	sent int

	// pause is how long the call waited last, for its turn to repeat the request.
	pause time.Duration

	// waiting and answering are how long it waited in all, and how long attempts took.
	waiting, answering time.Duration
}

// add remembers an attempt, since another one begins.
func (p *past) add(a *attempt) { p.open = p.open || results[a.result].open }

func (o *outgoing) mutation() bool    { return o.request.Method.IsMutation() }
func (o *outgoing) operation() string { return o.request.Method.ID() }

// remaining is the time left for the call.
func (o *outgoing) remaining() time.Duration { return time.Until(o.limit) }

// late reports whether the caller's time is over.
func (o *outgoing) late() bool {
	end, ok := o.ctx.Deadline()
	return o.remaining() <= lastMoment || ok && time.Until(end) <= lastMoment
}

// ended reports whether no one waits for the call any more.
func (o *outgoing) ended() bool { return o.ctx.Err() != nil || o.client.gone.Err() != nil }

// prepare makes what is the same in every attempt.
func (o *outgoing) prepare() *errmap.Error {
	o.limit = o.request.Deadline
	if o.limit.IsZero() {
		o.limit = time.Now().Add(2 * o.client.opts.Timeout)
	}
	fixed, err := o.account.header(o.client.opts.UserAgent)
	if err != nil {
		return o.client.opts.Mapper.Failure(o.request.Call.Describe(), errmap.NotSent, err)
	}
	o.header = append(o.header[:0], fixed...)
	if o.request.Body != nil {
		o.header = append(o.header, "Content-Type: application/json\r\n"...)
	}
	if o.mutation() {
		o.header = append(o.header, IdempotencyHeader+": "...)
		o.header = append(o.header, o.request.Key.Header()...)
		o.header = append(o.header, "\r\n"...)
	}
	o.header = append(o.header, o.request.Header...)
	o.target = append(append(o.target[:0], o.client.prefix...), o.request.Path...)
	return nil
}
