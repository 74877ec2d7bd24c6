package http1_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// stage is a point where a server leaves a call hanging.
type stage struct {
	name  string
	kinds []kind
	stall func(*peer) // when the beginning of the request has come
	body  []byte
}

var (
	network = []kind{plain, encrypted}

	stages = []stage{
		{name: "the request is not read", kinds: network, body: bytes.Repeat([]byte("x"), 32<<20),
			stall: func(p *peer) { <-p.over }},
		{name: "no answer", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request() }},
		{name: "no answer to a large request", kinds: allKinds, body: bytes.Repeat([]byte("x"), 1<<20),
			stall: func(p *peer) { _, _ = p.request() }},
		{name: "within the head", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write("HTTP/1.1 200 OK\r\nCont") }},
		{name: "after 100", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write("HTTP/1.1 100 Continue\r\n\r\n") }},
		{name: "before the body", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write(strings.TrimSuffix(answer("hello"), "hello")) }},
		{name: "within the body", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write(strings.TrimSuffix(answer("hello"), "llo")) }},
		{name: "between chunks", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write(chunked("5\r\nhello\r\n")) }},
		{name: "before the end of the chunks", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write(chunked("5\r\nhello\r\n0\r\n")) }},
		{name: "before the end of the connection", kinds: allKinds,
			stall: func(p *peer) { _, _ = p.request(); p.write("HTTP/1.1 200 OK\r\n\r\nhello") }},
	}
)

// end is what ends a call that hangs.
type end struct {
	name string
	kind http1.Kind
	make func() (ctx context.Context, deadline time.Time)
}

const patience = 30 * time.Millisecond

var ends = []end{
	{"canceled", http1.Canceled, func() (context.Context, time.Time) {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(patience, cancel)
		return ctx, time.Now().Add(time.Minute)
	}},
	{"deadline", http1.Timeout, func() (context.Context, time.Time) {
		return context.Background(), time.Now().Add(patience)
	}},
	{"context's deadline", http1.Timeout, func() (context.Context, time.Time) {
		deadline := time.Now().Add(patience)
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		context.AfterFunc(ctx, cancel)
		return ctx, time.Now().Add(time.Minute)
	}},
}

// TestHanging: a call that hangs ends when it should, says what the server may
// have got, and leaves no connection behind on which the rest of its answer comes.
func TestHanging(t *testing.T) {
	for _, stage := range stages {
		for _, kind := range stage.kinds {
			for _, end := range ends {
				t.Run(stage.name+"/"+string(kind)+"/"+end.name, func(t *testing.T) {
					s := serve(t, kind, func(p *peer) {
						if echoGets(p) {
							stage.stall(p)
							p.hold()
						}
					})
					c := s.client(t)
					wantBody(t, c, get("/before"), "/before")
					wantEnd(t, c, end, stage.body, true)
					wantBody(t, c, get("/after"), "/after")
					if n := s.accepted.Load(); n != 2 {
						t.Errorf("%d connections, want 2", n)
					}
				})
			}
		}
	}
}

func wantEnd(t *testing.T, c *http1.Client, end end, body []byte, sent bool) {
	t.Helper()
	start := time.Now()
	ctx, deadline := end.make()
	_, _, err := doUntil(ctx, c, deadline, post("/", body))
	took := time.Since(start)
	wantError(t, err, end.kind, sent)
	if took < patience || took > soon/2 {
		t.Errorf("took %v, want %v", took, patience)
	}
	if n := c.Idle(); n != 0 {
		t.Errorf("%d connections are kept", n)
	}
}

// TestHangingHead: a request whose head does not go out as a whole may have been
// sent.
func TestHangingHead(t *testing.T) {
	req := post("/", nil)
	req.Header = bytes.Repeat([]byte("A: "+strings.Repeat("x", 1000)+"\r\n"), 8<<10)
	for _, kind := range network {
		s := serve(t, kind, func(p *peer) {
			if echoGets(p) {
				<-p.over
			}
		})
		c := s.client(t)
		wantBody(t, c, get("/before"), "/before")
		_, _, err := doUntil(t.Context(), c, time.Now().Add(500*time.Millisecond), req)
		t.Run(string(kind), func(t *testing.T) { wantError(t, err, http1.Timeout, true) })
	}
}

// TestHangingHandshake: while connecting, nothing is sent.
func TestHangingHandshake(t *testing.T) {
	s := serve(t, plain, (*peer).hold)
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			wantEnd(t, s.client(t, func(c *http1.Config) { c.TLS = trusting() }), end, nil, false)
		})
	}
	t.Run("time to connect", func(t *testing.T) {
		c := s.client(t, func(c *http1.Config) { c.TLS, c.DialTimeout = trusting(), patience })
		wantEnd(t, c, end{"", http1.Dial, func() (context.Context, time.Time) {
			return context.Background(), time.Now().Add(time.Minute)
		}}, nil, false)
	})
}

// TestCanceledAfter: the end of a context after a call does not touch the
// connection, which has another call by then.
func TestCanceledAfter(t *testing.T) {
	for _, kind := range allKinds {
		s := serve(t, kind, echo)
		c := s.client(t)
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			if _, _, err := doUntil(ctx, c, time.Now().Add(soon), get("/first")); err != nil {
				t.Fatal(err)
			}
			go cancel()
			wantBody(t, c, get("/second"), "/second")
		}
		if n := s.accepted.Load(); n != 1 {
			t.Errorf("%s: %d connections, want 1", kind, n)
		}
	}
}
