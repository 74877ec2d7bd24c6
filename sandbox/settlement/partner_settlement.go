package settlement

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Short names of the statuses that partner settlements come to here.
const (
	payoutPrepared = portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_PAYOUT_PREPARED
	payoutDone     = portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_PAID_OUT
)

// partnerSettlement gathers the transfers to one partner by one contract that are
// of one type and settled in one currency on one date.
type partnerSettlement struct {
	id      string
	graphql string
	kind    portonev2.PlatformPartnerSettlementType
	status  portonev2.PlatformPartnerSettlementStatus
	updated *timestamppb.Timestamp // when the status was last changed

	transfers []*transfer // at least one, as they were settled
	payout    *portonev2.PlatformPayout
}

// kinds has the type of partner settlement that each type of transfer belongs to.
var kinds = map[portonev2.PlatformTransferType]portonev2.PlatformPartnerSettlementType{
	portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_MANUAL:       portonev2.PlatformPartnerSettlementType_PLATFORM_PARTNER_SETTLEMENT_TYPE_MANUAL,
	portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_ORDER:        portonev2.PlatformPartnerSettlementType_PLATFORM_PARTNER_SETTLEMENT_TYPE_ORDER,
	portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_ORDER_CANCEL: portonev2.PlatformPartnerSettlementType_PLATFORM_PARTNER_SETTLEMENT_TYPE_ORDER_CANCEL,
}

// GetId is the id by which settlements are paid out and deleted.
func (s *partnerSettlement) GetId() string { return s.id }

func (s *partnerSettlement) getStatus() portonev2.PlatformPartnerSettlementStatus { return s.status }

// first stands for all transfers in what they have in common.
func (s *partnerSettlement) first() *transfer { return s.transfers[0] }

func (s *partnerSettlement) partner() *portonev2.PlatformPartner { return s.first().GetPartner() }

func (s *partnerSettlement) currency() portonev2.Currency { return s.first().GetSettlementCurrency() }

// contractID is empty for manual settlements.
func (s *partnerSettlement) contractID() string { return s.first().contractID() }

// due is what the settlement amounts to for the partner, negative where more is
// cancelled than given.
func (s *partnerSettlement) due() split {
	var sum split
	for _, t := range s.transfers {
		sum = sum.plus(t.due())
	}
	return sum
}

// amounts are the sums over the transfers of orders, and the range of their start
// dates.
func (s *partnerSettlement) amounts() (sum *portonev2.PlatformOrderSettlementAmount, days *portonev2.DateRange) {
	var total amounts
	from, until := "", ""
	for _, t := range s.transfers {
		total = total.plus(readAmounts(t.order().GetAmount()))
		start := t.order().GetSettlementStartDate() // dates of this form sort as texts
		if from == "" || start < from {
			from = start
		}
		until = max(until, start)
	}
	// The contract may have changed between the transfers, so that the VAT of some
	// payments is subtracted only.
	sum = total.message(false)
	for _, t := range s.transfers {
		burden := t.order().GetAmount().GetPaymentVatBurden()
		*sum.PaymentVatBurden += burden
		*sum.Settlement -= burden
	}
	return sum, &portonev2.DateRange{From: &from, Until: &until}
}

// message shows the settlement as the contract has it.
func (s *partnerSettlement) message() *portonev2.PlatformPartnerSettlement {
	first := s.first()
	partner := proto.CloneOf(first.GetPartner())
	date, currency, test := first.GetSettlementDate(), first.GetSettlementCurrency(), first.GetIsForTest()
	if s.kind == portonev2.PlatformPartnerSettlementType_PLATFORM_PARTNER_SETTLEMENT_TYPE_MANUAL {
		due := s.due()
		return &portonev2.PlatformPartnerSettlement{Type: &portonev2.PlatformPartnerSettlement_Manual{Manual: &portonev2.PlatformPartnerManualSettlement{
			Id: world.Ptr(s.id), GraphqlId: world.Ptr(s.graphql), Partner: partner, SettlementDate: &date,
			SettlementCurrency: &currency, Status: s.status.Enum(), IsForTest: &test, StatusUpdatedAt: proto.CloneOf(s.updated),
			Amount: &due.total, TaxFreeAmount: &due.taxFree,
		}}}
	}
	amount, days := s.amounts()
	contract := proto.CloneOf(first.order().GetContract())
	if s.kind == portonev2.PlatformPartnerSettlementType_PLATFORM_PARTNER_SETTLEMENT_TYPE_ORDER {
		return &portonev2.PlatformPartnerSettlement{Type: &portonev2.PlatformPartnerSettlement_Order{Order: &portonev2.PlatformPartnerOrderSettlement{
			Id: world.Ptr(s.id), GraphqlId: world.Ptr(s.graphql), Partner: partner, SettlementDate: &date,
			SettlementCurrency: &currency, Status: s.status.Enum(), IsForTest: &test, StatusUpdatedAt: proto.CloneOf(s.updated),
			Contract: contract, SettlementStartDateRange: days, Amount: amount,
		}}}
	}
	return &portonev2.PlatformPartnerSettlement{Type: &portonev2.PlatformPartnerSettlement_OrderCancel{OrderCancel: &portonev2.PlatformPartnerOrderCancelSettlement{
		Id: world.Ptr(s.id), GraphqlId: world.Ptr(s.graphql), Partner: partner, SettlementDate: &date,
		SettlementCurrency: &currency, Status: s.status.Enum(), IsForTest: &test, StatusUpdatedAt: proto.CloneOf(s.updated),
		Contract: contract, SettlementStartDateRange: days, Amount: amount,
	}}}
}

