package platform

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// ConnectPartnerCounterparty begins to connect a business partner as a counterparty.
func (s *Store) ConnectPartnerCounterparty(_ context.Context, req *portonev2.ConnectPartnerCounterpartyRequest) (*portonev2.ConnectPartnerCounterpartyResponse, error) {
	partner, err := s.in(req).changeLink(req.GetId(), counterpartyLink, connecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.ConnectPartnerCounterpartyResponse{Partner: partner}, nil
}

// ConnectBulkPartnerCounterparty begins to connect the partners of a filter as
// counterparties: those that ConnectPartnerCounterparty would not refuse.
func (s *Store) ConnectBulkPartnerCounterparty(_ context.Context, req *portonev2.ConnectBulkPartnerCounterpartyRequest) (*portonev2.ConnectBulkPartnerCounterpartyResponse, error) {
	task, err := s.in(req).changeLinks(req.GetFilter(), counterpartyLink, connecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.ConnectBulkPartnerCounterpartyResponse{BulkTask: task}, nil
}

// DisconnectPartnerCounterparty begins to disconnect a business partner as a counterparty.
func (s *Store) DisconnectPartnerCounterparty(_ context.Context, req *portonev2.DisconnectPartnerCounterpartyRequest) (*portonev2.DisconnectPartnerCounterpartyResponse, error) {
	partner, err := s.in(req).changeLink(req.GetId(), counterpartyLink, disconnecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.DisconnectPartnerCounterpartyResponse{Partner: partner}, nil
}

// DisconnectBulkPartnerCounterparty begins to disconnect the partners of a filter as
// counterparties: those that DisconnectPartnerCounterparty would not refuse.
func (s *Store) DisconnectBulkPartnerCounterparty(_ context.Context, req *portonev2.DisconnectBulkPartnerCounterpartyRequest) (*portonev2.DisconnectBulkPartnerCounterpartyResponse, error) {
	task, err := s.in(req).changeLinks(req.GetFilter(), counterpartyLink, disconnecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.DisconnectBulkPartnerCounterpartyResponse{BulkTask: task}, nil
}

// ConnectPartnerMemberCompany begins to connect a business partner as a member company.
//
// Deprecated: ConnectPartnerCounterparty takes its place.
func (s *Store) ConnectPartnerMemberCompany(_ context.Context, req *portonev2.ConnectPartnerMemberCompanyRequest) (*portonev2.ConnectPartnerMemberCompanyResponse, error) {
	partner, err := s.in(req).changeLink(req.GetId(), memberCompanyLink, connecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.ConnectPartnerMemberCompanyResponse{Partner: partner}, nil
}

// ConnectBulkPartnerMemberCompany begins to connect the partners of a filter as
// member companies: those that ConnectPartnerMemberCompany would not refuse.
//
// Deprecated: ConnectBulkPartnerCounterparty takes its place.
func (s *Store) ConnectBulkPartnerMemberCompany(_ context.Context, req *portonev2.ConnectBulkPartnerMemberCompanyRequest) (*portonev2.ConnectBulkPartnerMemberCompanyResponse, error) {
	task, err := s.in(req).changeLinks(req.GetFilter(), memberCompanyLink, connecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.ConnectBulkPartnerMemberCompanyResponse{BulkTask: task}, nil
}

// DisconnectPartnerMemberCompany begins to disconnect a business partner as a member company.
//
// Deprecated: DisconnectPartnerCounterparty takes its place.
func (s *Store) DisconnectPartnerMemberCompany(_ context.Context, req *portonev2.DisconnectPartnerMemberCompanyRequest) (*portonev2.DisconnectPartnerMemberCompanyResponse, error) {
	partner, err := s.in(req).changeLink(req.GetId(), memberCompanyLink, disconnecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.DisconnectPartnerMemberCompanyResponse{Partner: partner}, nil
}

// DisconnectBulkPartnerMemberCompany begins to disconnect the partners of a filter as
// member companies: those that DisconnectPartnerMemberCompany would not refuse.
//
// Deprecated: DisconnectBulkPartnerCounterparty takes its place.
func (s *Store) DisconnectBulkPartnerMemberCompany(_ context.Context, req *portonev2.DisconnectBulkPartnerMemberCompanyRequest) (*portonev2.DisconnectBulkPartnerMemberCompanyResponse, error) {
	task, err := s.in(req).changeLinks(req.GetFilter(), memberCompanyLink, disconnecting)
	if err != nil {
		return nil, err
	}
	return &portonev2.DisconnectBulkPartnerMemberCompanyResponse{BulkTask: task}, nil
}
