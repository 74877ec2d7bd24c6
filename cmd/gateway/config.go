package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	accesscommand "github.com/portone-gateway/portone-gateway/access/command"
	"github.com/portone-gateway/portone-gateway/events/command"
	"github.com/portone-gateway/portone-gateway/internal/hosts"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// envPrefix begins the environment variable of every flag: --grpc-addr is
// PORTONE_GATEWAY_GRPC_ADDR.
const envPrefix = "PORTONE_GATEWAY"

// envSecret is the environment variable of the API secret, which is no flag:
// flags show in the list of processes.
const envSecret = "PORTONE_API_SECRET"

// cli is the command line.
type cli struct {
	Serve       serveConfig          `cmd:"" default:"withargs" help:"Run the gateway (the default)."`
	Sandbox     sandboxConfig        `cmd:"" help:"Run the sandbox alone, for any client of PortOne."`
	Healthcheck healthcheckConfig    `cmd:"" help:"Ask a running gateway whether it is ready: exit status 0 or 1."`
	Check       checkConfig          `cmd:"" help:"Try the settings, the way to PortOne and the secret, without serving: exit status 0, 1 where something outside is wrong, 2 for a wrong setting."`
	Events      command.Command      `cmd:"" help:"Look at events and subscriptions of a running gateway, replay and park."`
	Policy      accesscommand.Policy `cmd:"" help:"Make keys, and look at a policy before it decides about anything."`
	Audit       accesscommand.Audit  `cmd:"" help:"Search in what was written down."`
	Protos      protosConfig         `cmd:"" help:"Write the contract as .proto files, with those that it imports, to generate clients from."`
	Version     versionConfig        `cmd:"" help:"Show the version."`
}

// serveConfig configures the gateway.
type serveConfig struct {
	UpstreamURL     string        `name:"upstream-url" default:"https://api.portone.io" placeholder:"URL" help:"PortOne's API (${default})."`
	GRPCAddr        string        `name:"grpc-addr" default:"127.0.0.1:9090" placeholder:"ADDR" help:"Where to serve gRPC: host:port, or unix:///path (${default})."`
	HTTPAddr        string        `name:"http-addr" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where to serve REST: host:port, or unix:///path (${default})."`
	AdminAddr       string        `name:"admin-addr" default:"127.0.0.1:9091" placeholder:"ADDR" help:"Where to serve /healthz, /readyz, /metrics and /debug/pprof (${default})."`
	APISecretFile   string        `name:"api-secret-file" placeholder:"PATH" help:"File with PortOne's API secret, read again every second. Else the secret is in the environment as PORTONE_API_SECRET."`
	UpstreamTimeout time.Duration `name:"upstream-timeout" default:"60s" placeholder:"DURATION" help:"How long to wait for an answer of PortOne, which asks for at least 60s (${default})."`
	MaxInFlight     int           `name:"max-in-flight" default:"8192" placeholder:"N" help:"How many calls may be in flight; more are refused (${default}, or fewer if the memory limit has no room for that)."`
	GRPCMaxAge      time.Duration `name:"grpc-max-connection-age" default:"0s" placeholder:"DURATION" help:"How old a gRPC connection gets before its caller is asked to make a new one, which load balancers of connections can send elsewhere; 0s: any age (${default})."`
	UnclearStatus   string        `name:"rest-unclear-status" default:"portone" placeholder:"STATUS" help:"HTTP status by REST of a mutation whose outcome PortOne does not know: portone for PortOne's own 5xx, or 409 for proxies that would repeat it whatever its headers say (${default})."`
	RequireKey      string        `name:"require-idempotency-key" default:"off" placeholder:"WHERE" help:"Refuse calls that may change something and bring no idempotency key: off, grpc, or all, which PortOne's SDKs cannot meet (${default})."`
	DrainTimeout    time.Duration `name:"drain-timeout" default:"30s" placeholder:"DURATION" help:"How long calls in flight may take to finish after SIGTERM (${default})."`
	DrainDelay      time.Duration `name:"drain-delay" default:"0s" placeholder:"DURATION" help:"How long to go on taking calls after SIGTERM while saying unready, so that load balancers notice (${default})."`
	PGCodesDir      string        `name:"pg-codes-dir" placeholder:"PATH" help:"Folder with dictionaries of PGs' codes of your own, read again when they change."`
	ChannelPGs      string        `name:"channel-pg" placeholder:"KEY=PG,..." help:"The PGs of channels, which the gateway else learns from PortOne's answers: channel key and PortOne's name for the PG, such as KCP_V2."`
	Sandbox         bool          `name:"sandbox" help:"Serve in front of a PortOne in this process that holds everything in memory. Needs no secret."`
	SandboxAddr     string        `name:"sandbox-addr" default:"127.0.0.1:9092" placeholder:"ADDR" help:"Where that PortOne listens (${default})."`
	SandboxEmpty    bool          `name:"sandbox-empty" help:"Begin without the demo's payments, partners and settlements, and come back to that with a reset."`
	SandboxWebhooks string        `name:"sandbox-webhook-url" placeholder:"URL" help:"Where that PortOne posts its webhooks. If it is not set, they come to this gateway as events, in the subscription demo."`
	SandboxSecret   string        `name:"sandbox-webhook-secret" placeholder:"SECRET" help:"What it signs them with, whsec_...; GET /sandbox/ tells the one that is used if it is not set."`

	accessConfig
	processConfig
	eventsConfig
	hostsConfig
	logConfig

	upstreamGiven    bool // the URL is not just the default
	maxInFlightGiven bool // likewise
}

