package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/events"
	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/reconcile"
	"github.com/portone-gateway/portone-gateway/events/signature"
	eventshttp "github.com/portone-gateway/portone-gateway/gen/gateway/portone/events/v1"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
	"github.com/portone-gateway/portone-gateway/internal/tracing"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/sandbox"
	"github.com/portone-gateway/portone-gateway/service"
)

// labelSandbox is the environment of the sandbox's events.
const labelSandbox = "sandbox"

// demoSubscription is declared where events are on because of the sandbox, so that one
// call shows them.
const demoSubscription = "demo"

// eventing is what takes in PortOne's webhooks and hands them out as events.
type eventing struct {
	config     *serveConfig
	logger     *slog.Logger
	store      *jetstream.Store
	folder     string           // made for the sandbox, to be removed
	secrets    *signature.Files // nil if there are none
	listener   net.Listener     // of webhooks; nil without
	intake     *http.Server
	service    *events.Server
	reconciler *reconcile.Reconciler // nil without
	portone    lateConn
	stop       context.CancelFunc // of the reconciler
}

// newEventing opens the store and the listener of webhooks; nil where events are off.
func newEventing(c *serveConfig, logger *slog.Logger) (e *eventing, err error) {
	if !c.eventsOn() {
		return nil, nil
	}
	e = &eventing{config: c, logger: logger, stop: func() {}}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if c.WebhookSecrets != "" {
		if e.secrets, err = signature.NewFiles(commaSeparated(c.WebhookSecrets), logger); err != nil {
			return nil, wrong("webhook-secret-file", "%v", err)
		}
	}
	if addr := c.webhookAddr(); addr != "" {
		if e.listener, err = listen("webhook-addr", addr); err != nil {
			return nil, err
		}
	}
	e.store, e.folder, err = c.openStore(logger)
	if err != nil && c.sandboxEvents() { // no one asked for it
		logger.Warn("the sandbox's webhooks go nowhere: there is no folder for them", "problem", err.Error())
		e.close()
		return nil, nil
	}
	return e, err
}

// webhookAddr is where webhooks come in. The sandbox's come over loopback, at a port
// that no one has to know.
func (c *serveConfig) webhookAddr() string {
	if c.WebhookAddr == "" && c.takesSandbox() {
		return "127.0.0.1:0"
	}
	return c.WebhookAddr
}

// sandboxWebhooks is where the sandbox posts webhooks: to this gateway, unless the
// settings say otherwise.
func (e *eventing) sandboxWebhooks(c *serveConfig) string {
	if e == nil || !c.takesSandbox() {
		return c.SandboxWebhooks
	}
	return "http://" + reachable(e.listener.Addr()) + c.WebhookPath
}

// build makes the service and the intake. Counters and tracing may be of everything.
func (e *eventing) build(counters *metrics.Metrics, tr *tracing.Tracing) (err error) {
	source, labels, err := e.source()
	if err != nil {
		return err
	}
	observer := counters.Events(e.store, labels)
	e.service, err = events.New(events.Options{
		Store: e.store, PortOne: events.ClientOf(&e.portone), MaxStreamAge: e.config.GRPCMaxAge, Observer: observer, Logger: e.logger,
	})
	if err != nil {
		return err
	}
	if e.secrets != nil {
		counters.Gauge("portone_gateway_webhook_secret_reload_ok", "1 if the files of the webhook secrets could be read when they were last tried, else 0.",
			func() float64 { return one(e.secrets.OK()) })
	}
	if e.listener != nil {
		confirm, err := e.config.confirm()
		if err != nil {
			return err
		}
		o := intake.Options{Secrets: source, Store: e.store, Path: e.config.WebhookPath, Tolerance: e.config.tolerance(), Confirm: confirm,
			Observer: observer, Logger: e.logger}
		if tr != nil { // a nil *Tracing in an interface is not nil
			o.Tracer = tr
		}
		handler, err := intake.New(o)
		if err != nil {
			return err
		}
		e.intake = intake.NewServer(handler, e.logger)
	}
	return e.buildReconciler(observer, labels)
}

// source gives the secrets, and their labels.
func (e *eventing) source() (signature.Source, []string, error) {
	var static signature.Static
	if e.config.takesSandbox() {
		texts := e.config.SandboxSecret
		if texts == "" {
			texts = sandbox.DefaultWebhookSecret
		}
		for text := range strings.FieldsSeq(texts) {
			secret, err := signature.NewSecret(labelSandbox, text)
			if err != nil {
				return nil, nil, wrong("sandbox-webhook-secret", "%v", err)
			}
			static = append(static, secret)
		}
	}
	source := sources{static, e.secrets}
	var labels []string
	seen := make(map[string]bool)
	for _, secret := range source.Secrets() {
		if !seen[secret.Label()] {
			seen[secret.Label()] = true
			labels = append(labels, secret.Label())
		}
	}
	return source, labels, nil
}

