package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const testSecret = "a-secret-of-nobody"

// TestSecretIsNeverShown prints a secret in every way that a program might.
func TestSecretIsNeverShown(t *testing.T) {
	secret, err := NewSecret(" " + testSecret + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := secret.Authorization(); got != "PortOne "+testSecret {
		t.Errorf("the header is %q", got)
	}
	asJSON, err := json.Marshal(map[string]any{"secret": secret, "in": struct{ S Secret }{secret}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "group", struct{ S Secret }{secret})
	shown := fmt.Sprintf("%v %+v %#v %s %q %d", secret, struct{ S Secret }{secret}, secret, secret, secret, []Secret{secret})
	for _, text := range []string{shown, string(asJSON), log.String()} {
		if strings.Contains(text, testSecret) {
			t.Errorf("the secret shows: %s", text)
		}
	}
}

func TestBadSecrets(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "spaces": " \n", "a line break": "abc\ndef", "Korean": "비밀", "a control character": "a\x00b"} {
		_, err := NewSecret(text)
		if err == nil {
			t.Errorf("%s passes", name)
			continue
		}
		if trimmed := strings.TrimSpace(text); trimmed != "" && strings.Contains(err.Error(), trimmed) {
			t.Errorf("%s: the error shows it: %v", name, err)
		}
	}
}

// TestFileCredentials renews a secret in the ways that people and systems do.
func TestFileCredentials(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewFileCredentials(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	write(path, "\n")
	if _, err := NewFileCredentials(path); err == nil {
		t.Error("an empty file passes")
	}
	write(path, "first\n")
	c, err := NewFileCredentials(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	expect := func(want string) {
		t.Helper()
		now = now.Add(recheck)
		if got, err := c.Secret(); err != nil || got.value != want {
			t.Errorf("the secret is %s, %v, want %s", got.value, err, want)
		}
	}
	expect("first")
	write(path, "second, longer"[:6])
	expect("second")
	write(filepath.Join(dir, "new"), "third!")
	if err := os.Rename(filepath.Join(dir, "new"), path); err != nil {
		t.Fatal(err)
	}
	expect("third!")
	write(path, "")
	expect("third!")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("third!")
	write(path, "fourth")
	expect("fourth")
	write(path, "fifth-and-last")
	if got, _ := c.Secret(); got.value != "fourth" { // the clock stands still
		t.Errorf("the file was read again within %s", recheck)
	}
	expect("fifth-and-last")
}

func TestFileCredentialsAreSafeForConcurrentUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("x-0"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := NewFileCredentials(path)
	if err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 100 {
				if s, err := c.Secret(); err != nil || s.value == "" {
					t.Errorf("no secret: %v", err)
				}
			}
		})
	}
	calls.Wait()
}
