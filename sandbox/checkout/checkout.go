// Package checkout is the sandbox's part around the checkout: payment sessions and
// the methods that a checkout offers, card promotions of PGs, functions of single
// PGs, and reports on reconciliation.
//
// # What is kept
//
// Payment sessions, until they expire by the clock or are closed, and deliveries
// registered with Paymentwall. No customer opens the page of a session, so a
// session leads to no payment here.
//
// # What is always the same
//
// Every checkout profile has the same rules (offers), apart from ProfileMissing,
// which has none. Every channel has the same card promotions, apart from
// ChannelMissing, which does not exist. Kakao Pay knows every order whose number
// begins with T, as its own do, and tells of each the same payment. Reports count
// the same sales for every day that has come.
package checkout

import (
	"maps"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// ProfileMissing is the key of a checkout profile without settings
	// (PROFILE_SETTINGS_NOT_FOUND).
	ProfileMissing = "profile-key-sandbox-missing"

	// ChannelMissing is the key of a channel that does not exist
	// (CHANNEL_NOT_FOUND).
	ChannelMissing = world.ReservedChannels + world.MissingChannel
)

// Payments are the payments of the sandbox.
type Payments interface {
	// HasTransaction reports whether a payment has an attempt of that id.
	HasTransaction(id string) bool
}

// Store holds payment sessions and deliveries. It is not safe for concurrent use.
type Store struct {
	portonev2.UnimplementedPaymentSessionServiceServer
	portonev2.UnimplementedCheckoutProfileServiceServer
	portonev2.UnimplementedPgSpecificServiceServer
	portonev2.UnimplementedReconciliationServiceServer
	portonev2.UnimplementedPaymentAdditionalFeatureServiceServer

	world    *world.World
	payments Payments // nil if every transaction is taken for one of a payment

	sessions   map[string]*session
	deliveries map[string]*portonev2.ConfirmPaymentwallDeliveryRequest // the latest, by transaction
}

// New returns a store without sessions and deliveries. With nil payments a delivery
// can be registered for any transaction.
func New(w *world.World, payments Payments) *Store {
	return &Store{
		world:      w,
		payments:   payments,
		sessions:   make(map[string]*session),
		deliveries: make(map[string]*portonev2.ConfirmPaymentwallDeliveryRequest),
	}
}

// Register registers the five services.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPaymentSessionServiceServer(r, s)
	portonev2.RegisterCheckoutProfileServiceServer(r, s)
	portonev2.RegisterPgSpecificServiceServer(r, s)
	portonev2.RegisterReconciliationServiceServer(r, s)
	portonev2.RegisterPaymentAdditionalFeatureServiceServer(r, s)
}

// Dump implements world.Dumper: paymentSessions by session id, those that ended
// included, and paymentwallDeliveries by transaction, as they were last registered.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		add("paymentSessions", id, proto.Clone(s.sessions[id].message))
	}
	for _, id := range slices.Sorted(maps.Keys(s.deliveries)) {
		add("paymentwallDeliveries", id, proto.Clone(s.deliveries[id]))
	}
}
