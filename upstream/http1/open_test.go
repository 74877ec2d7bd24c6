package http1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// open begins a call that has time enough.
func open(t testing.TB, c *http1.Client, req *http1.Request) *http1.Body {
	t.Helper()
	var resp http1.Response
	body, err := c.Open(t.Context(), time.Now().Add(soon), req, &resp)
	if err != nil || resp.Status != 200 {
		t.Fatalf("got %d, %v", resp.Status, err)
	}
	return body
}

// TestStream reads bodies that are larger than may be read as a whole, in pieces
// of all sizes.
func TestStream(t *testing.T) {
	text := strings.Repeat("0123456789abcde\n", 1<<13)
	var chunks strings.Builder
	for rest, size := text, 1; rest != ""; size = size*3%7919 + 1 {
		n := min(size, len(rest))
		fmt.Fprintf(&chunks, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	chunks.WriteString("0\r\n\r\n")
	for _, kind := range allKinds {
		for _, a := range []struct {
			name, raw string
			kept      bool
		}{
			{"length", answer(text), true},
			{"chunks", chunked(chunks.String()), true},
			{"until the end", "HTTP/1.1 200 OK\r\n\r\n" + text, false},
		} {
			t.Run(string(kind)+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, kind, func(p *peer) {
					for {
						if _, err := p.request(); err != nil {
							return
						}
						p.write(a.raw)
						if !a.kept {
							return
						}
					}
				})
				c := s.client(t, limits)
				for _, size := range []int{1, 100, 4095, 4096, 4097, 1 << 20} {
					body := open(t, c, get("/"))
					got, err := io.ReadAll(readerOf(body, size))
					if err != nil || string(got) != text {
						t.Fatalf("in pieces of %d: got %d bytes, %v; want %d", size, len(got), err, len(text))
					}
					if n, err := body.Read(make([]byte, size)); n != 0 || err != io.EOF {
						t.Errorf("after the end: %d, %v", n, err)
					}
					body.Close()
				}
				if kept := s.accepted.Load() == 1; kept != a.kept {
					t.Errorf("%d connections", s.accepted.Load())
				}
			})
		}
	}
}

// readerOf reads in pieces of that size.
func readerOf(r io.Reader, size int) io.Reader {
	if size == 1 {
		return iotest.OneByteReader(r)
	}
	return struct{ io.Reader }{&sized{r, size}}
}

type sized struct {
	r    io.Reader
	size int
}

func (s *sized) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.size)]) }

// drip sends the beginning of a body of 10 bytes, then a byte for every tick.
func drip(ticks <-chan bool) func(*peer) {
	return func(p *peer) {
		for echoGets(p) {
			if _, err := p.request(); err != nil {
				return
			}
			p.write(strings.TrimSuffix(answer("xxxxxxxxxx"), "xxxxxxxxx"))
			for range 9 {
				if !<-ticks {
					return
				}
				p.write("x")
			}
		}
	}
}

// TestReadDeadlines: with a deadline for every read, a body may take longer than
// the deadline of its head.
func TestReadDeadlines(t *testing.T) {
	const head = 300 * time.Millisecond
	for _, kind := range allKinds {
		ticks := make(chan bool)
		s := serve(t, kind, drip(ticks))
		c := s.client(t)
		wantBody(t, c, get("/before"), "/before")
		body, err := c.Open(t.Context(), time.Now().Add(head), post("/", nil), new(http1.Response))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(ticks)
			for range 9 {
				time.Sleep(head / 5)
				ticks <- true
			}
		}()
		start, got := time.Now(), 0
		for buf := make([]byte, 10); err == nil; {
			body.SetDeadline(time.Now().Add(soon))
			var n int
			n, err = body.Read(buf)
			got += n
		}
		if took := time.Since(start); got != 10 || err != io.EOF || took < head {
			t.Errorf("%s: got %d bytes, %v, in %v", kind, got, err, took)
		}
		body.Close()
		wantBody(t, c, get("/after"), "/after")
		if n := s.accepted.Load(); n != 1 {
			t.Errorf("%s: %d connections, want 1", kind, n)
		}
	}
}

