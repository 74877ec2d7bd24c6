// Package sdktest shows that PortOne's official server SDKs work against the REST
// side of a gateway with nothing changed but their base URL: programs that use the
// SDKs make the same calls against the sandbox, as a control, and against a
// gateway in front of it.
package sdktest

import (
	"bufio"
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/sandbox"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// now is what the sandbox's clock shows all the time, so that programs know the
// dates to expect. It has a fraction, since PortOne's dates have.
var now = time.Date(2026, time.March, 2, 9, 30, 0, 123_000_000, time.UTC)

// cases are what every program does, in this order.
var cases = []string{
	"pay by card",
	"get a payment",
	"list payments",
	"cancel in part, then the rest",
	"pay with a billing key",
	"schedule payments and revoke them",
	"verify an identity",
	"partners of a platform, and their contract",
	"transfers, and a file of them",
	"ids with everything in them",
	"an amount as large as the language has it",
	"another store",
	"typed errors",
	"an error type that the SDK does not know",
}

// place is where a program finds PortOne: an empty sandbox, by itself or behind a
// gateway.
type place struct {
	url string

	// near has the exchanges of the program, far those of the sandbox. Without a
	// gateway they are the same.
	near, far *recorder
}

func alone(t *testing.T) place {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Clock: world.NewStoppedClock(now)})
	if err != nil {
		t.Fatal(err)
	}
	exchanges := record(s)
	server := httptest.NewServer(exchanges)
	t.Cleanup(server.Close)
	return place{server.URL, exchanges, exchanges}
}

func behindGateway(t *testing.T, options gatewaytest.Options) place {
	t.Helper()
	p := alone(t)
	options.URL = p.url
	g := gatewaytest.Start(t, options)
	p.near = record(g.REST.Config.Handler)
	server := httptest.NewUnstartedServer(nil)
	server.Config = rest.NewServer(nil, slog.New(slog.DiscardHandler))
	server.Config.Handler = p.near
	server.Start()
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func TestJavaScript(t *testing.T) {
	_, noNode := exec.LookPath("node")
	_, noSDK := os.Stat(filepath.Join("node_modules", "@portone", "server-sdk"))
	if noNode != nil || noSDK != nil {
		t.Skip("skipped: Node or PortOne's SDK for JavaScript is not here; `npm ci` in rest/sdktest installs the SDK")
	}
	run(t, "node", sources(t, "client.mjs")[0])
}

func TestPython(t *testing.T) {
	python := filepath.Join("venv", "bin", "python")
	if exec.Command(python, "-c", "import portone_server_sdk").Run() != nil {
		t.Skip("skipped: Python or PortOne's SDK for it is not here; `python3 -m venv venv && venv/bin/pip install -r requirements.txt` in rest/sdktest installs the SDK")
	}
	run(t, python, sources(t, "client.py")[0])
}

func TestJava(t *testing.T) {
	_, noJDK := exec.LookPath("javac")
	sdk, _ := filepath.Glob(filepath.Join("jars", "server-sdk-*.jar"))
	if noJDK != nil || len(sdk) == 0 {
		t.Skip("skipped: a JDK or PortOne's SDK for the JVM is not here; `mvn dependency:copy-dependencies` in rest/sdktest installs the SDK")
	}
	jars, classes := filepath.Join("jars", "*"), t.TempDir()
	javac := append([]string{"-encoding", "UTF-8", "-cp", jars, "-d", classes}, sources(t, filepath.Join("java", "*.java"))...)
	if out, err := exec.CommandContext(t.Context(), "javac", javac...).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	classpath := classes + string(filepath.ListSeparator) + jars
	run(t, "java", "-Dfile.encoding=UTF-8", "-cp", classpath, "Client")
}

// sources lists the files of a program. It looks at each so that go test does not
// repeat what it remembers once one of them has changed.
func sources(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no such files: %v", pattern, err)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// run runs a program at both places. What it sends and gets must be the same: the
// sandbox's ids are repeatable.
func run(t *testing.T, program ...string) {
	control := alone(t)
	if !t.Run("sandbox", func(t *testing.T) { runAt(t, control, program) }) {
		return // the fault is not the gateway's
	}
	t.Run("gateway", func(t *testing.T) {
		p := behindGateway(t, gatewaytest.Options{})
		runAt(t, p, program)
		want := control.near.all()
		if len(want) == 0 {
			t.Skip("skipped: nothing to compare with, since the control was not asked for")
		}
		if diff := cmp.Diff(want, withoutOurs(t, p.near.all())); diff != "" {
			t.Errorf("the gateway answers otherwise than the sandbox (-sandbox +gateway):\n%s", diff)
		}
		if diff := cmp.Diff(want, p.far.all()); diff != "" {
			t.Errorf("the sandbox was asked otherwise by the gateway (-program +gateway):\n%s", diff)
		}
	})
	t.Run("gateway with a policy", func(t *testing.T) {
		key, options := withPolicy(t)
		runAt(t, behindGateway(t, options), program, "SDK_SECRET="+key)
	})
}

// runAt runs a program. Its arguments are PortOne's URL and what its clock shows;
// it prints the name of each case that it has passed.
func runAt(t *testing.T, p place, program []string, env ...string) {
	t.Helper()
	arguments := append(slices.Clone(program[1:]), p.url, now.Format(time.RFC3339Nano))
	command := exec.CommandContext(t.Context(), program[0], arguments...)
	command.Env = append(append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1"), env...)
	var errs bytes.Buffer
	command.Stderr = &errs
	out, err := command.Output()
	passed := lines(out)
	if err != nil {
		t.Fatalf("%v; passed: %q\n%s", err, passed, errs.String())
	}
	if diff := cmp.Diff(cases, passed); diff != "" {
		t.Errorf("the program passed other cases (-want +got):\n%s", diff)
	}
}

func lines(out []byte) (lines []string) {
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}
