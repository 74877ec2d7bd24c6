// Package world is what the domains of the sandbox share: a clock that can be
// moved, ids that come out the same in every run, PortOne's typed errors, pages,
// and counters of what was carried out.
//
// A domain is a package that implements generated server interfaces
// (portonev2.PaymentServiceServer, ...) over state in memory. The sandbox holds
// one lock around every call and every movement of the clock, so domains need
// none, and what they do happens in one order, the same for the same calls.
// Nothing in this package is safe for concurrent use unless it says so.
package world

import (
	"google.golang.org/protobuf/proto"
)

// World is the one that all domains of a sandbox live in.
type World struct {
	// Clock tells the sandbox's time and carries out what falls due.
	Clock *Clock

	// IDs makes ids.
	IDs *IDs

	// Counters counts what was really carried out, by name, such as
	// "payment.charged": answers repeated for an idempotency key do not count.
	Counters Counters
}

// New makes a world whose time is told by clock. Its ids are those of the empty
// seed.
func New(clock *Clock) *World { return NewSeeded(clock, "") }

// NewSeeded makes a world with the ids of a seed.
func NewSeeded(clock *Clock, seed string) *World {
	return &World{Clock: clock, IDs: NewIDs(seed), Counters: make(Counters)}
}

// Counters are numbers by name.
type Counters map[string]int64

// Add adds one.
func (c Counters) Add(name string) { c[name]++ }

// Dumper is a domain whose state can be shown.
type Dumper interface {
	// Dump calls add for every object of the domain, with its kind, such as
	// "payments" or "taxInvoices", and its id. The order does not matter.
	Dump(add func(kind, id string, object proto.Message))
}

// InTestMode is add for the objects of test mode, a world of its own: their kinds
// end in "InTest".
func InTestMode(add func(kind, id string, object proto.Message)) func(kind, id string, object proto.Message) {
	return func(kind, id string, object proto.Message) { add(kind+"InTest", id, object) }
}

// Ptr returns a pointer to a value, as the contract's optional fields want it.
func Ptr[T any](value T) *T { return &value }
