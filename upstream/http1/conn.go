package http1

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
)

const (
	// readBuffer is what a connection reads at once; an everyday answer fits.
	readBuffer = 4 << 10

	// joined is the largest body that is sent in one piece with its head.
	joined = 16 << 10
)

// conn is a connection with one call on it at a time.
type conn struct {
	nc        net.Conn
	under     net.Conn // nc, or what its TLS runs over
	wire      *wire    // nil without TLS
	silence   silence
	buf       []byte
	r, w      int // buf[r:w] has been read from the connection and not used
	idleSince time.Time
	body      Body
	abort     func() // ends what is going on; safe for concurrent use with it
}

func newConn(nc, under net.Conn, wire *wire) *conn {
	c := &conn{nc: nc, under: under, wire: wire, buf: make([]byte, readBuffer)}
	c.silence.of(under)
	c.abort = func() { _ = nc.SetDeadline(past) }
	return c
}

// past is a deadline that makes reads and writes end at once.
var past = time.Unix(1, 0)

// alive looks whether the server has closed an idle connection, or sent something
// that no one asked for, without waiting. It costs a system call each time: what
// comes between two calls would be taken for the answer to the second.
func (c *conn) alive() bool {
	return (c.wire == nil || c.wire.silent(c.nc)) && c.silence.holds()
}

// roundTrip sends a request and reads the head of its answer.
func (c *conn) roundTrip(req *Request, host string, resp *Response, maxHeader int) (framing, *Error) {
	if sent, err := c.send(req, host); err != nil {
		return framing{}, c.failure(err, sent)
	}
	var body chan error
	if len(req.Body) > joined {
		body = make(chan error, 1)
		go func() {
			_, err := c.nc.Write(req.Body)
			body <- err
		}()
	}
	f, err := c.readHead(req.Method, resp, maxHeader)
	if body != nil && c.endBody(body) != nil {
		f.close = true // the server still waits for the rest of the body
	}
	if err != nil {
		return framing{}, c.failure(err, true)
	}
	return f, nil
}

// endBody ends the sending of a large body, which a server may refuse before it
// has read it (413), and neither read on nor close the connection.
func (c *conn) endBody(body chan error) error {
	select {
	case err := <-body:
		return err
	default:
		_ = c.nc.SetWriteDeadline(past)
		return <-body
	}
}

// send writes a request, without a large body. Sent is true as soon as some of it
// may be on its way.
func (c *conn) send(req *Request, host string) (sent bool, err error) {
	buf := bytepool.Shared.Get(req.size(host))
	defer bytepool.Shared.Put(buf)
	out := req.appendHead((*buf)[:0], host)
	if len(req.Body) <= joined {
		out = append(out, req.Body...)
	}
	*buf = out
	if c.wire == nil {
		n, err := c.nc.Write(out)
		return n > 0, err
	}
	c.wire.wrote = false
	_, err = c.nc.Write(out)
	return c.wire.wrote, err
}

// readHead reads the head of the answer, and over those of interim ones (1xx).
func (c *conn) readHead(method string, resp *Response, maxHeader int) (framing, error) {
	for {
		head, err := c.head(maxHeader)
		if err != nil {
			return framing{}, err
		}
		f, err := resp.parseHead(head, method)
		if err != nil || resp.Status >= 200 {
			return f, err
		}
		interim := resp.Status
		resp.Status = 0
		if interim == http.StatusSwitchingProtocols {
			return f, fmt.Errorf("%w: the protocol switched without being asked", errMalformed)
		}
	}
}

// head reads until the end of a head and returns it.
func (c *conn) head(limit int) ([]byte, error) {
	for seen := 0; ; {
		n := headEnd(c.buf[c.r:c.w], seen)
		seen = c.w - c.r
		if n > limit || n == 0 && seen > limit {
			return nil, fmt.Errorf("%w: its head is longer than %d bytes", errMalformed, limit)
		}
		if n > 0 {
			head := c.buf[c.r : c.r+n]
			c.r += n
			return head, nil
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more into the buffer, which grows for a long head.
func (c *conn) fill() error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.w == len(c.buf) && c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// shrink gives back what a long head took.
func (c *conn) shrink() {
	if len(c.buf) > readBuffer && c.r == c.w {
		c.buf, c.r, c.w = make([]byte, readBuffer), 0, 0
	}
}

// failure tells what an error on the connection means for the call.
func (c *conn) failure(err error, sent bool) *Error {
	kind := Broken
	switch {
	case errors.Is(err, errMalformed):
		kind = Malformed
	case errors.Is(err, errTooLarge):
		kind = TooLarge
	case errors.Is(err, os.ErrDeadlineExceeded): // not one of TCP's own timeouts
		kind = Timeout
	}
	return &Error{Kind: kind, Sent: sent, cause: err}
}
