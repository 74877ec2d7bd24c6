//go:build unix

package upstream

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSecretFileThatHangs: a file that cannot be read to its end, as on a mount that
// is gone, holds no call, shows as a problem, and is not read once more meanwhile.
func TestSecretFileThatHangs(t *testing.T) {
	f := newSecretFile(t, "first", 20*time.Millisecond)
	f.replace(t, func(path string) error { return syscall.Mkfifo(path, 0o600) })
	f.await(t, "first", "takes longer than 20ms")
	time.Sleep(50 * time.Millisecond)
	stacks := make([]byte, 1<<20)
	if got := strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "upstream.readSecret("); got != 1 {
		t.Errorf("%d goroutines read the file", got)
	}
	fifo, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	f.replace(t, func(path string) error { return os.WriteFile(path, []byte("third"), 0o600) })
	f.await(t, "first", "takes longer than 20ms")
	if _, err := fifo.WriteString("second"); err != nil {
		t.Fatal(err)
	}
	fifo.Close() // which ends the reading
	f.await(t, "third", "")
	f.awaitLines(t, "cannot be read again", "can be read again", "a new API secret", "a new API secret")
}

// TestNewSecretFileThatHangs does not hold the start of the gateway for good.
func TestNewSecretFileThatHangs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newFileCredentials(path, nil, recheck, time.Millisecond); err == nil || !strings.Contains(err.Error(), "longer than 1ms") {
		t.Errorf("it opens: %v", err)
	}
	if file, err := os.OpenFile(path, os.O_RDWR, 0); err == nil { // which ends the reading
		file.Close()
	}
}
