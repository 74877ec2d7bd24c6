package upstream

import (
	"context"
	"errors"

	"github.com/portone-gateway/portone-gateway/errmap"
)

// This file has what the caller hears of a call that did not succeed, by the result of
// its last attempt (see results) and what is remembered of those before.

func (o *outgoing) fail(f errmap.Failure) *errmap.Error {
	return o.client.opts.Mapper.Failure(o.request.Call.Describe(), f, o.last.err)
}

// openBefore reports whether an earlier attempt of this mutation may have been carried
// out, or is being: PortOne said that it was working on it.
func (o *outgoing) openBefore() bool {
	return o.mutation() && (o.past.open || o.past.outstanding != nil)
}

// endRefused ends a call that got an error for an answer.
func (o *outgoing) endRefused() *errmap.Error {
	if o.openBefore() && !o.last.failure.Settles() {
		return o.fail(errmap.ResponseLost)
	}
	return o.last.failure
}

// endOutstanding ends a mutation that PortOne was still working on when the time was
// over. A caller with a key of its own hears just that, ABORTED, and repeats the
// request with its key. To a caller without one, ABORTED would be an invitation to
// begin a second mutation under a new key, so the outcome is unknown, under the key
// that the gateway made.
func (o *outgoing) endOutstanding() *errmap.Error {
	switch {
	case !o.request.KeyMade:
		return o.past.outstanding
	case errors.Is(o.ctx.Err(), context.Canceled):
		return o.fail(errmap.CanceledAfterSend)
	case !o.request.Deadline.IsZero() && o.client.gone.Err() == nil:
		return o.fail(errmap.TimedOut)
	}
	return o.fail(errmap.ResponseLost)
}

func (o *outgoing) endTimedOut() *errmap.Error {
	if o.past.outstanding != nil { // PortOne's last word: it is working on it
		return o.endOutstanding()
	}
	return o.fail(errmap.TimedOut)
}

func (o *outgoing) endBroken() *errmap.Error { return o.fail(errmap.ResponseLost) }

func (o *outgoing) endGone() *errmap.Error { return o.fail(errmap.CanceledAfterSend) }

// endTooLarge ends a call whose answer has more than we read.
func (o *outgoing) endTooLarge() *errmap.Error {
	status := o.last.response.Status
	switch success := status >= 200 && status < 300; {
	case o.mutation() && (success || o.openBefore()): // nothing shows that PortOne wrote it
		return o.fail(errmap.ResponseLost)
	case success:
		return o.fail(errmap.MalformedResponse)
	}
	return o.client.opts.Mapper.Answer(o.request.Call.Describe(), status, o.last.response.Header(), nil)
}

// endUnsent ends a call whose last attempt did not reach PortOne.
func (o *outgoing) endUnsent() *errmap.Error {
	sent := o.past.open || o.past.outstanding != nil // by an earlier attempt
	late, gone := o.late(), errors.Is(o.ctx.Err(), context.Canceled)
	switch {
	case sent && gone:
		return o.fail(errmap.CanceledAfterSend)
	case sent && late:
		return o.endTimedOut()
	case sent:
		return o.fail(errmap.ResponseLost)
	case gone:
		return o.fail(errmap.CanceledBeforeSend)
	case late:
		return o.fail(errmap.DeadlineBeforeSend)
	case o.last.result == breakerOpen:
		return o.fail(errmap.BreakerOpen)
	}
	return o.fail(errmap.NotSent)
}
