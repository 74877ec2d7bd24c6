package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/grpclog"

	"github.com/portone-gateway/portone-gateway/access/transport"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/declines"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/hosts"
	"github.com/portone-gateway/portone-gateway/internal/logwriter"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
	"github.com/portone-gateway/portone-gateway/internal/tracing"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/sandbox"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// Run does what the command line says. A *settingError means that it is wrong.
func Run(args []string, stdout, stderr io.Writer) error {
	c, command, err := parse(args, stdout)
	if err != nil {
		return err
	}
	command, rest, _ := strings.Cut(command, " ")
	log := logwriter.New(stderr)
	defer log.Flush()
	switch command {
	case "version":
		return c.Version.run(stdout)
	case "healthcheck":
		return c.Healthcheck.run()
	case "check":
		return c.Check.run(context.Background(), stdout)
	case "protos":
		return c.Protos.run(stdout)
	case "events":
		name, _, _ := strings.Cut(rest, " ") // arguments follow
		return c.Events.Run(name, stdout)
	case "policy":
		name, _, _ := strings.Cut(rest, " ")
		return c.Policy.Run(name, stdout)
	case "audit":
		name, _, _ := strings.Cut(rest, " ")
		return c.Audit.Run(name, stdout)
	case "sandbox":
		return untilSignal(log, func(ctx, _ context.Context) error { return c.Sandbox.run(ctx, stdout, log) })
	case "serve":
		return untilSignal(log, func(ctx, hurry context.Context) error { return c.Serve.run(ctx, hurry, stdout, log) })
	}
	return nil // help was shown
}

// loggedError is an error that the log has already.
type loggedError struct{ error }

// Unwrap is for errors.As.
func (e *loggedError) Unwrap() error { return e.error }

// gateway is what runs in the process.
type gateway struct {
	config   *serveConfig
	logger   *slog.Logger
	upstream *upstream.Client
	service  *service.Server
	rest     *http.Server
	admin    *admin
	portone  *portone         // the sandbox, if there is one
	tracing  *tracing.Tracing // nil unless the environment asks for it
	pgCodes  *declines.Folder // nil unless the settings name one
	events   *eventing        // nil where they are off
	guarding *guarding
	metrics  *http.Server // beside admin; nil without

	memory int64 // what Go may use, in bytes; 0: any

	grpcListener, httpListener, adminListener, metricsListener net.Listener
}

// run serves until ctx ends, and then drains, unless hurry ends.
func (c *serveConfig) run(ctx, hurry context.Context, stdout io.Writer, log *logwriter.Writer) error {
	if err := c.validate(); err != nil {
		return err
	}
	logger, err := c.logger(log)
	if err != nil {
		return err
	}
	log.OnDrop(func(lines uint64) {
		logger.Warn("lines are missing from the log, which could not be written fast enough", "lines", lines)
	})
	grpclog.SetLoggerV2(grpcLog{logger})
	tuneGC()
	memory := limitMemory(logger)
	c.fitInFlight(memory)
	g, err := newGateway(c, logger, log, stdout)
	if err != nil {
		return err
	}
	defer g.close()
	g.memory = memory
	if c.Sandbox {
		g.banner(stdout)
	}
	if err := g.serve(ctx, hurry); err != nil {
		logger.Error("ended", "problem", err.Error())
		return &loggedError{err}
	}
	return nil
}

// newGateway puts everything together and opens the listeners.
func newGateway(c *serveConfig, logger *slog.Logger, log *logwriter.Writer, stdout io.Writer) (g *gateway, err error) {
	g = &gateway{config: c, logger: logger}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	credentials, err := c.credentials(logger)
	if err != nil {
		return g, err
	}
	guard, err := c.guard()
	if err != nil {
		return g, err
	}
	if g.events, err = newEventing(c, logger); err != nil {
		return g, err
	}
	url := c.UpstreamURL
	if c.Sandbox {
		opts := sandbox.Options{Logger: logger, Demo: !c.SandboxEmpty, WebhookURL: g.events.sandboxWebhooks(c), WebhookSecret: c.SandboxSecret,
			Secrets: c.sandboxSecrets()}
		if g.portone, err = newPortone(c.SandboxAddr, "sandbox-", opts, guard); err != nil {
			return g, err
		}
		url = g.portone.url()
	}
	counters := metrics.New(version())
	mapper, err := g.newMapper(counters, logger)
	if err != nil {
		return g, err
	}
	if g.tracing, err = tracing.FromEnvironment(context.Background(), version(), logger); err != nil {
		return g, &settingError{err.Error()}
	}
	if err := g.newUpstream(url, credentials, mapper, counters); err != nil {
		return g, err
	}
	c.warn(logger)
	if g.guarding, err = newGuarding(c, g.upstream, credentials, counters, stdout, logger); err != nil {
		return g, err
	}
	handler, err := g.newTransports(mapper, guard, counters)
	if err != nil {
		return g, err
	}
	g.measure(counters, credentials, log)
	g.rest = rest.NewServer(handler, logger)
	g.admin = newAdmin(counters.Handler(), g.guarding.servePolicy, guard, logger)
	if c.MetricsAddr != "" {
		g.metrics = g.admin.withoutProfiles()
	}
	return g, g.listen()
}

