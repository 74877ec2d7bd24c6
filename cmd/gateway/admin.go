package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/hosts"
)

// admin is the server for those who run the gateway. It tells things that callers
// have no business with, so it has an address of its own.
type admin struct {
	http.Server
	ready   atomic.Bool
	metrics http.Handler
	guard   *hosts.Guard
}

func newAdmin(metrics http.Handler, policy http.HandlerFunc, guard *hosts.Guard, logger *slog.Logger) *admin {
	a := &admin{metrics: metrics, guard: guard}
	mux := a.mux()
	mux.HandleFunc("GET /policy", policy)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	a.Server = http.Server{Handler: guard.Handler(mux), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)}
	return a
}

// mux has what anybody on the network of those who run the gateway may see.
func (a *admin) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", a.serveReady)
	mux.Handle("GET /metrics", a.metrics)
	return mux
}

// withoutProfiles is a second server with the same but for profiles, which tell too much
// to be on a network and take too long.
func (a *admin) withoutProfiles() *http.Server {
	return &http.Server{Handler: a.guard.Handler(a.mux()), ReadHeaderTimeout: a.ReadHeaderTimeout, ErrorLog: a.ErrorLog}
}

func (a *admin) setReady(ready bool) { a.ready.Store(ready) }

// serveReady reports whether the process takes calls. It does not ask PortOne: no
// restart of ours mends PortOne.
func (a *admin) serveReady(w http.ResponseWriter, _ *http.Request) {
	if !a.ready.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

// run asks a running gateway whether it is ready.
func (c *healthcheckConfig) run() error {
	network, address, err := networkOf("admin-addr", c.AdminAddr)
	if err != nil {
		return err
	}
	if c.Timeout <= 0 {
		return wrong("timeout", "must be more than 0, with a unit, such as 3s; is %v", c.Timeout)
	}
	client := http.Client{Timeout: c.Timeout, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}}
	resp, err := client.Get("http://localhost/readyz")
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", resp.Status)
	}
	return nil
}
