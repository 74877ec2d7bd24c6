package access

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/limit"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
	"github.com/portone-gateway/portone-gateway/access/watch"
)

// Account is what calls with a secret go up by. It is made by Options.Open, and what it
// is does not matter here.
type Account any

// Options configure an Access.
type Options struct {
	// PolicyFile is the policy's. Required.
	PolicyFile string

	// Open makes the account of a secret. It is called again only for a secret that is
	// new, or comes from somewhere else than before. Required.
	Open func(*policy.Secret) (Account, error)

	// Close is told of accounts that no new call gets. May be nil.
	Close func(Account)

	// TLS is the servers', to ask whether clients' certificates are still good. May be
	// nil.
	TLS *tlsconfig.Server

	// Audit is where mutations are written down. May be nil.
	Audit *audit.Log

	// Hasher makes ids unreadable for the audit, which has none without it.
	Hasher *audit.Hasher

	// Logger is told of changes of the policy. Default: slog.Default().
	Logger *slog.Logger
}

// Access decides about calls. It is safe for concurrent use.
type Access struct {
	opts    Options
	current atomic.Pointer[snapshot]
	watch   *watch.Watcher
	records []*record // what is written down of requests, by the index of the RPC
	now     func() time.Time

	strangers     *counts       // of calls whose caller is not known
	strangerLines limit.Limiter // of what the audit has of them

	mu       sync.Mutex // writing to what follows; Reload holds it
	limiters map[string]*limit.Limiter
	counts   map[string]*counts
	keyUse   map[string]*atomic.Int64
	issuers  map[issuerKey]*keeper
	accounts map[string]*account
	bad      [sha256.Size]byte // the last content that is no policy
	badError error
}

// account is an open one, with the secret that it is for.
type account struct {
	secret policy.Secret
	opened Account
}

// strangerRate is how many lines in a second the audit has of calls whose caller is not
// known.
const strangerRate = 10

// maxPolicy is how large the file may be, in bytes; package policy says so, too.
const maxPolicy = 16 << 20

// New reads the policy, and fails if it is bad or one of its secrets cannot be opened.
// After that the file is read every second, and a bad one leaves the one before in use.
func New(opts Options) (*Access, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	a := &Access{
		opts: opts, now: time.Now, limiters: make(map[string]*limit.Limiter), counts: make(map[string]*counts),
		keyUse: make(map[string]*atomic.Int64), issuers: make(map[issuerKey]*keeper), accounts: make(map[string]*account),
	}
	a.strangers = get(a.counts, "")
	a.strangerLines.Set(time.Second/strangerRate, strangerRate, 0)
	var err error
	if a.records, err = newRecords(); err != nil {
		return nil, err
	}
	if _, err := a.Reload(); err != nil {
		a.closeAll()
		return nil, err
	}
	a.watch = watch.Start("the policy", opts.Logger, a.Reload)
	return a, nil
}

// Close ends the reading of files. Decisions go on as they are.
func (a *Access) Close() {
	a.watch.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closeAll()
}

func (a *Access) closeAll() {
	for _, k := range a.issuers {
		k.close()
	}
}

// Problem is why the policy could not be read when that was last tried; nil if it could.
func (a *Access) Problem() error { return a.watch.Problem() }

// Policy is the policy that decides now.
func (a *Access) Policy() *policy.Policy { return a.current.Load().policy }

// Reload reads the file, and uses what it says if all of that can be used.
func (a *Access) Reload() (changed bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	text, err := read(a.opts.PolicyFile)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(text)
	before := a.current.Load()
	if before != nil && before.sum == sum {
		return false, nil
	}
	if a.badError != nil && a.bad == sum {
		return false, a.badError // compiling it again brings nothing
	}
	p, err := policy.Load(a.opts.PolicyFile, text)
	if err != nil {
		var mistakes policy.Errors
		if errors.As(err, &mistakes) {
			a.bad, a.badError = sum, err
		}
		return false, err
	}
	next, opened, err := a.snapshot(p, sum)
	if err != nil {
		for _, fresh := range opened {
			a.shut(fresh.opened)
		}
		if before != nil {
			a.forgetIssuers(before.policy)
		}
		return false, err
	}
	a.badError = nil
	a.current.Store(next)
	a.take(opened, next)
	a.forgetIssuers(p)
	return before != nil, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPolicy+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}
