package audit_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/access/audit"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func lines(t *testing.T, path string) (all []audit.Entry) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	for scanner.Scan() {
		var e audit.Entry
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			t.Fatalf("a line is %q: %v", scanner.Text(), err)
		}
		all = append(all, e)
	}
	return all
}

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	l, err := audit.Open(path, nil, true, quiet())
	if err != nil {
		t.Fatal(err)
	}
	amount := int64(0)
	want := audit.Entry{Time: time.Now().UTC(), Event: audit.EventBegin, RPC: "PaymentService/CancelPayment", Transport: "grpc", Caller: "shop",
		Decision: audit.Allowed, Amount: &amount, IDs: map[string]string{"payment_id": "hmac-sha256:00"}}
	if err := l.Write(&want); err != nil {
		t.Fatal(err)
	}
	got := lines(t, path) // at once: strict
	l.Close()
	if len(got) != 1 || got[0].Caller != "shop" || *got[0].Amount != 0 || got[0].IDs["payment_id"] != "hmac-sha256:00" {
		t.Errorf("the line is %+v", got)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
}

func TestManyAtOnce(t *testing.T) {
	for _, strict := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "audit")
		l, err := audit.Open(path, nil, strict, quiet())
		if err != nil {
			t.Fatal(err)
		}
		var calls sync.WaitGroup
		for i := range 500 {
			calls.Go(func() {
				if err := l.Write(&audit.Entry{RequestID: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		l.Close()
		seen := make(map[string]bool)
		for _, e := range lines(t, path) {
			seen[e.RequestID] = true
		}
		if len(seen) != 500 || l.Lost() != 0 {
			t.Errorf("strict %v: %d lines are there, %d are lost", strict, len(seen), l.Lost())
		}
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit")
	l, err := audit.Open(path, nil, true, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Write(&audit.Entry{RequestID: "before"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the file is not opened anew")
		}
	}
	if err := l.Write(&audit.Entry{RequestID: "after"}); err != nil {
		t.Fatal(err)
	}
	if old, now := lines(t, path+".1"), lines(t, path); len(old) != 1 || len(now) != 1 || now[0].RequestID != "after" {
		t.Errorf("before: %v, after: %v", old, now)
	}
}

// flaky is a disk that is full for a while.
type flaky struct {
	mu   sync.Mutex
	text bytes.Buffer
	room int // bytes; negative for any
}

func (f *flaky) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.room < 0 || len(p) <= f.room {
		return f.text.Write(p)
	}
	n, _ := f.text.Write(p[:f.room])
	f.room = 0
	return n, errors.New("no space left on device")
}

func TestFullDisk(t *testing.T) {
	disk := &flaky{room: 20}
	var log bytes.Buffer
	l, err := audit.Open("-", disk, true, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := l.Write(&audit.Entry{RequestID: "lost"}); !errors.Is(err, audit.ErrNotWritten) {
			t.Errorf("the error is %v", err)
		}
	}
	if l.OK() || l.Lost() != 3 || strings.Count(log.String(), "cannot be written") != 1 {
		t.Errorf("lost: %d, log: %s", l.Lost(), log.String())
	}
	disk.mu.Lock()
	disk.room = -1
	disk.mu.Unlock()
	if err := l.Write(&audit.Entry{RequestID: "found"}); err != nil {
		t.Error(err)
	}
	l.Close()
	if !l.OK() {
		t.Error("a line that was written is a problem")
	}
	all := strings.Split(strings.TrimSpace(disk.text.String()), "\n")
	var e audit.Entry
	if err := json.Unmarshal([]byte(all[len(all)-1]), &e); err != nil || e.RequestID != "found" {
		t.Errorf("the line after half a line is %q", all[len(all)-1])
	}
}

// blocked is a reader that does not read.
type blocked struct{ release chan struct{} }

func (b blocked) Write(p []byte) (int, error) { <-b.release; return len(p), nil }

func TestStalledReader(t *testing.T) {
	b := blocked{make(chan struct{})}
	defer close(b.release)
	l, err := audit.Open("-", b, false, quiet())
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1<<20)
	for range 10 {
		if err := l.Write(&audit.Entry{Reason: long}); err != nil {
			t.Error(err)
		}
	}
	if l.Lost() == 0 {
		t.Error("nothing is lost, so it waits somewhere")
	}
	strict, err := audit.Open("-", b, true, quiet())
	if err != nil {
		t.Fatal(err)
	}
	var failed atomic.Int64
	var calls sync.WaitGroup
	for range 10 {
		calls.Go(func() {
			if strict.Write(&audit.Entry{}) != nil {
				failed.Add(1)
			}
		})
	}
	calls.Wait()
	if failed.Load() != 10 {
		t.Errorf("%d of 10 calls were told that their line is not written", failed.Load())
	}
}

func TestHashes(t *testing.T) {
	key := strings.Repeat("k", 32)
	h, err := audit.NewHasher([]byte(" " + key + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	same, err := audit.NewHasher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	if h.Hash("p1") != same.Hash("p1") || h.Hash("p1") == h.Hash("p2") || !strings.HasPrefix(h.Hash("p1"), "hmac-sha256:") {
		t.Error("hashes are not as they should be")
	}
	// From: printf p1 | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
	if got := h.Hash("p1"); got != "hmac-sha256:"+opensslSum {
		t.Errorf("p1 is %s", got)
	}
	for _, bad := range []string{"", "short", strings.Repeat("k", 31) + " "} {
		if _, err := audit.NewHasher([]byte(bad)); err == nil {
			t.Errorf("a key of %d bytes is taken", len(bad))
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", h, h, h); strings.Contains(text, key) {
		t.Error("the key is shown")
	}
}

func BenchmarkLine(b *testing.B) {
	l, err := audit.Open("-", io.Discard, false, quiet())
	if err != nil {
		b.Fatal(err)
	}
	h, err := audit.NewHasher(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		b.Fatal(err)
	}
	amount := int64(5)
	for b.Loop() {
		_ = l.Write(&audit.Entry{Time: time.Now(), Event: audit.EventBegin, RPC: "PaymentService/CancelPayment", Caller: "shop", Amount: &amount,
			IDs: map[string]string{"payment_id": h.Hash("payment-1")}})
	}
}

const opensslSum = "cf87ee94b05e62614056f0b87d7697a16150c289301d567b4b363da3c3696673"
