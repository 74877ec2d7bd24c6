package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/hosts"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

// portone is the sandbox behind a listener of its own.
type portone struct {
	listener net.Listener
	server   *http.Server
}

// newPortone makes a sandbox that listens at addr, for the hosts that guard lets
// through. Its flags begin with the prefix.
func newPortone(addr, prefix string, opts sandbox.Options, guard *hosts.Guard) (*portone, error) {
	shop, err := sandbox.New(opts)
	if err != nil {
		return nil, wrong(prefix+"webhook-secret", "%v", err)
	}
	listener, err := listen(prefix+"addr", addr)
	if err != nil {
		return nil, err
	}
	return &portone{listener, &http.Server{Handler: healthy(guard.Handler(shop)), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(opts.Logger.Handler(), slog.LevelDebug)}}, nil
}

// healthy answers /healthz and /readyz, which PortOne does not have: containers that
// run the sandbox alone are asked for their health as the gateway is.
func healthy(shop http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz":
			_, _ = io.WriteString(w, "ok\n")
		default:
			shop.ServeHTTP(w, r)
		}
	})
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
	guard, err := c.guard()
	if err != nil {
		return err
	}
	p, err := newPortone(c.Addr, "", sandbox.Options{Logger: logger, Demo: !c.Empty, WebhookURL: c.Webhooks, WebhookSecret: c.Secret}, guard)
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
