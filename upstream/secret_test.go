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

// secretFile is a file of a secret, credentials that read it all the time, and their
// log.
type secretFile struct {
	*FileCredentials
	path string
	log  *secretLog
}

// secretLog is a log that can be read while it is written.
type secretLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *secretLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *secretLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newSecretFile writes a file and opens it. Stuck is how long reading it may take.
func newSecretFile(t *testing.T, text string, stuck time.Duration) *secretFile {
	t.Helper()
	f := &secretFile{path: filepath.Join(t.TempDir(), "secret"), log: &secretLog{}}
	f.write(t, text)
	var err error
	f.FileCredentials, err = newFileCredentials(f.path, slog.New(slog.NewTextHandler(f.log, nil)), time.Millisecond, stuck)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func (f *secretFile) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts something else where the file was, in one step.
func (f *secretFile) replace(t *testing.T, make func(path string) error) {
	t.Helper()
	if err := errors.Join(make(f.path+".new"), os.Rename(f.path+".new", f.path)); err != nil {
		t.Fatal(err)
	}
}

// await waits until the secret and the problem are what they should be; the latter
// is a part of its text, empty for none.
func (f *secretFile) await(t *testing.T, want, problem string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got, err := f.Secret()
		is := f.Problem()
		if err == nil && got.value == want && (is == nil) == (problem == "") && (is == nil || strings.Contains(is.Error(), problem)) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the secret is %s, %v, the problem %v; want %s and %q", got.value, err, is, want, problem)
		}
	}
}

// awaitLines waits until the log has as many lines as it should.
func (f *secretFile) awaitLines(t *testing.T, parts ...string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); strings.Count(f.log.String(), "\n") < len(parts) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	lines := strings.Split(strings.TrimSpace(f.log.String()), "\n")
	if len(lines) != len(parts) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(parts), f.log)
	}
	for i, part := range parts {
		if !strings.Contains(lines[i], part) {
			t.Errorf("line %d has no %q: %s", i, part, lines[i])
		}
	}
}

// TestNoSecretFile are files that no gateway starts with.
func TestNoSecretFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if _, err := NewFileCredentials(path, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	for name, text := range map[string]string{"empty": "\n", "large": strings.Repeat("x", maxSecret+1), "two lines": testSecret + "\n" + testSecret} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NewFileCredentials(path, nil); err == nil || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFileCredentials renews a secret in the ways that people and systems do.
func TestFileCredentials(t *testing.T) {
	f := newSecretFile(t, "first\n", time.Hour)
	f.await(t, "first", "")
	f.write(t, "second")
	f.await(t, "second", "")
	f.replace(t, func(path string) error { return os.WriteFile(path, []byte("third!"), 0o600) })
	f.await(t, "third!", "")
	f.write(t, "")
	f.await(t, "third!", "is empty")
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	f.await(t, "third!", "no such file")
	f.replace(t, func(path string) error { return os.WriteFile(path, []byte("fourth"), 0o600) })
	f.await(t, "fourth", "")
	f.Close()
	f.write(t, "fifth")
	time.Sleep(20 * time.Millisecond)
	f.await(t, "fourth", "")
}

// TestSecretFileInTheLog: the log has each problem once, its end, and that there is
// a new secret, and nothing of what the file holds.
func TestSecretFileInTheLog(t *testing.T) {
	f := newSecretFile(t, testSecret, time.Hour)
	bad := func(path string) error { return os.WriteFile(path, []byte(testSecret+"\n비밀 "+testSecret), 0o600) }
	f.replace(t, bad)
	f.await(t, testSecret, "cannot stand in an HTTP header")
	f.replace(t, func(path string) error { return os.WriteFile(path, nil, 0o600) })
	f.await(t, testSecret, "is empty")
	f.replace(t, bad)
	f.await(t, testSecret, "cannot stand in an HTTP header")
	time.Sleep(50 * time.Millisecond) // many readings
	stays := "level=ERROR msg=\"the API secret cannot be read again; the one read before stays in use\""
	f.awaitLines(t, stays, stays)
	f.replace(t, func(path string) error { return os.WriteFile(path, []byte(testSecret), 0o600) })
	again := `level=INFO msg="the API secret can be read again"`
	f.awaitLines(t, stays, stays, again)
	f.replace(t, func(path string) error { return os.WriteFile(path, []byte(testSecret+"-2"), 0o600) })
	f.await(t, testSecret+"-2", "")
	f.awaitLines(t, stays, stays, again, `level=INFO msg="a new API secret is in use"`)
	if text := f.log.String(); strings.Contains(text, testSecret) || strings.Contains(text, "비밀") {
		t.Errorf("the log shows the secret:\n%s", text)
	}
}

func TestFileCredentialsAreSafeForConcurrentUse(t *testing.T) {
	f := newSecretFile(t, "x-0", time.Hour)
	var calls sync.WaitGroup
	for i := range 8 {
		calls.Go(func() {
			for range 100 {
				if s, err := f.Secret(); err != nil || s.value == "" || f.Problem() != nil {
					t.Errorf("no secret: %v", err)
				}
			}
		})
		f.replace(t, func(path string) error { return os.WriteFile(path, fmt.Append(nil, "x-", i), 0o600) })
	}
	calls.Wait()
}
