package platform

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// ntsDelay is how long the National Tax Service (NTS) takes to connect a partner
// or to disconnect it.
const ntsDelay = 3 * time.Second

// The states of a partner's connection to the NTS.
const (
	notConnected      = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_NOT_CONNECTED
	connectPending    = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECT_PENDING
	connected         = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECTED
	connectFailed     = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECT_FAILED
	disconnectPending = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_DISCONNECT_PENDING
)

// connection is the state of a partner's connection, unspecified if the partner is
// no business.
func connection(partner *portonev2.PlatformPartner) portonev2.PlatformPartnerMemberCompanyConnectionStatus {
	return business(partner).GetMemberCompanyConnectionStatus()
}

// isLinked reports whether a partner is connected, or about to be, or still is.
func isLinked(partner *portonev2.PlatformPartner) bool {
	status := connection(partner)
	return status == connected || status == connectPending || status == disconnectPending
}

// notPending refuses a partner while a connection or disconnection is under way.
func notPending(partner *portonev2.PlatformPartner) error {
	if status := connection(partner); status == connectPending || status == disconnectPending {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_PENDING_NTS_OPERATION,
			"partner %q is being connected or disconnected", partner.GetId())
	}
	return nil
}

// reflectPartner hands on the change of a partner that is linked.
func (m *mode) reflectPartner(partner *portonev2.PlatformPartner) {
	if isLinked(partner) {
		m.counterparties.ReflectPartner(proto.CloneOf(partner))
	}
}

// link is one of the two families of calls that connect partners, with the errors
// by which it refuses.
type link struct {
	archived                     portonev2.ErrorReason // unspecified: archived ones are no different
	notConnectable, notConnected portonev2.ErrorReason
}

var (
	counterpartyLink = link{
		archived:       portonev2.ErrorReason_ERROR_REASON_PLATFORM_ARCHIVED_PARTNER_NTS_NOT_ALLOWED,
		notConnectable: portonev2.ErrorReason_ERROR_REASON_PLATFORM_COUNTERPARTY_NOT_CONNECTABLE_STATUS,
		notConnected:   portonev2.ErrorReason_ERROR_REASON_PLATFORM_COUNTERPARTY_NOT_CONNECTED,
	}
	memberCompanyLink = link{
		//lint:ignore SA1019 the calls that raise it are deprecated too, but still there
		notConnectable: portonev2.ErrorReason_ERROR_REASON_PLATFORM_MEMBER_COMPANY_NOT_CONNECTABLE_STATUS,
		//lint:ignore SA1019 as above
		notConnected: portonev2.ErrorReason_ERROR_REASON_PLATFORM_MEMBER_COMPANY_NOT_CONNECTED,
	}
)

// issuesInvoices refuses a partner with which there can be no tax invoices.
func (l link) issuesInvoices(partner *portonev2.PlatformPartner) error {
	switch {
	case partner.GetIsArchived() && l.archived != portonev2.ErrorReason_ERROR_REASON_UNSPECIFIED:
		return world.Refuse(l.archived, "partner %q is archived", partner.GetId())
	case business(partner) == nil:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_TYPE_IS_NOT_BUSINESS,
			"partner %q is no business", partner.GetId())
	case business(partner).GetTaxationType() == portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_SIMPLE:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_TAXATION_TYPE_IS_SIMPLE,
			"partner %q issues no tax invoices", partner.GetId())
	}
	return nil
}

// mayConnect returns what is against connecting a partner.
func (m *mode) mayConnect(l link, it *partnerItem) error {
	if err := l.issuesInvoices(it.object); err != nil {
		return err
	}
	id, status := it.object.GetId(), connection(it.object)
	switch {
	case it.schedule != nil:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_SCHEDULE_EXISTS,
			"partner %q has a scheduled update", id)
	case status != notConnected && status != connectFailed:
		return world.Refuse(l.notConnectable, "partner %q is connected, or a connection is under way", id)
	}
	return nil
}

