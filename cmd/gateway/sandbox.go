package main

import (
	"context"
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

// newPortone makes a sandbox with the demo shop in it. It listens at addr, which
// the flag named, and posts webhooks to a URL, unless that is empty.
func newPortone(addr, flag, webhooks string, logger *slog.Logger) (*portone, error) {
	listener, err := listen(flag, addr)
	if err != nil {
		return nil, err
	}
	handler, err := sandbox.New(sandbox.Options{Logger: logger, Demo: true, WebhookURL: webhooks})
	if err != nil {
		listener.Close()
		return nil, err
	}
	return &portone{listener, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug)}}, nil
}

// url is where the sandbox listens.
func (p *portone) url() string { return "http://" + reachable(p.listener.Addr()) }

func (p *portone) serve() error { return ignoreClosed(p.server.Serve(p.listener)) }

func (p *portone) close() {
	p.server.Close()
	p.listener.Close()
}

// run serves the sandbox alone until ctx ends.
func (c *sandboxConfig) run(ctx context.Context, stdout, log io.Writer) error {
	logger, err := c.logger(log)
	if err != nil {
		return err
	}
	if err := checkWebhooks("webhook-url", c.Webhooks); err != nil {
		return err
	}
	p, err := newPortone(c.Addr, "addr", c.Webhooks, logger)
	if err != nil {
		return err
	}
	p.banner(stdout)
	go func() {
		<-ctx.Done()
		p.close()
	}()
	return p.serve()
}
