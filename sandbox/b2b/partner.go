package b2b

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// linkStatus is how the connection of a partner shows in its counterparty. The
// other statuses of a partner mean that there is no link.
var linkStatus = map[portonev2.PlatformPartnerMemberCompanyConnectionStatus]portonev2.B2BNtsConnectionStatus{
	portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECT_PENDING:    ntsPendingConnect,
	portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECTED:          ntsConnected,
	portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_DISCONNECT_PENDING: ntsPendingDisconnect,
}

func isOfPartner(c *portonev2.B2BCounterparty) bool { return c.PartnerId != nil }

// ReflectPartner brings the counterparty of a business partner in line with the
// partner: it is made when the partner is being connected, follows its data, and
// goes when the link does. It has the partner's id, or a new one where a
// counterparty of the merchant has that.
func (s *Store) ReflectPartner(partner *portonev2.PlatformPartner) {
	m := s.mode(partner.GetIsForTest())
	business := partner.GetType().GetBusiness()
	c := m.counterparties.ofPartner(partner.GetId())
	status, linked := linkStatus[business.GetMemberCompanyConnectionStatus()]
	switch {
	case c != nil && (!linked || c.GetBrn() != business.GetBusinessRegistrationNumber()):
		m.forget(c)
		m.world.Counters.Add("counterparty.deleted")
		c = nil
	case c != nil:
		follow(c, partner)
		m.connect(c, status)
	}
	if c == nil && linked {
		m.link(partner, status)
	}
}

// link makes the counterparty of a partner.
func (m *mode) link(partner *portonev2.PlatformPartner, status portonev2.B2BNtsConnectionStatus) {
	id := partner.GetId()
	if m.counterparties.byID[id] != nil {
		id = m.world.IDs.UUID("b2b counterparty")
	}
	c := &portonev2.B2BCounterparty{
		Id:             world.Ptr(id),
		GraphqlId:      world.Ptr(m.graphqlID("B2bCounterparty", id)),
		IsForTest:      world.Ptr(m.test),
		PartnerId:      world.Ptr(partner.GetId()),
		Brn:            world.Ptr(partner.GetType().GetBusiness().GetBusinessRegistrationNumber()),
		BusinessStatus: stateUnknown.Enum(),
		AppliedAt:      m.world.Clock.Timestamp(),
	}
	follow(c, partner)
	m.counterparties.add(c)
	m.counterparties.ofPartners[id] = true
	m.connect(c, status)
	m.world.Counters.Add("counterparty.created")
}

// follow copies what a counterparty has from its partner.
func follow(c *portonev2.B2BCounterparty, partner *portonev2.PlatformPartner) {
	business := partner.GetType().GetBusiness()
	c.CompanyName = world.Ptr(business.GetCompanyName())
	c.RepresentativeName = world.Ptr(business.GetRepresentativeName())
	c.Address, c.BusinessType, c.BusinessClass = business.CompanyAddress, business.BusinessType, business.BusinessClass
	c.Contact = &portonev2.B2BCounterpartyContact{
		Name:        world.Ptr(partner.GetContact().GetName()),
		PhoneNumber: partner.GetContact().PhoneNumber,
		Email:       world.Ptr(partner.GetContact().GetEmail()),
	}
	c.Memo = partner.Memo
}

// ofPartner finds the counterparty of a partner, nil if it has none.
func (l *counterparties) ofPartner(partnerID string) *portonev2.B2BCounterparty {
	if c := l.byID[partnerID]; c != nil && c.GetPartnerId() == partnerID {
		return c
	}
	for _, c := range l.all {
		if c.GetPartnerId() == partnerID && isOfPartner(c) {
			return c
		}
	}
	return nil
}

// OngoingTaxInvoice reports whether a tax invoice with the counterparty of a partner
// is under way.
func (s *Store) OngoingTaxInvoice(partnerID string, test bool) bool {
	m := s.mode(test)
	c := m.counterparties.ofPartner(partnerID)
	return c != nil && m.ongoing(c.GetId())
}
