package upstream

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// conclude says how a call ended that did not succeed.
func (a *outgoing) conclude() *errmap.Error {
	switch a.result {
	case outstanding:
		return a.outstanding()
	case typedError, rateLimited, refused, temporarilyFailed:
		if a.openBefore() && !a.failure.Settles() {
			return a.fail(errmap.Lost)
		}
		return a.failure.Error
	case timedOut:
		if a.waited != nil { // PortOne's last word: it is working on it
			return a.outstanding()
		}
		return a.fail(errmap.TimedOut)
	case tooLarge:
		return a.overlong()
	case answerBroken:
		return a.fail(errmap.Lost)
	case callerGone:
		return a.fail(errmap.Gone)
	}
	return a.unsent()
}

// late tells whether the caller's time is over.
func (a *outgoing) late() bool {
	end, ok := a.ctx.Deadline()
	return a.remaining() <= lastMoment || ok && time.Until(end) <= lastMoment
}

// openBefore tells whether an earlier attempt of this mutation may have been carried
// out, or is being: PortOne said that it was working on it.
func (a *outgoing) openBefore() bool {
	return a.mutation() && (a.maybeDone || a.waited != nil)
}

// outstanding ends a mutation that PortOne was still working on when the time was
// over. A caller with a key of its own hears just that, ABORTED, and repeats the
// request with its key. To a caller without one, ABORTED would be an invitation to
// begin a second mutation under a new key, so the outcome is unknown, under the key
// that the gateway made.
func (a *outgoing) outstanding() *errmap.Error {
	switch {
	case !a.call.KeyMade:
		return a.waited.Error
	case errors.Is(a.ctx.Err(), context.Canceled):
		return a.fail(errmap.Gone)
	case !a.call.Deadline.IsZero() && a.client.gone.Err() == nil:
		return a.fail(errmap.TimedOut)
	}
	return a.fail(errmap.Lost)
}

// overlong ends a call whose answer has more than we read.
func (a *outgoing) overlong() *errmap.Error {
	status := a.response.Status
	switch success := status >= 200 && status < 300; {
	case a.mutation() && (success || a.openBefore()): // nothing shows that PortOne wrote it
		return a.fail(errmap.Lost)
	case success:
		return a.fail(errmap.Unreadable)
	}
	return a.client.opts.Mapper.Answer(a.describe(), status, a.response.Header(), nil)
}

// unsent is a call whose last attempt did not reach PortOne.
func (a *outgoing) unsent() *errmap.Error {
	sent := a.maybeDone || a.waited != nil // by an earlier attempt
	late, gone := a.late(), errors.Is(a.ctx.Err(), context.Canceled)
	switch {
	case sent && gone:
		return a.fail(errmap.Gone)
	case sent && late && a.waited != nil: // as in conclude, where the time ends an attempt
		return a.outstanding()
	case sent && late:
		return a.fail(errmap.TimedOut)
	case sent:
		return a.fail(errmap.Lost)
	case gone:
		return a.fail(errmap.GoneBefore)
	case late:
		return a.fail(errmap.TooLate)
	case a.result == breakerOpen:
		return a.fail(errmap.BreakerOpen)
	}
	return a.fail(errmap.NotSent)
}

func (a *outgoing) fail(f errmap.Failure) *errmap.Error {
	return a.client.opts.Mapper.Failure(a.describe(), f, a.err)
}

// pathIDs are the ids in the path of a request, under the names that the template
// has for them.
func pathIDs(spec *transcode.Call, path []byte) []errmap.ID {
	var ids []errmap.ID
	names, values := strings.Split(spec.Template, "/"), strings.Split(string(path), "/")
	if len(names) != len(values) {
		return nil // the path was not finished
	}
	for i, name := range names {
		field, isParam := strings.CutPrefix(name, "{")
		if !isParam {
			continue
		}
		value, err := url.PathUnescape(values[i])
		fd := spec.Input.Descriptor().Fields().ByTextName(strings.TrimSuffix(field, "}"))
		if err == nil && fd != nil {
			ids = append(ids, errmap.ID{Name: fd.JSONName(), Value: value})
		}
	}
	return ids
}
