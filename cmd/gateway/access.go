package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/portone-gateway/portone-gateway/access"
	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
	"github.com/portone-gateway/portone-gateway/access/transport"
	filewatch "github.com/portone-gateway/portone-gateway/access/watch"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// guarding is who may call what, and how callers are known. Its methods may be called on
// nil, which guards nothing.
type guarding struct {
	config      *serveConfig
	logger      *slog.Logger
	counters    *metrics.Metrics
	credentials upstream.Credentials // the gateway's own; nil if it has none
	upstream    *upstream.Client

	tls      *tlsconfig.Server // nil without
	tlsWatch *filewatch.Watcher
	audit    *audit.Log     // nil without
	access   *access.Access // nil without

	mu    sync.Mutex
	files map[string]*upstream.FileCredentials // of the policy's secrets, by name
}

// newGuarding reads certificates and policy.
func newGuarding(c *serveConfig, client *upstream.Client, credentials upstream.Credentials, counters *metrics.Metrics, stdout io.Writer, logger *slog.Logger) (g *guarding, err error) {
	g = &guarding{config: c, logger: logger, counters: counters, credentials: credentials, upstream: client,
		files: make(map[string]*upstream.FileCredentials)}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if g.tls, err = c.tls(); err != nil {
		return g, err
	}
	if g.tls != nil {
		g.tlsWatch = filewatch.Start("the TLS certificate", logger, g.tls.Reload)
		g.measureTLS()
	}
	if c.PolicyFile == "" {
		return g, nil
	}
	var hasher *audit.Hasher
	if c.AuditFile != "" {
		if g.audit, err = audit.Open(c.AuditFile, stdout, c.AuditFailure == "refuse", logger); err != nil {
			return g, wrong("audit-file", "%v", err)
		}
	}
	if c.AuditKeyFile != "" {
		if hasher, err = audit.ReadHasher(c.AuditKeyFile); err != nil {
			return g, wrong("audit-key-file", "%v", err)
		}
	}
	g.access, err = access.New(access.Options{PolicyFile: c.PolicyFile, Open: g.open, Close: g.shut, TLS: g.tls, Audit: g.audit, Hasher: hasher, Logger: logger})
	if err != nil {
		return g, policyError(err)
	}
	g.measure()
	return g, nil
}

// policyError is a bad policy as the command line tells it: the first mistake, in one
// line, and where to see all.
func policyError(err error) error {
	var mistakes policy.Errors
	if errors.As(err, &mistakes) && len(mistakes) > 1 {
		return wrong("policy-file", "%v (and %d more mistakes, which gateway policy check tells)", mistakes[0], len(mistakes)-1)
	}
	return wrong("policy-file", "%v", err)
}

// open makes the account of one of the policy's secrets. The sandbox needs none, and must
// never be shown one.
func (g *guarding) open(s *policy.Secret) (access.Account, error) {
	switch {
	case g.config.Sandbox && s.Name != policy.DefaultSecret:
		secret, err := upstream.NewSecret(sandboxSecret(s.Name))
		return g.upstream.NewAccount(s.Name, upstream.Static(secret), g.counters.Secret(s.Name)), err
	case s.File != "":
		credentials, err := upstream.NewFileCredentials(s.File, g.logger.With("secret", s.Name))
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.files[s.Name] = credentials
		return g.upstream.NewAccount(s.Name, credentials, g.counters.Secret(s.Name)), nil
	case s.Env != "":
		secret, err := upstream.NewSecret(os.Getenv(s.Env))
		if err != nil {
			return nil, errors.New(s.Env + " in the environment: " + err.Error())
		}
		return g.upstream.NewAccount(s.Name, upstream.Static(secret), g.counters.Secret(s.Name)), nil
	case g.credentials == nil:
		return nil, errors.New("the gateway was started without an API secret, and the policy names none")
	}
	return (*upstream.Account)(nil), nil
}

// sandboxSecret is what the sandbox takes for one of the policy's secrets.
func sandboxSecret(name string) string { return "sandbox-" + name }

// sandboxSecrets are the policy's secrets as the sandbox counts requests by them.
func (c *serveConfig) sandboxSecrets() map[string]string {
	text, err := os.ReadFile(c.PolicyFile)
	if err != nil {
		return nil // which is told when the policy is read
	}
	p, err := policy.Load(c.PolicyFile, text)
	if err != nil {
		return nil
	}
	secrets := make(map[string]string)
	for name := range p.Secrets {
		if name != policy.DefaultSecret {
			secrets[name] = sandboxSecret(name)
		}
	}
	return secrets
}

// shut is told of accounts that the policy no longer has.
func (g *guarding) shut(account access.Account) {
	of, _ := account.(*upstream.Account)
	if of == nil {
		return
	}
	file, ok := of.Credentials().(*upstream.FileCredentials)
	if !ok {
		return
	}
	file.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, other := range g.files {
		if other == file {
			delete(g.files, name)
		}
	}
}

