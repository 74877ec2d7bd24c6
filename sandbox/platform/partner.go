package platform

import (
	"cmp"
	"context"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// partners keeps the partners of a mode.
type partners = versionedStore[*portonev2.PlatformPartner, *portonev2.UpdatePlatformPartnerBody]

func newPartners(w *world.World, test bool, m *mode) *partners {
	return newVersionedStore(w, test, kind[*portonev2.PlatformPartner, *portonev2.UpdatePlatformPartnerBody]{
		name:   "partner",
		plural: "Partners",
		schema: "PlatformPartner",
		words: words{
			notFound:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_NOT_FOUND,
			alreadyExists:          portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_ID_ALREADY_EXISTS,
			archived:               portonev2.ErrorReason_ERROR_REASON_PLATFORM_ARCHIVED_PARTNER,
			scheduled:              portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_SCHEDULE_ALREADY_EXISTS,
			cannotArchiveScheduled: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_ARCHIVE_SCHEDULED_PARTNER,
		},
		valid:       validPartner,
		apply:       m.applyPartner,
		mayUpdate:   m.mayUpdatePartner,
		maySchedule: maySchedulePartner,
		mayArchive:  m.mayArchivePartner,
		mayRecover:  notPending,
		accepted:    m.useProofs,
		changed:     m.reflectPartner,
	})
}

// CreatePlatformPartner registers a partner.
func (s *Store) CreatePlatformPartner(_ context.Context, req *portonev2.CreatePlatformPartnerRequest) (*portonev2.CreatePlatformPartnerResponse, error) {
	m := s.in(req)
	update := reshape[*portonev2.UpdatePlatformPartnerBody](req)
	if err := mayRegister(update); err != nil {
		return nil, err
	}
	partner, err := m.partners.create(req.Id, update)
	if err != nil {
		return nil, err
	}
	return &portonev2.CreatePlatformPartnerResponse{Partner: partner}, nil
}

// UpdatePlatformPartner changes a partner at once.
func (s *Store) UpdatePlatformPartner(_ context.Context, req *portonev2.UpdatePlatformPartnerRequest) (*portonev2.UpdatePlatformPartnerResponse, error) {
	update := reshape[*portonev2.UpdatePlatformPartnerBody](req)
	partner, err := s.in(req).partners.update(req.GetId(), update)
	if err != nil {
		return nil, err
	}
	return &portonev2.UpdatePlatformPartnerResponse{Partner: partner}, nil
}

// GetPlatformPartner returns a partner, archived or not.
func (s *Store) GetPlatformPartner(_ context.Context, req *portonev2.GetPlatformPartnerRequest) (*portonev2.PlatformPartner, error) {
	return s.in(req).partners.get(req.GetId())
}

// GetPlatformPartners lists partners, the newest first.
func (s *Store) GetPlatformPartners(_ context.Context, req *portonev2.GetPlatformPartnersRequest) (*portonev2.GetPlatformPartnersResponse, error) {
	match, err := partnerFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	items, page, err := s.in(req).partners.list(req.GetFilter().GetIsArchived(), match, req.GetPage())
	if err != nil {
		return nil, err
	}
	return &portonev2.GetPlatformPartnersResponse{Items: items, Page: page}, nil
}

// GetPlatformPartnerFilterOptions returns the tags and contracts that partners
// have, in alphabetical order.
func (s *Store) GetPlatformPartnerFilterOptions(_ context.Context, req *portonev2.GetPlatformPartnerFilterOptionsRequest) (*portonev2.PlatformPartnerFilterOptions, error) {
	m := s.in(req)
	var tags, contracts []string
	for _, it := range m.partners.matching(req.GetIsArchived(), anything) {
		tags = append(tags, it.object.GetTags()...)
		contracts = append(contracts, it.object.GetDefaultContractId())
	}
	options := &portonev2.PlatformPartnerFilterOptions{Tags: distinct(tags)}
	for _, id := range distinct(contracts) {
		name := m.contracts.byID[id].object.GetName()
		options.ContractSummary = append(options.ContractSummary, &portonev2.PlatformPartnerContractSummary{Id: &id, Name: &name})
	}
	return options, nil
}

// distinct sorts texts and drops repetitions.
func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// ArchivePlatformPartner takes a partner out of use. One with a scheduled update,
// with a connection under way, or with a tax invoice under way is refused.
func (s *Store) ArchivePlatformPartner(_ context.Context, req *portonev2.ArchivePlatformPartnerRequest) (*portonev2.ArchivePlatformPartnerResponse, error) {
	partner, err := s.in(req).partners.archive(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.ArchivePlatformPartnerResponse{Partner: partner}, nil
}

// RecoverPlatformPartner takes a partner out of the archive.
func (s *Store) RecoverPlatformPartner(_ context.Context, req *portonev2.RecoverPlatformPartnerRequest) (*portonev2.RecoverPlatformPartnerResponse, error) {
	partner, err := s.in(req).partners.recover(req.GetId())
	if err != nil {
		return nil, err
	}
	return &portonev2.RecoverPlatformPartnerResponse{Partner: partner}, nil
}

// mayArchivePartner keeps a partner from the archive that is still at work with
// the National Tax Service.
func (m *mode) mayArchivePartner(partner *portonev2.PlatformPartner) error {
	if err := notPending(partner); err != nil {
		return err
	}
	if isLinked(partner) && m.counterparties.OngoingTaxInvoice(partner.GetId(), m.test) {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_COUNTERPARTY_ONGOING_TAX_INVOICE_EXISTS,
			"a tax invoice with partner %q is under way", partner.GetId())
	}
	return nil
}

// partnerFilter makes the condition of a list of partners. Partners that are no
// businesses have none of the properties of one.
func partnerFilter(filter *portonev2.PlatformPartnerFilterInput) (func(*portonev2.PlatformPartner) bool, error) {
	type partner = portonev2.PlatformPartner
	text, err := partnerKeyword(filter.GetKeyword())
	return all(text,
		among(filter.GetIds(), (*partner).GetId),
		among(filter.GetContractIds(), (*partner).GetDefaultContractId),
		anyTag(filter.GetTags()),
		among(filter.GetTypes(), typeName),
		among(filter.GetBanks(), func(p *partner) portonev2.Bank { return p.GetAccount().GetBank() }),
		among(filter.GetAccountCurrencies(), func(p *partner) portonev2.Currency { return p.GetAccount().GetCurrency() }),
		among(filter.GetAccountStatuses(), func(p *partner) portonev2.PlatformAccountStatus { return p.GetAccount().GetStatus() }),
		among(filter.GetBusinessStatuses(), func(p *partner) portonev2.PlatformPartnerBusinessStatus {
			return business(p).GetBusinessStatus()
		}),
		among(filter.GetTaxationTypes(), func(p *partner) portonev2.PlatformPartnerTaxationType {
			return business(p).GetTaxationType()
		}),
		among(filter.GetMemberCompanyConnectionStatuses(), connection),
	), err
}

func partnerKeyword(text *portonev2.PlatformPartnerFilterInputKeyword) (func(*portonev2.PlatformPartner) bool, error) {
	type partner = portonev2.PlatformPartner
	text = cmp.Or(text, &portonev2.PlatformPartnerFilterInputKeyword{})
	return onlyKeyword(
		term[*partner]{text: text.Id, property: (*partner).GetId},
		term[*partner]{text: text.Name, property: (*partner).GetName},
		term[*partner]{text: text.Email, property: func(p *partner) string { return p.GetContact().GetEmail() }},
		term[*partner]{text: text.BusinessRegistrationNumber, property: func(p *partner) string {
			return business(p).GetBusinessRegistrationNumber()
		}},
		term[*partner]{text: text.DefaultContractId, property: (*partner).GetDefaultContractId},
		term[*partner]{text: text.Memo, property: (*partner).GetMemo},
		term[*partner]{text: text.AccountNumber, property: func(p *partner) string { return p.GetAccount().GetNumber() }},
		term[*partner]{text: text.AccountHolder, property: func(p *partner) string { return p.GetAccount().GetHolder() }},
	)
}

// anyTag is met by a partner that has one of the tags; no tags ask for nothing.
func anyTag(tags []string) func(*portonev2.PlatformPartner) bool {
	return func(partner *portonev2.PlatformPartner) bool {
		return len(tags) == 0 || slices.ContainsFunc(partner.GetTags(), func(tag string) bool { return slices.Contains(tags, tag) })
	}
}

// business is what a partner is as a business, nil if it is none.
func business(partner *portonev2.PlatformPartner) *portonev2.PlatformPartnerTypeBusiness {
	return partner.GetType().GetBusiness()
}

// typeName names the type of a partner.
func typeName(partner *portonev2.PlatformPartner) portonev2.PlatformPartnerTypeName {
	switch partner.GetType().GetType().(type) {
	case *portonev2.PlatformPartnerType_Business:
		return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_BUSINESS
	case *portonev2.PlatformPartnerType_WhtPayer:
		return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_WHT_PAYER
	case *portonev2.PlatformPartnerType_NonWhtPayer:
		return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_NON_WHT_PAYER
	}
	return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_UNSPECIFIED
}
