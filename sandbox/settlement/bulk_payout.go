package settlement

import (
	"context"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// creatorID is who creates what is created by API.
const creatorID = world.MerchantID

// newBulkPayout makes a bulk payout that is completed, with no payouts yet. Without
// a name it is called after its id.
func (m *mode) newBulkPayout(req *portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest) *portonev2.PlatformBulkPayout {
	id := req.GetBulkPayoutId()
	name := id
	if req.Name != nil {
		name = req.GetName()
	}
	return &portonev2.PlatformBulkPayout{
		Id:                    &id,
		GraphqlId:             world.Ptr(world.GraphQLID("PlatformBulkPayout", m.test, id)),
		Name:                  &name,
		CreatorId:             world.Ptr(creatorID),
		Method:                portonev2.PlatformPayoutMethod_PLATFORM_PAYOUT_METHOD_DIRECT.Enum(),
		TotalPayoutAmount:     world.Ptr(int64(0)),
		TotalSettlementAmount: world.Ptr(int64(0)),
		Status:                portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_COMPLETED.Enum(),
		PayoutStats:           &portonev2.PlatformBulkPayoutStats{Amount: payoutStats(nil), Count: payoutStats(nil)},
		StatusUpdatedAt:       m.world.Clock.Timestamp(),
		CreatedAt:             m.world.Clock.Timestamp(),
		UpdatedAt:             m.world.Clock.Timestamp(),
	}
}

// GetPlatformBulkPayouts lists bulk payouts, the newest first.
func (s *Store) GetPlatformBulkPayouts(_ context.Context, req *portonev2.GetPlatformBulkPayoutsRequest) (*portonev2.GetPlatformBulkPayoutsResponse, error) {
	type bulk = portonev2.PlatformBulkPayout
	m, f := s.in(req, req.Test), req.GetFilter()
	criteria := f.GetCriteria()
	if criteria == nil {
		criteria = &portonev2.PlatformBulkPayoutFilterInputCriteria{}
	}
	met := all(
		among(f.GetMethods(), (*bulk).GetMethod),
		between(criteria.GetTimestampRange(), (*bulk).GetCreatedAt),
		between(criteria.GetStatusUpdatedTimestampRange(), (*bulk).GetStatusUpdatedAt),
		exactly(criteria.BulkPayoutId, only((*bulk).GetId)),
	)
	found, err := list(m.payouts.bulks, met, (*bulk).GetStatus, f.GetStatuses(), req.GetPage())
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPlatformBulkPayoutsResponse{Page: found.info, Counts: bulkPayoutStats(found)}
	for _, b := range found.items {
		answer.Items = append(answer.Items, proto.CloneOf(b))
	}
	return answer, nil
}

// bulkPayoutStats shows how many bulk payouts are in each status.
func bulkPayoutStats(l listing[*portonev2.PlatformBulkPayout, portonev2.PlatformBulkPayoutStatus]) *portonev2.PlatformBulkPayoutStatusStats {
	return &portonev2.PlatformBulkPayoutStatusStats{
		Preparing:          l.count(portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_PREPARING),
		Prepared:           l.count(portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_PREPARED),
		Ongoing:            l.count(portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_ONGOING),
		PostProcessPending: l.count(portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_POST_PROCESS_PENDING),
		Cancelled:          l.count(portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_CANCELLED),
		Completed:          l.count(portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_COMPLETED),
	}
}