// serviceOptions adds what calls meet.
func (g *guarding) serviceOptions(o *service.Options) {
	o.Access = g.access
	if g.access != nil || g.tls != nil {
		o.Credentials = transport.Credentials(g.tls)
	}
}

// restOptions adds what requests by REST meet.
func (g *guarding) restOptions(o *rest.Options) { o.TLS = g.tls }

// close ends the reading of files, and writes the last lines of the audit.
func (g *guarding) close() {
	if g == nil {
		return
	}
	if g.access != nil {
		g.access.Close()
	}
	if g.tlsWatch != nil {
		g.tlsWatch.Close()
	}
	if g.audit != nil {
		g.audit.Close()
	}
}

// servePolicy says which policy decides.
func (g *guarding) servePolicy(w http.ResponseWriter, _ *http.Request) {
	answer := struct {
		Policy  bool   `json:"policy"`
		SHA256  string `json:"sha256,omitempty"`
		Mode    string `json:"mode,omitempty"`
		Callers int    `json:"callers,omitempty"`
		Problem string `json:"problem,omitempty"`
	}{Policy: g.access != nil}
	if g.access != nil {
		p := g.access.Policy()
		answer.SHA256, answer.Mode, answer.Callers = p.Hash, string(p.Mode), len(p.Callers)
		if problem := g.access.Problem(); problem != nil {
			answer.Problem = problem.Error()
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// measureTLS adds what is known of certificates.
func (g *guarding) measureTLS() {
	g.counters.Gauge("portone_gateway_tls_certificate_expires_seconds", "When the certificate of gRPC and REST expires, or the first of its chain, in seconds since 1970.",
		func() float64 { return float64(g.tls.NotAfter().Unix()) })
	g.counters.Gauge("portone_gateway_tls_reload_ok", "1 if the files of the certificate, of authorities and of revoked certificates could be read and went together when they were last tried, else 0.",
		func() float64 { return one(g.tlsWatch.Problem() == nil) })
	g.counters.Gauge("portone_gateway_tls_crl_stale", "1 if a list of revoked certificates should have been replaced by now, else 0. It is used all the same.",
		func() float64 { return one(g.tls.StaleCRL(time.Now())) })
}

// measure adds what is known of the policy.
func (g *guarding) measure() {
	a, m := g.access, g.counters
	m.Gauge("portone_gateway_policy_reload_ok", "1 if the policy could be read when it was last tried, else 0.", func() float64 { return one(a.Problem() == nil) })
	m.Gauges("portone_gateway_policy_info", "1, with the SHA-256 of the policy's file and its mode.", []string{"sha256", "mode"},
		func(tell func(float64, ...string)) { tell(1, a.Policy().Hash, string(a.Policy().Mode)) })
	m.Counters("portone_gateway_policy_decisions_total", "Decisions about calls, by caller (empty if not known), decision (allowed, refused, would_refuse) and cause.",
		[]string{"caller", "decision", "cause"}, func(tell func(float64, ...string)) {
			a.Decisions(func(caller, decision, cause string, n uint64) { tell(float64(n), caller, decision, cause) })
		})
	m.Gauges("portone_gateway_caller_calls_in_flight", "Calls that have begun and not ended, by caller.", []string{"caller"},
		func(tell func(float64, ...string)) {
			a.InFlight(func(caller string, n int64) { tell(float64(n), caller) })
		})
	m.Gauges("portone_gateway_key_last_used_seconds", "When a gateway key was used last, in seconds since 1970, by its id.", []string{"key"},
		func(tell func(float64, ...string)) {
			a.KeyUses(func(id string, last time.Time) { tell(float64(last.Unix()), id) })
		})
	m.Gauges("portone_gateway_issuer_reload_ok", "1 if the keys of an issuer of tokens could be read when that was last tried, else 0.", []string{"issuer"},
		func(tell func(float64, ...string)) {
			a.Issuers(func(issuer string, ok bool, _ time.Time) { tell(one(ok), issuer) })
		})
	m.Gauges("portone_gateway_secret_reload_ok", "1 if the file of one of the policy's API secrets could be read when it was last tried, else 0.", []string{"secret"},
		func(tell func(float64, ...string)) {
			g.eachFile(func(name string, file *upstream.FileCredentials) { tell(one(file.Problem() == nil), name) })
		})
	m.Gauges("portone_gateway_secret_generation", "How many API secrets a file of the policy's has had.", []string{"secret"},
		func(tell func(float64, ...string)) {
			g.eachFile(func(name string, file *upstream.FileCredentials) { tell(float64(file.Generation()), name) })
		})
	if g.audit != nil {
		m.Counter("portone_gateway_audit_lines_lost_total", "Lines of the audit that could not be written.", func() float64 { return float64(g.audit.Lost()) })
		m.Gauge("portone_gateway_audit_ok", "1 if the audit could be written when that was last tried, else 0.", func() float64 { return one(g.audit.OK()) })
	}
}

func (g *guarding) eachFile(f func(name string, file *upstream.FileCredentials)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, file := range g.files {
		f(name, file)
	}
}
