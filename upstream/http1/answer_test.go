package http1_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// answerCase is an answer as it comes from the server.
type answerCase struct {
	name   string
	method string // GET if empty
	raw    string
	ends   bool // the server closes after it

	status int
	body   string
	kept   bool       // the connection serves other calls
	kind   http1.Kind // if not Dial, there is an error of this kind
}

const (
	maxHeader = 1000
	maxBody   = 100
)

var answers = []answerCase{
	// How long the body is.
	{name: "length", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "no body", raw: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200, kept: true},
	{name: "equal lengths", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "length with zeros and space", raw: "HTTP/1.1 200 OK\r\nContent-Length: \t005 \r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "until the end", raw: "HTTP/1.1 200 OK\r\n\r\nhello", ends: true, status: 200, body: "hello"},
	{name: "nothing until the end", raw: "HTTP/1.1 200 OK\r\n\r\n", ends: true, status: 200},
	{name: "the most", raw: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("x", maxBody), status: 200, body: strings.Repeat("x", maxBody), kept: true},
	{name: "the most until the end", raw: "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", maxBody), ends: true, status: 200, body: strings.Repeat("x", maxBody)},
	{name: "the most in chunks", raw: chunked("32;x\r\n" + strings.Repeat("x", 50) + "\r\n32\r\n" + strings.Repeat("y", 50) + "\r\n0\r\n\r\n"), status: 200, body: strings.Repeat("x", 50) + strings.Repeat("y", 50), kept: true},
	{name: "too long", raw: "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", status: 200, kind: http1.TooLarge},
	{name: "far too long", raw: "HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n", status: 200, kind: http1.TooLarge},
	{name: "too long until the end", raw: "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", maxBody+1), ends: true, status: 200, kind: http1.TooLarge},
	{name: "too long in chunks", raw: chunked("32\r\n" + strings.Repeat("x", 50) + "\r\n33\r\n" + strings.Repeat("y", 51)), status: 200, kind: http1.TooLarge},
	{name: "different lengths", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", kind: http1.Malformed},
	{name: "list of lengths", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "negative length", raw: "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", kind: http1.Malformed},
	{name: "signed length", raw: "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", kind: http1.Malformed},
	{name: "hexadecimal length", raw: "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", kind: http1.Malformed},
	{name: "length of nothing", raw: "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", kind: http1.Malformed},
	{name: "length over 63 bits", raw: "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\nhello", kind: http1.Malformed},

	// Chunks.
	{name: "chunks", raw: chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), status: 200, body: "hello world", kept: true},
	{name: "no chunks", raw: chunked("0\r\n\r\n"), status: 200, kept: true},
	{name: "chunk extensions", raw: chunked("5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n"), status: 200, body: "hello", kept: true},
	{name: "chunk size with zeros and spaces", raw: chunked("0005 \r\nhello\r\n000\r\n\r\n"), status: 200, body: "hello", kept: true},
	{name: "chunk size in both cases", raw: chunked("0b\r\nhello world\r\n0B\r\nhello world\r\n0\r\n\r\n"), status: 200, body: "hello worldhello world", kept: true},
	{name: "trailers", raw: chunked("5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n"), status: 200, body: "hello", kept: true},
	{name: "most trailers", raw: chunked("0\r\n" + strings.Repeat("A: b\r\n", 99) + "\r\n"), status: 200, kept: true},
	{name: "too many trailers", raw: chunked("0\r\n" + strings.Repeat("A: b\r\n", 100) + "\r\n"), status: 200, kind: http1.Malformed},
	{name: "long trailer", raw: chunked("0\r\nA: " + strings.Repeat("b", 5000)), status: 200, kind: http1.Malformed},
	{name: "chunk that looks like the end", raw: chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), status: 200, body: "0\r\n\r\n", kept: true},
	{name: "chunk longer than its size", raw: chunked("4\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk shorter than its size", raw: chunked("6\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk without size", raw: chunked("\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk with an extension for a size", raw: chunked(";5\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk size that is none", raw: chunked("5x\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk size with prefix", raw: chunked("0x5\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk size after a space", raw: chunked(" 5\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "negative chunk size", raw: chunked("-5\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk size over 63 bits", raw: chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "chunk extension with CR", raw: chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), status: 200, kind: http1.Malformed},
	{name: "long chunk extension", raw: chunked("5;" + strings.Repeat("x", 5000)), status: 200, kind: http1.Malformed},
	{name: "chunks and length", raw: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", status: 200, body: "hello"},
	{name: "length and chunks", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", status: 200, body: "hello"},
	{name: "chunks twice", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kind: http1.Malformed},
	{name: "another encoding", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", kind: http1.Malformed},
	{name: "an empty encoding", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},

	// Answers that have no body whatever they say.
	{name: "204", raw: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, kept: true},
	{name: "204 with a length", raw: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", status: 204},
	{name: "204 with a length of 0", raw: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", status: 204, kept: true},
	{name: "204 with chunks", raw: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", status: 204},
	{name: "204 with a body after all", raw: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", status: 204},
	{name: "304", raw: "HTTP/1.1 304 Not Modified\r\n\r\n", status: 304, kept: true},
	{name: "304 with a length", raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304},
	{name: "304 with chunks", raw: "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", status: 304},
	{name: "HEAD", method: "HEAD", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", status: 200, kept: true},
	{name: "HEAD of a large body", method: "HEAD", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", status: 200, kept: true},
	{name: "HEAD with chunks", method: "HEAD", raw: chunked(""), status: 200, kept: true},
	{name: "HEAD without length", method: "HEAD", raw: "HTTP/1.1 200 OK\r\n\r\n", status: 200, kept: true},

	// Interim answers.
	{name: "100", raw: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello", status: 201, body: "hello", kept: true},
	{name: "several", raw: "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\nContent-Length: 9\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "100 and no more", raw: "HTTP/1.1 100 Continue\r\n\r\n", ends: true, kind: http1.Broken},
	{name: "100 and nonsense", raw: "HTTP/1.1 100 Continue\r\n\r\nhello\r\n\r\n", kind: http1.Malformed},
	{name: "101", raw: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", kind: http1.Malformed},

	// Whether the connection goes on.
	{name: "close", raw: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello"},
	{name: "close among others", raw: "HTTP/1.1 200 OK\r\nConnection: x, Close ,keep-alive\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello"},
	{name: "close and keep-alive", raw: "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello"},
	{name: "keep-alive without length", raw: "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhello", ends: true, status: 200, body: "hello"},
	{name: "HTTP/1.0", raw: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello"},
	{name: "HTTP/1.0 until the end", raw: "HTTP/1.0 200 OK\r\n\r\nhello", ends: true, status: 200, body: "hello"},
	{name: "HTTP/1.0 keep-alive", raw: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "HTTP/1.0 with chunks", raw: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n5\r\nhello\r\n0\r\n\r\n", status: 200, body: "hello"},
	{name: "HTTP/1.2", raw: "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "two answers", raw: answer("hello") + answer("wrong"), status: 200, body: "hello"},
	{name: "an answer and a line", raw: answer("hello") + "\r\n", status: 200, body: "hello"},
	{name: "two answers in chunks", raw: chunked("5\r\nhello\r\n0\r\n\r\n") + answer("wrong"), status: 200, body: "hello"},

	// The form of the head.
	{name: "no reason", raw: "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "an empty reason", raw: "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "bare LF", raw: "HTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello", status: 200, body: "hello", kept: true},
	{name: "bare LF in chunks", raw: chunked("5\nhello\n0\n\n"), status: 200, kind: http1.Malformed},
	{name: "LF at first, then CRLF", raw: "HTTP/1.1 200 OK\nContent-Length: 5\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "names in any case, values without space", raw: "HTTP/1.1 200 OK\r\nCONTENT-LENGTH:5\r\ncOnNeCtIoN:CLOSE\r\n\r\nhello", status: 200, body: "hello"},
	{name: "a value with colons", raw: "HTTP/1.1 200 OK\r\nX: Content-Length: 7\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "status 599", raw: "HTTP/1.1 599 Whatever\r\nContent-Length: 5\r\n\r\nhello", status: 599, body: "hello", kept: true},
	{name: "the longest head", raw: longHead(maxHeader), status: 200, body: "hello", kept: true},
	{name: "a head too long", raw: longHead(maxHeader + 1), kind: http1.Malformed},
	{name: "an endless head", raw: "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 2000), kind: http1.Malformed},
	{name: "an endless line", raw: strings.Repeat("x", 10000), kind: http1.Malformed},
	{name: "folding", raw: "HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "folding with a colon", raw: "HTTP/1.1 200 OK\r\nX: y\r\n\tContent-Length: 7\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "space before the colon", raw: "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "no name", raw: "HTTP/1.1 200 OK\r\n: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "no colon", raw: "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\nhello", kind: http1.Malformed},
	{name: "CR within a line", raw: "HTTP/1.1 200 OK\r\nX: y\rContent-Length: 7\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "NUL within a line", raw: "HTTP/1.1 200 OK\r\nX: y\x00\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "another control character", raw: "HTTP/1.1 200 OK\r\nX: \x7f\x01\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", kept: true},
	{name: "another protocol", raw: "SSH-2.0-OpenSSH_9.6\r\n\r\n", kind: http1.Malformed},
	{name: "HTTP/2", raw: "HTTP/2.0 200 OK\r\n\r\n", kind: http1.Malformed},
	{name: "HTTP/0.9", raw: "<html>\r\n\r\n</html>", kind: http1.Malformed},
	{name: "a version that is none", raw: "HTTP/1.x 200 OK\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "a longer version", raw: "HTTP/1.11 200 OK\r\nContent-Length: 5\r\n\r\nhello", kind: http1.Malformed},
	{name: "no status", raw: "HTTP/1.1\r\n\r\n", kind: http1.Malformed},
	{name: "status in words", raw: "HTTP/1.1 two OK\r\n\r\n", kind: http1.Malformed},
	{name: "two digits", raw: "HTTP/1.1 20 OK\r\n\r\n", kind: http1.Malformed},
	{name: "four digits", raw: "HTTP/1.1 2000 OK\r\n\r\n", kind: http1.Malformed},
	{name: "status 099", raw: "HTTP/1.1 099 OK\r\n\r\n", kind: http1.Malformed},
	{name: "two spaces", raw: "HTTP/1.1  200 OK\r\n\r\n", kind: http1.Malformed},
	{name: "an empty line first", raw: "\r\n" + answer("hello"), kind: http1.Malformed},
	{name: "nothing", ends: true, kind: http1.Broken},
}

// chunked is an answer in chunks.
func chunked(body string) string {
	return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

// longHead is an answer with so many bytes before its body.
func longHead(size int) string {
	head := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: %s\r\n\r\n"
	return fmt.Sprintf(head, strings.Repeat("x", size-len(head)+2)) + "hello"
}

// request is what a case answers.
func (a *answerCase) request() *http1.Request {
	req := get("/")
	if a.method != "" {
		req.Method = a.method
	}
	return req
}

// check compares what a call got.
func (a *answerCase) check(t testing.TB, status int, body string, err error) {
	t.Helper()
	if a.kind != http1.Dial {
		wantError(t, err, a.kind, true)
	} else if err != nil {
		t.Fatalf("error %v", err)
	}
	if status != a.status || body != a.body {
		t.Fatalf("got %d %.200q; want %d %.200q", status, body, a.status, a.body)
	}
}

func limits(c *http1.Config) { c.MaxHeader, c.MaxBody = maxHeader, maxBody }

func TestAnswers(t *testing.T) {
	for _, kind := range []kind{plain, encrypted, socket} {
		for _, a := range answers {
			t.Run(string(kind)+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, kind, func(p *peer) {
					if _, err := p.request(); err != nil {
						return
					}
					p.write(a.raw)
					if a.ends {
						p.Close()
						return
					}
					p.hold()
				})
				c := s.client(t, limits)
				status, body, err := do(c, a.request())
				a.check(t, status, body, err)
				if kept := c.Idle() == 1; kept != a.kept {
					t.Errorf("kept %t, want %t", kept, a.kept)
				}
				if n := s.requests.Load(); n != 1 {
					t.Errorf("the server has had %d requests", n)
				}
			})
		}
	}
}

// TestSplitAnswers sends every answer in two pieces, split at every byte.
func TestSplitAnswers(t *testing.T) {
	for _, a := range answers {
		if len(a.raw) > 200 {
			continue // they differ from others only in length
		}
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			split := make(chan int, 1)
			s := serve(t, plain, func(p *peer) {
				at := <-split
				if _, err := p.request(); err != nil {
					return
				}
				p.write(a.raw[:at])
				time.Sleep(200 * time.Microsecond) // so that the client reads it by itself
				p.write(a.raw[at:])
				if !a.ends {
					p.hold()
				}
			})
			c := s.client(t, limits, func(c *http1.Config) { c.MaxIdle = 0 })
			for at := range len(a.raw) {
				split <- at
				status, body, err := do(c, a.request())
				if t.Run("", func(t *testing.T) { a.check(t, status, body, err) }); t.Failed() {
					t.Fatalf("split at %d: %q + %q", at, a.raw[:at], a.raw[at:])
				}
			}
		})
	}
}

func TestHeader(t *testing.T) {
	s := serve(t, plain, always("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nx-a: 1\r\nX-A:  2 \r\nEmpty:\r\nContent-Length: 0\r\n\r\n"))
	c := s.client(t)
	var resp http1.Response
	for range 2 { // also when it is used again
		if _, err := c.Do(t.Context(), time.Now().Add(soon), get("/"), &resp); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(resp.Header())
		if want := "map[Content-Length:[0] Empty:[] Retry-After:[3] X-A:[1 2]]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
