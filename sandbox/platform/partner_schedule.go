package platform

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// SchedulePartner schedules an update of a partner; there can be only one.
func (s *Store) SchedulePartner(_ context.Context, req *portonev2.SchedulePartnerRequest) (*portonev2.SchedulePlatformPartnerResponse, error) {
	partner, err := s.in(req).partners.plan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, err
	}
	return &portonev2.SchedulePlatformPartnerResponse{ScheduledPartner: partner}, nil
}

// ReschedulePartner puts another update in place of the scheduled one.
func (s *Store) ReschedulePartner(_ context.Context, req *portonev2.ReschedulePartnerRequest) (*portonev2.ReschedulePlatformPartnerResponse, error) {
	partner, err := s.in(req).partners.replan(req.GetId(), req.GetUpdate(), req.GetAppliedAt())
	if err != nil {
		return nil, listed(portonev2.PlatformPartnerService_ReschedulePartner_FullMethodName, err)
	}
	return &portonev2.ReschedulePlatformPartnerResponse{ScheduledPartner: partner}, nil
}

// GetPlatformPartnerSchedule returns a partner as its scheduled update will leave
// it.
func (s *Store) GetPlatformPartnerSchedule(_ context.Context, req *portonev2.GetPlatformPartnerScheduleRequest) (*portonev2.PlatformPartner, error) {
	return s.in(req).partners.planned(req.GetId())
}

// CancelPlatformPartnerSchedule cancels the scheduled update.
func (s *Store) CancelPlatformPartnerSchedule(_ context.Context, req *portonev2.CancelPlatformPartnerScheduleRequest) (*portonev2.CancelPlatformPartnerScheduleResponse, error) {
	if err := s.in(req).partners.unplan(req.GetId()); err != nil {
		return nil, err
	}
	return &portonev2.CancelPlatformPartnerScheduleResponse{}, nil
}

// SchedulePlatformPartners schedules the same update of all partners that a filter
// selects, or of none if one of them is against it.
func (s *Store) SchedulePlatformPartners(_ context.Context, req *portonev2.SchedulePlatformPartnersRequest) (*portonev2.SchedulePlatformPartnersResponse, error) {
	m := s.in(req)
	update := reshape[*portonev2.UpdatePlatformPartnerBody](req.GetUpdate())
	selected, err := m.selectPartners(req.GetFilter())
	if err == nil {
		err = firstOf(
			func() error { return validPartner(update) },
			func() error { return m.partners.future(req.GetAppliedAt()) },
			func() error { return m.maySchedulePartners(selected, update) })
	}
	if err != nil {
		return nil, listed(portonev2.PlatformPartnerService_SchedulePlatformPartners_FullMethodName, err)
	}
	m.useProofs(update)
	for _, it := range selected {
		m.partners.setSchedule(it, update, req.GetAppliedAt())
	}
	return &portonev2.SchedulePlatformPartnersResponse{}, nil
}

// partnerItem is a partner with its scheduled update.
type partnerItem = item[*portonev2.PlatformPartner, *portonev2.UpdatePlatformPartnerBody]

func (m *mode) selectPartners(filter *portonev2.PlatformPartnerFilterInput) ([]*partnerItem, error) {
	match, err := partnerFilter(filter)
	if err != nil {
		return nil, err
	}
	return m.partners.matching(filter.GetIsArchived(), match), nil
}

// maySchedulePartners returns what is against an update of all selected partners.
func (m *mode) maySchedulePartners(selected []*partnerItem, update *portonev2.UpdatePlatformPartnerBody) error {
	var linked, scheduled []string
	for _, it := range selected {
		partner := it.object
		switch {
		case partner.GetIsArchived():
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ARCHIVED_PARTNERS_CANNOT_BE_SCHEDULED,
				"partner %q is archived", partner.GetId())
		case changesType(partner, update):
			return world.Invalid("update.type: partner %q is of another type", partner.GetId())
		case isLinked(partner):
			linked = append(linked, partner.GetId())
		case it.schedule != nil:
			scheduled = append(scheduled, partner.GetId())
		}
	}
	switch {
	case len(linked) > 0:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNERS_CANNOT_BE_SCHEDULED,
			"partners are connected: %q", linked).With(&portonev2.PlatformMemberCompanyConnectedPartnersCannotBeScheduledError{
			Ids: linked, GraphqlIds: m.partners.graphqlIDs(linked),
		})
	case len(scheduled) > 0:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_SCHEDULES_ALREADY_EXIST,
			"partners have scheduled updates: %q", scheduled).With(&portonev2.PlatformPartnerSchedulesAlreadyExistError{
			Ids: scheduled, GraphqlIds: m.partners.graphqlIDs(scheduled),
		})
	}
	return firstOf(
		func() error { return m.contractExists(update) },
		func() error { return m.propertiesDefined(update) },
		func() error { return m.proven(update) })
}

// maySchedulePartner refuses to schedule an update of a partner that is connected.
func maySchedulePartner(partner *portonev2.PlatformPartner) error {
	if isLinked(partner) {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_CANNOT_BE_SCHEDULED,
			"partner %q is connected", partner.GetId())
	}
	return nil
}