// TestStalledStream: a body that does not go on ends in an error which stays, even
// if more comes later.
func TestStalledStream(t *testing.T) {
	for _, kind := range allKinds {
		for _, end := range []struct {
			name string
			kind http1.Kind
			do   func(*http1.Body, context.CancelFunc)
		}{
			{"read deadline", http1.Timeout, func(b *http1.Body, _ context.CancelFunc) { b.SetDeadline(time.Now().Add(patience)) }},
			{"canceled before", http1.Canceled, func(b *http1.Body, cancel context.CancelFunc) { cancel() }},
			{"canceled in between", http1.Canceled, func(b *http1.Body, cancel context.CancelFunc) {
				cancel()
				time.Sleep(patience) // so that its effect comes before the new deadline
				b.SetDeadline(time.Now().Add(time.Minute))
			}},
			{"canceled within", http1.Canceled, func(b *http1.Body, cancel context.CancelFunc) {
				b.SetDeadline(time.Now().Add(time.Minute))
				time.AfterFunc(patience, cancel)
			}},
		} {
			t.Run(string(kind)+"/"+end.name, func(t *testing.T) {
				ticks := make(chan bool)
				defer close(ticks)
				s := serve(t, kind, drip(ticks))
				c := s.client(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				body, err := c.Open(ctx, time.Now().Add(time.Minute), post("/", nil), new(http1.Response))
				if err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, 10)
				if n, err := body.Read(buf); n != 1 || err != nil {
					t.Fatalf("got %d, %v", n, err)
				}
				start := time.Now()
				end.do(body, cancel)
				_, err = body.Read(buf)
				wantError(t, err, end.kind, true)
				if took := time.Since(start); took > soon/2 {
					t.Errorf("took %v", took)
				}
				ticks <- true
				body.SetDeadline(time.Now().Add(soon))
				n, again := body.Read(buf)
				if n != 0 || again != err {
					t.Errorf("reading on: %d, %v", n, again)
				}
				body.Close()
				if n := c.Idle(); n != 0 {
					t.Errorf("the connection is kept")
				}
				wantBody(t, c, get("/after"), "/after")
			})
		}
	}
}

// TestCloseMidway: what is left of a body is not the next answer.
func TestCloseMidway(t *testing.T) {
	for _, kind := range allKinds {
		for name, raw := range map[string]string{
			"length":        answer(answer("WRONG")),
			"chunks":        chunked("2d\r\n" + answer("WRONG!!!") + "\r\n0\r\n\r\n"),
			"last chunk":    chunked("5\r\nhello\r\n0\r\n\r\n"),
			"until the end": "HTTP/1.1 200 OK\r\n\r\n" + answer("WRONG"),
		} {
			for _, read := range []int{0, 1, 5} {
				s := serve(t, kind, func(p *peer) {
					if echoGets(p) {
						_, _ = p.request()
						p.write(raw)
						p.hold()
					}
				})
				c := s.client(t)
				body := open(t, c, post("/", nil))
				if _, err := io.ReadFull(body, make([]byte, read)); err != nil {
					t.Fatalf("%s, %s: %v", kind, name, err)
				}
				body.Close()
				if n := c.Idle(); n != 0 {
					t.Errorf("%s, %s, closed after %d bytes: the connection is kept", kind, name, read)
				}
				wantBody(t, c, get("/after"), "/after")
			}
		}
	}
}

// TestCanceledBeforeClose: an abort that is on its way does not meet the next call.
func TestCanceledBeforeClose(t *testing.T) {
	s := serve(t, plain, echo)
	c := s.client(t)
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		body, err := c.Open(ctx, time.Now().Add(soon), get("/first"), new(http1.Response))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(body); string(got) != "/first" {
			t.Fatalf("got %q, %v", got, err)
		}
		cancel()
		body.Close()
		if n := c.Idle(); n != 0 {
			t.Errorf("the connection is kept")
		}
		wantBody(t, c, get("/second"), "/second")
	}
}

// TestClosedBody: who closes a body twice, or uses it after, does not meet the
// call that has the connection by then.
func TestClosedBody(t *testing.T) {
	s := serve(t, plain, echo)
	c := s.client(t)
	old := open(t, c, get("/old"))
	if got, err := io.ReadAll(old); string(got) != "/old" {
		t.Fatalf("got %q, %v", got, err)
	}
	old.Close()

	next := open(t, c, get("/next")) // on the same connection
	old.Close()
	old.SetDeadline(time.Now().Add(-time.Second))
	n, err := old.Read(make([]byte, 10))
	if e := (*http1.Error)(nil); n != 0 || !errors.As(err, &e) {
		t.Errorf("reading after Close: %d, %v", n, err)
	}
	if n := c.Idle(); n != 0 {
		t.Errorf("%d connections are idle, but it is in use", n)
	}
	if got, err := io.ReadAll(next); string(got) != "/next" {
		t.Errorf("the next call got %q, %v", got, err)
	}
	next.Close()
	if n := s.accepted.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}
