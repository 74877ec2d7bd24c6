package http1_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// TestNotSent: where no connection comes about, the server has certainly not got
// the request.
func TestNotSent(t *testing.T) {
	closed, free := listen(t, plain)
	closed.Close()
	fails := func(handle func(*peer)) *server { return serve(t, plain, handle) }
	withTLS := func(config *tls.Config) func(*http1.Config) {
		return func(c *http1.Config) { c.TLS, c.DialTimeout = config, 100*time.Millisecond }
	}
	for _, test := range []struct {
		name   string
		server *server
		change func(*http1.Config)
	}{
		{name: "refused", server: free},
		{name: "unknown host", server: free, change: func(c *http1.Config) { c.Address = "portone.invalid:80" }},
		{name: "no port", server: free, change: func(c *http1.Config) { c.Address = "127.0.0.1" }},
		{name: "no socket", server: free, change: func(c *http1.Config) {
			c.Unix, c.Address = true, filepath.Join(t.TempDir(), "none")
		}},
		{name: "TLS with a server without", server: fails(func(p *peer) { p.write("HTTP/1.1 400 Bad Request\r\n\r\n"); p.hold() }), change: withTLS(trusting())},
		{name: "TLS with a server that closes", server: fails(func(p *peer) {}), change: withTLS(trusting())},
		{name: "TLS with a server that resets", server: fails((*peer).reset), change: withTLS(trusting())},
		{name: "TLS with a server that is silent", server: fails((*peer).hold), change: withTLS(trusting())},
		{name: "TLS with a stranger", server: serve(t, encrypted, echo), change: withTLS(&tls.Config{ServerName: "example.com"})},
		{name: "TLS with another name", server: serve(t, encrypted, echo), change: func(c *http1.Config) { c.TLS.ServerName = "portone.test" }},
		{name: "TLS with an old version", server: serve(t, encrypted, echo), change: func(c *http1.Config) { c.TLS.MaxVersion = tls.VersionTLS11 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := test.server.config
			if config.TLS != nil {
				config.TLS = config.TLS.Clone()
			}
			if test.change != nil {
				test.change(&config)
			}
			c := http1.New(config)
			defer c.Close()
			status, _, err := do(c, post("/", []byte("x")))
			wantError(t, err, http1.Dial, false)
			if n := test.server.requests.Load(); status != 0 || n != 0 {
				t.Errorf("status %d, the server has had %d requests", status, n)
			}
		})
	}
}

// TestOverBefore: a call whose time is over before it begins is not sent, on a new
// connection nor on a used one.
func TestOverBefore(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, test := range []struct {
		name     string
		ctx      context.Context
		deadline time.Time
		want     http1.Kind
	}{
		{name: "canceled", ctx: canceled, deadline: time.Now().Add(time.Minute), want: http1.Canceled},
		{name: "context's deadline", ctx: late, deadline: time.Now().Add(time.Minute), want: http1.Timeout},
		{name: "deadline", ctx: t.Context(), deadline: time.Now().Add(-time.Second), want: http1.Timeout},
		{name: "no deadline", ctx: t.Context(), want: http1.Timeout},
		{name: "canceled and deadline", ctx: canceled, deadline: time.Now().Add(-time.Second), want: http1.Canceled},
	} {
		for _, kind := range []kind{plain, encrypted} {
			t.Run(test.name+"/"+string(kind), func(t *testing.T) {
				s := serve(t, kind, echo)
				c := s.client(t)
				_, _, err := doUntil(test.ctx, c, test.deadline, get("/new"))
				wantError(t, err, test.want, false)
				wantBody(t, c, get("/warm"), "/warm")
				_, _, err = doUntil(test.ctx, c, test.deadline, get("/used"))
				wantError(t, err, test.want, false)
				wantBody(t, c, get("/after"), "/after")
				if conns, requests := s.accepted.Load(), s.requests.Load(); conns != 1 || requests != 2 {
					t.Errorf("%d connections, %d requests; want 1 and 2", conns, requests)
				}
			})
		}
	}
}

