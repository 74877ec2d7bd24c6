package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wrongSetting is a setting that must end the program with one line that names it.
type wrongSetting struct {
	name  string
	env   []string
	args  []string
	names string // what the line must name
	hides string // what it must not show
}

// withSecret has what a gateway needs and free ports.
func (w wrongSetting) withSecret() wrongSetting {
	if !slices.Contains(w.args, "--sandbox") { // which pays no one
		w.env = append([]string{"PORTONE_API_SECRET=" + testSecret}, w.env...)
	}
	for _, addr := range []string{"GRPC", "HTTP", "ADMIN"} {
		w.env = append([]string{"PORTONE_GATEWAY_" + addr + "_ADDR=127.0.0.1:0"}, w.env...)
	}
	return w
}

// check runs the program and looks at how it ends.
func (w wrongSetting) check(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := run(t, w.env, w.args...)
	if status != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "gateway: ") || !strings.Contains(stderr, w.names) {
		t.Errorf("%q with %q ends with %d, standard output %q and\n%s\nwant 2, nothing and one line that names %s", w.args, w.env, status, stdout, stderr, w.names)
	}
	for _, hidden := range []string{w.hides, testSecret} {
		if hidden != "" && strings.Contains(stderr, hidden) {
			t.Errorf("%q with %q shows %s:\n%s", w.args, w.env, hidden, stderr)
		}
	}
}

// TestWrongFlags are wrong values on the command line.
func TestWrongFlags(t *testing.T) {
	tests := []wrongSetting{
		{name: "unknown flag", args: []string{"--nope"}, names: "--nope"},
		{name: "unknown flag with a secret", args: []string{"--api-secret=hunter2"}, names: "--api-secret", hides: "hunter2"},
		{name: "unknown command", args: []string{"frobnicate"}, names: "frobnicate"},
		{name: "flag of another command", args: []string{"version", "--grpc-addr=127.0.0.1:0"}, names: "--grpc-addr"},
		{name: "flag without value", args: []string{"--grpc-addr"}, names: "--grpc-addr"},
		{name: "log level", args: []string{"--log-level=loud"}, names: "--log-level"},
		{name: "log level in capitals", args: []string{"--log-level=DEBUG"}, names: "--log-level"},
		{name: "log format", args: []string{"--log-format=xml"}, names: "--log-format"},
		{name: "log level of the sandbox", args: []string{"sandbox", "--log-level=loud"}, names: "--log-level"},
		{name: "keys required of some", args: []string{"--require-idempotency-key=rest"}, names: "--require-idempotency-key"},
		{name: "no calls", args: []string{"--max-in-flight=0"}, names: "--max-in-flight"},
		{name: "fewer than no calls", args: []string{"--max-in-flight=-1"}, names: "--max-in-flight"},
		{name: "number that is none", args: []string{"--max-in-flight=many"}, names: "--max-in-flight"},
		{name: "sandbox neither on nor off", args: []string{"--sandbox=maybe"}, names: "--sandbox"},
		{name: "webhooks to nowhere", args: []string{"--sandbox", "--sandbox-webhook-url=localhost:3000"}, names: "--sandbox-webhook-url"},
		{name: "webhooks to nowhere, alone", args: []string{"sandbox", "--webhook-url=ftp://x"}, names: "--webhook-url"},
		{name: "an unclear status", args: []string{"--rest-unclear-status=502"}, names: "--rest-unclear-status"},
		{name: "a host with a port", args: []string{"--allowed-hosts=gateway,gateway:8080"}, names: "--allowed-hosts"},
		{name: "a host with a port, of the sandbox", args: []string{"sandbox", "--allowed-hosts=http://x"}, names: "--allowed-hosts"},
		{name: "sandbox on a socket", args: []string{"--sandbox", "--sandbox-addr=unix:///tmp/s.sock"}, names: "--sandbox-addr"},
		{name: "channel without a PG", args: []string{"--channel-pg=channel-1"}, names: "--channel-pg"},
		{name: "channel at a PG that is none", args: []string{"--channel-pg=channel-1=KPC"}, names: "--channel-pg"},
		{name: "PG codes in no folder", args: []string{"--pg-codes-dir=/nowhere/at/all"}, names: "--pg-codes-dir"},
		{name: "permissions that are none", args: []string{"--socket-mode=rw"}, names: "--socket-mode"},
		{name: "permissions in decimal", args: []string{"--socket-mode=0668"}, names: "--socket-mode"},
		{name: "more than permissions", args: []string{"--socket-mode=4777"}, names: "--socket-mode"},
		{name: "group that is none", args: []string{"--socket-group=nobody-has-this-name"}, names: "--socket-group"},
		{name: "metrics without a port", args: []string{"--metrics-addr=localhost"}, names: "--metrics-addr"},
		{name: "healthcheck without time", args: []string{"healthcheck", "--timeout=0s"}, names: "--timeout"},
		{name: "healthcheck without unit", args: []string{"healthcheck", "--timeout=3"}, names: "--timeout"},
	}
	for _, flag := range []string{"upstream-timeout", "drain-timeout", "drain-delay", "drain-linger", "grpc-max-connection-age"} {
		for _, value := range []string{"30", "", "-1s"} {
			tests = append(tests, wrongSetting{name: flag + " " + value, args: []string{"--" + flag + "=" + value}, names: "--" + flag})
		}
	}
	for _, flag := range []string{"upstream-timeout", "drain-timeout"} {
		tests = append(tests, wrongSetting{name: flag + " 0s", args: []string{"--" + flag + "=0s"}, names: "--" + flag})
	}
	for _, test := range tests {
		t.Run(test.name, test.withSecret().check)
	}
}

