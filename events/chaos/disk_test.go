package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/signature"
)

// smallDisk mounts one of a few megabytes, or skips the test where it may not.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("skipped: a small disk cannot be mounted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.CommandContext(context.WithoutCancel(t.Context()), "umount", "-l", dir).Run() })
	return dir
}

// sendLarge posts a webhook of about 100 kB, and returns the status of the answer.
func (l *load) sendLarge(id string) int {
	l.t.Helper()
	body := `{"type":"Transaction.Paid","data":{"paymentId":"` + id + `","x":"` + strings.Repeat("x", 100<<10) + `"}}`
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, "http://"+(*l.addrs.Load())[0]+intake.DefaultPath, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	signature.Sign(l.secret, r.Header, id, time.Now(), []byte(body))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode == http.StatusOK {
		l.taken = append(l.taken, id)
	}
	return response.StatusCode
}

// ready asks the intake whether it can store.
func (l *load) ready() bool {
	response, err := http.Get("http://" + (*l.addrs.Load())[0] + "/readyz")
	if err != nil {
		l.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// TestFullDisk fills the disk below a store whose own limit is larger. PortOne is told to
// come again, the intake says that it is unready, what was answered with 200 is there,
// and with room again the gateway goes on by itself.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, 6)
	dir, ballast := filepath.Join(disk, "events"), filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	log := logOf(t)
	l := newLoad(t)
	l.talkTo(gateway(t, log, dir, "", envSize+"="+fmt.Sprint(1<<30)))
	l.declare()
	refused := 0
	for i := 0; refused < 3; i++ {
		if status := l.sendLarge(fmt.Sprint("filling-", i)); status == http.StatusServiceUnavailable {
			refused++
		} else if status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		if i > 100 {
			t.Fatal("the disk is never full")
		}
	}
	if len(l.taken) == 0 {
		t.Fatal("nothing was taken before the disk was full")
	}
	if l.ready() {
		t.Error("the intake says that it is ready with a full disk")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !l.ready(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log)
			t.Fatalf("not ready within a minute with room again:\n%s", said)
		}
	}
	if status := l.sendLarge("after"); status != http.StatusOK {
		t.Errorf("with room again: status %d", status)
	}
	receiving, end := context.WithCancel(t.Context())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	wait := l.run(stopped, receiving)
	l.settle(30 * time.Second)
	end()
	wait()
	said, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(said), "a webhook was not stored") {
		t.Errorf("the log does not say that webhooks were not stored:\n%s", said)
	}
	t.Logf("%d webhooks of 100 kB were taken, %d refused", len(l.taken), refused)
}

// TestTwoOnOneFolder starts a second gateway on a folder that is in use, and one on a
// folder that is no folder.
func TestTwoOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	first, second := newLoad(t), newLoad(t)
	p := gateway(t, logOf(t), dir, "")
	first.talkTo(p)
	log := logOf(t)
	second.talkTo(gateway(t, log, dir, ""))
	if status := first.sendLarge("a"); status != http.StatusOK {
		t.Errorf("the first: status %d", status)
	}
	if status := second.sendLarge("b"); status != http.StatusServiceUnavailable || second.ready() {
		t.Errorf("the second: status %d, ready %v", status, second.ready())
	}
	said, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(said), "another process uses the folder") {
		t.Errorf("the log of the second, error %v:\n%s", err, said)
	}
	// When the first is gone the second takes its place, as in a rolling update.
	p.kill()
	for deadline := time.Now().Add(time.Minute); !second.ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the second is not ready within a minute")
		}
	}
	if status := second.sendLarge("b"); status != http.StatusOK {
		t.Errorf("the second, alone: status %d", status)
	}
}

func TestBrokenFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "x"), "where no folder can be": "/proc/events"} {
		t.Run(name, func(t *testing.T) {
			log := logOf(t)
			l := newLoad(t)
			l.talkTo(gateway(t, log, dir, ""))
			if status := l.sendLarge("a"); status != http.StatusServiceUnavailable || l.ready() {
				t.Errorf("status %d, ready %v", status, l.ready())
			}
			said, err := os.ReadFile(log)
			if err != nil || !strings.Contains(string(said), "the store of events cannot be opened") || !strings.Contains(string(said), "/"+strings.Split(dir, "/")[1]) {
				t.Errorf("the log, error %v:\n%s", err, said)
			}
		})
	}
}
