package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkCase is a way that gateway check ends.
type checkCase struct {
	name   string
	url    string
	env    []string
	args   []string
	status int
	lines  []string // beginnings of the lines, after those of settings and secret
}

// try runs the check.
func (c checkCase) try(t *testing.T) {
	t.Parallel()
	env := append([]string{"PORTONE_API_SECRET=" + testSecret}, c.env...)
	status, stdout, stderr := run(t, env, append([]string{"check", "--timeout=5s", "--upstream-url=" + c.url}, c.args...)...)
	want := append([]string{"ok    settings", "ok    secret"}, c.lines...)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	fits := len(lines) == len(want)
	for i := 0; fits && i < len(want); i++ {
		fits = strings.HasPrefix(lines[i], want[i])
	}
	if status != c.status || !fits || stderr != "" {
		t.Errorf("it ends with %d, want %d, standard error %q and\n%s\nwant lines that begin with\n%s", status, c.status, stderr, stdout, strings.Join(want, "\n"))
	}
	for _, hidden := range []string{testSecret, "hunter2"} {
		if strings.Contains(stdout+stderr, hidden) {
			t.Errorf("it shows %s:\n%s", hidden, stdout)
		}
	}
}

// TestCheck: each thing that can be wrong outside has its line, and an exit status.
func TestCheck(t *testing.T) {
	answering := func(answer http.HandlerFunc) string { return newStub(t, answer).url }
	missing := answering(answerWith(404, `{"type":"PAYMENT_NOT_FOUND","message":"x"}`))
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	refusing := newStub(t, answerWith(407, "")).url
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const way, noTLS, clock = "ok    connection", "ok    tls         none", "ok    clock"
	proxy := strings.Replace(refusing, "http://", "http://user:hunter2@", 1)
	for _, c := range []checkCase{
		{name: "well", url: missing, lines: []string{way, noTLS, clock, "ok    portone     answers, and takes the secret"}},
		{name: "with that payment", url: answering(answerWith(200, `{"status":"PAID"}`)), status: 0,
			lines: []string{way, noTLS, clock, "ok    portone     answers, and takes the secret"}},
		{name: "secret refused", url: answering(answerWith(401, `{"type":"UNAUTHORIZED"}`)), status: 1,
			lines: []string{way, noTLS, clock, "FAIL  portone     does not take the API secret: HTTP 401"}},
		{name: "another server", url: answering(answerWith(404, "<html>")), status: 1, lines: []string{way, noTLS, clock, "FAIL  portone"}},
		{name: "out of order", url: answering(answerWith(503, "")), status: 1, lines: []string{way, noTLS, clock, "FAIL  portone     HTTP 503"}},
		{name: "wrong clock", url: answering(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
			answerWith(404, `{"type":"PAYMENT_NOT_FOUND"}`)(w, r)
		}), status: 1, lines: []string{way, noTLS, "FAIL  clock", "ok    portone"}},
		{name: "nobody there", url: "http://" + freeAddr(t), status: 1, lines: []string{"FAIL  connection"}},
		{name: "no such name", url: "https://portone.invalid", status: 1, lines: []string{"FAIL  dns         portone.invalid"}},
		{name: "unknown authority", url: secure.URL, status: 1, lines: []string{way, "FAIL  tls         tls: failed to verify certificate"}},
		{name: "no TLS there", url: strings.Replace(missing, "http:", "https:", 1), status: 1, lines: []string{way, "FAIL  tls"}},
		{name: "the proxy refuses", url: "https://portone.example", env: []string{"HTTPS_PROXY=" + proxy}, status: 1,
			lines: []string{"ok    connection  to the proxy 127.0.0.1:", "FAIL  tls         the proxy"}},
		{name: "events in a file", url: missing, args: []string{"--events-dir=" + file}, status: 1,
			lines: []string{"FAIL  events      --events-dir", way, noTLS, clock, "ok    portone"}},
		{name: "events in a folder that comes", url: missing, args: []string{"--events-dir=" + filepath.Join(t.TempDir(), "a", "b")},
			lines: []string{"ok    events", way, noTLS, clock, "ok    portone"}},
		{name: "no cluster", url: missing, args: []string{"--nats-url=nats://user:hunter2@" + freeAddr(t)}, status: 1,
			lines: []string{"FAIL  events      --nats-url", way, noTLS, clock, "ok    portone"}},
	} {
		t.Run(c.name, c.try)
	}
}

// TestCheckSettings: a wrong setting ends the check as it would end the gateway.
func TestCheckSettings(t *testing.T) {
	for _, test := range []wrongSetting{
		{name: "timeout", args: []string{"check", "--timeout=0s"}, names: "--timeout"},
		{name: "address", args: []string{"check", "--grpc-addr=9090"}, names: "--grpc-addr"},
		{name: "log level", args: []string{"check", "--log-level=loud"}, names: "--log-level"},
		{name: "host", args: []string{"check", "--allowed-hosts=a:1"}, names: "--allowed-hosts"},
		{name: "dictionary", args: []string{"check", "--pg-codes-dir=/nowhere/at/all"}, names: "--pg-codes-dir"},
		{name: "webhook secret", args: []string{"check", "--webhook-secret-file=/nowhere/at/all"}, names: "--webhook-secret-file"},
		{name: "secret file", args: []string{"check", "--api-secret-file=/nowhere/at/all"}, names: "--api-secret-file"},
		{name: "sandbox beside a secret", env: []string{"PORTONE_API_SECRET=x"}, args: []string{"check", "--sandbox"}, names: "--sandbox"},
		{name: "variable", env: []string{"PORTONE_GATEWAY_LOG_LEVELS=info"}, args: []string{"check"}, names: "PORTONE_GATEWAY_LOG_LEVELS"},
		{name: "tracing", env: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=collector"}, args: []string{"check"}, names: "OTEL_EXPORTER_OTLP_ENDPOINT"},
	} {
		t.Run(test.name, test.withSecret().check)
	}
}

// TestCheckSandbox: where nothing is real, there is no way to try.
func TestCheckSandbox(t *testing.T) {
	status, stdout, stderr := run(t, nil, "check", "--sandbox")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "a sandbox stands in its place") {
		t.Errorf("it ends with %d, %q and\n%s", status, stderr, stdout)
	}
}
