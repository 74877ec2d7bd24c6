package platform

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// CreatePlatformPartners registers several partners, or none if something is
// against one of them.
func (s *Store) CreatePlatformPartners(_ context.Context, req *portonev2.CreatePlatformPartnersRequest) (*portonev2.CreatePlatformPartnersResponse, error) {
	m := s.in(req)
	updates := make([]*portonev2.UpdatePlatformPartnerBody, len(req.GetPartners()))
	for i, body := range req.GetPartners() {
		updates[i] = reshape[*portonev2.UpdatePlatformPartnerBody](body)
	}
	err := firstOf(
		func() error { return m.idsAreNew(req.GetPartners()) },
		func() error { return m.contractsExist(req.GetPartners()) },
		func() error { return m.mayRegisterAll(req.GetPartners(), updates) })
	if err != nil {
		return nil, listed(portonev2.PlatformPartnerService_CreatePlatformPartners_FullMethodName, err)
	}
	answer := &portonev2.CreatePlatformPartnersResponse{}
	for i, body := range req.GetPartners() {
		answer.Partners = append(answer.Partners, m.partners.add(body.Id, updates[i]))
	}
	return answer, nil
}

// idsAreNew refuses ids that are given twice or taken already, with a list.
func (m *mode) idsAreNew(bodies []*portonev2.CreatePlatformPartnerBody) error {
	given := make(map[string]bool)
	var twice, taken []string
	for _, body := range bodies {
		if body.Id == nil {
			continue
		}
		switch {
		case given[body.GetId()]:
			twice = append(twice, body.GetId())
		case m.partners.byID[body.GetId()] != nil:
			taken = append(taken, body.GetId())
		}
		given[body.GetId()] = true
	}
	twice = distinct(twice)
	switch {
	case len(twice) > 0:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_IDS_DUPLICATED, "ids are given twice: %q", twice).
			With(&portonev2.PlatformPartnerIdsDuplicatedError{Ids: twice, GraphqlIds: m.partners.graphqlIDs(twice)})
	case len(taken) > 0:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_IDS_ALREADY_EXISTS, "there are partners already: %q", taken).
			With(&portonev2.PlatformPartnerIdsAlreadyExistError{Ids: taken, GraphqlIds: m.partners.graphqlIDs(taken)})
	}
	return nil
}

// contractsExist refuses contracts that do not exist, with a list.
func (m *mode) contractsExist(bodies []*portonev2.CreatePlatformPartnerBody) error {
	var missing []string
	for _, body := range bodies {
		if m.contracts.byID[body.GetDefaultContractId()] == nil {
			missing = append(missing, body.GetDefaultContractId())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	missing = distinct(missing)
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACTS_NOT_FOUND, "there are no contracts %q", missing).
		With(&portonev2.PlatformContractsNotFoundError{Ids: missing, GraphqlIds: m.contracts.graphqlIDs(missing)})
}

// mayRegisterAll returns what is against the partners one by one, and against their
// verifications together.
func (m *mode) mayRegisterAll(bodies []*portonev2.CreatePlatformPartnerBody, updates []*portonev2.UpdatePlatformPartnerBody) error {
	used := make(map[string]bool)
	for i, update := range updates {
		err := firstOf(
			func() error { return mayRegister(update) },
			func() error { return m.partners.mayCreate(bodies[i].Id, update) })
		if err != nil {
			return err
		}
		for _, id := range []string{companyProof(update), accountProof(update)} {
			if used[id] {
				return world.Invalid("verification %q is given twice", id)
			}
			used[id] = id != ""
		}
	}
	return nil
}