// TestWrongAddresses are addresses that no one can listen at.
func TestWrongAddresses(t *testing.T) {
	flags := map[string][]string{
		"--grpc-addr":    nil,
		"--http-addr":    nil,
		"--admin-addr":   nil,
		"--sandbox-addr": {"--sandbox"},
		"--addr":         {"sandbox"},
	}
	values := []string{"localhost", "127.0.0.1:99999"}
	more := []string{"", "9090", "127.0.0.1:http/2", "::1:9090", "unix://", "unix:///no/such/folder/socket", "unix://relative/socket"}
	for flag, args := range flags {
		values := values
		if flag == "--grpc-addr" { // all flags are read by the same code
			values = slices.Concat(values, more)
		}
		for _, value := range values {
			test := wrongSetting{args: append(args[:len(args):len(args)], flag+"="+value), names: flag + ":"}
			t.Run(fmt.Sprintf("%s %q", flag, value), test.withSecret().check)
		}
	}
	test := wrongSetting{args: []string{"healthcheck", "--admin-addr=localhost"}, names: "--admin-addr:"}
	t.Run("healthcheck", test.check)
}

// TestAddressesInUse are addresses where somebody else listens.
func TestAddressesInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	addr := listener.Addr().String()
	for _, args := range [][]string{
		{"--grpc-addr=" + addr},
		{"--http-addr=" + addr},
		{"--admin-addr=" + addr},
		{"--sandbox-addr=" + addr, "--sandbox"},
		{"--addr=" + addr, "sandbox"},
	} {
		flag, _, _ := strings.Cut(args[0], "=")
		t.Run(flag, wrongSetting{args: append(args[1:], args[0]), names: flag + ": listen tcp " + addr}.withSecret().check)
	}
}

// TestWrongUpstreams are addresses of PortOne that are none.
func TestWrongUpstreams(t *testing.T) {
	for _, url := range []string{
		"api.portone.io", "ftp://api.portone.io", "https://", "https://api.portone.io/?key=hunter2", "https://api.portone.io/#hunter2",
		"https://user:hunter2@api.portone.io", // needs an answer that does not repeat it
		"https://user:hunter2@",
		"https://user:hunter2", // taken for a port
		"https://user:hunter2/@api.portone.io",
		"https://user:%hunter2@api.portone.io",
		"https://user:hunter2 @api.portone.io",
		"user:hunter2@api.portone.io",
		"http://127.0.0.1:99999", "https://api.portone.io:0", "https://api.portone.io:18446744073709551617",
	} {
		test := wrongSetting{args: []string{"--upstream-url=" + url}, names: "--upstream-url:", hides: "hunter2"}
		t.Run(fmt.Sprintf("%q", url), test.withSecret().check)
	}
}

// TestClearText: the API secret may go to another machine unencrypted, but not
// unnoticed.
func TestClearText(t *testing.T) {
	for _, test := range []struct {
		url  string
		host string // that the warning names; empty for none
	}{
		{"https://api.portone.io", ""},
		{"http://127.0.0.1:1", ""},
		{"http://127.9.9.9", ""},
		{"http://[::1]:1/portone", ""},
		{"http://localhost:1", ""},
		{"http://portone.localhost", ""},
		{"http://portone.internal:8080", "portone.internal"},
		{"http://10.0.0.1", "10.0.0.1"},
		{"HTTP://[fd00::1]:1", "fd00::1"},
		{"http://localhost.example.com", "localhost.example.com"},
	} {
		t.Run(test.url, func(t *testing.T) {
			t.Parallel()
			p := start(t, test.url)
			line, warned := lineWith(p.stderr.String(), "in clear text") // before it serves
			if warned != (test.host != "") || warned && (!strings.Contains(line, `"level":"WARN"`) || !strings.Contains(line, `"host":"`+test.host+`"`)) {
				t.Errorf("the log says %q, want a warning that names %q", line, test.host)
			}
		})
	}
	t.Run("sandbox", func(t *testing.T) { // which is on this machine
		t.Parallel()
		p := startWith(t, nil, "--sandbox", "--sandbox-addr=127.0.0.1:0")
		if line, warned := lineWith(p.stderr.String(), "in clear text"); warned {
			t.Errorf("the log says %s", line)
		}
	})
}

