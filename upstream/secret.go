package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Secret is PortOne's API secret. However it is printed, logged or marshalled, it
// shows as [redacted].
type Secret struct{ value string }

const redacted = "[redacted]"

// NewSecret checks a secret as it comes from an environment or a file: white space
// around it is dropped, and it must be something that can stand in a header. The
// error does not contain it.
func NewSecret(text string) (Secret, error) {
	value := bytes.TrimSpace([]byte(text))
	if len(value) == 0 {
		return Secret{}, errors.New("the API secret is empty")
	}
	for i, c := range value {
		if c <= ' ' || c > '~' {
			return Secret{}, fmt.Errorf("the API secret has a character at position %d that cannot stand in an HTTP header", i)
		}
	}
	return Secret{string(value)}, nil
}

// Authorization is the value of the header that PortOne asks for ("Authentication"
// in its documentation). It must go nowhere but into a request to PortOne.
func (s Secret) Authorization() string { return "PortOne " + s.value }

// Format implements fmt.Formatter, for every verb: %d would show the field of a
// mere fmt.Stringer.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// MarshalText implements encoding.TextMarshaler, and so JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Credentials give the secret for a call. They are safe for concurrent use.
type Credentials interface {
	// Secret returns the secret that is valid now.
	Secret() (Secret, error)
}

// Static are credentials that never change.
type Static Secret

// Secret implements Credentials.
func (s Static) Secret() (Secret, error) { return Secret(s), nil }

// recheck is how often a secret's file is looked at. A new secret in PortOne's
// console leaves more time than that to change over.
const recheck = time.Second

// FileCredentials read the secret from a file and again whenever it changes, so
// that it can be renewed without a restart: by writing the file, or by replacing
// it, as Kubernetes does with mounted secrets.
type FileCredentials struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	current Secret
	seen    fileState
	checked time.Time
}

// fileState is what tells one content of a file from another.
type fileState struct {
	info     fs.FileInfo
	modified time.Time
	size     int64
}

// NewFileCredentials reads the secret at path, and fails if there is none.
func NewFileCredentials(path string) (*FileCredentials, error) {
	c := &FileCredentials{path: path, now: time.Now}
	if err := c.reload(); err != nil {
		return nil, err
	}
	c.checked = c.now()
	return c, nil
}

// Secret implements Credentials. While the file cannot be read, or holds no secret
// (as between truncating and writing it), the last one stays valid: a half-done
// renewal must not stop payments.
func (c *FileCredentials) Secret() (Secret, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= recheck || now.Before(c.checked) {
		c.checked = now
		_ = c.reload()
	}
	return c.current, nil
}

// reload reads the file if it changed.
func (c *FileCredentials) reload() error {
	info, err := os.Stat(c.path)
	if err != nil {
		return fmt.Errorf("the file of the API secret: %w", err)
	}
	state := fileState{info, info.ModTime(), info.Size()}
	if c.seen.info != nil && os.SameFile(c.seen.info, info) && c.seen.modified.Equal(state.modified) && c.seen.size == state.size {
		return nil
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return fmt.Errorf("the file of the API secret: %w", err)
	}
	secret, err := NewSecret(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", c.path, err)
	}
	c.current, c.seen = secret, state
	return nil
}
