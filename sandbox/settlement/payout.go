package settlement

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// payouts are the payouts of a mode, and the bulk payouts that they belong to, each
// as they were made.
type payouts struct {
	all    []*portonev2.PlatformPayout
	bulks  []*portonev2.PlatformBulkPayout
	byBulk map[string]*portonev2.PlatformBulkPayout
}

func newPayouts() payouts {
	return payouts{byBulk: make(map[string]*portonev2.PlatformBulkPayout)}
}

// CompletePlatformPayoutByPartnerSettlementIds pays out partner settlements: one
// payout for each partner, all of them in one bulk payout that is completed at
// once. The platform pays directly, at PortOne; so that there is something to read,
// the sandbox makes up bank transfers of it, see account.
//
// Settlements in several currencies cannot be paid out together: the operation has
// no error for that but PLATFORM_CURRENCY_NOT_SUPPORTED, with which it also refuses
// to pay out less than nothing to a partner.
func (s *Store) CompletePlatformPayoutByPartnerSettlementIds(_ context.Context, req *portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest) (*portonev2.CompletePlatformPayoutByPartnerSettlementIdsResponse, error) {
	m := s.in(req, req.Test)
	tradedAt := m.world.Clock.Now()
	if req.CompletedAt != nil {
		day, err := parseDay("completedAt", req.GetCompletedAt())
		if err != nil {
			return nil, err
		}
		tradedAt = day
	}
	chosen, err := m.payable(req)
	if err != nil {
		return nil, err
	}
	groups := byPartner(chosen)
	if err := checkSums(groups); err != nil {
		return nil, err
	}
	bulk := m.newBulkPayout(req)
	for _, group := range groups {
		m.payOut(group, bulk)
	}
	m.payouts.bulks = append(m.payouts.bulks, bulk)
	m.payouts.byBulk[bulk.GetId()] = bulk
	m.bank.send(m, bulk, m.payouts.all[len(m.payouts.all)-len(groups):], tradedAt)
	m.world.Counters.Add("platform.bulk_payout.completed")
	return &portonev2.CompletePlatformPayoutByPartnerSettlementIdsResponse{
		BulkPayoutId:           world.Ptr(bulk.GetId()),
		BulkPayoutGraphqlId:    world.Ptr(bulk.GetGraphqlId()),
		PayoutCount:            world.Ptr(int32(len(groups))),
		PartnerSettlementCount: world.Ptr(int32(len(chosen))),
	}, nil
}

// payable finds the settlements to pay out.
func (m *mode) payable(req *portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest) ([]*partnerSettlement, error) {
	ids := req.GetPartnerSettlementIds()
	if len(ids) == 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_NO_SELECTED_PARTNER_SETTLEMENTS, "no partner settlement is given")
	}
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		if known[id] {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_DUPLICATED_PARTNER_SETTLEMENT_IDS, "%q is given twice", id)
		}
		known[id] = true
	}
	if m.payouts.byBulk[req.GetBulkPayoutId()] != nil {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_BULK_PAYOUT_ID_ALREADY_EXISTS,
			"there is a bulk payout %q already", req.GetBulkPayoutId())
	}
	chosen, err := m.settlements.chosen(ids, m.test)
	if err != nil {
		return nil, err
	}
	if ids, graphql := notPrepared(chosen); len(ids) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_NON_PAYABLE_PARTNER_SETTLEMENTS,
			"partner settlements %q are paid out", ids).
			With(&portonev2.PlatformNonPayablePartnerSettlementsError{Ids: ids, GraphqlIds: graphql})
	}
	return chosen, nil
}

// byPartner puts the settlements of each partner together, the partners in the
// order of the settlements.
func byPartner(chosen []*partnerSettlement) [][]*partnerSettlement {
	var groups [][]*partnerSettlement
	place := make(map[string]int)
	for _, s := range chosen {
		id := s.partner().GetId()
		at, ok := place[id]
		if !ok {
			at = len(groups)
			place[id] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], s)
	}
	return groups
}

// checkSums refuses several currencies, and less than nothing for a partner.
func checkSums(groups [][]*partnerSettlement) error {
	currency := groups[0][0].currency()
	for _, group := range groups {
		if slices.ContainsFunc(group, func(s *partnerSettlement) bool { return s.currency() != currency }) {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED, "settlements in several currencies")
		}
		if due := dueOf(group).total; due < 0 {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED,
				"the settlements of partner %q amount to %d", group[0].partner().GetId(), due)
		}
	}
	return nil
}

