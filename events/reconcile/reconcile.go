// Package reconcile makes "never lost" true where a store alone cannot: PortOne gives a
// webhook up after at most 5.7 hours, but keeps a record of it with the payment. The
// reconciler reads that record and adds the events that are missing, under PortOne's own
// webhook ids.
//
// It finds webhooks of payments whose state has changed since it last looked. PortOne has
// no such record of billing keys and tax invoices, and webhooks that come without a
// change of state, as about disputes, are found only by chance.
package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/events/store"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// PortOne is what the record is read from: the gateway itself, so that retries and the
// secret are those of every other call.
type PortOne interface {
	GetPayments(ctx context.Context, req *portonev2.GetPaymentsRequest, opts ...grpc.CallOption) (*portonev2.GetPaymentsResponse, error)
}

// Environment says which payments have which label.
type Environment struct {
	// Label is what the events get: that of the webhook secret.
	Label string
	// Test chooses test payments or real ones; nil is both.
	Test *bool
}

// Options configure a Reconciler.
type Options struct {
	// PortOne and Store are required.
	PortOne PortOne
	Store   store.Store

	// Environments to look at. Required.
	Environments []Environment

	// URLs are where webhooks come to the gateway, as PortOne knows them. What was sent
	// to others only is not added. Empty: all is.
	URLs []string

	// Every is how often to look. Default: 10 minutes.
	Every time.Duration

	// Lookback is how far back a first run looks, when it is not known how far an
	// earlier one came. Default: 24 hours.
	Lookback time.Duration

	// Pause is how long to wait after each request. Default: 250 ms.
	Pause time.Duration

	// MaxPages is how many requests a run makes at most; the next goes on from there.
	// Default: 200, which are 40,000 payments.
	MaxPages int

	// Observer is told of runs. Default: no one.
	Observer Observer

	// Logger gets what goes wrong, and what was missing. Default: slog.Default().
	Logger *slog.Logger

	// Now is the clock, for tests. Default: time.Now.
	Now func() time.Time
}

const (
	defaultEvery    = 10 * time.Minute
	defaultLookback = 24 * time.Hour
	defaultPause    = 250 * time.Millisecond
	defaultPages    = 200

	// overlap is how far before the end of an earlier run the next one begins: what
	// was too young then, or not in PortOne's lists yet.
	overlap = 30 * time.Minute
	// grace is how old a webhook must be to be missed: a younger one may be on its way.
	grace = 2 * time.Minute
	// farthest is how far back PortOne's lists reach.
	farthest = 90 * 24 * time.Hour
	// markName is the note of how far a run came.
	markName = "reconciled"
	// retryEvery is how soon a run is tried again that could not be made.
	retryEvery = 30 * time.Second
)

// Observer is told of runs.
type Observer interface {
	// Reconciled is called after each run: how many events it added, and why it did not
	// come to its end.
	Reconciled(added int, err error)
}

// Reconciler adds events that are missing. It is safe for concurrent use.
type Reconciler struct {
	opts    Options
	self    string
	trigger chan struct{}
	running sync.Mutex
}

