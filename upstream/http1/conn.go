package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
)

const (
	// readBuffer is what a connection reads at once; an everyday answer fits.
	readBuffer = 4 << 10

	// joined is up to what size a body is sent in one piece with its head.
	joined = 16 << 10

	// afterBreak is how long an answer is waited for that a server may have given
	// before it broke the connection off, such as a 413.
	afterBreak = time.Second
)

// conn is a connection with one call on it at a time.
type conn struct {
	nc        net.Conn
	raw       syscall.RawConn // nil if the connection has none
	buf       []byte
	r, w      int // buf[r:w] has been read from the connection and not used
	idleSince time.Time
	body      Body
}

func newConn(nc net.Conn, under net.Conn) *conn {
	c := &conn{nc: nc, buf: make([]byte, readBuffer)}
	if sc, ok := under.(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	return c
}

// past is a deadline that makes reads and writes end at once.
var past = time.Unix(1, 0)

// abort ends what is going on on the connection. Safe for concurrent use with it.
func (c *conn) abort() { _ = c.nc.SetDeadline(past) }

// alive looks whether the server has closed an idle connection, or sent something
// that nobody asked for, without waiting.
func (c *conn) alive() bool {
	if c.raw == nil {
		return true
	}
	quiet := false
	err := c.raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && quiet
}

// roundTrip sends a request and reads the head of its answer.
func (c *conn) roundTrip(req *Request, host string, resp *Response, maxHeader int) (framing, *Error) {
	sent, err := c.send(req, host)
	if err != nil && (!sent || isTimeout(err)) {
		return framing{}, c.failure(err, sent)
	}
	if err != nil { // perhaps an answer came before the connection broke
		_ = c.nc.SetReadDeadline(time.Now().Add(afterBreak))
		f, headErr := c.readHead(req.Method, resp, maxHeader)
		if headErr != nil {
			resp.Status = 0
			return framing{}, c.failure(err, true)
		}
		f.close = true
		return f, nil
	}
	f, err := c.readHead(req.Method, resp, maxHeader)
	if err != nil {
		return framing{}, c.failure(err, true)
	}
	return f, nil
}

// send writes a request. Sent is true as soon as some of it may be on its way.
func (c *conn) send(req *Request, host string) (sent bool, err error) {
	size := len(req.Method) + len(req.Target[0]) + len(req.Target[1]) + len(host) + len(req.Header) + 80
	join := len(req.Body) <= joined
	if join {
		size += len(req.Body)
	}
	buf := bytepool.Shared.Get(size)
	defer bytepool.Shared.Put(buf)
	out := (*buf)[:0]
	out = append(out, req.Method...)
	out = append(out, ' ')
	out = append(out, req.Target[0]...)
	if len(req.Target[1]) > 0 {
		out = append(out, '?')
		out = append(out, req.Target[1]...)
	}
	out = append(out, " HTTP/1.1\r\nHost: "...)
	out = append(out, host...)
	out = append(out, "\r\n"...)
	out = append(out, req.Header...)
	if req.Body != nil {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(req.Body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	if join {
		out = append(out, req.Body...)
	}
	*buf = out
	n, err := c.nc.Write(out)
	if err == nil && !join {
		_, err = c.nc.Write(req.Body)
	}
	// A TLS connection may have written part of a record and not count it.
	_, encrypted := c.nc.(*tls.Conn)
	return err == nil || n > 0 || encrypted, err
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
		if resp.Status == 101 {
			return f, fmt.Errorf("%w: the protocol switched without being asked", errMalformed)
		}
	}
}

// head reads until the end of a head and returns it.
func (c *conn) head(limit int) ([]byte, error) {
	for seen := 0; ; {
		if n := headEnd(c.buf[c.r:c.w], seen); n > 0 {
			head := c.buf[c.r : c.r+n]
			c.r += n
			return head, nil
		}
		seen = c.w - c.r
		if seen > limit {
			return nil, fmt.Errorf("%w: its head is longer than %d bytes", errMalformed, limit)
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
	case isTimeout(err):
		kind = Timeout
	}
	return &Error{Kind: kind, Sent: sent, cause: err}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}
