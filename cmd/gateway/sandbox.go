package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox"
)

// portone is the sandbox behind a listener of its own.
type portone struct {
	listener net.Listener
	server   *http.Server
}

// newPortone makes a sandbox with the demo shop in it.
func newPortone(addr, flag string, logger *slog.Logger) (*portone, error) {
	handler, err := sandbox.New(sandbox.Options{Logger: logger, Demo: true})
	if err != nil {
		return nil, err
	}
	listener, err := listen(flag, addr)
	if err != nil {
		return nil, err
	}
	return &portone{listener, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug)}}, nil
}

// url is where the sandbox listens.
func (p *portone) url() string { return "http://" + p.listener.Addr().String() }

func (p *portone) serve() error { return ignoreClosed(p.server.Serve(p.listener)) }

func (p *portone) close() {
	p.server.Close()
	p.listener.Close()
}

// run serves the sandbox alone until ctx ends.
func (c *sandboxConfig) run(ctx context.Context, stdout, stderr io.Writer) error {
	logger, err := c.logger(stderr)
	if err != nil {
		return err
	}
	p, err := newPortone(c.Addr, "addr", logger)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, sandboxBanner, p.url())
	go func() {
		<-ctx.Done()
		p.close()
	}()
	return p.serve()
}

// banner says where everything listens and how to call it.
func (g *gateway) banner(stdout io.Writer) {
	grpc, rest, sandbox := g.grpcListener.Addr(), g.httpListener.Addr(), g.portone.listener.Addr()
	fmt.Fprintf(stdout, gatewayBanner, grpc, rest, g.adminListener.Addr(), sandbox, grpc, rest, rest)
}

// The demo shop has a payment with the id demo-paid-1.
const (
	gatewayBanner = `portone-gateway with a sandbox in PortOne's place: nothing here is real, and nothing is kept.

  gRPC     %v
  REST     http://%v
  admin    http://%v/metrics
  sandbox  http://%v/sandbox/   (clock, reset, deposits, test cards)

Paste one of these:

  grpcurl -plaintext -d '{"page":{"size":3}}' %v portone.v2.PaymentService/GetPayments
  curl 'http://%v/payments?requestBody=%%7B%%22page%%22:%%7B%%22size%%22:3%%7D%%7D'
  PortOneClient({ secret: "sandbox", baseUrl: "http://%v" }).payment.getPayments({ page: { size: 3 } })

`
	sandboxBanner = `A sandbox in PortOne's place: nothing here is real, and nothing is kept.

  API      %[1]v   (any secret will do: Authorization: PortOne anything)
  control  %[1]v/sandbox/   (clock, reset, deposits, test cards)

Paste one of these:

  curl -H 'Authorization: PortOne sandbox' '%[1]v/payments?requestBody=%%7B%%22page%%22:%%7B%%22size%%22:3%%7D%%7D'
  PortOneClient({ secret: "sandbox", baseUrl: "%[1]v" }).payment.getPayments({ page: { size: 3 } })

`
)
