package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// socketFolder is a folder whose name is short: the path of a socket may have
// some 100 bytes.
func socketFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "gw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// onSockets are flags that put all three servers on sockets in a folder.
func onSockets(folder string) []string {
	return []string{"--grpc-addr=unix://" + folder + "/grpc", "--http-addr=unix://" + folder + "/http", "--admin-addr=unix://" + folder + "/admin"}
}

// checkServes calls a gateway at all of its addresses.
func checkServes(t *testing.T, p *program) {
	t.Helper()
	if err := list(t.Context(), p.dial(t)); err != nil {
		t.Errorf("gRPC at %s: %v", p.grpc, err)
	}
	if a := get(t, p.http, "/payments"); a.status != http.StatusOK {
		t.Errorf("REST at %s: %d\n%s", p.http, a.status, a.body)
	}
	if a := get(t, p.admin, "/readyz"); a.status != http.StatusOK {
		t.Errorf("admin at %s: %d\n%s", p.admin, a.status, a.body)
	}
}

// TestSockets serves on sockets, leaves none behind when it ends, and takes over
// those of a process that was killed.
func TestSockets(t *testing.T) {
	folder := socketFolder(t)
	portone := newStub(t, nil)
	killed := start(t, portone.url, onSockets(folder)...)
	checkServes(t, killed)
	killed.signal(t, syscall.SIGKILL)
	killed.wait(t)
	if left := entries(t, folder); len(left) != 3 {
		t.Fatalf("the process that was killed leaves %q, so there is nothing to test", left)
	}
	p := start(t, portone.url, onSockets(folder)...)
	checkServes(t, p)
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 0 {
		t.Errorf("it ends with %d", status)
	}
	if left := entries(t, folder); len(left) != 0 {
		t.Errorf("it leaves %q", left)
	}
}

func entries(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// TestSocketsInUse: the sockets of a process that lives are its own.
func TestSocketsInUse(t *testing.T) {
	folder := socketFolder(t)
	p := start(t, newStub(t, nil).url, onSockets(folder)...)
	for _, flag := range onSockets(folder) {
		name, _, _ := strings.Cut(flag, "=")
		test := wrongSetting{args: []string{flag}, names: name + ": listen unix"}.withSecret()
		status, _, stderr := run(t, test.env, test.args...)
		if status != 2 || !strings.Contains(stderr, test.names) {
			t.Errorf("a second gateway with %s ends with %d and\n%s", flag, status, stderr)
		}
	}
	checkServes(t, p)
}

// TestFilesAreNoSockets: what is no socket is not removed.
func TestFilesAreNoSockets(t *testing.T) {
	folder := socketFolder(t)
	for _, flag := range onSockets(folder) {
		name, path, _ := strings.Cut(flag, "=unix://")
		const content = "something that somebody needs"
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		test := wrongSetting{args: []string{flag}, names: name + ":"}.withSecret()
		status, _, stderr := run(t, test.env, test.args...)
		if status != 2 || !strings.Contains(stderr, test.names) {
			t.Errorf("a gateway with %s, a file, ends with %d and\n%s", flag, status, stderr)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("%s: the file is %q with %v", flag, got, err)
		}
	}
	if left := entries(t, folder); len(left) != 3 {
		t.Errorf("%q are left of the files", left)
	}
}

// TestBusySocket: a socket whose owner has no time for another connection is in
// use all the same.
func TestBusySocket(t *testing.T) {
	path := filepath.Join(socketFolder(t), "busy")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil { // room for one, whom no one accepts
		t.Fatal(err)
	}
	for range 3 {
		removeStale(path)
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("the socket is gone: %v", err)
		}
	}
}

// TestSocketPermissions: who may connect is as the settings say, for every socket.
func TestSocketPermissions(t *testing.T) {
	folder := socketFolder(t)
	args := append(onSockets(folder), "--metrics-addr=unix://"+folder+"/metrics", "--socket-mode=0660", "--socket-group="+strconv.Itoa(os.Getgid()))
	start(t, newStub(t, nil).url, args...)
	for _, name := range []string{"grpc", "http", "admin", "metrics"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o660 {
			t.Errorf("%s has the permissions %o", name, mode)
		}
	}
}
