package http1_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// through is a client for a server behind a proxy.
func through(t *testing.T, s, proxy *server) *http1.Client {
	return s.client(t, func(c *http1.Config) {
		c.Proxy, c.ProxyAuthorization, c.DialTimeout = proxy.config.Address, "Basic eDp5", patience*10
	})
}

// connect is a proxy which answers that before it lets bytes through.
func connect(reply string, asked chan<- string) func(*peer) {
	return func(p *peer) {
		raw, err := p.request()
		if err != nil {
			return
		}
		asked <- raw
		target, err := net.Dial("tcp", strings.Fields(raw)[1])
		if err != nil {
			return
		}
		defer target.Close()
		p.write(reply)
		go func() {
			_, _ = io.Copy(p, target)
			p.Close()
		}()
		_, _ = io.Copy(target, p.in)
	}
}

// TestTunnel: a proxy is asked once for a connection, which is then like any other.
func TestTunnel(t *testing.T) {
	for _, kind := range network {
		for name, reply := range map[string]string{
			"everyday":      "HTTP/1.1 200 Connection established\r\n\r\n",
			"HTTP/1.0":      "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n",
			"interim first": "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				asked := make(chan string, 1)
				s := serve(t, kind, echo)
				proxy := serve(t, plain, connect(reply, asked))
				c := through(t, s, proxy)
				for range 3 {
					wantBody(t, c, post("/", []byte("x")), "/")
				}
				want := "CONNECT " + s.config.Address + " HTTP/1.1\r\nHost: " + s.config.Address + "\r\nProxy-Authorization: Basic eDp5\r\n\r\n"
				if got := <-asked; got != want {
					t.Errorf("asked %q, want %q", got, want)
				}
				if n := proxy.accepted.Load(); n != 1 {
					t.Errorf("%d connections, want 1", n)
				}
			})
		}
	}
}

// TestNoTunnel: where a proxy does not let through, nothing was sent.
func TestNoTunnel(t *testing.T) {
	for name, handle := range map[string]func(*peer){
		"refuses":          always("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
		"finds no server":  always("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
		"is no proxy":      always("SSH-2.0\r\n\r\n"),
		"says more":        always("HTTP/1.1 200 OK\r\n\r\n" + answer("WRONG")),
		"answers for ever": always("HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 4000)),
		"closes":           func(p *peer) { _, _ = p.request() },
		"resets":           (*peer).reset,
		"is silent":        (*peer).hold,
		"is silent then":   func(p *peer) { _, _ = p.request(); p.write("HTTP/1.1 200 OK\r\n"); p.hold() },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, plain, echo)
			status, _, err := do(through(t, s, serve(t, plain, handle)), post("/", []byte("x")))
			wantError(t, err, http1.Dial, false)
			if n := s.accepted.Load(); status != 0 || n != 0 {
				t.Errorf("status %d, %d connections to the server", status, n)
			}
		})
	}
	for _, end := range ends {
		s := serve(t, plain, (*peer).hold)
		c := s.client(t, func(c *http1.Config) { c.Proxy = c.Address })
		t.Run("hangs/"+end.name, func(t *testing.T) { wantEnd(t, c, end, nil, false) })
	}
}
