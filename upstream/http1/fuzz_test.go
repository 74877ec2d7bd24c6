package http1_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// theirs is what net/http makes of an answer.
type theirs struct {
	status int
	proto  string
	header http.Header
	body   string
	err    error // if it does not like it
}

// readTheirs reads like a client of net/http that no one asked for interim answers.
func readTheirs(raw []byte, method string) (t theirs) {
	in := bufio.NewReader(bytes.NewReader(raw))
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return theirs{err: err}
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
		return theirs{resp.StatusCode, resp.Proto, resp.Header, string(body), err}
	}
}

// FuzzAnswer sends anything for an answer, and compares what becomes of it with
// what net/http makes of it. On purpose, the differences are:
//   - what is Malformed here and taken there: folded header lines, names with a
//     space, CR within a line, statuses of which net/http only asks that they
//     are numbers, empty lines before an answer, chunked bodies with lines over
//     4 KB, heads over the limit, switching protocols;
//   - the other way round: control characters but CR and NUL in a header's value;
//     trailers, at which no one looks here; with HTTP/1.0, net/http takes chunks
//     for the body itself.
func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a.raw), a.method == http.MethodHead)
	}
	raws := make(chan []byte, 1)
	s := serve(f, socket, func(p *peer) {
		if _, err := p.request(); err != nil {
			return
		}
		_, _ = p.Write(<-raws)
	})
	f.Fuzz(func(t *testing.T, raw []byte, head bool) {
		req := get("/")
		if head {
			req.Method = http.MethodHead
		}
		c := s.client(t, limits)
		raws <- raw
		var resp http1.Response
		start := time.Now()
		buf, err := c.Do(t.Context(), start.Add(soon), req, &resp)
		if took := time.Since(start); took > soon/2 {
			t.Fatalf("took %v", took)
		}
		theirs := readTheirs(raw, req.Method)
		if err != nil {
			checkError(t, err, buf)
		}
		if onPurpose(raw, theirs, err) {
			return
		}
		if err != nil {
			t.Fatalf("got %v, where net/http has %d %q, %v", err, theirs.status, theirs.body, theirs.err)
		}
		body := string(*buf)
		if theirs.err != nil {
			t.Fatalf("got %d %q, where net/http has %v", resp.Status, body, theirs.err)
		}
		if resp.Status != theirs.status || body != theirs.body {
			t.Fatalf("got %d %q, net/http %d %q", resp.Status, body, theirs.status, theirs.body)
		}
		checkHeader(t, resp.Header(), theirs.header)
	})
}

// checkError fails if an error is not one that a whole answer may end in.
func checkError(t *testing.T, err error, buf *[]byte) {
	var e *http1.Error
	if !errors.As(err, &e) || !e.Sent || buf != nil {
		t.Fatalf("got %v and body %v", err, buf)
	}
}

// onPurpose reports whether an answer may be taken differently, as said above, or is
// refused by both.
func onPurpose(raw []byte, theirs theirs, err error) bool {
	if theirs.proto == "HTTP/1.0" && bytes.Contains(bytes.ToLower(raw), []byte("transfer-encoding")) {
		return true
	}
	var e *http1.Error
	if !errors.As(err, &e) {
		inLine := theirs.err != nil && strings.HasPrefix(theirs.err.Error(), "malformed MIME header")
		inTrailer := theirs.status != 0
		return inLine && (inTrailer || bytes.ContainsFunc(raw, isControl))
	}
	switch e.Kind {
	case http1.Malformed:
		return true
	case http1.TooLarge: // perhaps by a length that the answer does not keep
		return theirs.err != nil || len(theirs.body) > maxBody
	default:
		return e.Kind == http1.Broken && theirs.err != nil
	}
}

// isControl reports whether a character has no place in a line.
func isControl(c rune) bool { return unicode.IsControl(c) && c != '\r' && c != '\n' }

// checkHeader compares headers, but for the fields that net/http takes out.
func checkHeader(t *testing.T, ours, theirs http.Header) {
	for name, values := range theirs {
		if got := ours[name]; name != "Content-Length" && strings.Join(got, "\n") != strings.Join(values, "\n") {
			t.Fatalf("header %s: got %q, net/http %q", name, got, values)
		}
	}
}
