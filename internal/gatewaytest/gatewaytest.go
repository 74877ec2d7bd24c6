// Package gatewaytest runs a whole gateway in the process of a test, on loopback:
// gRPC and REST in front of whatever the test puts in PortOne's place.
package gatewaytest

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// Secret is the API secret that the gateway of a test has.
const Secret = "a-secret-of-nobody"

// Options change what Start does. The zero value is a gateway with its defaults
// that writes no log.
type Options struct {
	// URL is where PortOne is; Handler is started there if it is empty.
	URL string

	// Handler stands in PortOne's place.
	Handler http.Handler

	// Upstream changes the options of the client.
	Upstream func(*upstream.Options)

	// Service changes the options of the server.
	Service func(*service.Options)

	// REST are the options of the REST side.
	REST rest.Options

	// Log gets the log. Default: no one.
	Log io.Writer
}

// Gateway is a running gateway.
type Gateway struct {
	// Conn is a connection to its gRPC side.
	Conn *grpc.ClientConn

	// Addr is host:port of its gRPC side.
	Addr string

	// URL is its REST side, without a slash at the end.
	URL string

	Upstream *upstream.Client
	Service  *service.Server
	REST     *httptest.Server
}

// Start runs a gateway until the test ends.
func Start(t testing.TB, o Options) *Gateway {
	t.Helper()
	if o.URL == "" {
		portone := httptest.NewServer(o.Handler)
		t.Cleanup(portone.Close)
		o.URL = portone.URL
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	logger := slog.New(slog.NewJSONHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mapper := must(errmap.New())(t)
	secret := must(upstream.NewSecret(Secret))(t)
	up := upstream.Options{URL: o.URL, Credentials: upstream.Static(secret), Mapper: mapper, Logger: logger}
	if o.Upstream != nil {
		o.Upstream(&up)
	}
	g := &Gateway{Upstream: must(upstream.New(up))(t)}
	t.Cleanup(g.Upstream.Close)
	options := service.Options{Upstream: g.Upstream, Mapper: mapper, Logger: logger}
	if o.Service != nil {
		o.Service(&options)
	}
	g.Service = must(service.New(options))(t)
	g.serveGRPC(t)
	handler := must(rest.New(g.Service, mapper, logger, o.REST))(t)
	g.REST = httptest.NewUnstartedServer(nil)
	g.REST.Config = rest.NewServer(handler, logger)
	g.REST.Start()
	t.Cleanup(g.REST.Close)
	g.URL = g.REST.URL
	return g
}

func (g *Gateway) serveGRPC(t testing.TB) {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	served := make(chan error, 1)
	go func() { served <- g.Service.Serve(listener) }()
	t.Cleanup(func() {
		g.Service.Stop()
		if err := <-served; err != nil {
			t.Errorf("serving gRPC: %v", err)
		}
	})
	g.Addr = listener.Addr().String()
	g.Conn = must(grpc.NewClient(g.Addr, grpc.WithTransportCredentials(insecure.NewCredentials())))(t)
	t.Cleanup(func() { _ = g.Conn.Close() })
}

// must ends the test if there is an error.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
