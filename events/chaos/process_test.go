package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/events"
	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/signature"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// The test binary is also what the tests kill: with a role in its environment it is that
// and runs no tests.
const (
	envRole = "CHAOS_ROLE" // gateway or nats
	envDir  = "CHAOS_DIR"
	envURL  = "CHAOS_URL" // of the cluster, for a gateway
	envName = "CHAOS_NAME"
	envPort = "CHAOS_PORTS" // for clients, for routes, and then the routes of all
	envSize = "CHAOS_MAX_BYTES"

	webhookSecret = "whsec_dGhlIHNlY3JldCBvZiBjaGFvcw=="
)

func TestMain(m *testing.M) {
	var err error
	switch role := os.Getenv(envRole); role {
	case "":
		os.Exit(m.Run())
	case "gateway":
		err = runGateway()
	case "nats":
		err = runNATS()
	default:
		err = fmt.Errorf("no such role: %s", role)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// runGateway is the events part of a gateway, until it is killed.
func runGateway() error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	size, _ := strconv.ParseInt(os.Getenv(envSize), 10, 64)
	store, err := jetstream.Open(jetstream.Options{Dir: os.Getenv(envDir), URL: os.Getenv(envURL), MaxBytes: size, Logger: logger})
	if err != nil {
		return err
	}
	secret, err := signature.NewSecret("live", webhookSecret)
	if err != nil {
		return err
	}
	handler, err := intake.New(intake.Options{Secrets: signature.Static{secret}, Store: store, Logger: logger})
	if err != nil {
		return err
	}
	service, err := events.New(events.Options{Store: store, Logger: logger, Heartbeat: time.Second})
	if err != nil {
		return err
	}
	webhooks, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	calls, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := grpc.NewServer()
	eventsv1.RegisterEventServiceServer(g, service)
	go func() { _ = intake.NewServer(handler, logger).Serve(webhooks) }()
	fmt.Println("ready", webhooks.Addr(), calls.Addr())
	return g.Serve(calls)
}

// runNATS is a server of a cluster, until it is killed.
func runNATS() error {
	ports := strings.Split(os.Getenv(envPort), ",")
	var numbers []int
	for _, p := range ports {
		n, err := strconv.Atoi(p)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	options := &server.Options{
		ServerName: os.Getenv(envName), Host: "127.0.0.1", Port: numbers[0], NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: os.Getenv(envDir), SyncAlways: true,
		Cluster: server.ClusterOpts{Name: "chaos", Host: "127.0.0.1", Port: numbers[1]},
	}
	for _, route := range numbers[2:] {
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(route))})
	}
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		return fmt.Errorf("the server %s does not start", options.ServerName)
	}
	fmt.Println("ready", s.ClientURL())
	s.WaitForShutdown()
	return fmt.Errorf("the server %s ended", options.ServerName)
}

// process is the test binary in a role.
type process struct {
	command *exec.Cmd
	ready   []string // what it said when it was ready
	exited  chan struct{}
}

// spawn starts a process, and waits until it is ready.
func spawn(t *testing.T, log string, environment ...string) *process {
	t.Helper()
	stderr, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	command.Env = append(os.Environ(), environment...)
	command.Stderr = stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{command: command, exited: make(chan struct{})}
	line := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(stdout)
		first, _ := reader.ReadString('\n')
		line <- first
		_, _ = io.Copy(io.Discard, reader)
		_ = command.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.kill)
	select {
	case text := <-line:
		if p.ready = strings.Fields(text); len(p.ready) == 0 {
			said, _ := os.ReadFile(log)
			t.Fatalf("a process ended at once:\n%s", said)
		}
	case <-time.After(time.Minute):
		t.Fatal("a process does not start")
	}
	return p
}

// kill ends the process as a power cut would, but for what the kernel has.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.exited
}

// gateway starts one over a store in a folder, or on a cluster.
func gateway(t *testing.T, log, dir, cluster string, environment ...string) *process {
	t.Helper()
	return spawn(t, log, append([]string{envRole + "=gateway", envDir + "=" + dir, envURL + "=" + cluster}, environment...)...)
}

// freePorts finds ports that no one has.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	return ports
}

// logOf is where processes of a test write.
func logOf(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "log")
}