// New makes a reconciler. It does nothing by itself before Run.
func New(opts Options) (*Reconciler, error) {
	if opts.PortOne == nil || opts.Store == nil || len(opts.Environments) == 0 {
		return nil, errors.New("reconcile: PortOne, a store and environments are required")
	}
	setDefault(&opts.Every, defaultEvery)
	setDefault(&opts.Lookback, defaultLookback)
	setDefault(&opts.Pause, defaultPause)
	setDefault(&opts.MaxPages, defaultPages)
	if opts.Observer == nil {
		opts.Observer = nobody{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	host, _ := os.Hostname()
	self := host + "/" + strconv.FormatUint(rand.Uint64(), 36)
	return &Reconciler{opts: opts, self: self, trigger: make(chan struct{}, 1)}, nil
}

func setDefault[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}

// Trigger has a run begin soon, as after an outage.
func (r *Reconciler) Trigger() {
	select {
	case r.trigger <- struct{}{}:
	default:
	}
}

// Run looks at once, and then again and again, until the context ends.
func (r *Reconciler) Run(ctx context.Context) {
	for {
		wait := r.opts.Every - rand.N(r.opts.Every/10+1)
		added, err := r.Once(ctx)
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errBusy) {
			r.opts.Observer.Reconciled(added, err)
		}
		if err != nil && !errors.Is(err, errBusy) {
			r.opts.Logger.Warn("PortOne's record of webhooks could not be read to its end; trying again", "added", added, "problem", err.Error())
			wait = min(wait, retryEvery)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-r.trigger:
			timer.Stop()
		}
	}
}

// errBusy means that another gateway does it.
var errBusy = errors.New("another gateway reads PortOne's record")

// mark is how far runs came, and who is at it.
type mark struct {
	Until   time.Time `json:"until"`
	Runner  string    `json:"runner"`
	Started time.Time `json:"started"`
}

// Once looks once, and returns how many events it added.
func (r *Reconciler) Once(ctx context.Context) (added int, err error) {
	r.running.Lock()
	defer r.running.Unlock()
	begun := r.opts.Now()
	before, revision, err := r.begin(ctx, begun)
	if err != nil {
		return 0, err
	}
	from := before.Until.Add(-overlap)
	if earliest := begun.Add(-farthest); from.Before(earliest) {
		from = earliest
	}
	known, err := r.known(ctx, from.Add(-overlap))
	if err != nil {
		return 0, err
	}
	until := begun
	for _, environment := range r.opts.Environments {
		s := &scan{reconciler: r, environment: environment, known: known, from: from, begun: begun}
		err := s.run(ctx)
		added += s.added
		if err != nil {
			return added, err
		}
		if next := s.from.Add(overlap); s.cut && next.Before(until) {
			until = next // so that the next run begins just there
		}
	}
	if added > 0 {
		r.opts.Logger.Warn("webhooks were missing and have been added from PortOne's record", "events", added)
	}
	return added, r.end(ctx, revision, mark{Until: until, Runner: r.self, Started: begun})
}

// begin reads how far earlier runs came, and takes the work, unless somebody else has
// it.
func (r *Reconciler) begin(ctx context.Context, now time.Time) (before mark, revision uint64, err error) {
	text, revision, err := r.opts.Store.Mark(ctx, markName)
	if err != nil {
		return mark{}, 0, err
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &before); err != nil {
			return mark{}, 0, fmt.Errorf("the note of the last run cannot be read: %w", err)
		}
	}
	if before.Until.IsZero() { // a first run, which begins there again if it fails
		before.Until = now.Add(overlap - r.opts.Lookback)
	}
	if age := now.Sub(before.Started); before.Runner != r.self && age >= 0 && age < r.opts.Every/2 {
		return mark{}, 0, errBusy
	}
	taken := mark{Until: before.Until, Runner: r.self, Started: now}
	if err := r.end(ctx, revision, taken); err != nil {
		return mark{}, 0, err
	}
	_, revision, err = r.opts.Store.Mark(ctx, markName)
	return before, revision, err
}

// end writes the note.
func (r *Reconciler) end(ctx context.Context, revision uint64, m mark) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	written, err := r.opts.Store.SetMark(ctx, markName, text, revision)
	if err == nil && !written {
		return errBusy
	}
	return err
}

// known are the ids of events stored since a time. The store does not remember ids for as
// long as an outage may last.
func (r *Reconciler) known(ctx context.Context, since time.Time) (map[string]bool, error) {
	ids := make(map[string]bool)
	collect := func(record *store.Record) bool {
		ids[record.ID] = true
		return false
	}
	query := store.Query{After: receivedAt(since), Match: collect, Limit: 1, Scan: 10_000}
	for {
		page, err := r.opts.Store.List(ctx, query)
		if err != nil {
			return nil, err
		}
		if page.AtEnd {
			return ids, nil
		}
		query.After = afterPosition(page.Next)
	}
}

// isOurs reports whether a webhook was sent to the gateway.
func (r *Reconciler) isOurs(h *portonev2.PaymentWebhook) bool {
	return len(r.opts.URLs) == 0 || slices.Contains(r.opts.URLs, h.GetUrl())
}

// no one observes nothing.
type nobody struct{}

func (nobody) Reconciled(int, error) {}
