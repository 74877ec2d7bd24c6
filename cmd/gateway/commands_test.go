package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestHelp shows every flag of a command with its variable and default.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}} {
		status, stdout, stderr := run(t, nil, args...)
		if status != 0 || stderr != "" {
			t.Errorf("%q ends with %d and\n%s", args, status, stderr)
		}
		for _, command := range model(t).Children {
			if !strings.Contains(stdout, "  "+command.Name) {
				t.Errorf("%q does not name the command %s:\n%s", args, command.Name, stdout)
			}
		}
		for name := range serveFlags(t) { // of what runs without a command
			if !strings.Contains(stdout, "--"+name) {
				t.Errorf("%q does not name --%s:\n%s", args, name, stdout)
			}
		}
	}
	for _, command := range model(t).Children {
		status, stdout, stderr := run(t, nil, command.Name, "--help")
		if status != 0 || stderr != "" {
			t.Errorf("%s --help ends with %d and\n%s", command.Name, status, stderr)
		}
		text := strings.Join(strings.Fields(stdout), " ") // lines are wrapped anywhere
		for name, flag := range flagsOf(command) {
			for _, part := range []string{"--" + name, "($" + envOf(name) + ")", flag.Default} {
				if !strings.Contains(text, part) {
					t.Errorf("%s --help has no %s:\n%s", command.Name, part, stdout)
				}
			}
		}
	}
}

// TestVersion shows a version and nothing else.
func TestVersion(t *testing.T) {
	status, stdout, stderr := run(t, nil, "version")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "portone-gateway ") || strings.Count(stdout, "\n") != 1 || len(strings.Fields(stdout)) != 2 {
		t.Errorf("version ends with %d, shows %q and\n%s", status, stdout, stderr)
	}
}

// TestVersionAsJSON shows the same version, and what it was built with.
func TestVersionAsJSON(t *testing.T) {
	_, text, _ := run(t, nil, "version")
	status, stdout, stderr := run(t, nil, "version", "--json")
	var shown struct{ Version, Go, Platform string }
	if err := json.Unmarshal([]byte(stdout), &shown); err != nil || status != 0 || stderr != "" {
		t.Fatalf("version --json ends with %d, %v, %s\n%s", status, err, stdout, stderr)
	}
	if "portone-gateway "+shown.Version+"\n" != text || shown.Go != runtime.Version() || shown.Platform != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("version --json shows %s, version %s", stdout, text)
	}
}

// TestHealthcheck asks gateways that are ready, and things that are not.
func TestHealthcheck(t *testing.T) {
	socket := filepath.Join(socketFolder(t), "admin.sock")
	ready := start(t, newStub(t, nil).url)
	start(t, newStub(t, nil).url, "--admin-addr=unix://"+socket)
	unready := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer unready.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	tests := []struct {
		name, addr string
		status     int
		problem    string
	}{
		{"ready", ready.admin, 0, ""},
		{"ready, on a socket", "unix://" + socket, 0, ""},
		{"not ready", unready.Listener.Addr().String(), 1, "503"},
		{"nobody there", freeAddr(t), 1, "connection refused"},
		{"no socket there", "unix://" + socket + "x", 1, "no such file"},
		{"no answer", silent.Addr().String(), 1, "Timeout"},
		{"another server", ready.http, 1, "404"},
	}
	for _, test := range tests {
		for _, byEnv := range []bool{false, true} {
			args, env := []string{"healthcheck", "--timeout=10s", "--admin-addr=" + test.addr}, []string(nil)
			if byEnv {
				args, env = args[:2], []string{envOf("admin-addr") + "=" + test.addr}
			}
			if test.name == "no answer" {
				args[1] = "--timeout=50ms"
			}
			status, stdout, stderr := run(t, env, args...)
			if status != test.status || stdout != "" || (test.problem == "") != (stderr == "") || !strings.Contains(stderr, test.problem) {
				t.Errorf("%s: healthcheck ends with %d and %q, want %d and something with %q", test.name, status, stderr, test.status, test.problem)
			}
		}
	}
}

// freeAddr is an address where no one listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
