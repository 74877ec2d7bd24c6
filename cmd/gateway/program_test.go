package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// testSecret is the API secret of the gateways that tests start.
const testSecret = "portone-secret-that-must-not-show"

// program is the gateway as a process.
type program struct {
	cmd            *exec.Cmd
	stdout, stderr *journal
	exited         chan struct{}

	// Where it listens: host:port, or the path of a socket.
	grpc, http, admin string
}

// launch starts the program with nothing else in its environment than env, which
// matters to it.
func launch(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	p := prepare(t, env, args...)
	p.begin(t)
	return p
}

// prepare makes a program that is not started yet.
func prepare(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(self, args...), stdout: newJournal(), stderr: newJournal(), exited: make(chan struct{})}
	// The race detector would let every process wait for a second at its end. The folder
	// is for what a process that is killed leaves behind.
	p.cmd.Env = append([]string{envAsGateway + "=1", "GORACE=atexit_sleep_ms=0", "TMPDIR=" + t.TempDir()}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	return p
}

// begin starts a program.
func (p *program) begin(t *testing.T) {
	t.Helper()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
		if t.Failed() {
			log := p.stderr.String()
			t.Logf("gateway %q ended its log with\n%s", p.cmd.Args[1:], log[max(0, len(log)-2000):])
		}
	})
}

// onSocketsOf says where a program with the flags of onSockets listens, and waits
// until it is ready, for a program whose log cannot be read.
func (p *program) onSocketsOf(t *testing.T, folder string) {
	t.Helper()
	p.grpc, p.http, p.admin = folder+"/grpc", folder+"/http", folder+"/admin"
	await(t, "the gateway to serve", func() bool {
		a, err := ask(t.Context(), p.admin, http.MethodGet, "/readyz", "")
		return err == nil && a.status == http.StatusOK
	})
}

// run runs the program to its end.
func run(t *testing.T, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	p := launch(t, env, args...)
	status = p.wait(t)
	return status, p.stdout.String(), p.stderr.String()
}

// anyPorts are addresses that are free.
var anyPorts = []string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}

// start starts a gateway in front of a PortOne, and waits until it serves. Args
// come after those that choose ports, and win.
func start(t *testing.T, upstream string, args ...string) *program {
	t.Helper()
	return startWith(t, []string{"PORTONE_API_SECRET=" + testSecret, "PORTONE_GATEWAY_UPSTREAM_URL=" + upstream}, args...)
}

// startWith starts a gateway with nothing else in its environment than env.
func startWith(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	p := launch(t, env, slices.Concat(anyPorts, args)...)
	line := p.stderr.awaitLine(t, `"msg":"serving"`, p.exited)
	var serving struct{ GRPC, HTTP, Admin string }
	if err := json.Unmarshal([]byte(line), &serving); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	p.grpc, p.http, p.admin = serving.GRPC, serving.HTTP, serving.Admin
	return p
}

// signal sends a signal.
func (p *program) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the end of the process and returns its exit status, -1 if it was
// killed.
func (p *program) wait(t *testing.T) int {
	t.Helper()
	receive(t, "the end of the process", p.exited)
	return p.cmd.ProcessState.ExitCode()
}

// dial connects to its gRPC side.
func (p *program) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	target := "passthrough:///" + p.grpc
	if strings.HasPrefix(p.grpc, "/") {
		target = "unix://" + p.grpc
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// answer is what came of an HTTP request.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes an HTTP request to an address, host:port or the path of a socket, on
// a connection of its own.
func ask(ctx context.Context, addr, method, target, body string, headers ...string) (answer, error) {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+target, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// get fetches something that must be there.
func get(t *testing.T, addr, target string, headers ...string) answer {
	t.Helper()
	a, err := ask(t.Context(), addr, http.MethodGet, target, "", headers...)
	if err != nil {
		t.Fatalf("GET %s of %s: %v", target, addr, err)
	}
	return a
}
