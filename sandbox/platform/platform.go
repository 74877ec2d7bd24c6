// Package platform is the sandbox's marketplace: the contracts and policies from
// which PortOne computes what partners are owed, the partners themselves, and the
// settings of the platform.
//
// Test mode and live mode are two worlds that share nothing but the clock. The
// sandbox has every feature enabled, so nothing is refused for want of one.
package platform

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Counterparties is the B2B side of business partners: connecting a partner
// makes it a counterparty with which tax invoices can be issued.
type Counterparties interface {
	// ReflectPartner brings the counterparty of a business partner in line with
	// the partner, and makes it if there is none. It is called whenever the
	// connection of a partner changes, and whenever a partner that is linked, or
	// about to be, changes in anything else. Of the statuses of the connection
	// NOT_CONNECTED and CONNECT_FAILED mean that there is no link (any more).
	// The partner belongs to the callee.
	ReflectPartner(partner *portonev2.PlatformPartner)

	// OngoingTaxInvoice reports whether a tax invoice with the counterparty of a
	// partner is under way.
	OngoingTaxInvoice(partnerID string, test bool) bool
}

// Store keeps the policies, partners and settings of both modes.
type Store struct {
	portonev2.UnimplementedPlatformPartnerServiceServer
	portonev2.UnimplementedPlatformPolicyServiceServer
	portonev2.UnimplementedPlatformServiceServer

	live, test *mode
}

// New makes an empty store with default settings. Counterparties may be nil: then
// connections of partners end here, and tax invoices hinder nothing.
func New(w *world.World, counterparties Counterparties) *Store {
	if counterparties == nil {
		counterparties = noCounterparties{}
	}
	return &Store{live: newMode(w, counterparties, false), test: newMode(w, counterparties, true)}
}

// Register registers the services that s implements.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPlatformPartnerServiceServer(r, s)
	portonev2.RegisterPlatformPolicyServiceServer(r, s)
	portonev2.RegisterPlatformServiceServer(r, s)
}

// Dump implements world.Dumper: platformPartners, platformContracts and so on.
// Scheduled updates are shown as the objects that they will leave.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	s.live.dump(add)
	s.test.dump(world.InTestMode(add))
}

// Contract returns a copy of a contract, archived or not.
func (s *Store) Contract(id string, test bool) (*portonev2.PlatformContract, bool) {
	return s.mode(test).contracts.copy(id)
}

// AdditionalFeePolicy returns a copy of an additional fee policy, archived or not.
func (s *Store) AdditionalFeePolicy(id string, test bool) (*portonev2.PlatformAdditionalFeePolicy, bool) {
	return s.mode(test).fees.copy(id)
}

// DiscountSharePolicy returns a copy of a discount share policy, archived or not.
func (s *Store) DiscountSharePolicy(id string, test bool) (*portonev2.PlatformDiscountSharePolicy, bool) {
	return s.mode(test).shares.copy(id)
}

// Partner returns a copy of a partner, archived or not.
func (s *Store) Partner(id string, test bool) (*portonev2.PlatformPartner, bool) {
	return s.mode(test).partners.copy(id)
}

// Setting returns a copy of the settings.
func (s *Store) Setting(test bool) *portonev2.PlatformSetting {
	return proto.CloneOf(s.mode(test).setting)
}

// DefineProperties adds to the keys that user-defined properties of partners and
// of transfers may have, which at PortOne is done in the console. As long as a
// mode has none, every key is taken as defined.
func (s *Store) DefineProperties(test bool, keys ...string) {
	for _, key := range keys {
		s.mode(test).properties[key] = true
	}
}

// PropertyDefined reports whether a user-defined property may have the key.
func (s *Store) PropertyDefined(key string, test bool) bool {
	return s.mode(test).propertyDefined(key)
}

func (s *Store) mode(test bool) *mode {
	if test {
		return s.test
	}
	return s.live
}

// in is the mode that a request is for.
func (s *Store) in(request interface{ GetTest() bool }) *mode { return s.mode(request.GetTest()) }

// mode is one of the two worlds.
type mode struct {
	world          *world.World
	test           bool
	counterparties Counterparties

	setting    *portonev2.PlatformSetting
	contracts  *contracts
	fees       *fees
	shares     *shares
	partners   *partners
	lookups    Lookups
	proofs     proofs
	properties map[string]bool
	tasks      []*portonev2.PlatformBulkTask
}

func newMode(w *world.World, counterparties Counterparties, test bool) *mode {
	m := &mode{
		world:          w,
		test:           test,
		counterparties: counterparties,
		setting:        defaultSetting(test),
		contracts:      newContracts(w, test),
		fees:           newFees(w, test),
		shares:         newShares(w, test),
		proofs:         newProofs(),
		properties:     make(map[string]bool),
	}
	m.partners = newPartners(w, test, m)
	return m
}

func (m *mode) propertyDefined(key string) bool {
	return len(m.properties) == 0 || m.properties[key]
}

func (m *mode) dump(add func(kind, id string, object proto.Message)) {
	add("platformSettings", "setting", proto.CloneOf(m.setting))
	m.contracts.dump(add)
	m.fees.dump(add)
	m.shares.dump(add)
	m.partners.dump(add)
	for _, task := range m.tasks {
		add("platformBulkTasks", task.GetId(), proto.CloneOf(task))
	}
}

// noCounterparties stands in where there is no B2B side.
type noCounterparties struct{}

func (noCounterparties) ReflectPartner(*portonev2.PlatformPartner) {}
func (noCounterparties) OngoingTaxInvoice(string, bool) bool       { return false }
