// Package examples runs the consumers of events that docs/events.md shows, in each
// language, against an EventService on loopback.
package examples

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	portonegateway "github.com/portone-gateway/portone-gateway"
	"github.com/portone-gateway/portone-gateway/events"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	"github.com/portone-gateway/portone-gateway/internal/googleprotos"
)

// protos writes the contract as `gateway protos` does.
func protos(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	contract, err := fs.Sub(portonegateway.Protos, "proto")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, contract); err != nil {
		t.Fatal(err)
	}
	if err := googleprotos.Write(dir, googleprotos.Imported, googleprotos.OfErrors); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestGo(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "consumer")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./golang").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	consume(t, "ledger-go", func(addr string) []string { return []string{binary, addr} })
}

func TestPython(t *testing.T) {
	python, err := filepath.Abs(filepath.Join("python", "venv", "bin", "python"))
	if err != nil || exec.CommandContext(t.Context(), python, "-c", "import grpc_tools").Run() != nil {
		t.Skip("skipped: Python or grpcio-tools is not here; `python3 -m venv venv && venv/bin/pip install -r requirements.txt` in events/examples/python installs them")
	}
	contract, stubs := protos(t), t.TempDir()
	args := []string{"-m", "grpc_tools.protoc", "-I", contract, "--python_out=" + stubs, "--grpc_python_out=" + stubs}
	err = filepath.WalkDir(contract, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			args = append(args, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), python, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("PYTHONPATH", stubs)
	consume(t, "ledger-python", func(addr string) []string { return []string{python, source(t, "python/consumer.py"), addr} })
}

func TestTypeScript(t *testing.T) {
	_, noNode := exec.LookPath("node")
	_, noModules := os.Stat(filepath.Join("typescript", "node_modules", "typescript"))
	if noNode != nil || noModules != nil {
		t.Skip("skipped: Node or the packages are not here; `npm ci` in events/examples/typescript installs them")
	}
	compile := exec.CommandContext(t.Context(), "npx", "tsc")
	compile.Dir = filepath.Dir(source(t, "typescript/consumer.ts"))
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contract := protos(t)
	consume(t, "ledger-typescript", func(addr string) []string { return []string{"node", "typescript/consumer.js", addr, contract} })
}

func TestJava(t *testing.T) {
	_, noJava := exec.LookPath("java")
	_, noClasses := os.Stat(filepath.Join("java", "target", "classes", "Consumer.class"))
	if noJava != nil || noClasses != nil {
		t.Skip("skipped: Java is not here or the consumer is not built; `go run ./cmd/gateway protos events/examples/java/protos`, and `mvn package` in events/examples/java, builds it")
	}
	source(t, "java/src/main/java/Consumer.java")
	classpath := filepath.Join("java", "target", "classes") + string(filepath.ListSeparator) + filepath.Join("java", "target", "dependency", "*")
	consume(t, "ledger-java", func(addr string) []string { return []string{"java", "-cp", classpath, "Consumer", addr} })
}

// source looks at a file, so that go test does not repeat what it remembers once it has
// changed.
func source(t *testing.T, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// gateway is an EventService that can go away and come back at its address.
type gateway struct {
	t     *testing.T
	store *jetstream.Store
	addr  string
	stop  func()
}

func (g *gateway) start() {
	g.t.Helper()
	service, err := events.New(events.Options{Store: g.store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		g.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", g.addr)
	if err != nil {
		g.t.Fatal(err)
	}
	g.addr = listener.Addr().String()
	server := grpc.NewServer()
	eventsv1.RegisterEventServiceServer(server, service)
	go func() { _ = server.Serve(listener) }()
	g.stop = func() { service.Drain(); server.GracefulStop() }
}

func (g *gateway) happen(ids ...string) {
	g.t.Helper()
	for _, id := range ids {
		r := &store.Record{ID: id, Type: "Transaction.Paid", StoreID: "s", Environment: "live",
			Body: []byte(`{"type":"Transaction.Paid","data":{"storeId":"s","paymentId":"payment of ` + id + `"}}`)}
		if _, err := g.store.Append(g.t.Context(), r); err != nil {
			g.t.Fatal(err)
		}
	}
}

// consume runs a consumer. It gets events of before and after the gateway was away, and
// has acknowledged all in the end.
func consume(t *testing.T, subscription string, program func(addr string) []string) {
	t.Helper()
	s, err := jetstream.Open(jetstream.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	g := &gateway{t: t, store: s, addr: "127.0.0.1:0"}
	g.start()
	defer func() { g.stop() }()
	lines := run(t, program(g.addr))
	eventually(t, "the subscription is declared", func() bool {
		_, err := s.Get(t.Context(), subscription)
		return err == nil
	})
	g.happen("id-1", "id-2")
	want(t, lines, "id-1", "id-2")
	acknowledged := func() bool {
		sub, err := s.Get(t.Context(), subscription)
		return err == nil && sub.GetBacklog() == 0
	}
	eventually(t, "the first two are acknowledged", acknowledged)
	g.stop()
	g.happen("id-3")
	g.start()
	g.happen("id-4")
	want(t, lines, "id-3", "id-4")
	eventually(t, "everything is acknowledged", acknowledged)
}

// run runs a program until the test ends, and returns its lines.
func run(t *testing.T, program []string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program[0], program[1:]...)
	command.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	command.Stderr = t.Output()
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
		_ = command.Wait()
	}()
	t.Cleanup(func() { cancel(); <-done })
	return lines
}

// want waits for the lines of events.
func want(t *testing.T, lines <-chan string, ids ...string) {
	t.Helper()
	timeout := time.After(time.Minute)
	for len(ids) > 0 {
		select {
		case line := <-lines:
			i := slices.IndexFunc(ids, func(id string) bool { return line == fmt.Sprintf("handled %s payment of %s", id, id) })
			if i >= 0 {
				ids = slices.Delete(ids, i, i+1)
			} else if !strings.HasPrefix(line, "handled ") {
				t.Fatalf("the consumer says %q", line)
			}
		case <-timeout:
			t.Fatalf("the consumer has not handled %v within a minute", ids)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so within a minute: %s", what)
		}
	}
}
