package platform

import (
	"cmp"
	"context"
	"strconv"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// fees keeps the additional fee policies of a mode.
type fees = versionedStore[*portonev2.PlatformAdditionalFeePolicy, *portonev2.UpdatePlatformAdditionalFeePolicyBody]

func newFees(w *world.World, test bool) *fees {
	return newVersionedStore(w, test, kind[*portonev2.PlatformAdditionalFeePolicy, *portonev2.UpdatePlatformAdditionalFeePolicyBody]{
		name:   "additional fee policy",
		plural: "AdditionalFeePolicies",
		schema: "PlatformAdditionalFeePolicy",
		words: words{
			notFound:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FEE_POLICY_NOT_FOUND,
			alreadyExists:          portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FEE_POLICY_ALREADY_EXISTS,
			archived:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_ARCHIVED_ADDITIONAL_FEE_POLICY,
			scheduled:              portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FEE_POLICY_SCHEDULE_ALREADY_EXISTS,
			cannotArchiveScheduled: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_ARCHIVE_SCHEDULED_ADDITIONAL_FEE_POLICY,
		},
		valid: func(update *portonev2.UpdatePlatformAdditionalFeePolicyBody) error {
			return validFee("fee", update.GetFee())
		},
		apply: applyFee,
	})
}

func applyFee(policy *portonev2.PlatformAdditionalFeePolicy, update *portonev2.UpdatePlatformAdditionalFeePolicyBody) {
	overlay(policy, update)
	if fee := update.GetFee(); fee != nil {
		policy.Fee = newFee(fee)
	}
}

// feeFilter makes the condition of a list of additional fee policies.
func feeFilter(filter *portonev2.PlatformAdditionalFeePolicyFilterInput) func(*portonev2.PlatformAdditionalFeePolicy) bool {
	type policy = portonev2.PlatformAdditionalFeePolicy
	texts := cmp.Or(filter.GetKeyword(), &portonev2.PlatformAdditionalFeePolicyFilterInputKeyword{})
	text := keyword(
		term[*policy]{text: texts.Name, property: (*policy).GetName},
		term[*policy]{text: texts.Id, property: (*policy).GetId},
		term[*policy]{text: texts.Fee, property: feeText, whole: true},
	)
	return all(text, among(filter.GetVatPayers(), (*policy).GetVatPayer))
}

// feeText is the number of a fee, rate or amount, as one searches for it.
func feeText(policy *portonev2.PlatformAdditionalFeePolicy) string {
	if rate := policy.GetFee().GetFixedRate(); rate != nil {
		return strconv.Itoa(int(rate.GetRate()))
	}
	return strconv.FormatInt(policy.GetFee().GetFixedAmount().GetAmount(), 10)
}

// ArchivePlatformAdditionalFeePolicy takes an additional fee policy out of use; one with a scheduled update is refused.
func (s *Store) ArchivePlatformAdditionalFeePolicy(_ context.Context, req *portonev2.ArchivePlatformAdditionalFeePolicyRequest) (*portonev2.ArchivePlatformAdditionalFeePolicyResponse, error) {
	policy, err := s.in(req).fees.archive(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.ArchivePlatformAdditionalFeePolicyResponse{AdditionalFeePolicy: policy}, nil
}

// RecoverPlatformAdditionalFeePolicy takes an additional fee policy out of the archive.
func (s *Store) RecoverPlatformAdditionalFeePolicy(_ context.Context, req *portonev2.RecoverPlatformAdditionalFeePolicyRequest) (*portonev2.RecoverPlatformAdditionalFeePolicyResponse, error) {
	policy, err := s.in(req).fees.recover(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.RecoverPlatformAdditionalFeePolicyResponse{AdditionalFeePolicy: policy}, nil
}

// GetPlatformAdditionalFeePolicySchedule returns an additional fee policy as its scheduled update will leave it.
func (s *Store) GetPlatformAdditionalFeePolicySchedule(_ context.Context, req *portonev2.GetPlatformAdditionalFeePolicyScheduleRequest) (*portonev2.PlatformAdditionalFeePolicy, error) {
	return s.in(req).fees.planned(req.GetId())
}

// RescheduleAdditionalFeePolicy puts another update in place of the scheduled one.
func (s *Store) RescheduleAdditionalFeePolicy(_ context.Context, req *portonev2.RescheduleAdditionalFeePolicyRequest) (*portonev2.ReschedulePlatformAdditionalFeePolicyResponse, error) {
	policy, err := s.in(req).fees.replan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.ReschedulePlatformAdditionalFeePolicyResponse{ScheduledAdditionalFeePolicy: policy}, nil
}

// ScheduleAdditionalFeePolicy schedules an update; there can be only one.
func (s *Store) ScheduleAdditionalFeePolicy(_ context.Context, req *portonev2.ScheduleAdditionalFeePolicyRequest) (*portonev2.SchedulePlatformAdditionalFeePolicyResponse, error) {
	policy, err := s.in(req).fees.plan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.SchedulePlatformAdditionalFeePolicyResponse{ScheduledAdditionalFeePolicy: policy}, nil
}

// CancelPlatformAdditionalFeePolicySchedule cancels the scheduled update.
func (s *Store) CancelPlatformAdditionalFeePolicySchedule(_ context.Context, req *portonev2.CancelPlatformAdditionalFeePolicyScheduleRequest) (*portonev2.CancelPlatformAdditionalFeePolicyScheduleResponse, error) {
	if err := s.in(req).fees.unplan(req.GetId()); err != nil {
		return nil, err
	}
	return &portonev2.CancelPlatformAdditionalFeePolicyScheduleResponse{}, nil
}

// GetPlatformAdditionalFeePolicy returns an additional fee policy, archived or not.
func (s *Store) GetPlatformAdditionalFeePolicy(_ context.Context, req *portonev2.GetPlatformAdditionalFeePolicyRequest) (*portonev2.PlatformAdditionalFeePolicy, error) {
	return s.in(req).fees.get(req.GetId())
}

// UpdatePlatformAdditionalFeePolicy changes an additional fee policy at once.
func (s *Store) UpdatePlatformAdditionalFeePolicy(_ context.Context, req *portonev2.UpdatePlatformAdditionalFeePolicyRequest) (*portonev2.UpdatePlatformAdditionalFeePolicyResponse, error) {
	update := reshape[*portonev2.UpdatePlatformAdditionalFeePolicyBody](req)
	policy, err := s.in(req).fees.update(req.GetId(), update)
	if err != nil {
		return nil, err
	}
	return &portonev2.UpdatePlatformAdditionalFeePolicyResponse{AdditionalFeePolicy: policy}, nil
}

// GetPlatformAdditionalFeePolicies lists additional fee policies, the newest first.
func (s *Store) GetPlatformAdditionalFeePolicies(_ context.Context, req *portonev2.GetPlatformAdditionalFeePoliciesRequest) (*portonev2.GetPlatformAdditionalFeePoliciesResponse, error) {
	match := feeFilter(req.GetFilter())
	items, page, err := s.in(req).fees.list(req.GetFilter().GetIsArchived(), match, req.GetPage())
	if err != nil {
		return nil, err
	}
	return &portonev2.GetPlatformAdditionalFeePoliciesResponse{Items: items, Page: page}, nil
}

// CreatePlatformAdditionalFeePolicy makes an additional fee policy.
func (s *Store) CreatePlatformAdditionalFeePolicy(_ context.Context, req *portonev2.CreatePlatformAdditionalFeePolicyRequest) (*portonev2.CreatePlatformAdditionalFeePolicyResponse, error) {
	update := reshape[*portonev2.UpdatePlatformAdditionalFeePolicyBody](req)
	policy, err := s.in(req).fees.create(req.Id, update)
	if err != nil {
		return nil, err
	}
	return &portonev2.CreatePlatformAdditionalFeePolicyResponse{AdditionalFeePolicy: policy}, nil
}
