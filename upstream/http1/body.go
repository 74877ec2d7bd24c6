package http1

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
)

// maxTrailers is how many lines may follow a chunked body. They mean nothing to us.
const maxTrailers = 100

// Body is the body of an answer, read as it comes. It is for one goroutine.
type Body struct {
	client *Client
	conn   *conn
	stop   func() bool // ends the watch over the call's context
	ctx    context.Context
	f      framing

	left  int64 // of the body, or of the chunk; -1 until the end of the connection
	done  bool
	chunk bool   // a chunk has begun
	err   *Error // what ended the reading before its time
}

// begin makes the body ready for an answer.
func (b *Body) begin(f framing) {
	b.f, b.done, b.chunk, b.err = f, false, false, nil
	b.left = f.length
	if f.chunked {
		b.left = 0
	}
}

// Read reads some of the body. After a whole one it returns io.EOF; an error of
// any other kind is an *Error, and what came before is not the whole body.
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, b.fail(err)
}

// SetDeadline sets the time until which more of the body must come.
func (b *Body) SetDeadline(t time.Time) {
	if b.conn == nil {
		return
	}
	_ = b.conn.nc.SetReadDeadline(t)
	if b.ctx.Err() != nil { // the call was aborted, by a deadline that has just been overwritten
		b.conn.abort()
	}
}

// Close ends the reading. It must be called; after a whole body, the connection
// serves other calls.
func (b *Body) Close() {
	c := b.conn
	if c == nil {
		return
	}
	stopped := b.stop == nil || b.stop()
	if b.err == nil {
		b.err = &Error{Kind: Broken, Sent: true, cause: errClosed}
	}
	b.conn, b.stop, b.ctx = nil, nil, nil
	if !stopped || !b.done || b.f.close || c.r != c.w { // left-over bytes are no one's answer
		b.client.discard(c)
		return
	}
	b.client.release(c)
}

// fail makes the error of a read, which is also that of all later ones.
func (b *Body) fail(err error) *Error {
	b.err = b.conn.failure(err, true).in(b.ctx)
	return b.err
}

func (b *Body) read(p []byte) (int, error) {
	if b.done {
		return 0, io.EOF
	}
	if b.f.chunked && b.left == 0 {
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	if b.left == 0 {
		b.done = true
		return 0, io.EOF
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.conn.read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case err == io.EOF && b.left < 0:
		b.done = true
		return n, io.EOF
	case err == io.EOF && n == 0:
		return 0, io.ErrUnexpectedEOF
	case n > 0:
		if b.left == 0 && !b.f.chunked {
			b.done = true
		}
		return n, nil
	}
	return n, err
}

// nextChunk reads up to the next chunk (RFC 9112, section 7.1), or over the
// trailers, after which nothing is left.
func (b *Body) nextChunk() error {
	if b.chunk { // the end of the one before
		line, err := b.conn.line()
		if err != nil {
			return err
		}
		if len(line) > 0 {
			return fmt.Errorf("%w: a chunk longer than its size", errMalformed)
		}
	}
	line, err := b.conn.line()
	if err != nil {
		return err
	}
	if b.left, err = chunkSize(line); err != nil {
		return err
	}
	b.chunk = true
	if b.left > 0 {
		return nil
	}
	for range maxTrailers {
		line, err := b.conn.line()
		if err != nil || len(line) == 0 {
			return err
		}
	}
	return fmt.Errorf("%w: too many trailers", errMalformed)
}

func chunkSize(line []byte) (int64, error) {
	digits, _, _ := bytes.Cut(line, []byte(";")) // extensions mean nothing to us
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > 15 { // 15 hexadecimal digits fit an int64
		return 0, fmt.Errorf("%w: bad chunk size", errMalformed)
	}
	var size int64
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, fmt.Errorf("%w: bad chunk size", errMalformed)
		}
		size = size<<4 | int64(c)
	}
	return size, nil
}

// line reads a line of what is around chunks, without its end, which is CRLF and
// nothing else: with less, a wrong chunk size could go unnoticed. The line is good
// until the next read.
func (c *conn) line() ([]byte, error) {
	for {
		if i := bytes.IndexByte(c.buf[c.r:c.w], '\n'); i >= 0 {
			line := c.buf[c.r : c.r+i]
			if at := bytes.IndexByte(line, '\r'); at < 0 || at < i-1 {
				return nil, fmt.Errorf("%w: a bare CR or LF in a chunked body", errMalformed)
			}
			c.r += i + 1
			return line[:i-1], nil
		}
		if c.w-c.r >= readBuffer {
			return nil, fmt.Errorf("%w: a long line in a chunked body", errMalformed)
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// read reads what is buffered, or from the connection. Small reads go through
// the buffer, so that chunks do not cost a system call each.
func (c *conn) read(p []byte) (int, error) {
	if c.r == c.w {
		if len(p) >= readBuffer {
			return c.nc.Read(p)
		}
		c.r, c.w = 0, 0
		n, err := c.nc.Read(c.buf)
		c.w = n
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.r:c.w])
	c.r += n
	return n, nil
}

// whole reads the whole body into a slice of the pool, which is the caller's.
func (b *Body) whole(limit int) (*[]byte, error) {
	if b.left > int64(limit) {
		return nil, b.fail(fmt.Errorf("%w: %d bytes, may have %d", errTooLarge, b.left, limit))
	}
	size := b.left
	if b.f.length < 0 {
		size = readBuffer
	}
	buf := bytepool.Shared.Get(int(size))
	for got := 0; ; {
		if got == len(*buf) && !b.done {
			buf = grow(buf)
		}
		n, err := b.Read((*buf)[got:])
		got += n
		if got > limit && (err == nil || err == io.EOF) {
			err = b.fail(fmt.Errorf("%w: may have %d bytes", errTooLarge, limit))
		}
		switch {
		case err == io.EOF || err == nil && b.done:
			*buf = (*buf)[:got]
			return buf, nil
		case err != nil:
			bytepool.Shared.Put(buf)
			return nil, err
		}
	}
}

// grow returns a slice of twice the length with the same beginning.
func grow(buf *[]byte) *[]byte {
	larger := bytepool.Shared.Get(max(2*len(*buf), 1))
	copy(*larger, *buf)
	bytepool.Shared.Put(buf)
	return larger
}