// sandboxConfig configures the sandbox alone.
type sandboxConfig struct {
	Addr     string `name:"addr" default:"127.0.0.1:9092" placeholder:"ADDR" help:"Where to listen: host:port, or unix:///path (${default})."`
	Empty    bool   `name:"empty" help:"Begin without the demo's payments, partners and settlements, and come back to that with a reset."`
	Webhooks string `name:"webhook-url" placeholder:"URL" help:"Where to post webhooks; nowhere if it is not set."`
	Secret   string `name:"webhook-secret" placeholder:"SECRET" help:"What to sign them with, whsec_...; GET /sandbox/ tells the one that is used if it is not set."`

	hostsConfig
	logConfig
}

// hostsConfig says for which hosts HTTP requests may be.
type hostsConfig struct {
	AllowedHosts string `name:"allowed-hosts" placeholder:"NAMES" help:"Host names, separated by commas, that HTTP requests may be for beside IP addresses and localhost; * for all. Without it, any may be on connections that are not over loopback."`
}

// guard makes what refuses other hosts, and pages in browsers.
func (c *hostsConfig) guard() (*hosts.Guard, error) {
	var names []string
	if c.AllowedHosts != "" {
		names = strings.Split(c.AllowedHosts, ",")
	}
	guard, err := hosts.New(hosts.Options{Names: names})
	if err != nil {
		return nil, wrong("allowed-hosts", "%v", err)
	}
	return guard, nil
}

// healthcheckConfig says whom to ask.
type healthcheckConfig struct {
	AdminAddr string        `name:"admin-addr" default:"127.0.0.1:9091" placeholder:"ADDR" help:"The gateway's --admin-addr (${default})."`
	Timeout   time.Duration `name:"timeout" default:"3s" placeholder:"DURATION" help:"How long to wait for an answer (${default})."`
}

// versionConfig says how to show the version.
type versionConfig struct {
	JSON bool `name:"json" help:"Show it as JSON, with the commit, its time, and what it was built with."`
}

// logConfig configures the log, which goes to standard error.
type logConfig struct {
	LogLevel  string `name:"log-level" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (${default}). Every call is logged at debug; mutations and errors above."`
	LogFormat string `name:"log-format" default:"json" placeholder:"FORMAT" help:"json or text (${default})."`
}

// settingError is a wrong or missing setting: one line that names the flag.
type settingError struct{ text string }

// Error implements error.
func (e *settingError) Error() string { return e.text }

// wrong makes a settingError for a flag.
func wrong(flag, format string, args ...any) error {
	return &settingError{"--" + flag + ": " + fmt.Sprintf(format, args...)}
}

// logger makes the log.
func (c *logConfig) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
		_ = level.UnmarshalText([]byte(c.LogLevel))
	default:
		return nil, wrong("log-level", "must be debug, info, warn or error, not %q", c.LogLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	switch c.LogFormat {
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	}
	return nil, wrong("log-format", "must be json or text, not %q", c.LogFormat)
}

// validate checks what kong does not.
func (c *serveConfig) validate() error {
	for flag, d := range map[string]time.Duration{"upstream-timeout": c.UpstreamTimeout, "drain-timeout": c.DrainTimeout} {
		if d <= 0 {
			return wrong(flag, "must be more than 0, with a unit, such as 60s; is %v", d)
		}
	}
	for flag, d := range map[string]time.Duration{"drain-delay": c.DrainDelay, "grpc-max-connection-age": c.GRPCMaxAge} {
		if d < 0 {
			return wrong(flag, "must not be negative; is %v", d)
		}
	}
	if c.UpstreamURL == "" {
		return wrong("upstream-url", "is empty")
	}
	if err := checkWebhooks("sandbox-webhook-url", c.SandboxWebhooks); err != nil {
		return err
	}
	if err := c.validateEvents(); err != nil {
		return err
	}
	if err := c.validateProcess(); err != nil {
		return err
	}
	switch service.RequireKey(c.RequireKey) {
	case service.RequireKeyOff, service.RequireKeyGRPC, service.RequireKeyAll:
	default:
		return wrong("require-idempotency-key", "must be off, grpc or all, not %q", c.RequireKey)
	}
	if c.MaxInFlight < 1 {
		return wrong("max-in-flight", "must be at least 1; is %d", c.MaxInFlight)
	}
	if c.Sandbox && strings.HasPrefix(c.SandboxAddr, "unix:") {
		return wrong("sandbox-addr", "must be host:port, where the gateway can call it; is %q", c.SandboxAddr)
	}
	if c.UnclearStatus != "409" && c.UnclearStatus != "portone" {
		return wrong("rest-unclear-status", "must be portone or 409, not %q", c.UnclearStatus)
	}
	if err := c.accessConfig.validate(); err != nil {
		return err
	}
	return c.checkSandbox()
}

