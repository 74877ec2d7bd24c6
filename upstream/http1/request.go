package http1

import (
	"bytes"
	"errors"
	"strconv"
)

// check refuses what would not be sent as exactly one request.
func (r *Request) check() error {
	if r.Method == "" || !isToken([]byte(r.Method)) {
		return errors.New("the method cannot stand in a request line")
	}
	if len(r.Target[0]) == 0 || r.Target[0][0] != '/' || !isVisible(r.Target[0]) || !isVisible(r.Target[1]) {
		return errors.New("the target cannot stand in a request line")
	}
	for lines := r.Header; len(lines) > 0; {
		end := bytes.IndexByte(lines, '\n')
		if end < 2 || bytes.IndexByte(lines[:end], '\r') != end-1 {
			return errors.New("the header is not made of lines")
		}
		lines = lines[end+1:]
	}
	return nil
}

// isVisible reports whether a text is without white space and control characters.
func isVisible(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// size is enough for the head, and for the body if that is sent with it.
func (r *Request) size(host string) int {
	size := len(r.Method) + len(r.Target[0]) + len(r.Target[1]) + len(host) + len(r.Header) + 80
	if len(r.Body) <= joined {
		size += len(r.Body)
	}
	return size
}

// expectsBody reports whether a method is one with which servers expect a body, so
// that one that is empty is to be said (RFC 9110, section 8.6): some answer 411
// otherwise.
func (r *Request) expectsBody() bool {
	return r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH"
}

// appendHead appends all that comes before the body.
func (r *Request) appendHead(out []byte, host string) []byte {
	out = append(out, r.Method...)
	out = append(out, ' ')
	out = append(out, r.Target[0]...)
	if len(r.Target[1]) > 0 {
		out = append(out, '?')
		out = append(out, r.Target[1]...)
	}
	out = append(out, " HTTP/1.1\r\nHost: "...)
	out = append(out, host...)
	out = append(out, "\r\n"...)
	out = append(out, r.Header...)
	if r.Body != nil || r.expectsBody() {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(r.Body)), 10)
		out = append(out, "\r\n"...)
	}
	return append(out, "\r\n"...)
}
