package http1_test

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// busy has so many calls on the client at the same time, and so many connections.
func busy(t *testing.T, s *server, c *http1.Client, calls int) {
	t.Helper()
	var wait sync.WaitGroup
	for range calls {
		wait.Go(func() {
			if _, body, err := do(c, get("/busy")); body != "busy" {
				t.Errorf("got %q, %v", body, err)
			}
		})
	}
	wait.Wait()
}

// together answers when so many calls have come, and later ones with the address
// that their connection comes from.
func together(calls int32) func(*peer) {
	var came atomic.Int32
	all := make(chan bool)
	return func(p *peer) {
		if _, err := p.request(); err != nil {
			return
		}
		if came.Add(1) == calls {
			close(all)
		}
		<-all
		p.write(answer("busy"))
		always(answer(p.RemoteAddr().String()))(p)
	}
}

func TestReuse(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), func(t *testing.T) {
			s := serve(t, kind, echo)
			c := s.client(t)
			for range 20 {
				wantBody(t, c, get("/a"), "/a")
				wantBody(t, c, post("/b", []byte("hello")), "/b")
				wantBody(t, c, post("/c", bytes.Repeat([]byte("x"), 100<<10)), "/c")
			}
			if n, idle := s.accepted.Load(), c.Idle(); n != 1 || idle != 1 {
				t.Errorf("%d connections, %d idle; want 1 and 1", n, idle)
			}
		})
	}
}

// TestLongHeadThenShort: what a long head took does not stay in the way.
func TestLongHeadThenShort(t *testing.T) {
	s := serve(t, plain, func(p *peer) {
		for {
			if _, err := p.request(); err != nil {
				return
			}
			p.write(longHead(50_000))
			if _, err := p.request(); err != nil {
				return
			}
			p.write(answer("short"))
		}
	})
	c := s.client(t)
	for range 5 {
		wantBody(t, c, get("/"), "hello")
		wantBody(t, c, get("/"), "short")
	}
	if n := s.accepted.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestMaxIdle(t *testing.T) {
	const calls = 8
	for _, most := range []int{0, 1, 3, calls, calls + 1} {
		s := serve(t, plain, together(calls))
		c := s.client(t, func(c *http1.Config) { c.MaxIdle = most })
		busy(t, s, c, calls)
		if idle, want := c.Idle(), min(most, calls); idle != want {
			t.Errorf("%d connections are idle with at most %d allowed", idle, most)
		}
	}
}

// TestLastUsedFirst: the connection used last is used next, so that the others
// come of age.
func TestLastUsedFirst(t *testing.T) {
	const calls = 4
	s := serve(t, plain, together(calls))
	c := s.client(t)
	busy(t, s, c, calls)
	_, first, err := do(c, get("/"))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		wantBody(t, c, get("/"), first)
	}
	if n := c.Idle(); n != calls {
		t.Errorf("%d connections are idle, want %d", n, calls)
	}
}

// TestSweepWhileUsed: that one connection is in use does not keep the others.
func TestSweepWhileUsed(t *testing.T) {
	const calls = 4
	s := serve(t, plain, together(calls))
	c := s.client(t, func(c *http1.Config) { c.IdleTimeout = 500 * time.Millisecond })
	busy(t, s, c, calls)
	eventually(t, "the others are closed", func() bool {
		if _, _, err := do(c, get("/")); err != nil {
			t.Fatal(err)
		}
		return c.Idle() == 1
	})
	eventually(t, "the last one is closed", func() bool { return c.Idle() == 0 })
}

// TestSweepOneByOne: connections that became idle one after the other are closed
// so, without any call in between.
func TestSweepOneByOne(t *testing.T) {
	const calls, idle = 3, 300 * time.Millisecond
	s := serve(t, plain, echo)
	c := s.client(t, func(c *http1.Config) { c.IdleTimeout = idle })
	var bodies []*http1.Body
	for range calls {
		body := open(t, c, get("/"))
		if _, err := io.ReadAll(body); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	for _, body := range bodies {
		body.Close()
		time.Sleep(idle / 10)
	}
	eventually(t, "all are closed", func() bool { return c.Idle() == 0 })
	if n := s.accepted.Load(); n != calls {
		t.Errorf("%d connections, want %d", n, calls)
	}
}

// TestIdleTimeout: idle connections are really closed, and none before its time.
func TestIdleTimeout(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			const idle = 100 * time.Millisecond
			ended := make(chan time.Time, 1)
			s := serve(t, kind, func(p *peer) { echo(p); ended <- time.Now() })
			c := s.client(t, func(c *http1.Config) { c.IdleTimeout = idle })
			for range 3 { // the sweeping begins anew each time
				used := time.Now()
				wantBody(t, c, get("/"), "/")
				if age := (<-ended).Sub(used); age < idle || age > idle+soon {
					t.Errorf("closed after %v, want %v", age, idle)
				}
				if n := c.Idle(); n != 0 {
					t.Errorf("%d connections are idle", n)
				}
			}
		})
	}
}

func TestClose(t *testing.T) {
	ended := make(chan bool, 3)
	inCall, goOn := make(chan bool), make(chan bool)
	s := serve(t, plain, func(p *peer) {
		defer func() { ended <- true }()
		if raw, _ := p.in.Peek(len("GET /slow")); string(raw) == "GET /slow" {
			inCall <- true
			<-goOn
		}
		echo(p)
	})
	c := s.client(t)
	wantBody(t, c, get("/idle"), "/idle")

	// Another connection for a call that takes longer, while the idle one is used.
	body, err := c.Open(t.Context(), time.Now().Add(soon), get("/idle"), new(http1.Response))
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	go func() {
		_, _, err := do(c, get("/slow"))
		result <- err
	}()
	<-inCall
	body.Close()

	c.Close()
	c.Close()
	<-ended // the idle one
	if n := c.Idle(); n != 0 {
		t.Errorf("%d connections are idle after Close", n)
	}
	goOn <- true
	if err := <-result; err != nil { // a call goes on to its end
		t.Error(err)
	}
	<-ended
	wantBody(t, c, get("/after"), "/after") // a new one leaves nothing behind
	<-ended
	if n, accepted := c.Idle(), s.accepted.Load(); n != 0 || accepted != 3 {
		t.Errorf("%d connections idle, %d made; want 0 and 3", n, accepted)
	}
}
