package signature

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// recheck is how often files are read. PortOne's console lets the old and the new
	// secret stand beside each other for much longer.
	recheck = time.Second
	// maxFile is how large a file may be, in bytes.
	maxFile = 16 << 10
)

// Source gives the secrets that are valid now. It is safe for concurrent use.
type Source interface{ Secrets() []Secret }

// Static is a Source whose secrets never change.
type Static []Secret

// Secrets implements Source.
func (s Static) Secrets() []Secret { return s }

// Files is a Source of files that are read again every second, so that a secret can be
// renewed without a restart. A file that cannot be read, or has a mistake in it, leaves
// what was read from it before in use.
type Files struct {
	files  []*file
	logger *slog.Logger

	current atomic.Pointer[[]Secret]
	failing atomic.Bool
	stop    chan struct{}
	once    sync.Once
	done    chan struct{}
}

// file is one file of secrets, all with one label. Lines that are empty or begin with
// "#" say nothing.
type file struct {
	label, path string
	secrets     []Secret
	problem     string
}

// NewFiles reads "label=path" for each file; a path alone has the label "live". The
// files are read until Close.
func NewFiles(specs []string, logger *slog.Logger) (*Files, error) {
	f := &Files{logger: logger, stop: make(chan struct{}), done: make(chan struct{})}
	for _, spec := range specs {
		label, path, found := strings.Cut(spec, "=")
		if !found {
			label, path = "live", spec
		}
		one := &file{label: label, path: path}
		if err := one.read(); err != nil {
			return nil, err
		}
		f.files = append(f.files, one)
	}
	if len(f.files) == 0 {
		return nil, errors.New("there is no file of webhook secrets")
	}
	f.publish()
	go f.watch()
	return f, nil
}

// Secrets implements Source.
func (f *Files) Secrets() []Secret { return *f.current.Load() }

// OK reports whether every file could be read when it was last tried.
func (f *Files) OK() bool { return !f.failing.Load() }

// Close ends the reading. The secrets stay.
func (f *Files) Close() {
	f.once.Do(func() { close(f.stop) })
	<-f.done
}

func (f *Files) watch() {
	defer close(f.done)
	ticker := time.NewTicker(recheck)
	defer ticker.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-ticker.C:
			f.reload()
		}
	}
}

// reload reads every file. The log has a problem once, not every second.
func (f *Files) reload() {
	failing := false
	for _, one := range f.files {
		before := one.secrets
		problem := ""
		if err := one.read(); err != nil {
			problem, failing = err.Error(), true
		}
		switch {
		case problem != "" && problem != one.problem:
			f.logger.Error("webhook secrets cannot be read again; those read before stay in use", "label", one.label, "problem", problem)
		case problem == "" && !slices.EqualFunc(before, one.secrets, sameSecret):
			f.logger.Info("new webhook secrets are in use", "label", one.label, "file", one.path, "secrets", len(one.secrets))
		}
		one.problem = problem
	}
	f.failing.Store(failing)
	f.publish()
}

func sameSecret(a, b Secret) bool { return a.label == b.label && bytes.Equal(a.key, b.key) }

func (f *Files) publish() {
	var all []Secret
	for _, one := range f.files {
		all = append(all, one.secrets...)
	}
	f.current.Store(&all)
}

// read reads the file; after an error the secrets are as before.
func (f *file) read() error {
	opened, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("webhook secrets: %w", err)
	}
	defer opened.Close()
	text, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return fmt.Errorf("webhook secrets: %w", err)
	}
	if len(text) > maxFile {
		return fmt.Errorf("%s: is larger than %d bytes", f.path, maxFile)
	}
	var secrets []Secret
	for n, lines := 1, bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		secret, err := NewSecret(f.label, line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.path, n, err)
		}
		secrets = append(secrets, secret)
	}
	if len(secrets) == 0 {
		return fmt.Errorf("%s: there is no webhook secret in it", f.path)
	}
	f.secrets = secrets
	return nil
}
