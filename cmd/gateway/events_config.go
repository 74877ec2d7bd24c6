package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
)

// eventsConfig configures webhooks and events. They are off unless a store is named;
// with the sandbox they are on, with a store that does not outlive the process.
type eventsConfig struct {
	WebhookAddr      string        `name:"webhook-addr" placeholder:"ADDR" help:"Where PortOne's webhooks come in: host:port of a listener that may face the internet. Nothing else is served there."`
	WebhookPath      string        `name:"webhook-path" default:"/webhooks/portone" placeholder:"PATH" help:"Their path (${default})."`
	WebhookSecrets   string        `name:"webhook-secret-file" placeholder:"LABEL=PATH" help:"File with the secrets of PortOne's console that webhooks are signed with, a line each, read again every second. The label, such as live or test, is what events have as their environment. Several, separated by commas."`
	WebhookTolerance time.Duration `name:"webhook-tolerance" default:"5m" placeholder:"DURATION" help:"How far the timestamp of a webhook may be from now; 0s: any (${default})."`
	WebhookConfirm   string        `name:"webhook-confirm" default:"refuse" placeholder:"WHAT" help:"What to answer when PortOne asks whether to approve a payment (Transaction.Confirm): refuse, approve, or the http or https URL of a service that decides (${default})."`
	EventsDir        string        `name:"events-dir" placeholder:"PATH" help:"Folder to keep events in, for exactly one gateway. It is made if it is not there."`
	EventsKeyFile    string        `name:"events-key-file" placeholder:"PATH" help:"File with the key that the folder is encrypted with, at least 16 bytes; a second line is the key before it."`
	EventsMaxBytes   string        `name:"events-max-bytes" default:"1GiB" placeholder:"SIZE" help:"How much room events may take; more are refused (${default})."`
	EventsMaxAge     time.Duration `name:"events-max-age" default:"720h" placeholder:"DURATION" help:"How long events are kept (${default})."`
	EventsWindow     time.Duration `name:"events-dedup-window" default:"24h" placeholder:"DURATION" help:"How long ids of events are remembered, so that none is stored twice (${default})."`
	NATSURL          string        `name:"nats-url" placeholder:"URL" help:"NATS cluster with JetStream to keep events in, for any number of gateways: nats:// or tls://, several separated by commas."`
	NATSCreds        string        `name:"nats-creds-file" placeholder:"PATH" help:"Credentials for it, as nsc writes them."`
	NATSCA           string        `name:"nats-ca-file" placeholder:"PATH" help:"Authorities that its certificates are of, if they are not the system's."`
	NATSCert         string        `name:"nats-cert-file" placeholder:"PATH" help:"Certificate of this gateway for it."`
	NATSKey          string        `name:"nats-key-file" placeholder:"PATH" help:"Key of that certificate."`
	NATSReplicas     int           `name:"nats-replicas" default:"3" placeholder:"N" help:"How many of its servers keep each event: 1, 3 or 5 (${default})."`
	NATSName         string        `name:"nats-name" default:"portone" placeholder:"NAME" help:"What the names of streams and subjects begin with (${default})."`
	Reconcile        time.Duration `name:"events-reconcile" default:"10m" placeholder:"DURATION" help:"How often to read PortOne's own record, for webhooks that did not arrive; 0s: never (${default})."`
	ReconcileURLs    string        `name:"events-reconcile-url" placeholder:"URL" help:"The URLs of this gateway's webhooks as PortOne knows them, separated by commas, if some payments send theirs elsewhere (noticeUrls): those are left out then."`
}