// TestSandboxBesideSecrets: who has real credentials at hand, and leaves --sandbox where
// it was, must not be told that payments are made.
func TestSandboxBesideSecrets(t *testing.T) {
	for _, test := range []wrongSetting{
		{name: "secret", args: []string{"--sandbox"}, env: []string{"PORTONE_API_SECRET=" + testSecret}, names: "PORTONE_API_SECRET"},
		{name: "secret, by the environment", env: []string{"PORTONE_GATEWAY_SANDBOX=true", "PORTONE_API_SECRET=" + testSecret}, names: "PORTONE_API_SECRET"},
		{name: "file", args: []string{"--sandbox", "--api-secret-file=/run/secrets/portone"}, names: "--api-secret-file"},
		{name: "URL", args: []string{"--sandbox", "--upstream-url=https://portone.internal"}, names: "--upstream-url"},
		{name: "the default URL", args: []string{"--upstream-url=https://api.portone.io", "--sandbox"}, names: "--upstream-url"},
		{name: "URL, by the environment", args: []string{"--sandbox"}, env: []string{"PORTONE_GATEWAY_UPSTREAM_URL=https://api.portone.io"}, names: "--upstream-url"},
	} {
		test.args = append(test.args, anyPorts...)
		t.Run(test.name, test.check)
	}
}

// TestSandboxShows: logs and metrics say that a sandbox runs, and only then.
func TestSandboxShows(t *testing.T) {
	paying := start(t, newStub(t, nil).url)
	sandbox := startWith(t, []string{"PORTONE_API_SECRET="}, "--sandbox", "--sandbox-addr=127.0.0.1:0")
	for _, test := range []struct {
		name  string
		p     *program
		value float64
	}{{"paying", paying, 0}, {"sandbox", sandbox, 1}} {
		line, warned := lineWith(test.p.stderr.String(), "no payment is real")
		if warned != (test.value == 1) || warned && !strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("%s: the log says %q", test.name, line)
		}
		if got := test.p.metrics(t).value(t, "portone_gateway_sandbox"); got != test.value {
			t.Errorf("%s: the metric is %v", test.name, got)
		}
	}
}

// TestWrongEnvironment are wrong values in environment variables.
func TestWrongEnvironment(t *testing.T) {
	for _, test := range []wrongSetting{
		{env: []string{"PORTONE_GATEWAY_DRAIN_TIMEOUT=30"}, names: "PORTONE_GATEWAY_DRAIN_TIMEOUT"},
		{env: []string{"PORTONE_GATEWAY_MAX_IN_FLIGHT=many"}, names: "PORTONE_GATEWAY_MAX_IN_FLIGHT"},
		{env: []string{"PORTONE_GATEWAY_SANDBOX=maybe"}, names: "PORTONE_GATEWAY_SANDBOX"},
		{env: []string{"PORTONE_GATEWAY_LOG_LEVEL=loud"}, names: "--log-level"},
		{env: []string{"PORTONE_GATEWAY_GRPC_ADDR=localhost"}, names: "--grpc-addr"},
		{env: []string{"PORTONE_GATEWAY_UPSTREAM_URL=https://user:hunter2@api.portone.io"}, names: "--upstream-url", hides: "hunter2"},
	} {
		t.Run(test.env[0], test.withSecret().check)
	}
}

// TestWrongSecrets are secrets that are missing or cannot be sent. No line shows
// one.
func TestWrongSecrets(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return "--api-secret-file=" + path
	}
	for _, test := range []wrongSetting{
		{name: "no secret", names: "--api-secret-file"},
		{name: "no secret names the variable too", names: "PORTONE_API_SECRET"},
		{name: "empty variable", env: []string{"PORTONE_API_SECRET="}, names: "PORTONE_API_SECRET"},
		{name: "blank variable", env: []string{"PORTONE_API_SECRET= \n"}, names: "PORTONE_API_SECRET"},
		{name: "line break", env: []string{"PORTONE_API_SECRET=hunter2\nhunter3"}, names: "PORTONE_API_SECRET", hides: "hunter"},
		{name: "header in a header", env: []string{"PORTONE_API_SECRET=hunter2\r\nX-Evil: hunter3"}, names: "PORTONE_API_SECRET", hides: "hunter"},
		{name: "not ASCII", env: []string{"PORTONE_API_SECRET=hunter2비밀"}, names: "PORTONE_API_SECRET", hides: "hunter"},
		{name: "no such file", args: []string{"--api-secret-file=/no/such/file"}, names: "--api-secret-file"},
		{name: "folder", args: []string{"--api-secret-file=" + folder}, names: "--api-secret-file"},
		{name: "empty file", args: []string{file("empty", "")}, names: "--api-secret-file"},
		{name: "blank file", args: []string{file("blank", "\n\n")}, names: "--api-secret-file"},
		{name: "two lines in the file", args: []string{file("lines", "hunter2\nhunter3\n")}, names: "--api-secret-file", hides: "hunter"},
		{name: "a bad file, though the variable is good", args: []string{file("empty", "")},
			env: []string{"PORTONE_API_SECRET=" + testSecret}, names: "--api-secret-file"},
	} {
		test.args = append(test.args, anyPorts...)
		t.Run(test.name, test.check)
	}
}
