package http1_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// soon is what everything that should happen at once gets on a busy machine.
const soon = 5 * time.Second

// server is a server on loopback that answers what a test wants, byte for byte.
type server struct {
	config   http1.Config // of a client for it
	accepted atomic.Int32
	requests atomic.Int32 // whole ones that peer.request has read
}

// peer is the server's end of a connection. It is closed when its handler returns.
type peer struct {
	net.Conn // TLS, if it is a TLS server
	below    net.Conn
	in       *bufio.Reader
	server   *server
	over     <-chan struct{} // closed when the test ends
}

// kind is how a server is reached.
type kind string

const (
	plain     kind = "plain"
	encrypted kind = "TLS"
	socket    kind = "Unix socket"
)

// serve starts a server which ends with the test.
func serve(t testing.TB, kind kind, handle func(*peer)) *server {
	t.Helper()
	listener, s := listen(t, kind)
	var handlers sync.WaitGroup
	done := make(chan struct{})
	handlers.Go(func() {
		for {
			below, err := listener.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			conn := below
			if kind == encrypted {
				conn = tls.Server(&cork{Conn: below}, identity())
			}
			handlers.Go(func() {
				ended := make(chan struct{})
				defer close(ended)
				go func() {
					select {
					case <-done:
					case <-ended:
					}
					below.Close()
				}()
				defer conn.Close()
				handle(&peer{Conn: conn, below: below, in: bufio.NewReader(conn), server: s, over: done})
			})
		}
	})
	t.Cleanup(func() {
		close(done)
		listener.Close()
		handlers.Wait()
	})
	return s
}

func listen(t testing.TB, kind kind) (net.Listener, *server) {
	t.Helper()
	s := &server{config: http1.Config{
		Host:        "api.test",
		DialTimeout: soon,
		IdleTimeout: time.Minute,
		MaxIdle:     100,
		MaxHeader:   64 << 10,
		MaxBody:     1 << 20,
	}}
	network, address := "tcp", "127.0.0.1:0"
	switch kind {
	case encrypted:
		s.config.TLS = trusting()
	case socket:
		dir, err := os.MkdirTemp("", "http1") // t.TempDir may be longer than a socket's path
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		network, address, s.config.Unix = "unix", filepath.Join(dir, "s"), true
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s.config.Address = listener.Addr().String()
	return listener, s
}

// identity is a certificate for example.com, and its key.
var identity = sync.OnceValue(func() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"example.com"}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
})

// trusting is a client's configuration that trusts it.
func trusting() *tls.Config {
	leaf, err := x509.ParseCertificate(identity().Certificates[0].Certificate[0])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

// cork holds what is written back, to send it in one piece.
type cork struct {
	net.Conn
	held []byte
	in   bool
}

func (c *cork) Write(p []byte) (int, error) {
	if c.in {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// atOnce sends in one piece what write writes, in however many records.
func (p *peer) atOnce(write func()) {
	t, ok := p.Conn.(*tls.Conn)
	if !ok {
		write()
		return
	}
	c := t.NetConn().(*cork)
	c.in = true
	write()
	c.in = false
	_ = c.SetWriteDeadline(time.Time{}) // after a goodbye, TLS lets none be written
	_, _ = c.Conn.Write(c.held)
	c.held = nil
}

// request reads a request and returns it as it came.
func (p *peer) request() (string, error) {
	var raw strings.Builder
	length := 0
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return raw.String(), err
		}
		raw.WriteString(line)
		_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
		if line == "\r\n" {
			break
		}
	}
	n, err := io.CopyN(&raw, p.in, int64(length))
	if err != nil {
		return raw.String(), fmt.Errorf("%d bytes of a body: %w", n, err)
	}
	p.server.requests.Add(1)
	return raw.String(), nil
}

func (p *peer) write(text string) { _, _ = io.WriteString(p, text) }

// reset ends the connection the hard way.
func (p *peer) reset() {
	_ = p.below.(*net.TCPConn).SetLinger(0)
	p.below.Close()
}

// hold waits until the client, or the test, ends the connection.
func (p *peer) hold() { _, _ = io.Copy(io.Discard, p.in) }

// answer is an everyday one.
func answer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// echo answers every request with its target.
func echo(p *peer) {
	for {
		raw, err := p.request()
		if err != nil {
			return
		}
		p.write(answer(strings.Fields(raw)[1]))
	}
}

// echoGets answers requests like echo until one comes that is no GET, of which it
// reads nothing.
func echoGets(p *peer) (another bool) {
	for {
		if start, err := p.in.Peek(5); err != nil || string(start) != "GET /" {
			return err == nil
		}
		raw, err := p.request()
		if err != nil {
			return false
		}
		p.write(answer(strings.Fields(raw)[1]))
	}
}

// always answers every request alike.
func always(raw string) func(*peer) {
	return func(p *peer) {
		for {
			if _, err := p.request(); err != nil {
				return
			}
			p.write(raw)
		}
	}
}

// client returns a client for the server, perhaps with another configuration.
func (s *server) client(t testing.TB, change ...func(*http1.Config)) *http1.Client {
	config := s.config
	for _, f := range change {
		f(&config)
	}
	c := http1.New(config)
	t.Cleanup(c.Close)
	return c
}

func get(target string) *http1.Request {
	return &http1.Request{Method: "GET", Target: [2][]byte{[]byte(target)}}
}

func post(target string, body []byte) *http1.Request {
	return &http1.Request{Method: "POST", Target: [2][]byte{[]byte(target)}, Body: body}
}

// do makes a call that has time enough.
func do(c *http1.Client, req *http1.Request) (status int, body string, err error) {
	return doUntil(context.Background(), c, time.Now().Add(soon), req)
}

func doUntil(ctx context.Context, c *http1.Client, deadline time.Time, req *http1.Request) (int, string, error) {
	var resp http1.Response
	buf, err := c.Do(ctx, deadline, req, &resp)
	if err != nil {
		if buf != nil {
			return resp.Status, "", errors.Join(err, errors.New("and a body"))
		}
		return resp.Status, "", err
	}
	body := string(*buf)
	bytepool.Shared.Put(buf)
	return resp.Status, body, nil
}

// wantBody fails unless a call got a 200 with that body.
func wantBody(t testing.TB, c *http1.Client, req *http1.Request, want string) {
	t.Helper()
	status, body, err := do(c, req)
	if status != 200 || body != want || err != nil {
		t.Fatalf("%s %s: got %d %.100q, %v; want 200 %.100q", req.Method, req.Target[0], status, body, err, want)
	}
}

// wantError fails unless err is an *Error of that kind.
func wantError(t testing.TB, err error, kind http1.Kind, sent bool) {
	t.Helper()
	e, ok := err.(*http1.Error)
	if !ok || e.Kind != kind || e.Sent != sent {
		t.Fatalf("got error %v; want %v, sent %t", err, kind, sent)
	}
	if e.Unwrap() == nil {
		t.Fatalf("%v has no cause", err)
	}
}

// eventually waits for what happens soon, but in another goroutine.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, soon)
		}
	}
}

// TestMain fails if a goroutine of the package outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := leftBehind(); left != "" && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:\n"+left)
		code = 1
	}
	os.Exit(code)
}

func leftBehind() (stacks string) {
	for range 100 {
		buf := make([]byte, 1<<20)
		stacks = ""
		for i, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if i > 0 && strings.Contains(stack, "/http1") {
				stacks += stack + "\n\n"
			}
		}
		if stacks == "" {
			return ""
		}
		time.Sleep(20 * time.Millisecond)
	}
	return stacks
}
