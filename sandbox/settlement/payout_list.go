package settlement

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// GetPlatformPayouts lists payouts, the newest first.
func (s *Store) GetPlatformPayouts(_ context.Context, req *portonev2.GetPlatformPayoutsRequest) (*portonev2.GetPlatformPayoutsResponse, error) {
	m := s.in(req, req.Test)
	found, err := list(m.payouts.all, payoutFilter(req.GetFilter()), (*portonev2.PlatformPayout).GetStatus, req.GetFilter().GetStatuses(), req.GetPage())
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPlatformPayoutsResponse{Page: found.info, Counts: payoutStats(found.counts)}
	for _, p := range found.items {
		answer.Items = append(answer.Items, proto.CloneOf(p))
	}
	return answer, nil
}

// payoutFilter is met by payouts that meet every condition of a filter but the
// statuses.
func payoutFilter(f *portonev2.PlatformPayoutFilterInput) condition[*portonev2.PlatformPayout] {
	type payout = portonev2.PlatformPayout
	criteria := f.GetCriteria()
	if criteria == nil {
		criteria = &portonev2.PlatformPayoutFilterInputCriteria{}
	}
	return all(
		among(f.GetPartnerIds(), func(p *payout) string { return p.GetPartner().GetId() }),
		among(f.GetPayoutAccountBanks(), func(p *payout) portonev2.Bank { return p.GetAccount().GetBank() }),
		anyAmong(f.GetPartnerTags(), func(p *payout) []string { return p.GetPartner().GetTags() }),
		among(f.GetPayoutCurrencies(), (*payout).GetCurrency),
		among(f.GetPayoutIds(), (*payout).GetId),
		among(f.GetTaxInvoiceStatuses(), (*payout).GetTaxInvoiceStatus),
		among(f.GetPartnerTypes(), func(p *payout) portonev2.PlatformPartnerTypeName { return typeName(p.GetPartner()) }),
		among(f.GetPartnerTaxationTypes(), func(p *payout) portonev2.PlatformPartnerTaxationType {
			return p.GetPartner().GetType().GetBusiness().GetTaxationType()
		}),
		among(f.GetSettlementStatementStatuses(), func(p *payout) portonev2.PlatformPayoutSettlementStatementStatus {
			return p.GetSettlementStatement().GetStatus()
		}),
		between(criteria.GetTimestampRange(), (*payout).GetCreatedAt),
		between(criteria.GetStatusUpdatedTimestampRange(), (*payout).GetStatusUpdatedAt),
		between(criteria.GetScheduledTimestampRange(), (*payout).GetScheduledAt),
		between(criteria.GetSettlementStatementIssuedTimestampRange(), func(p *payout) *timestamppb.Timestamp {
			return p.GetSettlementStatement().GetIssuedAt()
		}),
		exactly(criteria.PayoutId, only((*payout).GetId)),
		exactly(criteria.BulkPayoutId, only((*payout).GetBulkPayoutId)),
		exactly(criteria.TaxInvoiceId, only((*payout).GetTaxInvoiceId)),
		exactly(criteria.SettlementStatementId, only(func(p *payout) string { return p.GetSettlementStatement().GetId() })),
	)
}

// payoutStats shows how many payouts, or how much money, is in each status.
func payoutStats(counts map[portonev2.PlatformPayoutStatus]int64) *portonev2.PlatformPayoutStatusStats {
	count := func(status portonev2.PlatformPayoutStatus) *int64 { return world.Ptr(counts[status]) }
	return &portonev2.PlatformPayoutStatusStats{
		Confirmed:  count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_CONFIRMED),
		Prepared:   count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_PREPARED),
		Cancelled:  count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_CANCELLED),
		Stopped:    count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_STOPPED),
		Processing: count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_PROCESSING),
		Succeeded:  count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_SUCCEEDED),
		Failed:     count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_FAILED),
		Scheduled:  count(portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_SCHEDULED),
	}
}
