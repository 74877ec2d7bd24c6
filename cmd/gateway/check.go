package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/net/http/httpproxy"
	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/events/signature"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
	"github.com/portone-gateway/portone-gateway/internal/tracing"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// checkConfig has the settings of the gateway, which are tried without serving.
type checkConfig struct {
	Timeout time.Duration `name:"timeout" default:"10s" placeholder:"DURATION" help:"How long each step may take (${default})."`

	serveConfig
}

// errCheck is what a check that failed ends with; its lines say why.
var errCheck = errors.New("not all is well")

// checking is a check while it goes on.
type checking struct {
	config *checkConfig
	out    io.Writer
	failed bool

	logger      *slog.Logger
	credentials upstream.Credentials
	mapper      *errmap.Mapper
}

// run tries what the settings say, and writes a line for each step. The error is a
// *settingError where a setting is wrong, and errCheck where something outside is not as
// it should be.
func (c *checkConfig) run(ctx context.Context, stdout io.Writer) error {
	if c.Timeout <= 0 {
		return wrong("timeout", "must be more than 0, with a unit, such as 10s; is %v", c.Timeout)
	}
	check := &checking{config: c, out: stdout, logger: slog.New(slog.DiscardHandler)}
	if err := check.settings(ctx); err != nil {
		return err
	}
	check.events(ctx)
	if c.Sandbox {
		check.say("ok", "portone", "a sandbox stands in its place; nothing is real")
	} else if check.network(ctx) {
		check.portone(ctx)
	}
	if check.failed {
		return &loggedError{errCheck}
	}
	return nil
}

// say writes the line of a step.
func (c *checking) say(verdict, step, format string, args ...any) {
	if verdict == "FAIL" {
		c.failed = true
	}
	fmt.Fprintf(c.out, "%-5s %-11s %s\n", verdict, step, oneLine(fmt.Sprintf(format, args...)))
}

// settings reads all that the gateway reads before it serves.
func (c *checking) settings(ctx context.Context) error {
	config := &c.config.serveConfig
	if err := config.validate(); err != nil {
		return err
	}
	if _, err := config.logger(io.Discard); err != nil {
		return err
	}
	if _, err := config.guard(); err != nil {
		return err
	}
	for flag, addr := range map[string]string{"grpc-addr": config.GRPCAddr, "http-addr": config.HTTPAddr, "admin-addr": config.AdminAddr,
		"metrics-addr": config.MetricsAddr, "webhook-addr": config.WebhookAddr} {
		if addr == "" && (flag == "metrics-addr" || flag == "webhook-addr") {
			continue
		}
		if _, _, err := networkOf(flag, addr); err != nil {
			return err
		}
	}
	tracer, err := tracing.FromEnvironment(ctx, version(), c.logger)
	if err != nil {
		return &settingError{err.Error()}
	}
	g := &gateway{config: config, logger: c.logger, tracing: tracer}
	defer g.close()
	if c.mapper, err = g.newMapper(metrics.New(version()), c.logger); err != nil {
		return err
	}
	if config.WebhookSecrets != "" {
		files, err := signature.NewFiles(commaSeparated(config.WebhookSecrets), c.logger)
		if err != nil {
			return wrong("webhook-secret-file", "%v", err)
		}
		files.Close()
	}
	if c.credentials, err = config.credentials(c.logger); err != nil {
		return err
	}
	c.say("ok", "settings", "%s", "version "+version())
	switch {
	case config.Sandbox:
	case config.APISecretFile != "":
		c.say("ok", "secret", "read from %s", config.APISecretFile)
	default:
		c.say("ok", "secret", "read from %s", envSecret)
	}
	return nil
}

// events tries the place that events are kept at. It does not open a folder: a gateway
// may be using it.
func (c *checking) events(ctx context.Context) {
	config := &c.config.serveConfig
	switch {
	case config.EventsDir != "":
		if err := writable(config.EventsDir); err != nil {
			c.say("FAIL", "events", "--events-dir: %v", err)
			return
		}
		c.say("ok", "events", "%s can be written", config.EventsDir)
	case config.NATSURL != "":
		if err := c.nats(ctx); err != nil {
			// Without the URL, which may have a password in it.
			c.say("FAIL", "events", "--nats-url: %s", strings.ReplaceAll(err.Error(), config.NATSURL, "..."))
			return
		}
		c.say("ok", "events", "the NATS cluster is there, with JetStream")
	}
}

// writable tries to write into a folder, or into the nearest one above it that is there.
func writable(folder string) error {
	info, err := os.Stat(folder)
	if errors.Is(err, os.ErrNotExist) {
		if above := parent(folder); above != folder {
			return writable(above)
		}
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", folder)
	}
	file, err := os.CreateTemp(folder, ".check-*")
	if err != nil {
		return err
	}
	file.Close()
	return os.Remove(file.Name())
}

func (c *checking) nats(ctx context.Context) error {
	conn, err := nats.Connect(c.config.NATSURL, append(c.config.natsOptions(), nats.Timeout(c.config.Timeout))...)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	stream, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	_, err = stream.AccountInfo(ctx)
	return err
}

// noSuchPayment is what the check reads: PortOne knows no payment of this id, and so
// no one's data come; but it only says so to whom it knows by the secret.
const noSuchPayment = "portone-gateway-check"

// portone makes one harmless read, in the way of every call.
func (c *checking) portone(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	client, err := upstream.New(upstream.Options{URL: c.config.UpstreamURL, Credentials: c.credentials, Mapper: c.mapper, MaxAttempts: 1,
		Timeout: c.config.Timeout, UserAgent: "portone-gateway/" + version(), Logger: c.logger, Proxy: httpproxy.FromEnvironment().ProxyFunc()})
	if err != nil {
		c.say("FAIL", "portone", "--upstream-url: %v", err)
		return
	}
	defer client.Close()
	method := contract.ByID("getPayment")
	_, failure := client.Do(ctx, &upstream.Request{Method: method, Path: []byte("/payments/" + noSuchPayment), Call: reading{method}})
	switch {
	case failure == nil:
		c.say("ok", "portone", "answers, and takes the secret")
	case failure.HTTPStatus() == http.StatusNotFound && failure.Reason() == "PAYMENT_NOT_FOUND":
		c.say("ok", "portone", "answers, and takes the secret (there is no payment %s, as it should be)", noSuchPayment)
	case failure.Code() == codes.Unauthenticated:
		c.say("FAIL", "portone", "does not take the API secret: HTTP %d, %s", failure.HTTPStatus(), errmap.Label(failure.Reason()))
	default:
		c.say("FAIL", "portone", "HTTP %d, %s: %s", failure.HTTPStatus(), errmap.Label(failure.Reason()), failure.Code())
	}
}

// reading is the call of the check, should it fail.
type reading struct{ method *contract.Method }

// Describe implements upstream.Describer.
func (r reading) Describe() *errmap.Subject { return &errmap.Subject{Operation: r.method.Operation} }