func dueOf(group []*partnerSettlement) split {
	var sum split
	for _, s := range group {
		sum = sum.plus(s.due())
	}
	return sum
}

// payOut makes the payout of a partner's settlements.
func (m *mode) payOut(group []*partnerSettlement, bulk *portonev2.PlatformBulkPayout) {
	p := m.newPayout(group, bulk)
	m.payouts.all = append(m.payouts.all, p)
	*bulk.TotalPayoutAmount += p.GetAmount()
	*bulk.TotalSettlementAmount += p.GetSettlementAmount()
	*bulk.PayoutStats.Amount.Succeeded += p.GetAmount()
	*bulk.PayoutStats.Count.Succeeded++
	for _, s := range group {
		m.settlements.shut(s)
		s.status, s.updated, s.payout = payoutDone, m.world.Clock.Timestamp(), p
		for _, t := range s.transfers {
			t.setStatus(paidOut)
		}
	}
	m.world.Counters.Add("platform.payout.completed")
}

func (m *mode) newPayout(group []*partnerSettlement, bulk *portonev2.PlatformBulkPayout) *portonev2.PlatformPayout {
	partner := m.payee(group[0].partner())
	id, now, setting := m.world.IDs.UUID("platform-payout"), m.world.Clock.Timestamp(), m.directory.Setting(m.test)
	due := dueOf(group)
	tax := taxes(due, partner.GetType(), setting)
	return &portonev2.PlatformPayout{
		Id:                      &id,
		GraphqlId:               world.Ptr(world.GraphQLID("PlatformPayout", m.test, id)),
		BulkPayoutId:            world.Ptr(bulk.GetId()),
		BulkPayoutGraphqlId:     world.Ptr(bulk.GetGraphqlId()),
		Method:                  portonev2.PlatformPayoutMethod_PLATFORM_PAYOUT_METHOD_DIRECT.Enum(),
		Status:                  portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_SUCCEEDED.Enum(),
		StatusUpdatedAt:         now,
		Partner:                 partner,
		Account:                 payoutAccount(partner.GetAccount()),
		TaxInvoiceStatus:        portonev2.PlatformPayoutTaxInvoiceStatus_PLATFORM_PAYOUT_TAX_INVOICE_STATUS_NONE.Enum(),
		Currency:                group[0].currency().Enum(),
		Amount:                  world.Ptr(tax.paid(setting.GetDeductWht())),
		SupplyAmount:            &tax.supply,
		TaxFreeAmount:           &tax.taxFree,
		VatAmount:               &tax.vat,
		SettlementAmount:        &due.total,
		SettlementTaxFreeAmount: &due.taxFree,
		IncomeTaxAmount:         &tax.income,
		LocalIncomeTaxAmount:    &tax.localIncome,
		WithdrawalMemo:          setting.DefaultWithdrawalMemo,
		DepositMemo:             setting.DefaultDepositMemo,
		CreatedAt:               m.world.Clock.Timestamp(),
		DeductWht:               world.Ptr(setting.GetDeductWht()),
		SettlementAmountType:    setting.GetSettlementAmountType().Enum(),
		SettlementStatement: &portonev2.PlatformPayoutSettlementStatementSummary{
			Status: portonev2.PlatformPayoutSettlementStatementStatus_PLATFORM_PAYOUT_SETTLEMENT_STATEMENT_STATUS_UNSENT.Enum(),
		},
	}
}

// payee is a partner as it is now, with its present account; or as it was when it
// was settled with, if it is gone.
func (m *mode) payee(settled *portonev2.PlatformPartner) *portonev2.PlatformPartner {
	if now, ok := m.directory.Partner(settled.GetId(), m.test); ok {
		return proto.CloneOf(now)
	}
	return proto.CloneOf(settled)
}

func payoutAccount(a *portonev2.PlatformAccount) *portonev2.PlatformPayoutAccount {
	return &portonev2.PlatformPayoutAccount{
		Bank: world.Ptr(a.GetBank()), Number: world.Ptr(a.GetNumber()), Holder: world.Ptr(a.GetHolder())}
}
