package upstream

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
)

// maxErrorBody is how much is read of an error that comes where a stream was
// expected.
const maxErrorBody = 1 << 20

// Stream is an answer that is read as it comes: a file that PortOne makes, of any
// size. It is for one goroutine.
type Stream struct {
	// Status is the HTTP status, which is 2xx.
	Status int

	// Header is PortOne's.
	Header http.Header

	// Length is how many bytes PortOne announced, by which whoever reads the answer
	// knows when it is whole; -1 if it did not say.
	Length int64

	call *outgoing
}

// Open makes a request whose answer is read as it comes. Until the answer begins, it
// is like Do; after that nothing is repeated. The caller closes the stream.
func (c *Client) Open(ctx context.Context, r *Request) (*Stream, *errmap.Error) {
	o, failure := c.do(ctx, r, true)
	if failure != nil {
		return nil, failure
	}
	header := o.last.response.Header()
	return &Stream{Status: o.last.response.Status, Header: header, Length: announced(header), call: o}, nil
}

// announced is the length of an answer's body by its header. It does not count where
// the body comes in chunks (RFC 9112, section 6.3).
func announced(header http.Header) int64 {
	length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil || header["Transfer-Encoding"] != nil {
		return -1
	}
	return length
}

// Read reads some of the answer. At its end the error is io.EOF; before that it
// is an *errmap.Error, and what was read is not the whole.
func (s *Stream) Read(p []byte) (int, error) {
	o := s.call
	deadline := time.Now().Add(o.client.opts.Timeout)
	if !o.request.Deadline.IsZero() && o.request.Deadline.Before(deadline) {
		deadline = o.request.Deadline
	}
	o.last.stream.SetDeadline(deadline)
	n, err := o.last.stream.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	o.last.broken(err)
	return n, results[o.last.result].end(o)
}

// Close ends the reading. It must be called once: until then the stream counts
// as a call in flight.
func (s *Stream) Close() {
	s.call.last.drop()
	s.call.client.inFlight.Add(-1)
}

// errorBody returns the body of an answer other than 2xx. The error is that of
// reading it: half of such an answer says nothing.
func (a *attempt) errorBody() ([]byte, error) {
	if a.stream == nil {
		return *a.body, nil
	}
	a.body = bytepool.Shared.Get(maxErrorBody)
	n, err := io.ReadFull(a.stream, *a.body)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, err
	}
	*a.body = (*a.body)[:n]
	return *a.body, nil
}
