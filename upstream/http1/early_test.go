package http1_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

const refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large"

// TestEarlyAnswer: a server that refuses a large body before it has read it is
// heard, whatever it does then.
func TestEarlyAnswer(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 32<<20) // more than fits between client and server
	for _, kind := range network {
		for _, test := range []struct {
			name string
			then func(*peer)
		}{
			{name: "and closes", then: func(p *peer) { p.Close() }},
			{name: "and closes after a while", then: func(p *peer) { time.Sleep(50 * time.Millisecond) }},
			{name: "and neither reads nor closes", then: func(p *peer) { <-p.over }},
			{name: "and reads a part", then: func(p *peer) { _, _ = io.CopyN(io.Discard, p.in, 1<<20); <-p.over }},
		} {
			t.Run(string(kind)+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, kind, func(p *peer) {
					if echoGets(p) {
						p.write(refusal)
						test.then(p)
					}
				})
				c := s.client(t)
				start := time.Now()
				status, body, err := do(c, post("/", large))
				if status != 413 || body != "too large" || err != nil {
					t.Errorf("got %d %q, %v; want the refusal", status, body, err)
				}
				if took := time.Since(start); took > soon/2 {
					t.Errorf("took %v", took)
				}
				if n := c.Idle(); n != 0 {
					t.Errorf("the connection is kept, with half a body on it")
				}
				wantBody(t, c, get("/after"), "/after")
			})
		}
	}
}

// TestEarlyAnswerThenReads: where the server reads the body all the same, the
// connection may go on or not, but never with the wrong answer.
func TestEarlyAnswerThenReads(t *testing.T) {
	for _, kind := range network {
		s := serve(t, kind, func(p *peer) {
			for echoGets(p) {
				p.write(refusal)
				if _, err := p.request(); err != nil {
					return
				}
			}
		})
		c := s.client(t)
		for range 5 {
			status, body, err := do(c, post("/", bytes.Repeat([]byte("x"), 8<<20)))
			if status != 413 || body != "too large" || err != nil {
				t.Fatalf("%s: got %d %q, %v; want the refusal", kind, status, body, err)
			}
			wantBody(t, c, get("/after"), "/after")
		}
	}
}

// TestBrokenLargeBody: a server that goes away within a large body ends the call
// at once, not at the deadline.
func TestBrokenLargeBody(t *testing.T) {
	for _, kind := range network {
		for name, end := range map[string]func(*peer){
			"closes": func(p *peer) { p.Close() },
			"resets": (*peer).reset,
		} {
			s := serve(t, kind, func(p *peer) {
				_, _ = io.CopyN(io.Discard, p.in, 1<<20)
				end(p)
			})
			start := time.Now()
			_, _, err := do(s.client(t), post("/", make([]byte, 32<<20)))
			wantError(t, err, http1.Broken, true)
			if took := time.Since(start); took > soon/2 {
				t.Errorf("%s, server %s: took %v", kind, name, took)
			}
		}
	}
}
