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

	attempt *outgoing
}

// Open makes a call whose answer is read as it comes. Until the answer begins, it
// is like Do; after that nothing is repeated. The caller closes the stream.
func (c *Client) Open(ctx context.Context, call *Call) (*Stream, *errmap.Error) {
	a, failure := c.do(ctx, call, true)
	if failure != nil {
		return nil, failure
	}
	header := a.response.Header()
	return &Stream{Status: a.response.Status, Header: header, Length: announced(header), attempt: a}, nil
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
	a := s.attempt
	deadline := time.Now().Add(a.client.opts.Timeout)
	if !a.call.Deadline.IsZero() && a.call.Deadline.Before(deadline) {
		deadline = a.call.Deadline
	}
	a.stream.SetDeadline(deadline)
	n, err := a.stream.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	a.broken(err)
	return n, a.conclude()
}

// Close ends the reading. It must be called once: until then the stream counts
// as a call in flight.
func (s *Stream) Close() {
	s.attempt.drop()
	s.attempt.client.inFlight.Add(-1)
}

// errorBody returns the body of an answer other than 2xx. The error is that of
// reading it: half of such an answer says nothing.
func (a *outgoing) errorBody() ([]byte, error) {
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