// newUpstream makes what calls PortOne.
func (g *gateway) newUpstream(url string, credentials upstream.Credentials, mapper *errmap.Mapper, counters *metrics.Metrics) (err error) {
	c := g.config
	opts := upstream.Options{
		URL: url, Credentials: credentials, Mapper: mapper, Timeout: c.UpstreamTimeout, MaxInFlight: c.MaxInFlight,
		UserAgent: "portone-gateway/" + version(), Observer: counters, Logger: g.logger,
		Proxy: httpproxy.FromEnvironment().ProxyFunc(),
	}
	if g.tracing != nil { // a nil *Tracing in an interface is not nil
		opts.Tracer = g.tracing
	}
	if g.upstream, err = upstream.New(opts); err != nil {
		return wrong("upstream-url", "%v", err)
	}
	return nil
}

// newTransports makes the two servers that callers reach.
func (g *gateway) newTransports(mapper *errmap.Mapper, guard *hosts.Guard, counters *metrics.Metrics) (handler *rest.Handler, err error) {
	c := g.config
	options := service.Options{Upstream: g.upstream, Mapper: mapper, Observer: counters, Logger: g.logger, Sandbox: c.Sandbox,
		MaxConnectionAge: c.GRPCMaxAge, RequireKey: service.RequireKey(c.RequireKey)}
	if g.tracing != nil {
		options.Tracer = g.tracing
	}
	if g.events != nil {
		if err := g.events.build(counters, g.tracing); err != nil {
			return nil, err
		}
	}
	var registrations []rest.Registration
	options.Natives, registrations = natives(mapper, g.events)
	g.guarding.serviceOptions(&options)
	if g.service, err = service.New(options); err != nil {
		return nil, err
	}
	counters.Know(contract.Methods())
	counters.Know(g.service.Natives())
	restOptions := rest.Options{Hosts: guard, UnclearIsConflict: c.UnclearStatus == "409", Natives: registrations}
	g.guarding.restOptions(&restOptions)
	handler, err = rest.New(g.service, mapper, g.logger, restOptions)
	if err != nil {
		return nil, err
	}
	counters.Gauge("portone_gateway_rest_answers_bytes", "Bytes of answers by REST that are being written.",
		func() float64 { return float64(handler.Held()) })
	return handler, nil
}

// warn says in the log what must not go unnoticed.
func (c *serveConfig) warn(logger *slog.Logger) {
	if c.Sandbox {
		logger.Warn("a sandbox stands in PortOne's place: no payment is real")
	}
	if host, ok := c.inClearText(); ok {
		logger.Warn("the API secret goes to this host in clear text", "host", host)
	}
}

// measure adds what is counted outside of calls.
func (g *gateway) measure(counters *metrics.Metrics, credentials upstream.Credentials, log *logwriter.Writer) {
	counters.Gauge("portone_gateway_upstream_connections_idle", "Connections to PortOne without a call on them.",
		func() float64 { return float64(g.upstream.Idle()) })
	counters.Gauge("portone_gateway_upstream_calls_in_flight", "Calls that are carried out at the moment; those that are refused are not among them.",
		func() float64 { return float64(g.upstream.InFlight()) })
	counters.Gauge("portone_gateway_max_in_flight", "How many calls may be in flight: --max-in-flight.",
		func() float64 { return float64(g.config.MaxInFlight) })
	counters.Gauge("portone_gateway_sandbox", "1 if a sandbox stands in PortOne's place, where nothing is real, else 0.",
		func() float64 { return one(g.portone != nil) })
	counters.Counter("portone_gateway_log_lines_dropped_total", "Lines of the log that could not be written.",
		func() float64 { return float64(log.Dropped()) })
	if file, ok := credentials.(*upstream.FileCredentials); ok {
		counters.Gauge("portone_gateway_api_secret_reload_ok", "1 if the file of the API secret could be read when it was last tried, else 0.",
			func() float64 { return one(file.Problem() == nil) })
	}
}

// one is 1 for true and 0 for false.
func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// listen opens the listeners.
func (g *gateway) listen() (err error) {
	c := g.config
	if g.grpcListener, err = c.listen("grpc-addr", c.GRPCAddr); err != nil {
		return err
	}
	if g.httpListener, err = c.listen("http-addr", c.HTTPAddr); err != nil {
		return err
	}
	if g.metrics != nil {
		if g.metricsListener, err = c.listen("metrics-addr", c.MetricsAddr); err != nil {
			return err
		}
	}
	if c.PolicyFile == "" && (isOpen(g.grpcListener) || isOpen(g.httpListener)) {
		g.logger.Warn("whoever reaches this gateway may pay and refund: it listens beyond this machine, and has no --policy-file")
	}
	g.adminListener, err = c.listen("admin-addr", c.AdminAddr)
	return err
}

