package http1_test

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// ending is how a server ends a connection.
type ending struct {
	name string
	kind kind
	end  func(*peer)
	fair bool // the end of the connection may be the end of a body
}

var endings = []ending{
	{name: "closed", kind: plain, end: func(p *peer) { p.Close() }, fair: true},
	{name: "half closed", kind: plain, end: func(p *peer) { _ = p.below.(*net.TCPConn).CloseWrite(); p.hold() }, fair: true},
	{name: "reset", kind: plain, end: (*peer).reset},
	{name: "Unix socket closed", kind: socket, end: func(p *peer) { p.Close() }, fair: true},
	{name: "TLS closed", kind: encrypted, end: func(p *peer) { p.Close() }, fair: true},
	{name: "TLS half closed", kind: encrypted, end: func(p *peer) { _ = p.Conn.(*tls.Conn).CloseWrite(); p.hold() }, fair: true},
	{name: "TLS cut off", kind: encrypted, end: func(p *peer) { p.below.Close() }},
	{name: "TLS reset", kind: encrypted, end: (*peer).reset},
}

// prefixCase is a whole answer, of which a server sends the beginning.
type prefixCase struct {
	name, method, raw, body string
	untilEnd                bool // the end of the connection is that of the body
}

// whole reports whether a client may take a prefix for the whole answer.
func (a *prefixCase) whole(prefix string, fair bool) (body string, whole bool) {
	if a.untilEnd {
		_, body, whole = strings.Cut(prefix, "\r\n\r\n")
		return body, whole && fair
	}
	return a.body, prefix == a.raw
}

// TestPrefixes: for every prefix of an answer after which the connection ends, a
// call gets the whole body or an error that says that the request was sent. It is
// sent once, whatever happens.
func TestPrefixes(t *testing.T) {
	for _, a := range []prefixCase{
		{name: "length", method: "GET", raw: "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world", body: "hello world"},
		{name: "chunks", method: "GET", raw: chunked("5;x=y\r\nhello\r\n006\r\n world\r\n0\r\nA: b\r\n\r\n"), body: "hello world"},
		{name: "until the end", method: "GET", raw: "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello world", untilEnd: true},
		{name: "HTTP/1.0", method: "GET", raw: "HTTP/1.0 200 OK\r\n\r\nhello world", untilEnd: true},
		{name: "no body", method: "GET", raw: "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"},
		{name: "HEAD", method: "HEAD", raw: "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"},
		{name: "interim", method: "GET", raw: "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"},
	} {
		for _, ending := range endings {
			t.Run(a.name+"/"+ending.name, func(t *testing.T) {
				t.Parallel()
				testPrefixes(t, a, ending)
			})
		}
	}
}

func testPrefixes(t *testing.T, a prefixCase, ending ending) {
	prefixes := make(chan string, 1)
	s := serve(t, ending.kind, func(p *peer) {
		for _, text := range []string{answer("first"), <-prefixes} { // the second on a used connection
			if _, err := p.request(); err != nil {
				return
			}
			p.write(text)
		}
		ending.end(p)
	})
	req := get("/")
	req.Method = a.method
	for n := range len(a.raw) + 1 {
		prefix := a.raw[:n]
		prefixes <- prefix
		c := http1.New(s.config)
		wantBody(t, c, get("/"), "first")
		_, body, err := do(c, req)
		c.Close()
		want, whole := a.whole(prefix, ending.fair)
		switch {
		case err != nil && whole && ending.fair, err == nil && (!whole || body != want):
			t.Fatalf("got %q, %v; want %q (whole: %t) for %q", body, err, want, whole, prefix)
		case err != nil: // also for a whole answer, where a reset has outrun it
			wantError(t, err, http1.Broken, true)
		}
		if got := s.requests.Swap(0); got != 2 {
			t.Fatalf("the server has had %d requests instead of 2, with %q", got, prefix)
		}
	}
}
