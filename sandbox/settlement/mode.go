package settlement

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// mode is one of the two worlds, test or live.
type mode struct {
	world     *world.World
	directory Directory
	payments  Payments
	test      bool

	parameters map[string]bool // names of settlement parameters

	// partners and contracts as transfers have last seen them: those that did not
	// change since share one message, for there may be many.
	partners  map[string]*portonev2.PlatformPartner
	contracts map[string]*portonev2.PlatformContract

	transfers   transfers
	settlements settlements
	payouts     payouts
	bank        account
}

func newMode(w *world.World, directory Directory, payments Payments, test bool) *mode {
	return &mode{
		world:       w,
		directory:   directory,
		payments:    payments,
		test:        test,
		parameters:  make(map[string]bool),
		partners:    make(map[string]*portonev2.PlatformPartner),
		contracts:   make(map[string]*portonev2.PlatformContract),
		transfers:   newTransfers(),
		settlements: newSettlements(),
		payouts:     newPayouts(),
		bank:        newAccount(test),
	}
}

// partner is a partner that can be settled with, as it is now, to keep with a
// transfer. An archived one is as good as none.
func (m *mode) partner(id string) (*portonev2.PlatformPartner, error) {
	partner, ok := m.directory.Partner(id, m.test)
	if !ok || partner.GetIsArchived() {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_NOT_FOUND, "no partner %q in use", id)
	}
	if seen := m.partners[id]; proto.Equal(seen, partner) {
		return seen, nil
	}
	m.partners[id] = proto.CloneOf(partner)
	return m.partners[id], nil
}

// contract is the contract as it is now, to keep with a transfer.
func (m *mode) contract(now *portonev2.PlatformContract) *portonev2.PlatformContract {
	if seen := m.contracts[now.GetId()]; proto.Equal(seen, now) {
		return seen
	}
	m.contracts[now.GetId()] = proto.CloneOf(now)
	return m.contracts[now.GetId()]
}

// checkProperties refuses user-defined properties that are not defined, or given
// twice.
func (m *mode) checkProperties(properties []*portonev2.PlatformUserDefinedPropertyKeyValue) error {
	given := make(map[string]bool)
	for _, property := range properties {
		key := property.GetKey()
		if !m.directory.PropertyDefined(key, m.test) {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND,
				"the property %q of transfers is not defined", key)
		}
		if given[key] {
			return world.Invalid("userDefinedProperties: %q is given twice", key)
		}
		given[key] = true
	}
	return nil
}

// checkUnused refuses the id for a new transfer that another one has.
func (m *mode) checkUnused(id *string) error {
	if id == nil {
		return nil
	}
	if *id == "" {
		return world.Invalid("id: must not be empty")
	}
	if m.transfers.byID[*id] != nil {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ID_ALREADY_USED,
			"there is a transfer %q already", *id)
	}
	return nil
}

// transferIDs returns the id of a new transfer, the given one if there is one, and
// its id in the GraphQL API.
func (m *mode) transferIDs(given *string) (id, graphql string) {
	if given != nil {
		id = *given
	} else {
		id = m.newID("platform-transfer", func(id string) bool { return m.transfers.byID[id] != nil })
	}
	return id, world.GraphQLID("PlatformTransfer", m.test, id)
}

// newID makes an id that no one has chosen before.
func (m *mode) newID(kind string, taken func(id string) bool) string {
	for {
		if id := m.world.IDs.UUID(kind); !taken(id) {
			return id
		}
	}
}

func (m *mode) dump(add func(kind, id string, object proto.Message)) {
	for _, t := range m.transfers.all {
		add("platformTransfers", t.GetId(), t.message())
	}
	for _, s := range m.settlements.all {
		add("platformPartnerSettlements", s.GetId(), s.message())
	}
	for _, p := range m.payouts.all {
		add("platformPayouts", p.GetId(), proto.CloneOf(p))
	}
	for _, b := range m.payouts.bulks {
		add("platformBulkPayouts", b.GetId(), proto.CloneOf(b))
	}
	m.bank.dump(add)
}