// mayDisconnect returns what is against disconnecting a partner.
func (m *mode) mayDisconnect(l link, it *partnerItem) error {
	if err := l.issuesInvoices(it.object); err != nil {
		return err
	}
	id := it.object.GetId()
	switch {
	case connection(it.object) != connected:
		return world.Refuse(l.notConnected, "partner %q is not connected", id)
	case m.counterparties.OngoingTaxInvoice(id, m.test):
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ONGOING_TAX_INVOICE_EXISTS,
			"a tax invoice with partner %q is under way", id)
	}
	return nil
}

// step is a way to change the connection of partners: what is against it, the
// state until the NTS has answered, and what follows then.
type step struct {
	may     func(*mode, link, *partnerItem) error
	pending portonev2.PlatformPartnerMemberCompanyConnectionStatus
	finish  func(*portonev2.PlatformPartnerTypeBusiness) (done bool)
	done    string // how it is counted
	task    portonev2.PlatformBulkTaskType
}

var (
	connecting = step{(*mode).mayConnect, connectPending, finishConnecting, "connected",
		portonev2.PlatformBulkTaskType_PLATFORM_BULK_TASK_TYPE_CONNECT_MEMBER_COMPANIES}
	disconnecting = step{(*mode).mayDisconnect, disconnectPending, finishDisconnecting, "disconnected",
		portonev2.PlatformBulkTaskType_PLATFORM_BULK_TASK_TYPE_DISCONNECT_MEMBER_COMPANIES}
)

func finishConnecting(b *portonev2.PlatformPartnerTypeBusiness) bool {
	if b.GetBusinessStatus() != portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_IN_BUSINESS {
		b.MemberCompanyConnectionStatus = connectFailed.Enum()
		b.MemberCompanyConnectionFailedReason = world.Ptr("국세청에서 영업 중인 사업자로 확인되지 않습니다.")
		return false
	}
	b.MemberCompanyConnectionStatus = connected.Enum()
	return true
}

func finishDisconnecting(b *portonev2.PlatformPartnerTypeBusiness) bool {
	b.MemberCompanyConnectionStatus = notConnected.Enum()
	return true
}

// changeLink begins a step with one partner, and returns a copy of it.
func (m *mode) changeLink(id string, l link, s step) (*portonev2.PlatformPartner, error) {
	it, err := m.partners.find(id)
	if err == nil {
		err = s.may(m, l, it)
	}
	if err != nil {
		return nil, err
	}
	m.begin(s, it.object, func(bool) {})
	return proto.CloneOf(it.object), nil
}

// begin begins a step with a partner that nothing is against. Ended hears of the
// end.
func (m *mode) begin(s step, partner *portonev2.PlatformPartner, ended func(done bool)) {
	b := business(partner)
	b.MemberCompanyConnectionStatus = s.pending.Enum()
	b.MemberCompanyConnectionFailedReason = nil
	m.counterparties.ReflectPartner(proto.CloneOf(partner))
	m.world.Clock.At(m.world.Clock.Now().Add(ntsDelay), func() {
		// The type of a partner cannot change meanwhile, so b is still its business.
		done := s.finish(b)
		if done {
			m.partners.count(s.done)
		}
		m.counterparties.ReflectPartner(proto.CloneOf(partner))
		ended(done)
	})
}

// changeLinks begins a step with all partners of a filter that it suits, and
// returns a copy of the task.
func (m *mode) changeLinks(filter *portonev2.PlatformPartnerFilterInput, l link, s step) (*portonev2.PlatformBulkTask, error) {
	for _, id := range filter.GetIds() {
		if _, err := m.partners.find(id); err != nil {
			return nil, err
		}
	}
	selected, err := m.selectPartners(filter)
	if err != nil {
		return nil, err
	}
	targets := slices.DeleteFunc(selected, func(it *partnerItem) bool { return s.may(m, l, it) != nil })
	if len(targets) == 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_TARGET_PARTNER_NOT_FOUND,
			"no partner of the filter is in a state for it")
	}
	task := m.newTask(s.task, len(targets))
	answer := proto.CloneOf(task)
	for _, it := range targets {
		m.begin(s, it.object, func(done bool) { m.progress(task, done) })
	}
	return answer, nil
}