// settlementKey is what the transfers of a partner settlement have in common.
type settlementKey struct {
	kind                    portonev2.PlatformPartnerSettlementType
	partner, contract, date string
	currency                portonev2.Currency
}

func keyOfTransfer(t *transfer) settlementKey {
	return settlementKey{
		kind:     kinds[t.kind()],
		partner:  t.GetPartner().GetId(),
		contract: t.contractID(),
		date:     t.GetSettlementDate(),
		currency: t.GetSettlementCurrency(),
	}
}

// settlements are the partner settlements of a mode.
type settlements struct {
	byID map[string]*partnerSettlement
	all  []*partnerSettlement                 // as they were made
	open map[settlementKey]*partnerSettlement // those that further transfers join
}

func newSettlements() settlements {
	return settlements{byID: make(map[string]*partnerSettlement), open: make(map[settlementKey]*partnerSettlement)}
}

func (ss *settlements) remove(s *partnerSettlement) {
	delete(ss.byID, s.id)
	ss.all = slices.DeleteFunc(ss.all, func(one *partnerSettlement) bool { return one == s })
	ss.shut(s)
}

// shut keeps further transfers from joining a settlement.
func (ss *settlements) shut(s *partnerSettlement) {
	if key := keyOfTransfer(s.first()); ss.open[key] == s {
		delete(ss.open, key)
	}
}

// settle puts a transfer into the partner settlement that it belongs to: one of its
// own where the setting manualSettlementPerTransfer says so, and a new one where
// the former is paid out.
func (m *mode) settle(t *transfer) {
	key := keyOfTransfer(t)
	alone := t.order() == nil && m.directory.Setting(m.test).GetManualSettlementPerTransfer()
	s := m.settlements.open[key]
	if s == nil || alone {
		s = m.newSettlement(key.kind)
		if !alone {
			m.settlements.open[key] = s
		}
	}
	s.transfers = append(s.transfers, t)
	t.settlement = s
}

func (m *mode) newSettlement(kind portonev2.PlatformPartnerSettlementType) *partnerSettlement {
	id := m.world.IDs.UUID("platform-partner-settlement")
	s := &partnerSettlement{
		id:      id,
		graphql: world.GraphQLID("PlatformPartnerSettlement", m.test, id),
		kind:    kind,
		status:  payoutPrepared,
		updated: m.world.Clock.Timestamp(),
	}
	m.settlements.byID[id] = s
	m.settlements.all = append(m.settlements.all, s)
	return s
}

// chosen finds the settlements of a request, each once. It refuses ids that have
// none, all of them together.
func (ss *settlements) chosen(ids []string, test bool) ([]*partnerSettlement, error) {
	var found []*partnerSettlement
	var missing []string
	for _, id := range ids {
		switch s := ss.byID[id]; {
		case s == nil && !slices.Contains(missing, id):
			missing = append(missing, id)
		case s != nil && !slices.Contains(found, s):
			found = append(found, s)
		}
	}
	if len(missing) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_SETTLEMENTS_NOT_FOUND,
			"no partner settlements %q", missing).
			With(&portonev2.PlatformPartnerSettlementsNotFoundError{
				Ids: missing, GraphqlIds: graphqlIDs("PlatformPartnerSettlement", test, missing)})
	}
	return found, nil
}

// notPrepared returns the ids of the settlements that are not waiting for their
// payout.
func notPrepared(chosen []*partnerSettlement) (ids, graphql []string) {
	for _, s := range chosen {
		if s.status != payoutPrepared {
			ids, graphql = append(ids, s.id), append(graphql, s.graphql)
		}
	}
	return ids, graphql
}
