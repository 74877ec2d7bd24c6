// Package store says what the gateway needs of a store of events: append, read, lend
// and settle, move, park. Package jetstream has the one there is.
package store

import (
	"context"
	"errors"
	"time"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// What can go wrong. Errors of a Store wrap one of these; any other is a defect.
var (
	// ErrUnavailable: the store cannot be used now, or did not answer. After an Append
	// the event may or may not be stored; appending it again does no harm.
	ErrUnavailable = errors.New("the store of events is unavailable")
	// ErrFull: the store has no room. Nothing was stored.
	ErrFull = errors.New("the store of events is full")
	// ErrNoSubscription: there is no subscription of this name.
	ErrNoSubscription = errors.New("no such subscription")
	// ErrNoEvent: there is no such event, or it is no longer kept.
	ErrNoEvent = errors.New("no such event")
	// ErrExpired: the loan is forgotten; the event was or will be delivered again.
	ErrExpired = errors.New("the loan has expired")
	// ErrMalformed: an ack id or a page token is not one of the store's, or of another
	// subscription.
	ErrMalformed = errors.New("not an id of this store and subscription")
	// ErrPosition: the position is not one of the store's.
	ErrPosition = errors.New("not a position of this store")
	// ErrPositionExpired: what stood at the position is no longer kept.
	ErrPositionExpired = errors.New("the position is no longer kept")
	// ErrLimit: there are as many subscriptions as there may be.
	ErrLimit = errors.New("the store has as many subscriptions as it may have")
	// ErrFilter: the filter has too many combinations of values, or a value that can be
	// none.
	ErrFilter = errors.New("the filter cannot be used")
)

// Record is an event as it is stored: what is needed to choose events, and the body,
// which is read into a typed event anew each time, so that a later gateway reads more
// out of an old event.
type Record struct {
	ID          string // webhook-id
	Type        string
	StoreID     string // empty if the event names none
	Environment string
	Origin      eventsv1.Origin
	Traceparent string // W3C trace context of its arrival; may be empty
	Body        []byte

	// Set by the store.
	Position   string
	ReceivedAt time.Time
}

// Query says which records to list.
type Query struct {
	Filter *eventsv1.Filter   // nil is all
	After  *eventsv1.StartAt  // nil is the earliest
	Match  func(*Record) bool // chooses further; nil takes all
	Limit  int                // records to return at most
	Bytes  int                // end the page after so much of bodies; 0 is any
	Scan   int                // records to look at at most
	Wait   time.Duration      // for a first record, at the end of what is stored
}

// Page is an answer to a Query.
type Page struct {
	Records []*Record
	Next    string // position after which to go on
	AtEnd   bool   // whether this was the end of what is stored
}

// Loan is a delivery: a record that is not delivered again before the deadline.
type Loan struct {
	Record   *Record
	AckID    string
	Attempt  int // from 1
	Deadline time.Time
}

// Receiver receives the loans of one stream. It is used by one goroutine.
type Receiver interface {
	// Next returns loans, at most so many, as soon as there is one, and none
	// when the context's deadline passes. ErrNoSubscription: it was deleted.
	Next(ctx context.Context, most int) ([]*Loan, error)
	// Close gives back what was received and not returned.
	Close()
}

// Parked is a record that is not delivered until it is requeued.
type Parked struct {
	Record   *Record
	Reason   string
	Attempts int
	At       time.Time
}

// Nack says what becomes of a loan that is given back.
type Nack struct {
	Delay  *time.Duration // nil: as the subscription says
	Park   bool
	Reason string // why it is parked
}

// Usage is what the store holds, for metrics.
type Usage struct {
	Events   uint64
	Bytes    uint64
	MaxBytes uint64
	Oldest   time.Time // zero if there are none
	// Unreadable is how many events the disk has damaged, as far as that was noticed.
	Unreadable uint64
}

// Store keeps events and lends them. It is safe for concurrent use, and so by several
// gateways at a time where it is an external one.
type Store interface {
	// Append stores a record so that it survives what the store survives, unless one
	// with its id is stored already, which it reports.
	Append(ctx context.Context, r *Record) (duplicate bool, err error)

	// List reads records in the order of arrival.
	List(ctx context.Context, q Query) (*Page, error)
	// Find reads a record by its id; the position may be empty.
	Find(ctx context.Context, id, position string) (*Record, error)

	// Put declares or changes a subscription that is valid, with every default set.
	Put(ctx context.Context, s *eventsv1.Subscription) error
	// Get returns a subscription with its output fields, receivers excepted.
	Get(ctx context.Context, name string) (*eventsv1.Subscription, error)
	// Subscriptions returns all, sorted by name, likewise.
	Subscriptions(ctx context.Context) ([]*eventsv1.Subscription, error)
	// Delete deletes a subscription, if there is one, and what is parked in it.
	Delete(ctx context.Context, name string) error
	// Seek moves a subscription and forgets its loans.
	Seek(ctx context.Context, name string, to *eventsv1.StartAt) error

	// Receive begins to receive the loans of a subscription. Closing is the caller's.
	Receive(ctx context.Context, name string) (Receiver, error)
	// Ack ends a loan and the deliveries of its record. It is idempotent.
	Ack(ctx context.Context, name, ackID string) error
	// Nack gives a loan back. It reports whether the record was parked.
	Nack(ctx context.Context, name, ackID string, n Nack) (parked bool, err error)
	// Extend begins the time of a loan anew.
	Extend(ctx context.Context, name, ackID string) (deadline time.Time, err error)

	// ListParked lists parked records, the longest parked first. The token is that of
	// the page before, or empty.
	ListParked(ctx context.Context, name, token string, limit int) (parked []*Parked, next string, err error)
	// Requeue delivers parked records again: those of the ids, or all if there are none.
	Requeue(ctx context.Context, name string, ids []string) (int, error)

	// Usage returns what is held.
	Usage(ctx context.Context) (Usage, error)
	// Problem is why the store cannot be used now; nil if it can.
	Problem() error

	// Mark reads a small note that survives what events survive; empty if there is none.
	Mark(ctx context.Context, name string) (value []byte, revision uint64, err error)
	// SetMark writes a note if its revision is still the one given, and reports whether
	// it was.
	SetMark(ctx context.Context, name string, value []byte, revision uint64) (bool, error)
}