// serve serves until ctx ends or a server fails. Hurry ends the drain after that.
func (g *gateway) serve(ctx, hurry context.Context) error {
	servers, failed := errgroup.WithContext(ctx)
	if g.portone != nil {
		servers.Go(g.portone.serve)
	}
	if g.events != nil && g.events.intake != nil {
		servers.Go(g.events.serve)
	}
	g.events.begin(g.service)
	servers.Go(func() error { return g.service.Serve(g.grpcListener) })
	servers.Go(func() error { return ignoreClosed(g.rest.Serve(transport.Listener(g.httpListener, g.guarding.tls))) })
	servers.Go(func() error { return ignoreClosed(g.admin.Serve(g.adminListener)) })
	if g.metrics != nil {
		servers.Go(func() error { return ignoreClosed(g.metrics.Serve(g.metricsListener)) })
	}
	g.admin.setReady(true)
	g.sayServing()
	<-failed.Done()
	err := g.drain(hurry)
	g.linger(hurry)
	g.admin.Close()
	if g.metrics != nil {
		g.metrics.Close()
	}
	if g.portone != nil {
		g.portone.close()
	}
	return errors.Join(servers.Wait(), err)
}

// sayServing says in the log what serves where.
func (g *gateway) sayServing() {
	attrs := []any{"version", version(), "grpc", g.grpcListener.Addr().String(), "http", g.httpListener.Addr().String(),
		"admin", g.adminListener.Addr().String(), "webhooks", g.events.where(), "sandbox", g.config.Sandbox, "tracing", g.tracing != nil,
		"max_in_flight", g.config.MaxInFlight, "memory_limit", g.memory}
	if g.metricsListener != nil {
		attrs = append(attrs, "metrics", g.metricsListener.Addr().String())
	}
	g.logger.Info("serving", attrs...)
}

// linger keeps the metrics for those who read them from time to time: the last of them
// tell of calls that the drain cut off.
func (g *gateway) linger(hurry context.Context) {
	select {
	case <-time.After(g.config.DrainLinger):
	case <-hurry.Done():
	}
}

// drain ends the taking of calls and lets those in flight finish, until the drain
// time is over or hurry ends.
func (g *gateway) drain(hurry context.Context) error {
	g.logger.Info("draining", "in_flight", g.upstream.InFlight(), "timeout", g.config.DrainTimeout.String())
	g.admin.setReady(false)
	g.service.Unready()
	select {
	case <-time.After(g.config.DrainDelay):
	case <-hurry.Done():
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var left atomic.Int64 // counted before they are cut off, which ends them
	cut := func() { left.Store(g.upstream.InFlight()); cancel() }
	defer time.AfterFunc(g.config.DrainTimeout, cut).Stop()
	defer context.AfterFunc(hurry, func() {
		cut()
		// At once: who reads answers slowly may hold what comes after this for too long.
		g.logger.Warn("a second signal: calls in flight are cut off", "in_flight", left.Load())
	})()
	var both errgroup.Group
	both.Go(func() error { return g.service.Drain(ctx) })
	both.Go(func() error { return g.rest.Shutdown(ctx) })
	both.Go(func() error { return g.events.drain(ctx) })
	err := both.Wait()
	switch {
	case hurry.Err() != nil:
		err = fmt.Errorf("a second signal came with %d calls in flight, which were cut off", left.Load())
	case err != nil:
		err = fmt.Errorf("--drain-timeout %v was over with %d calls in flight, which were cut off", g.config.DrainTimeout, left.Load())
	default:
		g.logger.Info("drained")
		return nil
	}
	g.sendLastAnswers()
	return err
}

// lastAnswers is how long the answers of calls that were cut off may take to leave
// the process.
const lastAnswers = time.Second

// sendLastAnswers lets REST say what became of calls that were cut off.
func (g *gateway) sendLastAnswers() {
	ctx, cancel := context.WithTimeout(context.Background(), lastAnswers)
	defer cancel()
	if g.rest.Shutdown(ctx) != nil {
		g.rest.Close()
	}
}

// close closes whatever is open.
func (g *gateway) close() {
	for _, l := range []net.Listener{g.grpcListener, g.httpListener, g.adminListener, g.metricsListener} {
		if l != nil {
			l.Close()
		}
	}
	if g.service != nil {
		g.service.Stop()
	}
	g.events.close()
	if g.portone != nil {
		g.portone.close()
	}
	if g.upstream != nil {
		g.upstream.Close()
	}
	g.guarding.close()
	if g.pgCodes != nil {
		g.pgCodes.Close()
	}
	if g.tracing != nil {
		g.flush()
	}
}

// flushTimeout is how long the last spans may take to be delivered.
const flushTimeout = 3 * time.Second

// flush delivers the last spans. That it cannot is no reason to fail.
func (g *gateway) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := g.tracing.Shutdown(ctx); err != nil {
		g.logger.Warn("the last spans are lost", "problem", err.Error())
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
