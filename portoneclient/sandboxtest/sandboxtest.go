// Package sandboxtest runs a gateway with a sandbox in PortOne's place within a Go test:
//
//	box := sandboxtest.Start(t, sandbox.Options{})
//	payments := portonev2.NewPaymentServiceClient(box.Conn)
//	...
//	box.Sandbox.Advance(720 * time.Hour)
//
// Faults are asked for by metadata, see Fault, and the sandbox counts what it has carried
// out. Nothing leaves the process but on loopback.
package sandboxtest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/portoneclient"
	"github.com/portone-gateway/portone-gateway/sandbox"
	"github.com/portone-gateway/portone-gateway/service"
)

// Box is a gateway with a sandbox. It ends with the test.
type Box struct {
	// Conn is a connection by portoneclient.
	Conn *grpc.ClientConn

	// Target is where gRPC is, host:port, and URL where REST is.
	Target, URL string

	// Sandbox is what stands in PortOne's place.
	Sandbox *sandbox.Sandbox
}

// Start starts a gateway in front of a sandbox. The options are those of sandbox.New:
// a clock that stands, the objects of the demo, where webhooks go.
func Start(t testing.TB, options sandbox.Options) *Box {
	t.Helper()
	shop, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: shop, Service: func(o *service.Options) { o.Sandbox = true }})
	conn, err := portoneclient.Dial(g.Addr, portoneclient.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &Box{Conn: conn, Target: g.Addr, URL: g.URL, Sandbox: shop}
}

// Fault has calls with the context meet a fault, such as error=ALREADY_PAID,
// pg=EXCEED_MAX_AMOUNT, cut=after;times=1 or latency=2s: see the sandbox's package
// comment.
func Fault(ctx context.Context, directives string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-portone-sandbox", directives)
}

// Counter is how often something was carried out, such as payment.charged or
// payment.cancelled; answers repeated for an idempotency key do not count.
func (b *Box) Counter(t testing.TB, name string) int64 {
	t.Helper()
	answer := httptest.NewRecorder()
	b.Sandbox.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/sandbox/counters", nil))
	var counters map[string]int64
	if err := json.Unmarshal(answer.Body.Bytes(), &counters); err != nil {
		t.Fatal(err)
	}
	return counters[name]
}