// checkSandbox refuses a sandbox where real payments are meant: it would answer that
// they are made.
func (c *serveConfig) checkSandbox() error {
	given := ""
	switch {
	case !c.Sandbox:
		return nil
	case os.Getenv(envSecret) != "":
		given = envSecret
	case c.APISecretFile != "":
		given = "--api-secret-file"
	case c.upstreamGiven:
		given = "--upstream-url"
	default:
		return nil
	}
	return wrong("sandbox", "%s is set too: leave it out to pay nobody, or leave --sandbox out to pay", given)
}

// checkWebhooks checks where the sandbox is to post its webhooks.
func checkWebhooks(flag, text string) error {
	if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return wrong(flag, "must begin with http:// or https:// and have a host")
	}
	return nil
}

// inClearText reports whether the API secret leaves this machine unencrypted, and to
// which host. The URL is one that upstream takes.
func (c *serveConfig) inClearText() (host string, ok bool) {
	u, err := url.Parse(c.UpstreamURL)
	if c.Sandbox || err != nil || u.Scheme != "http" {
		return "", false
	}
	host = strings.ToLower(u.Hostname())
	if addr, err := netip.ParseAddr(host); err == nil {
		return host, !addr.Unmap().IsLoopback()
	}
	return host, host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// credentials finds the API secret.
func (c *serveConfig) credentials(logger *slog.Logger) (upstream.Credentials, error) {
	if c.Sandbox {
		secret, err := upstream.NewSecret("sandbox")
		return upstream.Static(secret), err
	}
	fromEnv, inEnv := os.LookupEnv(envSecret)
	switch {
	case c.APISecretFile != "":
		credentials, err := upstream.NewFileCredentials(c.APISecretFile, logger)
		if err != nil {
			return nil, wrong("api-secret-file", "%v", err)
		}
		return credentials, nil
	case inEnv:
		secret, err := upstream.NewSecret(fromEnv)
		if err != nil {
			return nil, &settingError{envSecret + ": " + err.Error()}
		}
		return upstream.Static(secret), nil
	}
	if c.PolicyFile != "" {
		return nil, nil // the policy may name secrets; else it says that one is missing
	}
	return nil, wrong("api-secret-file", "PortOne's API secret is missing: name its file, set %s, or try without one by --sandbox", envSecret)
}

// parse reads the command line and the environment, and returns the command: its words,
// and the names of its arguments.
func parse(args []string, stdout io.Writer) (*cli, string, error) {
	var c cli
	helped := false
	parser, err := newParser(&c, stdout, func(int) { helped = true })
	if err != nil {
		return nil, "", err
	}
	context, err := parser.Parse(args)
	if helped {
		return nil, "help", nil
	}
	if err != nil {
		var parse *kong.ParseError
		if errors.As(err, &parse) {
			return nil, "", &settingError{oneLine(parse.Error())}
		}
		return nil, "", &settingError{oneLine(err.Error())}
	}
	if takesSettings(context.Command()) {
		if err := checkEnvironment(parser.Model); err != nil {
			return nil, "", err
		}
	}
	c.Serve.upstreamGiven = given(context, "upstream-url")
	c.Check.upstreamGiven = c.Serve.upstreamGiven
	c.Serve.maxInFlightGiven = given(context, "max-in-flight")
	return &c, context.Command(), nil
}

// takesSettings reports whether a command does what settings say.
func takesSettings(command string) bool {
	return command != "version" && !strings.HasPrefix(command, "protos")
}

// given reports whether a flag is on the command line or in the environment.
func given(context *kong.Context, name string) bool {
	for _, step := range context.Path {
		if step.Flag != nil && step.Flag.Name == name {
			return true
		}
	}
	for _, flag := range context.Flags() {
		if flag.Name == name {
			return slices.ContainsFunc(flag.Envs, func(env string) bool { return os.Getenv(env) != "" })
		}
	}
	return false
}

// newParser makes what reads the command line into c. Exit is called when help
// was shown.
func newParser(c *cli, stdout io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("gateway"),
		kong.Description("gRPC and REST in front of PortOne. Every flag is also an environment variable: --grpc-addr is PORTONE_GATEWAY_GRPC_ADDR."),
		kong.DefaultEnvars(envPrefix),
		kong.Writers(stdout, stdout),
		kong.Exit(exit),
		kong.UsageOnError(),
		kong.Help(help),
	)
}

// help shows the help for a command. That of the program has the flags of the command
// that is run where none is named.
func help(options kong.HelpOptions, context *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, context); err != nil || context.Selected() != nil {
		return err
	}
	serve, err := kong.Trace(context.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	options.NoAppSummary = true
	if _, err := io.WriteString(context.Stdout, "\nWithout a command:\n"); err != nil {
		return err
	}
	return kong.DefaultHelpPrinter(options, serve)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
