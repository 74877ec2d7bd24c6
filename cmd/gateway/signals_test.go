package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// watch follows a gateway's health, from SERVING on. It stays open.
func watch(t *testing.T, conn *grpc.ClientConn) grpc.ServerStreamingClient[healthpb.HealthCheckResponse] {
	t.Helper()
	stream, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: "portone.v2.PaymentService"})
	if err != nil {
		t.Fatal(err)
	}
	awaitHealth(t, stream, healthpb.HealthCheckResponse_SERVING)
	return stream
}

// awaitHealth waits for what health says next.
func awaitHealth(t *testing.T, stream grpc.ServerStreamingClient[healthpb.HealthCheckResponse], want healthpb.HealthCheckResponse_ServingStatus) {
	t.Helper()
	said := make(chan error, 1)
	go func() {
		health, err := stream.Recv()
		if err == nil && health.GetStatus() != want {
			err = errors.New("health says " + health.GetStatus().String())
		}
		said <- err
	}()
	if err := receive(t, "health to say "+want.String(), said); err != nil {
		t.Fatalf("waiting for %v: %v", want, err)
	}
}

// result is how a payment ended.
type result struct {
	transport, tx string
	err           error
}

// payHeld makes a payment by gRPC and one by REST that PortOne holds, and returns
// once both are there.
func payHeld(t *testing.T, p *program, g *gate) <-chan result {
	t.Helper()
	results := make(chan result, 2)
	conn := p.dial(t)
	go func() {
		paid, err := pay(t.Context(), conn, "held-by-grpc")
		results <- result{"gRPC", paid.GetPayment().GetPgTxId(), err}
	}()
	go func() {
		a, err := payREST(t.Context(), p.http, "held-by-rest")
		if err == nil && a.status != http.StatusOK {
			err = errors.New(a.body)
		}
		_, rest, _ := strings.Cut(a.body, `"pgTxId":"`)
		tx, _, _ := strings.Cut(rest, `"`)
		results <- result{"REST", tx, err}
	}()
	receive(t, "the first payment at PortOne", g.arrived)
	receive(t, "the second payment at PortOne", g.arrived)
	return results
}

// TestDrain ends a gateway with payments in flight: it says unready, takes no more
// calls, gives the answers of those in flight, and ends well. An open watch of
// health does not hold it.
func TestDrain(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			g := newGate()
			p := start(t, newStub(t, g.ServeHTTP).url, "--drain-timeout=10m")
			health := watch(t, p.dial(t))
			results := payHeld(t, p, g)
			p.signal(t, s)
			awaitHealth(t, health, healthpb.HealthCheckResponse_NOT_SERVING)
			if a := get(t, p.admin, "/readyz"); a.status != http.StatusServiceUnavailable {
				t.Errorf("health turned, readyz is %d", a.status)
			}
			checkRefuses(t, p)
			if a := get(t, p.admin, "/metrics"); a.status != http.StatusOK {
				t.Errorf("metrics while it drains: %d", a.status)
			}
			close(g.open)
			for range 2 {
				if r := receive(t, "an answer", results); r.err != nil || r.tx != "tx-1" {
					t.Errorf("the payment in flight by %s ends with %q, %v", r.transport, r.tx, r.err)
				}
			}
			if status := p.wait(t); status != 0 {
				t.Errorf("it ends with %d", status)
			}
			if log := p.stderr.String(); !strings.Contains(log, `"msg":"draining","in_flight":2`) || !strings.Contains(log, `"msg":"drained"`) {
				t.Errorf("the log does not say that it drained:\n%s", log)
			}
		})
	}
}

// checkRefuses waits until calls are refused, by new connections and by one that
// is there.
func checkRefuses(t *testing.T, p *program) {
	t.Helper()
	there := p.dial(t)
	there.Connect()
	await(t, "gRPC to refuse calls", func() bool {
		_, err := pay(t.Context(), there, "late")
		if err != nil && status.Code(err) != codes.Unavailable {
			t.Fatalf("a late call by gRPC: %v", err)
		}
		return err != nil
	})
	await(t, "REST to refuse calls", func() bool {
		a, err := payREST(t.Context(), p.http, "late")
		if err == nil && a.status != http.StatusOK && a.status != http.StatusServiceUnavailable {
			t.Fatalf("a late call by REST: %d\n%s", a.status, a.body)
		}
		return err != nil || a.status == http.StatusServiceUnavailable
	})
	if _, err := pay(t.Context(), p.dial(t), "late"); status.Code(err) != codes.Unavailable {
		t.Errorf("a late call on a new connection: %v", err)
	}
}

// TestDrainIdle ends a gateway without calls but with connections of both kinds.
func TestDrainIdle(t *testing.T) {
	p := start(t, newStub(t, nil).url, "--drain-timeout=10m", "--drain-delay=1ms")
	health := watch(t, p.dial(t))
	checkServes(t, p)
	p.signal(t, syscall.SIGTERM)
	awaitHealth(t, health, healthpb.HealthCheckResponse_NOT_SERVING)
	if status := p.wait(t); status != 0 || !strings.Contains(p.stderr.String(), `"msg":"drained"`) {
		t.Errorf("it ends with %d", status)
	}
}

