package platform

import (
	"cmp"
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// contracts keeps the contracts of a mode.
type contracts = versionedStore[*portonev2.PlatformContract, *portonev2.UpdatePlatformContractBody]

func newContracts(w *world.World, test bool) *contracts {
	return newVersionedStore(w, test, kind[*portonev2.PlatformContract, *portonev2.UpdatePlatformContractBody]{
		name:   "contract",
		plural: "Contracts",
		schema: "PlatformContract",
		words: words{
			notFound:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_NOT_FOUND,
			alreadyExists:          portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_ALREADY_EXISTS,
			archived:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_ARCHIVED_CONTRACT,
			scheduled:              portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_SCHEDULE_ALREADY_EXISTS,
			cannotArchiveScheduled: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_ARCHIVE_SCHEDULED_CONTRACT,
		},
		valid: validContract,
		apply: applyContract,
	})
}

func validContract(update *portonev2.UpdatePlatformContractBody) error {
	if err := validFee("platformFee", update.GetPlatformFee()); err != nil {
		return err
	}
	return validCycle(update.GetSettlementCycle())
}

func applyContract(contract *portonev2.PlatformContract, update *portonev2.UpdatePlatformContractBody) {
	overlay(contract, update)
	if fee := update.GetPlatformFee(); fee != nil {
		contract.PlatformFee = newFee(fee)
	}
}

// contractFilter makes the condition of a list of contracts.
func contractFilter(filter *portonev2.PlatformContractFilterInput) (func(*portonev2.PlatformContract) bool, error) {
	type contract = portonev2.PlatformContract
	texts := cmp.Or(filter.GetKeyword(), &portonev2.PlatformContractFilterInputKeyword{})
	text, err := onlyKeyword(
		term[*contract]{text: texts.Id, property: (*contract).GetId},
		term[*contract]{text: texts.Name, property: (*contract).GetName},
	)
	return all(text,
		among(filter.GetPlatformFeePayers(), (*contract).GetPlatformFeeVatPayer),
		among(filter.GetCycleTypes(), func(c *contract) portonev2.PlatformSettlementCycleType {
			return cycleType(c.GetSettlementCycle())
		}),
		among(filter.GetDatePolicies(), func(c *contract) portonev2.PlatformSettlementCycleDatePolicy {
			return c.GetSettlementCycle().GetDatePolicy()
		}),
	), err
}

// ArchivePlatformContract takes a contract out of use; one with a scheduled update is refused.
func (s *Store) ArchivePlatformContract(_ context.Context, req *portonev2.ArchivePlatformContractRequest) (*portonev2.ArchivePlatformContractResponse, error) {
	contract, err := s.in(req).contracts.archive(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.ArchivePlatformContractResponse{Contract: contract}, nil
}

// RecoverPlatformContract takes a contract out of the archive.
func (s *Store) RecoverPlatformContract(_ context.Context, req *portonev2.RecoverPlatformContractRequest) (*portonev2.RecoverPlatformContractResponse, error) {
	contract, err := s.in(req).contracts.recover(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.RecoverPlatformContractResponse{Contract: contract}, nil
}

// GetPlatformContractSchedule returns a contract as its scheduled update will leave it.
func (s *Store) GetPlatformContractSchedule(_ context.Context, req *portonev2.GetPlatformContractScheduleRequest) (*portonev2.PlatformContract, error) {
	return s.in(req).contracts.planned(req.GetId())
}

// RescheduleContract puts another update in place of the scheduled one.
func (s *Store) RescheduleContract(_ context.Context, req *portonev2.RescheduleContractRequest) (*portonev2.ReschedulePlatformContractResponse, error) {
	contract, err := s.in(req).contracts.replan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.ReschedulePlatformContractResponse{ScheduledContract: contract}, nil
}

// ScheduleContract schedules an update; there can be only one.
func (s *Store) ScheduleContract(_ context.Context, req *portonev2.ScheduleContractRequest) (*portonev2.SchedulePlatformContractResponse, error) {
	contract, err := s.in(req).contracts.plan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.SchedulePlatformContractResponse{ScheduledContract: contract}, nil
}

// CancelPlatformContractSchedule cancels the scheduled update.
func (s *Store) CancelPlatformContractSchedule(_ context.Context, req *portonev2.CancelPlatformContractScheduleRequest) (*portonev2.CancelPlatformContractScheduleResponse, error) {
	if err := s.in(req).contracts.unplan(req.GetId()); err != nil {
		return nil, err
	}
	return &portonev2.CancelPlatformContractScheduleResponse{}, nil
}

// GetPlatformContract returns a contract, archived or not.
func (s *Store) GetPlatformContract(_ context.Context, req *portonev2.GetPlatformContractRequest) (*portonev2.PlatformContract, error) {
	return s.in(req).contracts.get(req.GetId())
}

// UpdatePlatformContract changes a contract at once.
func (s *Store) UpdatePlatformContract(_ context.Context, req *portonev2.UpdatePlatformContractRequest) (*portonev2.UpdatePlatformContractResponse, error) {
	update := reshape[*portonev2.UpdatePlatformContractBody](req)
	contract, err := s.in(req).contracts.update(req.GetId(), update)
	if err != nil {
		return nil, err
	}
	return &portonev2.UpdatePlatformContractResponse{Contract: contract}, nil
}

// GetPlatformContracts lists contracts, the newest first.
func (s *Store) GetPlatformContracts(_ context.Context, req *portonev2.GetPlatformContractsRequest) (*portonev2.GetPlatformContractsResponse, error) {
	match, err := contractFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	items, page, err := s.in(req).contracts.list(req.GetFilter().GetIsArchived(), match, req.GetPage())
	if err != nil {
		return nil, err
	}
	return &portonev2.GetPlatformContractsResponse{Items: items, Page: page}, nil
}

// CreatePlatformContract makes a contract.
func (s *Store) CreatePlatformContract(_ context.Context, req *portonev2.CreatePlatformContractRequest) (*portonev2.CreatePlatformContractResponse, error) {
	update := reshape[*portonev2.UpdatePlatformContractBody](req)
	contract, err := s.in(req).contracts.create(req.Id, update)
	if err != nil {
		return nil, err
	}
	return &portonev2.CreatePlatformContractResponse{Contract: contract}, nil
}