// TestHardlyAnyTime ends calls around the moment when they are sent: one that is
// said not to have been sent has not reached the server, not even in part.
func TestHardlyAnyTime(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), func(t *testing.T) {
			var reached sync.Map
			s := serve(t, kind, func(p *peer) {
				for {
					raw, err := p.request()
					if fields := strings.Fields(raw); len(fields) > 1 {
						reached.Store(fields[1], true)
					}
					if err != nil {
						return
					}
					p.write(answer(""))
				}
			})
			c := s.client(t)
			notSent := map[string]bool{}
			for call := range 300 {
				target := fmt.Sprintf("/%d", call)
				wantBody(t, c, get("/warm"), "")
				time.Sleep(time.Duration(call%3) * time.Millisecond / 10)
				ctx, cancel := context.WithCancel(t.Context())
				deadline := time.Now().Add(time.Duration(call) * 300 * time.Nanosecond)
				if call%2 == 0 {
					time.AfterFunc(time.Until(deadline), cancel)
					deadline = deadline.Add(soon)
				}
				_, _, err := doUntil(ctx, c, deadline, get(target))
				cancel()
				if e := (*http1.Error)(nil); errors.As(err, &e) && !e.Sent {
					notSent[target] = true
				}
			}
			for target := range notSent {
				if _, ok := reached.Load(target); ok {
					t.Errorf("%s reached the server, but is said not to have been sent", target)
				}
			}
			t.Logf("%d of 300 calls were not sent", len(notSent))
		})
	}
}

// TestFailedHandshake: a connection on which TLS fails is closed.
func TestFailedHandshake(t *testing.T) {
	ended := make(chan bool)
	s := serve(t, plain, func(p *peer) {
		p.write("HTTP/1.1 400 Bad Request\r\n\r\n")
		p.hold()
		ended <- true
	})
	_, _, err := do(s.client(t, func(c *http1.Config) { c.TLS = trusting() }), get("/"))
	wantError(t, err, http1.Dial, false)
	select {
	case <-ended:
	case <-time.After(soon):
		t.Error("the connection stays open")
	}
}

// TestSent: once something was written, the server may have all of it.
func TestSent(t *testing.T) {
	large := make([]byte, 100<<10)
	for _, kind := range []kind{plain, encrypted} {
		for _, test := range []struct {
			name   string
			handle func(*peer)
			body   []byte
		}{
			{name: "closed at once", handle: func(p *peer) { _, _ = p.in.Peek(1) }},
			{name: "closed after the request", handle: func(p *peer) { _, _ = p.request() }},
			{name: "reset after a byte", handle: func(p *peer) { _, _ = p.in.Peek(1); p.reset() }},
			{name: "reset after the request", handle: func(p *peer) { _, _ = p.request(); p.reset() }},
			{name: "closed within a large body", handle: func(p *peer) { _, _ = p.in.Peek(1) }, body: large},
			{name: "reset after a large body", handle: func(p *peer) { _, _ = p.request(); p.reset() }, body: large},
		} {
			t.Run(string(kind)+"/"+test.name, func(t *testing.T) {
				s := serve(t, kind, func(p *peer) {
					if echoGets(p) {
						test.handle(p)
					}
				})
				c := s.client(t)
				status, _, err := do(c, post("/", test.body))
				wantError(t, err, http1.Broken, true)
				if status != 0 || c.Idle() != 0 {
					t.Errorf("status %d, %d connections are kept", status, c.Idle())
				}
				if n := s.accepted.Load(); n != 1 {
					t.Errorf("%d connections for a request that may not be repeated", n)
				}
				wantBody(t, c, get("/after"), "/after")
			})
		}
	}
}

// TestStatusOfFailure: an error reports whether the head of the answer came.
func TestStatusOfFailure(t *testing.T) {
	for raw, want := range map[string]int{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n":        0,
		"HTTP/1.1 100 Continue\r\n\r\n":                   0, // which is no answer
		answer("hello")[:30]:                              0,
		"HTTP/1.1 503 x\r\nContent-Length: 5\r\n\r\nhell": http.StatusServiceUnavailable,
	} {
		s := serve(t, plain, func(p *peer) {
			_, _ = p.request()
			p.write(raw)
		})
		status, _, err := do(s.client(t), get("/"))
		wantError(t, err, http1.Broken, true)
		if status != want {
			t.Errorf("%q: status %d, want %d", raw, status, want)
		}
	}
}

// TestFirstOfSeveralAddresses: a name may have addresses where no one listens.
func TestFirstOfSeveralAddresses(t *testing.T) {
	if _, err := net.LookupHost("localhost"); err != nil {
		t.Skip(err)
	}
	s := serve(t, plain, echo)
	_, port, err := net.SplitHostPort(s.config.Address)
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(t, func(c *http1.Config) { c.Address = net.JoinHostPort("localhost", port) })
	wantBody(t, c, get("/"), "/")
}
