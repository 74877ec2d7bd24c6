package rest

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// bodyTimeout is how long the body of a request may take to arrive.
const bodyTimeout = 10 * time.Second

// reading turns an HTTP request into a message.
type reading struct {
	x      *exchange
	r      *http.Request
	h      *Handler
	params []string // of the path
	out    *[]byte

	wrongTimeout error     // of the header that says how long the caller waits
	ends         time.Time // when the body must be there
	callers      bool      // which is the caller's own deadline
}

// wire reads the request. It is called at its place among the steps of a call.
func (rd *reading) wire() ([]byte, error) {
	if err := rd.wrongTimeout; err != nil {
		return nil, rd.h.mapper.Invalid(rd.x.call.Describe(), strings.ToLower(headerTimeout), err.Error(), err)
	}
	if rd.h.held.full() {
		return nil, rd.h.mapper.Failure(rd.x.call.Describe(), errmap.Overloaded, nil)
	}
	body, err := rd.body()
	if err != nil {
		return nil, err
	}
	if body != nil {
		defer bytepool.Shared.Put(body)
	} else {
		body = new([]byte)
	}
	query := rd.r.URL.RawQuery
	rd.x.call.NoBody = len(*body) == 0 && !holdsBody(query)
	rd.out = bytepool.Shared.Get(len(*body) + len(query) + 64)
	wire, err := transcode.BindingOf(rd.x.call.Method).WireFromHTTP((*rd.out)[:0], rd.params, query, *body)
	*rd.out = wire
	if err != nil {
		return nil, rd.h.mapper.Malformed(rd.x.call.Describe(), err)
	}
	return wire, nil
}

// holdsBody reports whether a query has the JSON of the request.
func holdsBody(query string) bool {
	const name = "requestBody"
	if strings.Contains(query, name) || !strings.Contains(query, "%") {
		return strings.Contains(query, name)
	}
	values, _ := url.ParseQuery(query)
	return values.Has(name)
}

// body reads the body; nil if there is none. Once it is there, nothing has to be
// read in time any more: what is left is to notice that the caller goes away. Until
// then the deadline stays, see ServeHTTP.
func (rd *reading) body() (*[]byte, error) {
	length := rd.r.ContentLength
	switch {
	case length == 0:
		return nil, nil
	case !isIdentity(rd.r.Header):
		return nil, rd.refuse(http.StatusUnsupportedMediaType, "content-encoding", "must be identity or absent: the gateway takes no coded bodies", nil)
	case length > service.MaxMessage:
		return nil, rd.h.mapper.Failure(rd.x.call.Describe(), errmap.RequestTooLarge, nil)
	case length > 0:
		body := bytepool.Shared.Get(int(length))
		if _, err := io.ReadFull(rd.r.Body, *body); err != nil {
			bytepool.Shared.Put(body)
			return nil, rd.incomplete(err)
		}
		rd.arrived()
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(rd.r.Body, service.MaxMessage+1))
	switch {
	case err != nil:
		return nil, rd.incomplete(err)
	case len(body) > service.MaxMessage:
		return nil, rd.h.mapper.Failure(rd.x.call.Describe(), errmap.RequestTooLarge, nil)
	}
	rd.arrived()
	return &body, nil
}

// isIdentity reports whether a body is not coded.
func isIdentity(header http.Header) bool {
	for _, value := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return false
			}
		}
	}
	return true
}

// incomplete is the error for a body that did not arrive, or not in time.
func (rd *reading) incomplete(err error) error {
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return rd.h.mapper.Invalid(rd.x.call.Describe(), "", "its body did not arrive as a whole", err)
	case rd.callers:
		return rd.h.mapper.Failure(rd.x.call.Describe(), errmap.DeadlineBeforeSend, err)
	}
	return rd.refuse(http.StatusRequestTimeout, "", "its body did not arrive within "+rd.h.bodyTimeout.String(), err)
}

// refuse makes an error with an HTTP status of its own, after which the connection is
// closed: there is more on it that no one reads.
func (rd *reading) refuse(httpStatus int, field, problem string, cause error) error {
	rd.x.errorStatus = httpStatus
	header := rd.x.Header()
	header.Set("Connection", "close")
	if httpStatus == http.StatusUnsupportedMediaType {
		header.Set("Accept-Encoding", "identity")
	}
	return rd.h.mapper.Invalid(rd.x.call.Describe(), field, problem, cause)
}

// arrived takes the deadline away that the body had.
func (rd *reading) arrived() {
	_ = http.NewResponseController(rd.x.w).SetReadDeadline(time.Time{})
}

// free gives back what the message takes.
func (rd *reading) free() {
	if rd.out != nil {
		bytepool.Shared.Put(rd.out)
	}
}
