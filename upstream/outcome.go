package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// conclude says how a call ended that did not succeed.
func (a *outgoing) conclude() *errmap.Error {
	switch a.result {
	case typedError, rateLimited, refused, temporarilyFailed, outstanding:
		if a.openBefore() && !a.tellsOutcome() {
			return a.fail(errmap.Lost)
		}
		return a.failure.Error
	case timedOut:
		if a.waited != nil { // PortOne's last word: it is working on it
			return a.waited.Error
		}
		return a.fail(errmap.TimedOut)
	case tooLarge:
		if status := a.response.Status; status < 200 || status > 299 {
			if a.openBefore() {
				return a.fail(errmap.Lost)
			}
			return a.client.opts.Mapper.Answer(a.describe(), status, a.response.Header(), nil)
		}
		return a.fail(errmap.Unreadable)
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

// tellsOutcome tells whether an answer says what came of a mutation that an
// earlier attempt may have carried out. Who may call is looked at before the key is,
// and so is how often: such answers say nothing of it.
func (a *outgoing) tellsOutcome() bool {
	switch a.response.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	}
	return a.result == typedError || a.result == outstanding
}

// unsent is a call whose last attempt did not reach PortOne.
func (a *outgoing) unsent() *errmap.Error {
	sent := a.maybeDone || a.waited != nil // by an earlier attempt
	late, gone := a.late(), errors.Is(a.ctx.Err(), context.Canceled)
	switch {
	case sent && gone:
		return a.fail(errmap.Gone)
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