// TestDrainDelay: for a while it takes calls though it says unready, since load
// balancers notice late.
func TestDrainDelay(t *testing.T) {
	p := start(t, newStub(t, nil).url, "--drain-delay=1h")
	conn := p.dial(t)
	health := watch(t, conn)
	p.signal(t, syscall.SIGTERM)
	awaitHealth(t, health, healthpb.HealthCheckResponse_NOT_SERVING)
	if a := get(t, p.admin, "/readyz"); a.status != http.StatusServiceUnavailable {
		t.Errorf("readyz is %d", a.status)
	}
	for name, conn := range map[string]*grpc.ClientConn{"the connection": conn, "a new connection": p.dial(t)} {
		if _, err := pay(t.Context(), conn, "late"); err != nil {
			t.Errorf("gRPC on %s: %v", name, err)
		}
	}
	if a, err := payREST(t.Context(), p.http, "late"); err != nil || a.status != http.StatusOK {
		t.Errorf("REST: %v with %v", err, a)
	}
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 1 {
		t.Errorf("a second signal ends it with %d", status)
	}
}

// TestSecondSignal ends a gateway at once, with payments in flight, whose callers
// learn that the outcome is unknown, and the key to ask again with.
func TestSecondSignal(t *testing.T) {
	for name, delay := range map[string]string{"while it drains": "0s", "before it drains": "1h"} {
		t.Run(name, func(t *testing.T) {
			g := newGate()
			p := start(t, newStub(t, g.ServeHTTP).url, "--drain-timeout=10m", "--drain-delay="+delay)
			results := payHeld(t, p, g)
			p.signal(t, syscall.SIGTERM)
			p.stderr.awaitLine(t, `"msg":"draining"`, p.exited)
			p.signal(t, syscall.SIGINT)
			for range 2 {
				checkUnknown(t, receive(t, "the end of a call", results))
			}
			if status := p.wait(t); status != 1 {
				t.Errorf("a second signal ends it with %d", status)
			}
		})
	}
}

// checkUnknown expects a payment whose outcome is unknown, with its key.
func checkUnknown(t *testing.T, r result) {
	t.Helper()
	if r.err == nil {
		t.Errorf("the payment in flight by %s ends well", r.transport)
		return
	}
	text := r.err.Error()
	if r.transport == "gRPC" {
		for _, detail := range status.Convert(r.err).Details() {
			text += fmt.Sprint(detail)
		}
	}
	for _, part := range []string{"It is unknown whether", "OUTCOME_UNKNOWN", "idempotencyKey"} {
		if !strings.Contains(text, part) {
			t.Errorf("the payment in flight by %s ends without %q: %s", r.transport, part, text)
		}
	}
}

// TestHangup: a terminal that closes can send SIGHUP twice, and systemd can send it
// after SIGTERM. Neither cuts off payments.
func TestHangup(t *testing.T) {
	for _, first := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		t.Run(first.String(), func(t *testing.T) {
			g := newGate()
			p := start(t, newStub(t, g.ServeHTTP).url, "--drain-timeout=10m")
			results := payHeld(t, p, g)
			p.signal(t, first)
			p.stderr.awaitLine(t, `"msg":"draining"`, p.exited)
			p.signal(t, syscall.SIGHUP)
			time.Sleep(2 * cutOff)
			close(g.open)
			for range 2 {
				if r := receive(t, "an answer", results); r.err != nil {
					t.Errorf("the payment in flight by %s ends with %v", r.transport, r.err)
				}
			}
			if status := p.wait(t); status != 0 {
				t.Errorf("it ends with %d", status)
			}
		})
	}
}

// TestNohup: who starts it with SIGHUP ignored wants it to outlive the terminal.
func TestNohup(t *testing.T) {
	p := prepare(t, []string{"PORTONE_API_SECRET=" + testSecret, "PORTONE_GATEWAY_UPSTREAM_URL=" + newStub(t, nil).url})
	p.cmd.Args = slices.Concat([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, p.cmd.Path}, anyPorts)
	p.cmd.Path = "/bin/sh"
	p.begin(t)
	p.listens(t)
	p.signal(t, syscall.SIGHUP)
	time.Sleep(100 * time.Millisecond)
	checkServes(t, p)
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 0 {
		t.Errorf("it ends with %d", status)
	}
}

// TestDrainTimeout: calls that do not end are cut off, and the line that says so
// names what to change.
func TestDrainTimeout(t *testing.T) {
	g := newGate()
	p := start(t, newStub(t, g.ServeHTTP).url, "--drain-timeout=50ms")
	results := payHeld(t, p, g)
	p.signal(t, syscall.SIGTERM)
	for range 2 {
		checkUnknown(t, receive(t, "the end of a call", results))
	}
	if status := p.wait(t); status != 1 {
		t.Errorf("it ends with %d", status)
	}
	line := p.stderr.awaitLine(t, `"level":"ERROR","msg":"ended"`, p.exited)
	for _, part := range []string{"--drain-timeout 50ms", "2 calls"} {
		if !strings.Contains(line, part) {
			t.Errorf("the last line has no %q: %s", part, line)
		}
	}
	if strings.Contains(p.stderr.String(), `"msg":"drained"`) {
		t.Errorf("it says that it drained:\n%s", p.stderr)
	}
}
