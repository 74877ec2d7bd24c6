package settlement

import (
	"context"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// GetPlatformPartnerSettlements lists partner settlements, the newest first.
func (s *Store) GetPlatformPartnerSettlements(_ context.Context, req *portonev2.GetPlatformPartnerSettlementsRequest) (*portonev2.GetPlatformPartnerSettlementsResponse, error) {
	m := s.in(req, req.Test)
	found, err := list(m.settlements.all, settlementFilter(req.GetFilter()), (*partnerSettlement).getStatus, req.GetFilter().GetStatuses(), req.GetPage())
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPlatformPartnerSettlementsResponse{Page: found.info, Counts: settlementStats(found)}
	for _, one := range found.items {
		answer.Items = append(answer.Items, one.message())
	}
	return answer, nil
}

// settlementFilter is met by settlements that meet every condition of a filter but
// the statuses.
func settlementFilter(f *portonev2.PlatformPartnerSettlementFilterInput) condition[*partnerSettlement] {
	keyword := f.GetKeyword()
	if keyword == nil {
		keyword = &portonev2.PlatformPartnerSettlementFilterKeywordInput{}
	}
	return all(
		among(f.GetSettlementDates(), func(s *partnerSettlement) string { return s.first().GetSettlementDate() }),
		among(f.GetContractIds(), (*partnerSettlement).contractID),
		anyAmong(f.GetPartnerTags(), func(s *partnerSettlement) []string { return s.partner().GetTags() }),
		among(f.GetSettlementCurrencies(), (*partnerSettlement).currency),
		among(f.GetPartnerIds(), func(s *partnerSettlement) string { return s.partner().GetId() }),
		among(f.GetSettlementTypes(), func(s *partnerSettlement) portonev2.PlatformPartnerSettlementType { return s.kind }),
		exactly(keyword.PartnerSettlementId, only((*partnerSettlement).GetId)),
		exactly(keyword.PayoutId, only(func(s *partnerSettlement) string { return s.payout.GetId() })),
		exactly(keyword.BulkPayoutId, only(func(s *partnerSettlement) string { return s.payout.GetBulkPayoutId() })),
	)
}

// settlementStats shows how many settlements are in each status.
func settlementStats(l listing[*partnerSettlement, portonev2.PlatformPartnerSettlementStatus]) *portonev2.PlatformPartnerSettlementStatusStats {
	return &portonev2.PlatformPartnerSettlementStatusStats{
		PayoutScheduled: l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_PAYOUT_SCHEDULED),
		PayoutPrepared:  l.count(payoutPrepared),
		PayoutWithheld:  l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_PAYOUT_WITHHELD),
		PayoutFailed:    l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_PAYOUT_FAILED),
		PayoutCancelled: l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_CANCELLED),
		PayoutConfirmed: l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_CONFIRMED),
		InPayout:        l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_IN_PAYOUT),
		PaidOut:         l.count(payoutDone),
		PayoutExcluded:  l.count(portonev2.PlatformPartnerSettlementStatus_PLATFORM_PARTNER_SETTLEMENT_STATUS_PAYOUT_EXCLUDED),
	}
}

// DeletePlatformPartnerSettlements removes partner settlements that are not paid
// out, with their transfers. An order transfer can only go together with, or after,
// the order cancel transfers that refer to it.
func (s *Store) DeletePlatformPartnerSettlements(_ context.Context, req *portonev2.DeletePlatformPartnerSettlementsRequest) (*portonev2.DeletePlatformPartnerSettlementsResponse, error) {
	m := s.in(req, req.Test)
	if len(req.GetPartnerSettlementIds()) == 0 {
		return nil, world.Invalid("partnerSettlementIds: none is given")
	}
	chosen, err := m.settlements.chosen(req.GetPartnerSettlementIds(), m.test)
	if err != nil {
		return nil, err
	}
	if ids, graphql := notPrepared(chosen); len(ids) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_NON_DELETABLE_PARTNER_SETTLEMENTS,
			"partner settlements %q are paid out", ids).
			With(&portonev2.PlatformNonDeletablePartnerSettlementsError{Ids: ids, GraphqlIds: graphql})
	}
	if ids := referred(chosen); len(ids) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_REFERENCED_CANCEL_ORDER_TRANSFERS_EXIST,
			"transfers %q are cancelled by others", ids).
			With(&portonev2.PlatformReferencedCancelOrderTransfersExistError{Ids: ids})
	}
	for _, one := range chosen {
		m.settlements.remove(one)
		for _, t := range one.transfers {
			m.forget(t)
		}
		m.world.Counters.Add("platform.partner_settlement.deleted")
	}
	return &portonev2.DeletePlatformPartnerSettlementsResponse{}, nil
}

// referred returns the ids of the transfers in settlements that order cancel
// transfers outside of them refer to.
func referred(chosen []*partnerSettlement) []string {
	var ids []string
	for _, s := range chosen {
		for _, t := range s.transfers {
			if slices.ContainsFunc(t.cancels, func(c *transfer) bool { return !slices.Contains(chosen, c.settlement) }) {
				ids = append(ids, t.GetId())
			}
		}
	}
	return ids
}
