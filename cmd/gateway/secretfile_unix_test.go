//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSecretFileFails: payments go on while the file of the secret cannot be read, or
// hangs; the log and a metric tell.
func TestSecretFileFails(t *testing.T) {
	t.Parallel() // it takes ten seconds
	path := filepath.Join(t.TempDir(), "secret")
	put := func(create func(path string) error) {
		t.Helper()
		if err := create(path + ".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	put(func(path string) error { return os.WriteFile(path, []byte(testSecret), 0o600) })
	portone := newStub(t, nil)
	p := startWith(t, []string{"PORTONE_GATEWAY_API_SECRET_FILE=" + path, "PORTONE_GATEWAY_UPSTREAM_URL=" + portone.url})
	conn := p.dial(t)
	awaitReload := func(want float64) {
		t.Helper()
		await(t, "the metric", func() bool {
			return p.metrics(t).value(t, "portone_gateway_api_secret_reload_ok") == want
		})
		if _, err := pay(t.Context(), conn, "payment-1"); err != nil {
			t.Errorf("a payment, with the metric at %v: %v", want, err)
		}
		seen := portone.headers()
		if got := seen[len(seen)-1].Get("Authorization"); got != "PortOne "+testSecret {
			t.Errorf("PortOne gets %q", got)
		}
	}
	awaitReload(1)
	put(func(path string) error { return os.WriteFile(path, []byte("half\na secret"), 0o600) })
	awaitReload(0)
	p.stderr.awaitLine(t, `"level":"ERROR","msg":"the API secret cannot be read again`, p.exited)
	put(func(path string) error { return os.WriteFile(path, []byte(testSecret), 0o600) })
	awaitReload(1)
	p.stderr.awaitLine(t, `"level":"INFO","msg":"the API secret can be read again"`, p.exited)
	put(func(path string) error { return syscall.Mkfifo(path, 0o600) })
	p.stderr.awaitLine(t, "takes longer than 10s", p.exited)
	awaitReload(0)
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 0 {
		t.Errorf("it ends with %d", status)
	}
}

// TestNoReloadMetric: without a file, nothing is read again.
func TestNoReloadMetric(t *testing.T) {
	p := start(t, newStub(t, nil).url)
	if got := p.metrics(t).value(t, "portone_gateway_api_secret_reload_ok"); got != -1 {
		t.Errorf("the metric is there: %v", got)
	}
}