// byteUnits are the units of sizes.
var byteUnits = map[string]int64{"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

// parseBytes reads a size such as 512MiB.
func parseBytes(text string) (int64, error) {
	number := strings.TrimRight(text, "KMGTiB")
	n, err := strconv.ParseInt(number, 10, 64)
	unit, known := byteUnits[text[len(number):]]
	if err != nil || !known || n < 0 || n > (1<<62)/unit {
		return 0, fmt.Errorf("must be a size such as 512MiB or 4GiB, not %q", text)
	}
	return n * unit, nil
}

// commaSeparated reads texts separated by commas.
func commaSeparated(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// eventsOn reports whether there are events.
func (c *serveConfig) eventsOn() bool {
	return c.EventsDir != "" || c.NATSURL != "" || c.sandboxEvents()
}

// takesSandbox reports whether the sandbox's webhooks come to this gateway.
func (c *serveConfig) takesSandbox() bool { return c.Sandbox && c.SandboxWebhooks == "" }

// sandboxEvents reports whether events are on because of the sandbox alone.
func (c *serveConfig) sandboxEvents() bool {
	return c.takesSandbox() && c.EventsDir == "" && c.NATSURL == ""
}

// validateEvents checks what kong does not.
func (c *serveConfig) validateEvents() error {
	switch {
	case c.EventsDir != "" && c.NATSURL != "":
		return wrong("nats-url", "events are kept either on a NATS cluster or in a folder (--events-dir), not in both")
	case c.EventsKeyFile != "" && c.EventsDir == "":
		return wrong("events-key-file", "needs --events-dir; a NATS cluster encrypts by its own settings")
	case c.WebhookAddr != "" && !c.eventsOn():
		return wrong("webhook-addr", "there is nowhere to keep events: name a folder (--events-dir) or a NATS cluster (--nats-url)")
	case c.WebhookAddr != "" && c.WebhookSecrets == "" && !c.takesSandbox():
		return wrong("webhook-secret-file", "webhooks come in, but there is no secret to verify them with")
	case !strings.HasPrefix(c.WebhookPath, "/") || c.WebhookPath == "/readyz" || strings.ContainsAny(c.WebhookPath, "?# "):
		return wrong("webhook-path", "must be a path that begins with / and is not /readyz; is %q", c.WebhookPath)
	case (c.NATSCert == "") != (c.NATSKey == ""):
		return wrong("nats-key-file", "a certificate and its key go together")
	}
	for flag, d := range map[string]time.Duration{"webhook-tolerance": c.WebhookTolerance, "events-reconcile": c.Reconcile} {
		if d < 0 {
			return wrong(flag, "must not be negative; is %v", d)
		}
	}
	if _, err := parseBytes(c.EventsMaxBytes); err != nil {
		return wrong("events-max-bytes", "%v", err)
	}
	_, err := c.confirm()
	return err
}

// confirm is who decides about payments.
func (c *serveConfig) confirm() (intake.Confirm, error) {
	switch c.WebhookConfirm {
	case "refuse":
		return intake.Refuse, nil
	case "approve":
		return intake.Approve, nil
	}
	u, err := url.Parse(c.WebhookConfirm)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, wrong("webhook-confirm", "must be refuse, approve, or an http or https URL")
	}
	return intake.Forward(c.WebhookConfirm), nil
}

// tolerance is that of webhooks' timestamps, as the intake wants it.
func (c *serveConfig) tolerance() time.Duration {
	if c.WebhookTolerance == 0 {
		return -1
	}
	return c.WebhookTolerance
}

// openStore opens the store of events. A folder that is made for the sandbox is
// returned, to be removed.
func (c *serveConfig) openStore(logger *slog.Logger) (store *jetstream.Store, made string, err error) {
	size, err := parseBytes(c.EventsMaxBytes)
	if err != nil {
		return nil, "", wrong("events-max-bytes", "%v", err)
	}
	o := jetstream.Options{
		Dir: c.EventsDir, KeyFile: c.EventsKeyFile, URL: c.NATSURL, MaxBytes: size, MaxAge: c.EventsMaxAge,
		DuplicateWindow: c.EventsWindow, Logger: logger,
	}
	if c.NATSURL != "" {
		o.Replicas, o.Name, o.Connect = c.NATSReplicas, c.NATSName, c.natsOptions()
	}
	if c.sandboxEvents() {
		if made, err = os.MkdirTemp("", "portone-gateway-sandbox-events-"); err != nil {
			return nil, "", fmt.Errorf("a folder for the sandbox's events: %w", err)
		}
		o.Dir = made
	}
	store, err = jetstream.Open(o)
	if err != nil {
		flag := "events-dir"
		if c.NATSURL != "" {
			flag = "nats-url"
		}
		return nil, made, wrong(flag, "%v", err)
	}
	return store, made, nil
}

// natsOptions are those of connecting to a cluster.
func (c *serveConfig) natsOptions() []nats.Option {
	var options []nats.Option
	if c.NATSCreds != "" {
		options = append(options, nats.UserCredentials(c.NATSCreds))
	}
	if c.NATSCA != "" {
		options = append(options, nats.RootCAs(c.NATSCA))
	}
	if c.NATSCert != "" {
		options = append(options, nats.ClientCert(c.NATSCert, c.NATSKey))
	}
	return options
}
