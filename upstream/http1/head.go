package http1

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// framing is how the body of an answer is delimited (RFC 9112, section 6.3).
type framing struct {
	length  int64 // of the body; -1 if not said
	digits  int   // of the length, as it was said
	chunked bool
	close   bool // the connection ends with this answer
	keep    bool // an answer of HTTP/1.0 says that it does not
}

// headEnd returns the length of the head in buf with the empty line that ends it,
// 0 if it is not complete. Lines before from are known to have no end in them.
func headEnd(buf []byte, from int) int {
	for at := max(from-3, 0); ; {
		i := bytes.IndexByte(buf[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch rest := buf[at:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return at + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return at + 2
		}
	}
}

// parseHead reads status line and framing, and keeps the header lines.
func (r *Response) parseHead(head []byte, method string) (framing, error) {
	line, rest := cutLine(head)
	// HTTP/1.x SP three digits, then a space and whatever, or nothing.
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[7] < '0' || line[7] > '9' ||
		line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return framing{}, fmt.Errorf("%w: no status line", errMalformed)
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return framing{}, fmt.Errorf("%w: no status line", errMalformed)
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 {
		return framing{}, fmt.Errorf("%w: status %d", errMalformed, status)
	}
	f := framing{length: -1}
	if err := f.read(rest); err != nil {
		return framing{}, err
	}
	if line[7] == '0' && (!f.keep || f.chunked) { // HTTP/1.0 knows no chunks (RFC 9112, 6.1)
		f.close = true
	}
	switch {
	case status == http.StatusNoContent || status == http.StatusNotModified:
		if method != http.MethodHead && (f.chunked || f.length > 0) {
			f.close = true // the body that it speaks of may come after all, and would be the next answer
		}
		f.length, f.chunked = 0, false
	case method == http.MethodHead || status < 200:
		f.length, f.chunked = 0, false
	}
	if !f.chunked && f.length < 0 {
		f.close = true // the end of the connection is the end of the body
	}
	r.Status, r.head = status, append(r.head[:0], rest...)
	return f, nil
}

// read reads the header lines that say how the body is delimited.
func (f *framing) read(lines []byte) error {
	for len(lines) > 0 {
		var line []byte
		line, lines = cutLine(lines)
		if len(line) == 0 {
			break
		}
		colon := bytes.IndexByte(line, ':')
		if bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 { // RFC 9110, 5.5
			return fmt.Errorf("%w: a CR or NUL within a header line", errMalformed)
		}
		if colon <= 0 || !isToken(line[:colon]) {
			return fmt.Errorf("%w: a header line without a name", errMalformed)
		}
		value := trimSpace(line[colon+1:])
		var err error
		switch colon { // the lengths of the three names that count
		case len("Connection"):
			if equalFold(line[:colon], "connection") {
				f.readConnection(value)
			}
		case len("Content-Length"):
			if equalFold(line[:colon], "content-length") {
				err = f.readLength(value)
			}
		case len("Transfer-Encoding"):
			if equalFold(line[:colon], "transfer-encoding") {
				err = f.readEncoding(value)
			}
		}
		if err != nil {
			return err
		}
	}
	if f.chunked && f.length >= 0 { // RFC 9112, 6.3: the length does not count, and somebody is up to something
		f.length, f.close = -1, true
	}
	return nil
}

func (f *framing) readConnection(value []byte) {
	for _, option := range bytes.Split(value, []byte(",")) {
		switch option = trimSpace(option); {
		case equalFold(option, "close"):
			f.close = true
		case equalFold(option, "keep-alive"):
			f.keep = true
		}
	}
}

func (f *framing) readLength(value []byte) error {
	if len(value) == 0 || len(value) > 18 { // 18 digits fit an int64
		return fmt.Errorf("%w: bad Content-Length", errMalformed)
	}
	var length int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return fmt.Errorf("%w: bad Content-Length", errMalformed)
		}
		length = length*10 + int64(c-'0')
	}
	if f.length >= 0 && (f.length != length || f.digits != len(value)) { // 5 and 05 differ, too
		return fmt.Errorf("%w: two different Content-Lengths", errMalformed)
	}
	f.length, f.digits = length, len(value)
	return nil
}

func (f *framing) readEncoding(value []byte) error {
	if f.chunked || !equalFold(value, "chunked") {
		return fmt.Errorf("%w: a transfer encoding other than chunked", errMalformed)
	}
	f.chunked = true
	return nil
}

// Header returns the header fields. It makes a new map with each call.
func (r *Response) Header() http.Header {
	header := make(http.Header)
	for lines := r.head; len(lines) > 0; {
		var line []byte
		line, lines = cutLine(lines)
		if name, value, ok := strings.Cut(string(line), ":"); ok {
			header.Add(name, strings.Trim(value, " \t"))
		}
	}
	return header
}

// cutLine splits off a line, without its end.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return text, nil
	}
	line, rest = text[:i], text[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

func trimSpace(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	for len(text) > 0 && (text[len(text)-1] == ' ' || text[len(text)-1] == '\t') {
		text = text[:len(text)-1]
	}
	return text
}

// equalFold compares with a text in lower case, in ASCII.
func equalFold(text []byte, lower string) bool {
	if len(text) != len(lower) {
		return false
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isToken reports whether a name is one that a header may have (RFC 9110, 5.6.2).
func isToken(name []byte) bool {
	for _, c := range name {
		if !tokenByte[c] {
			return false
		}
	}
	return true
}

var tokenByte = func() (table [256]bool) {
	for c := byte('!'); c <= '~'; c++ {
		table[c] = strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) < 0
	}
	return table
}()