// sources are the sandbox's secrets, if there is one, and those of files, if there are
// any.
type sources struct {
	static signature.Static
	files  *signature.Files
}

// Secrets implements signature.Source.
func (s sources) Secrets() []signature.Secret {
	if s.files == nil {
		return s.static
	}
	return append(s.files.Secrets(), s.static...)
}

// buildReconciler makes what reads PortOne's record, if that is wanted.
func (e *eventing) buildReconciler(observer reconcile.Observer, labels []string) (err error) {
	if e.config.Reconcile == 0 {
		return nil
	}
	environments := environmentsOf(labels)
	if len(environments) == 0 {
		e.logger.Warn("webhooks that do not arrive go unnoticed: PortOne's record tells test payments from real ones, but no webhook secret has the label live or test")
		return nil
	}
	e.reconciler, err = reconcile.New(reconcile.Options{
		PortOne: portonev2.NewPaymentServiceClient(&e.portone), Store: e.store, Environments: environments, URLs: commaSeparated(e.config.ReconcileURLs),
		Every: e.config.Reconcile, Observer: observer, Logger: e.logger,
	})
	return err
}

// environmentsOf says which payments have which label: one label alone is of all, and
// without webhooks at this gateway the usual ones are.
func environmentsOf(labels []string) []reconcile.Environment {
	if len(labels) == 0 {
		labels = []string{"live", "test"}
	}
	if len(labels) == 1 && labels[0] != "live" && labels[0] != "test" {
		return []reconcile.Environment{{Label: labels[0]}}
	}
	var environments []reconcile.Environment
	for _, label := range labels {
		switch label {
		case "live", "test":
			environments = append(environments, reconcile.Environment{Label: label, Test: proto.Bool(label == "test")})
		case labelSandbox:
			environments = append(environments, reconcile.Environment{Label: label})
		}
	}
	return environments
}

// natives are the service by gRPC and REST; none where events are off.
func (e *eventing) natives() ([]service.Native, []rest.Registration) {
	if e == nil {
		return nil, nil
	}
	return []service.Native{{Desc: &eventsv1.EventService_ServiceDesc, Impl: e.service}},
		[]rest.Registration{func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			return eventshttp.RegisterEventServiceHandlerClient(ctx, mux, eventsv1.NewEventServiceClient(conn))
		}}
}

// begin lets the service read from PortOne, and begins to reconcile.
func (e *eventing) begin(s *service.Server) {
	if e == nil {
		return
	}
	e.portone.set(s.Conn())
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	if e.reconciler != nil {
		go e.reconciler.Run(ctx)
	}
	if e.config.sandboxEvents() {
		start := &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}
		_, err := e.service.PutSubscription(ctx, &eventsv1.PutSubscriptionRequest{Subscription: &eventsv1.Subscription{Name: demoSubscription, Start: start}})
		if err != nil {
			e.logger.Warn("the subscription of the demo is not there", "problem", err.Error())
		}
	}
}

// where is the address at which webhooks come in; empty if they do not.
func (e *eventing) where() string {
	if e == nil || e.listener == nil {
		return ""
	}
	return e.listener.Addr().String()
}

// serve takes webhooks in, if there is a listener for them.
func (e *eventing) serve() error { return ignoreClosed(e.intake.Serve(intake.Limit(e.listener))) }

// drain ends the taking of webhooks, which PortOne repeats, and the reconciler.
func (e *eventing) drain(ctx context.Context) error {
	if e == nil {
		return nil
	}
	e.stop()
	if e.intake == nil {
		return nil
	}
	return e.intake.Shutdown(ctx)
}

// close closes whatever is open. Calls must have ended.
func (e *eventing) close() {
	if e == nil {
		return
	}
	e.stop()
	if e.intake != nil {
		e.intake.Close()
	}
	if e.listener != nil {
		e.listener.Close()
	}
	if e.secrets != nil {
		e.secrets.Close()
	}
	if e.store != nil {
		e.store.Close()
	}
	if e.folder != "" {
		os.RemoveAll(e.folder)
	}
}

// lateConn is a connection that is known only once what uses it is made.
type lateConn struct {
	conn atomic.Pointer[grpc.ClientConnInterface]
}

func (l *lateConn) set(conn grpc.ClientConnInterface) { l.conn.Store(&conn) }

// Invoke implements grpc.ClientConnInterface.
func (l *lateConn) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	conn := l.conn.Load()
	if conn == nil {
		return status.Error(codes.Unavailable, "the gateway is starting")
	}
	return (*conn).Invoke(ctx, method, in, out, options...)
}

// NewStream implements grpc.ClientConnInterface.
func (l *lateConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("there are no streams within the process")
}
