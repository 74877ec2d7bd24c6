package jetstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// startTimeout is how long the server may take to read its folder: it looks at every
	// block of events.
	startTimeout = 2 * time.Minute
	// stopTimeout is how long it may take to end.
	stopTimeout = 15 * time.Second
	// minKey is how short a key of encryption may be, in bytes.
	minKey = 16
)

// embedded is a nats-server in this process. No one but this process reaches it: it
// listens nowhere.
type embedded struct {
	server *server.Server
	log    *serverLog
}

// startEmbedded starts a server on the folder, which is locked already.
func startEmbedded(o Options) (*embedded, error) {
	log := &serverLog{logger: o.Logger}
	options := &server.Options{
		ServerName:         "portone-gateway",
		DontListen:         true,
		NoSigs:             true, // else it takes SIGTERM, and ends the process
		JetStream:          true,
		StoreDir:           o.Dir, // else it is a folder for temporary files
		SyncAlways:         true,  // an acknowledged event is on disk
		JetStreamMaxStore:  o.MaxBytes + o.MaxParkedBytes + markBytes,
		JetStreamMaxMemory: 1 << 20, // 0 is three quarters of the machine's
		MaxPayload:         maxMessage,
	}
	var err error
	if options.JetStreamKey, options.JetStreamOldKey, err = readKeys(o.KeyFile); err != nil {
		return nil, err
	}
	if options.JetStreamKey != "" {
		options.JetStreamCipher = server.AES
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	s.SetLogger(log, false, false)
	e := &embedded{s, log}
	started := make(chan struct{})
	go func() {
		defer close(started)
		s.Start() // which returns whether it went well or not
	}()
	select {
	case <-started:
	case <-time.After(startTimeout):
		e.stop()
		return nil, fmt.Errorf("reading %s takes longer than %v", o.Dir, startTimeout)
	}
	if fatal := log.problem(); fatal != "" || !s.ReadyForConnections(10*time.Second) {
		e.stop()
		return nil, fmt.Errorf("%s cannot be used: %s", o.Dir, fatal)
	}
	return e, nil
}

// connect connects within the process.
func (e *embedded) connect() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(e.server), nats.NoReconnect(), nats.Name("portone-gateway"), nats.IgnoreAuthErrorAbort())
}

// stop ends the server, and reports whether it did: one that hangs in the disk still
// has its files open.
func (e *embedded) stop() bool {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		e.server.Shutdown()
		e.server.WaitForShutdown()
	}()
	select {
	case <-stopped:
		return true
	case <-time.After(stopTimeout):
		return false
	}
}

// takeFolder makes the folder if need be, and locks it.
func takeFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return lock(filepath.Join(dir, "portone-gateway.lock"))
}

// readKeys reads the key and the one before it. Errors do not contain them.
func readKeys(path string) (key, old string, err error) {
	if path == "" {
		return "", "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("the key of the store: %w", err)
	}
	var keys []string
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if line := string(bytes.TrimSpace(lines.Bytes())); line != "" {
			keys = append(keys, line)
		}
	}
	if len(keys) < 1 || len(keys) > 2 {
		return "", "", fmt.Errorf("%s: must have one line with the key of the store, or two with the key before it as the second", path)
	}
	for _, key := range keys {
		if len(key) < minKey {
			return "", "", fmt.Errorf("%s: a key must have at least %d bytes", path, minKey)
		}
	}
	return keys[0], append(keys, "")[1], nil
}

// serverLog is the log of the server. What ends the process with its own logger is
// noted instead.
type serverLog struct {
	logger *slog.Logger
	mu     sync.Mutex
	fatal  error
}

// problem is what the server could not go on after; empty if there is nothing.
func (l *serverLog) problem() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == nil {
		return ""
	}
	return l.fatal.Error()
}

// Fatalf implements server.Logger.
func (l *serverLog) Fatalf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fatal = errors.Join(l.fatal, fmt.Errorf(format, args...))
}

// Errorf implements server.Logger.
func (l *serverLog) Errorf(format string, args ...any) { l.write(slog.LevelError, format, args) }

// Warnf implements server.Logger.
func (l *serverLog) Warnf(format string, args ...any) { l.write(slog.LevelWarn, format, args) }

// Noticef implements server.Logger.
func (l *serverLog) Noticef(format string, args ...any) { l.write(slog.LevelDebug, format, args) }

// Debugf implements server.Logger.
func (l *serverLog) Debugf(string, ...any) {}

// Tracef implements server.Logger. It would show events.
func (l *serverLog) Tracef(string, ...any) {}

func (l *serverLog) write(level slog.Level, format string, args []any) {
	l.logger.Log(context.Background(), level, "store of events", "says", fmt.Sprintf(format, args...))
}
