package platform

import (
	"cmp"
	"context"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// shares keeps the discount share policies of a mode.
type shares = versionedStore[*portonev2.PlatformDiscountSharePolicy, *portonev2.UpdatePlatformDiscountSharePolicyBody]

func newShares(w *world.World, test bool) *shares {
	return newVersionedStore(w, test, kind[*portonev2.PlatformDiscountSharePolicy, *portonev2.UpdatePlatformDiscountSharePolicyBody]{
		name:   "discount share policy",
		plural: "DiscountSharePolicies",
		schema: "PlatformDiscountSharePolicy",
		words: words{
			notFound:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICY_NOT_FOUND,
			alreadyExists:          portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICY_ALREADY_EXISTS,
			archived:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_ARCHIVED_DISCOUNT_SHARE_POLICY,
			scheduled:              portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICY_SCHEDULE_ALREADY_EXISTS,
			cannotArchiveScheduled: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_ARCHIVE_SCHEDULED_DISCOUNT_SHARE_POLICY,
		},
		valid: func(update *portonev2.UpdatePlatformDiscountSharePolicyBody) error {
			return validRate("partnerShareRate", update.GetPartnerShareRate())
		},
		apply: func(policy *portonev2.PlatformDiscountSharePolicy, update *portonev2.UpdatePlatformDiscountSharePolicyBody) {
			overlay(policy, update)
		},
	})
}

// shareFilter makes the condition of a list of discount share policies.
func shareFilter(filter *portonev2.PlatformDiscountSharePolicyFilterInput) func(*portonev2.PlatformDiscountSharePolicy) bool {
	type policy = portonev2.PlatformDiscountSharePolicy
	texts := cmp.Or(filter.GetKeyword(), &portonev2.PlatformDiscountSharePolicyFilterInputKeyword{})
	text := keyword(
		term[*policy]{text: texts.Id, property: (*policy).GetId},
		term[*policy]{text: texts.Name, property: (*policy).GetName},
	)
	return all(text, among(filter.GetPartnerShareRates(), (*policy).GetPartnerShareRate))
}

// GetPlatformDiscountSharePolicyFilterOptions returns the shares that policies
// have, in ascending order.
func (s *Store) GetPlatformDiscountSharePolicyFilterOptions(_ context.Context, req *portonev2.GetPlatformDiscountSharePolicyFilterOptionsRequest) (*portonev2.PlatformDiscountSharePolicyFilterOptions, error) {
	var rates []int32
	for _, it := range s.in(req).shares.matching(req.GetIsArchived(), anything) {
		rates = append(rates, it.object.GetPartnerShareRate())
	}
	slices.Sort(rates)
	return &portonev2.PlatformDiscountSharePolicyFilterOptions{PartnerShareRates: slices.Compact(rates)}, nil
}

// ArchivePlatformDiscountSharePolicy takes a discount share policy out of use; one with a scheduled update is refused.
func (s *Store) ArchivePlatformDiscountSharePolicy(_ context.Context, req *portonev2.ArchivePlatformDiscountSharePolicyRequest) (*portonev2.ArchivePlatformDiscountSharePolicyResponse, error) {
	policy, err := s.in(req).shares.archive(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.ArchivePlatformDiscountSharePolicyResponse{DiscountSharePolicy: policy}, nil
}

// RecoverPlatformDiscountSharePolicy takes a discount share policy out of the archive.
func (s *Store) RecoverPlatformDiscountSharePolicy(_ context.Context, req *portonev2.RecoverPlatformDiscountSharePolicyRequest) (*portonev2.RecoverPlatformDiscountSharePolicyResponse, error) {
	policy, err := s.in(req).shares.recover(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.RecoverPlatformDiscountSharePolicyResponse{DiscountSharePolicy: policy}, nil
}

// GetPlatformDiscountSharePolicySchedule returns a discount share policy as its scheduled update will leave it.
func (s *Store) GetPlatformDiscountSharePolicySchedule(_ context.Context, req *portonev2.GetPlatformDiscountSharePolicyScheduleRequest) (*portonev2.PlatformDiscountSharePolicy, error) {
	return s.in(req).shares.planned(req.GetId())
}

// RescheduleDiscountSharePolicy puts another update in place of the scheduled one.
func (s *Store) RescheduleDiscountSharePolicy(_ context.Context, req *portonev2.RescheduleDiscountSharePolicyRequest) (*portonev2.ReschedulePlatformDiscountSharePolicyResponse, error) {
	policy, err := s.in(req).shares.replan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.ReschedulePlatformDiscountSharePolicyResponse{ScheduledDiscountSharePolicy: policy}, nil
}

// ScheduleDiscountSharePolicy schedules an update; there can be only one.
func (s *Store) ScheduleDiscountSharePolicy(_ context.Context, req *portonev2.ScheduleDiscountSharePolicyRequest) (*portonev2.SchedulePlatformDiscountSharePolicyResponse, error) {
	policy, err := s.in(req).shares.plan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.SchedulePlatformDiscountSharePolicyResponse{ScheduledDiscountSharePolicy: policy}, nil
}

// CancelPlatformDiscountSharePolicySchedule cancels the scheduled update.
func (s *Store) CancelPlatformDiscountSharePolicySchedule(_ context.Context, req *portonev2.CancelPlatformDiscountSharePolicyScheduleRequest) (*portonev2.CancelPlatformDiscountSharePolicyScheduleResponse, error) {
	if err := s.in(req).shares.unplan(req.GetId()); err != nil {
		return nil, err
	}
	return &portonev2.CancelPlatformDiscountSharePolicyScheduleResponse{}, nil
}

// GetPlatformDiscountSharePolicy returns a discount share policy, archived or not.
func (s *Store) GetPlatformDiscountSharePolicy(_ context.Context, req *portonev2.GetPlatformDiscountSharePolicyRequest) (*portonev2.PlatformDiscountSharePolicy, error) {
	return s.in(req).shares.get(req.GetId())
}

// UpdatePlatformDiscountSharePolicy changes a discount share policy at once.
func (s *Store) UpdatePlatformDiscountSharePolicy(_ context.Context, req *portonev2.UpdatePlatformDiscountSharePolicyRequest) (*portonev2.UpdatePlatformDiscountSharePolicyResponse, error) {
	update := reshape[*portonev2.UpdatePlatformDiscountSharePolicyBody](req)
	policy, err := s.in(req).shares.update(req.GetId(), update)
	if err != nil {
		return nil, err
	}
	return &portonev2.UpdatePlatformDiscountSharePolicyResponse{DiscountSharePolicy: policy}, nil
}

// GetPlatformDiscountSharePolicies lists discount share policies, the newest first.
func (s *Store) GetPlatformDiscountSharePolicies(_ context.Context, req *portonev2.GetPlatformDiscountSharePoliciesRequest) (*portonev2.GetPlatformDiscountSharePoliciesResponse, error) {
	match := shareFilter(req.GetFilter())
	items, page, err := s.in(req).shares.list(req.GetFilter().GetIsArchived(), match, req.GetPage())
	if err != nil {
		return nil, err
	}
	return &portonev2.GetPlatformDiscountSharePoliciesResponse{Items: items, Page: page}, nil
}

// CreatePlatformDiscountSharePolicy makes a discount share policy.
func (s *Store) CreatePlatformDiscountSharePolicy(_ context.Context, req *portonev2.CreatePlatformDiscountSharePolicyRequest) (*portonev2.CreatePlatformDiscountSharePolicyResponse, error) {
	update := reshape[*portonev2.UpdatePlatformDiscountSharePolicyBody](req)
	policy, err := s.in(req).shares.create(req.Id, update)
	if err != nil {
		return nil, err
	}
	return &portonev2.CreatePlatformDiscountSharePolicyResponse{DiscountSharePolicy: policy}, nil
}
