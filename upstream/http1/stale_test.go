package http1_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

var allKinds = []kind{plain, encrypted, socket}

// TestStale: a connection that the server ended while no one used it is no one's
// trouble, however short a time that is ago.
func TestStale(t *testing.T) {
	type end struct {
		name string
		do   func(*peer)
	}
	ends := map[kind][]end{
		plain: {
			{"closed", func(p *peer) { p.Close() }},
			{"half closed", func(p *peer) { _ = p.below.(*net.TCPConn).CloseWrite() }},
			{"reset", (*peer).reset},
		},
		socket: {{"closed", func(p *peer) { p.Close() }}},
		encrypted: {
			{"closed", func(p *peer) { p.Close() }},
			{"goodbye only", func(p *peer) { _ = p.Conn.(*tls.Conn).CloseWrite() }},
			{"cut off", func(p *peer) { p.below.Close() }},
			{"reset", (*peer).reset},
		},
	}
	const several = 5
	for kind, ends := range ends {
		for _, end := range ends {
			t.Run(string(kind)+"/"+end.name, func(t *testing.T) {
				ended := make(chan bool, several)
				release := make(chan bool)
				s := serve(t, kind, func(p *peer) {
					if _, err := p.request(); err != nil {
						return
					}
					<-release
					p.write(answer("first"))
					end.do(p)
					ended <- true
					p.hold()
				})
				c := s.client(t)
				results := make(chan error, several)
				for range several {
					go func() {
						_, _, err := do(c, get("/"))
						results <- err
					}()
				}
				eventually(t, "requests", func() bool { return s.requests.Load() == several })
				close(release)
				for range several {
					<-ended
					if err := <-results; err != nil && end.name != "reset" { // which may outrun the answer
						t.Fatal(err)
					}
				}
				_, body, err := do(c, post("/", []byte("x")))
				if body != "first" && end.name != "reset" {
					t.Fatalf("after the server has ended the connections: %q, %v", body, err)
				}
				if n := s.requests.Load(); n != several+1 {
					t.Errorf("%d requests, want %d", n, several+1)
				}
			})
		}
	}
}

// TestStray: what a server sends without being asked is never the answer to the
// next request, whether it comes with the answer before or later.
func TestStray(t *testing.T) {
	for _, kind := range allKinds {
		for _, stray := range []struct {
			name, text string
			later      bool
		}{
			{name: "an answer together", text: answer("WRONG")},
			{name: "an answer later", text: answer("WRONG"), later: true},
			{name: "408 later", text: "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", later: true},
			{name: "a byte together", text: "H"},
			{name: "a byte later", text: "H", later: true},
			{name: "100 later", text: "HTTP/1.1 100 Continue\r\n\r\n", later: true},
		} {
			t.Run(string(kind)+"/"+stray.name, func(t *testing.T) {
				strayed := make(chan bool, 2)
				goOn := make(chan bool, 2)
				s := serve(t, kind, func(p *peer) {
					if _, err := p.request(); err != nil {
						return
					}
					if stray.later {
						p.write(answer("right"))
						<-goOn
						p.write(stray.text)
					} else { // in two writes, so that with TLS there are two records
						p.atOnce(func() { p.write(answer("right")); p.write(stray.text) })
					}
					strayed <- true
					p.hold()
				})
				c := s.client(t)
				for range 2 {
					wantBody(t, c, get("/"), "right")
					goOn <- true
					<-strayed
				}
				if n := s.accepted.Load(); n != 2 {
					t.Errorf("%d connections, want 2", n)
				}
			})
		}
	}
}

// TestGoodbyeTogether: the end of a TLS connection that came with the answer is
// seen, although nothing of it is left to see on the wire.
func TestGoodbyeTogether(t *testing.T) {
	s := serve(t, encrypted, func(p *peer) {
		if _, err := p.request(); err != nil {
			return
		}
		p.atOnce(func() { p.write(answer("right")); _ = p.Conn.(*tls.Conn).CloseWrite() })
		p.hold()
	})
	c := s.client(t)
	for range 3 {
		wantBody(t, c, post("/", []byte("x")), "right")
	}
}

// TestOldDeadline: that the deadline of the last call has passed does not make a
// connection a dead one.
func TestOldDeadline(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), func(t *testing.T) {
			s := serve(t, kind, echo)
			c := s.client(t)
			deadline := time.Now().Add(300 * time.Millisecond)
			if _, _, err := doUntil(t.Context(), c, deadline, get("/first")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(deadline) + 20*time.Millisecond)
			wantBody(t, c, get("/second"), "/second")
			if n := s.accepted.Load(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// TestStrayRecords: what TLS says by itself on an idle connection does no harm.
func TestStrayRecords(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} { // 1.3 sends tickets after the handshake
		s := serve(t, encrypted, echo)
		c := s.client(t, func(c *http1.Config) {
			c.TLS = c.TLS.Clone()
			c.TLS.MaxVersion, c.TLS.ClientSessionCache = version, tls.NewLRUClientSessionCache(2)
		})
		for range 3 {
			wantBody(t, c, get("/"), "/")
		}
		if n := s.accepted.Load(); n != 1 {
			t.Errorf("TLS %x: %d connections, want 1", version, n)
		}
	}
}
