package declines

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
)

const (
	// recheck is how often the folder is looked at.
	recheck = time.Second

	// settled is how old a change must be for the files to be taken as they are: a
	// clock of files can be coarser than two changes.
	settled = 3 * time.Second

	// maxFiles is how many dictionaries the folder may have.
	maxFiles = 100
)

// Folder keeps the dictionaries of a mapper in step with a folder of the operator's
// own, which is looked at every second. While a file in it has a mistake, what was
// read before stays in use: a half-done change must not take explanations away. It
// is safe for concurrent use.
type Folder struct {
	path    string
	mapper  *errmap.Mapper
	logger  *slog.Logger
	recheck time.Duration

	mu      sync.Mutex
	seen    string    // the files as they were when they were last read
	changed time.Time // when that was
	problem error     // of the last reading, nil if it went well
	told    map[string]bool
	next    *time.Timer
	closed  bool
}

// NewFolder reads the dictionaries, the files *.tsv in a folder, and gives them to
// the mapper. It fails if there is no such folder or a file in it has a mistake; the
// error says in which file, line and column. A nil logger is slog.Default().
func NewFolder(path string, mapper *errmap.Mapper, logger *slog.Logger) (*Folder, error) {
	return newFolder(path, mapper, logger, recheck)
}

func newFolder(path string, mapper *errmap.Mapper, logger *slog.Logger, recheck time.Duration) (*Folder, error) {
	if logger == nil {
		logger = slog.Default()
	}
	f := &Folder{path: path, mapper: mapper, logger: logger, recheck: recheck, told: make(map[string]bool)}
	seen, err := f.look()
	if err == nil {
		err = f.read()
	}
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen, f.changed = seen, time.Now()
	f.next = time.AfterFunc(recheck, f.reload)
	return f, nil
}

// Problem is why the folder could not be read when it last changed; nil if it could.
func (f *Folder) Problem() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.problem
}

// Close ends the looking. The dictionaries stay.
func (f *Folder) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.next.Stop()
}

// look describes the files, so that a change of any is a change of the description.
func (f *Folder) look() (string, error) {
	entries, err := os.ReadDir(f.path) // which says what is wrong with a path, and its name
	if err != nil {
		return "", err
	}
	if len(entries) > maxFiles {
		return "", fmt.Errorf("%s has %d files, more than %d", f.path, len(entries), maxFiles)
	}
	var b strings.Builder
	for _, entry := range entries {
		info, err := os.Stat(filepath.Join(f.path, entry.Name())) // of what a link leads to
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%q %d %d\n", entry.Name(), info.Size(), info.ModTime().UnixNano())
	}
	return b.String(), nil
}

// read reads the dictionaries and has the mapper use them.
func (f *Folder) read() error {
	d, err := errmap.NewDictionaries(os.DirFS(f.path))
	if err != nil {
		return err
	}
	f.mapper.UseDictionaries(d)
	return nil
}

// reload looks at the folder, reads it if it has changed, and does so again later.
func (f *Folder) reload() {
	seen, err := f.look()
	f.mu.Lock()
	fresh := err == nil && (seen != f.seen || f.problem != nil || time.Since(f.changed) < settled)
	isChange := seen != f.seen
	f.mu.Unlock()
	if fresh {
		err = f.read()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	switch {
	case err != nil:
		f.failed(err)
	case fresh:
		f.succeeded(isChange)
	}
	if err == nil || isChange {
		f.seen = seen
	}
	if isChange {
		f.changed = time.Now()
	}
	f.next.Reset(f.recheck)
}

// failed notes a problem. The log has each once, not every second.
func (f *Folder) failed(problem error) {
	f.problem = problem
	if !f.told[problem.Error()] {
		f.told[problem.Error()] = true
		f.logger.Error("the PG codes cannot be read again; those read before stay in use", "folder", f.path, "problem", problem.Error())
	}
}

// succeeded notes that the dictionaries were read.
func (f *Folder) succeeded(isChange bool) {
	if f.problem != nil || isChange {
		f.logger.Info("the PG codes have been read", "folder", f.path)
	}
	f.problem = nil
	clear(f.told)
}
