package main

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// dialCounting connects to a gateway's gRPC side, and counts the connections.
func dialCounting(t *testing.T, p *program) (*grpc.ClientConn, *atomic.Int64) {
	t.Helper()
	dials := new(atomic.Int64)
	conn, err := grpc.NewClient("passthrough:///"+p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, dials
}

// TestMaxConnectionAge: callers make new connections now and then, and no call notices,
// however long it takes.
func TestMaxConnectionAge(t *testing.T) {
	g := newGate()
	p := start(t, newStub(t, g.ServeHTTP).url, "--grpc-max-connection-age=50ms")
	conn, dials := dialCounting(t, p)
	held := make(chan error, 1)
	go func() {
		_, err := pay(t.Context(), conn, "held-1")
		held <- err
	}()
	receive(t, "the payment at PortOne", g.arrived)
	await(t, "more connections", func() bool {
		if err := list(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		return dials.Load() >= 4
	})
	close(g.open)
	if err := receive(t, "the answer", held); err != nil {
		t.Errorf("the payment that was in flight ends with %v", err)
	}
}

// TestConnectionsStay unless something else is asked for.
func TestConnectionsStay(t *testing.T) {
	p := start(t, newStub(t, nil).url)
	conn, dials := dialCounting(t, p)
	for range 10 {
		if err := list(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := dials.Load(); got != 1 {
		t.Errorf("%d connections", got)
	}
	if strings.Contains(p.stderr.String(), `"level":"WARN"`) {
		t.Errorf("there is a warning:\n%s", p.stderr)
	}
}
