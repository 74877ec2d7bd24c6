package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
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

// noCredentials are those of a client without a secret of its own.
type noCredentials struct{}

// Secret implements Credentials.
func (noCredentials) Secret() (Secret, error) {
	return Secret{}, errors.New("no API secret is chosen for the request")
}

// Static are credentials that never change.
type Static Secret

// Secret implements Credentials.
func (s Static) Secret() (Secret, error) { return Secret(s), nil }

const (
	// recheck is how often a secret's file is read. A new secret in PortOne's console
	// leaves more time than that to change over.
	recheck = time.Second

	// stuck is how long reading a file may take before that is a problem: a mount can
	// hang for good.
	stuck = 10 * time.Second

	// maxSecret is how large the file may be, in bytes.
	maxSecret = 16 << 10
)

// FileCredentials read the secret from a file, again and again, so that it can be
// renewed without a restart: by writing the file, or by replacing it, as Kubernetes
// does with mounted secrets. No call waits for the file, however long it takes.
//
// While it cannot be read, or holds no secret (as between truncating and writing
// it), the last one stays valid: a half-done renewal must not stop payments.
type FileCredentials struct {
	path    string
	logger  *slog.Logger
	recheck time.Duration
	stuck   time.Duration

	current    atomic.Pointer[Secret]
	generation atomic.Uint64 // how many secrets there were

	mu      sync.Mutex
	problem error           // of the last reading, nil if it went well
	told    map[string]bool // problems that the log has since the last reading that went well
	next    *time.Timer     // reads again; at most one reading goes on
	closed  bool
}

// NewFileCredentials reads the secret at path, and fails if there is none. The log
// is told of what becomes of the file later, never of what is in it; a nil logger
// is slog.Default().
func NewFileCredentials(path string, logger *slog.Logger) (*FileCredentials, error) {
	return newFileCredentials(path, logger, recheck, stuck)
}

func newFileCredentials(path string, logger *slog.Logger, recheck, stuck time.Duration) (*FileCredentials, error) {
	if logger == nil {
		logger = slog.Default()
	}
	c := &FileCredentials{path: path, logger: logger, recheck: recheck, stuck: stuck, told: make(map[string]bool)}
	read := make(chan error, 1)
	go func() {
		secret, err := readSecret(path)
		c.current.Store(&secret)
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil {
			return nil, err
		}
	case <-time.After(stuck):
		return nil, c.stuckError()
	}
	c.generation.Store(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = time.AfterFunc(recheck, c.reload)
	return c, nil
}

// Secret implements Credentials.
func (c *FileCredentials) Secret() (Secret, error) { return *c.current.Load(), nil }

// Generation is how many secrets the file has had, the first one included. It says when
// another one is in use, and nothing of what it is.
func (c *FileCredentials) Generation() uint64 { return c.generation.Load() }

// Problem is why the file could not be read when it was last tried; nil if it could.
func (c *FileCredentials) Problem() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.problem
}

// Close ends the reading. The secret stays.
func (c *FileCredentials) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.next.Stop()
}

// reload reads the file, and again later.
func (c *FileCredentials) reload() {
	late := time.AfterFunc(c.stuck, func() { c.failed(c.stuckError()) })
	secret, err := readSecret(c.path)
	late.Stop()
	if err != nil {
		c.failed(err)
	} else {
		c.succeeded(secret)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.next.Reset(c.recheck)
	}
}

// failed notes a problem. The log has each once, not every second.
func (c *FileCredentials) failed(problem error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.problem = problem
	if !c.told[problem.Error()] {
		c.told[problem.Error()] = true
		c.logger.Error("the API secret cannot be read again; the one read before stays in use", "problem", problem.Error())
	}
}

// succeeded notes that there is a secret.
func (c *FileCredentials) succeeded(secret Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if c.problem != nil {
		c.problem = nil
		clear(c.told)
		c.logger.Info("the API secret can be read again", "file", c.path)
	}
	if *c.current.Load() != secret {
		c.current.Store(&secret)
		c.generation.Add(1)
		c.logger.Info("a new API secret is in use", "file", c.path)
	}
}

func (c *FileCredentials) stuckError() error {
	return fmt.Errorf("the file of the API secret: reading %s takes longer than %v", c.path, c.stuck)
}

// readSecret reads a file, for as long as that takes.
func readSecret(path string) (Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return Secret{}, fmt.Errorf("the file of the API secret: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err != nil {
		return Secret{}, fmt.Errorf("the file of the API secret: %w", err)
	}
	if len(text) > maxSecret {
		return Secret{}, fmt.Errorf("%s: the API secret is larger than %d bytes", path, maxSecret)
	}
	secret, err := NewSecret(string(text))
	if err != nil {
		return Secret{}, fmt.Errorf("%s: %w", path, err)
	}
	return secret, nil
}
