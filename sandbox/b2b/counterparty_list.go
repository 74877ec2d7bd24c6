package b2b

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// GetB2BCounterparties lists counterparties, the newest first.
func (s *Store) GetB2BCounterparties(_ context.Context, req *portonev2.GetB2BCounterpartiesRequest) (*portonev2.GetB2BCounterpartiesResponse, error) {
	found := s.in(req).counterparties.search(req.GetFilter())
	page, info, err := world.Page(found, req.GetPage())
	if err != nil {
		return nil, err
	}
	response := &portonev2.GetB2BCounterpartiesResponse{Page: info}
	for _, c := range page {
		response.Items = append(response.Items, proto.CloneOf(c))
	}
	return response, nil
}

// search returns the counterparties that meet every condition of a filter, the
// newest first.
func (l *counterparties) search(filter *portonev2.B2BCounterpartyFilter) []*portonev2.B2BCounterparty {
	conditions := counterpartyConditions(filter)
	found := make([]*portonev2.B2BCounterparty, 0, len(l.all))
	for _, c := range slices.Backward(l.all) {
		if !slices.ContainsFunc(conditions, func(meets counterpartyCondition) bool { return !meets(c) }) {
			found = append(found, c)
		}
	}
	return found
}

// counterpartyCondition is one that counterparties have to meet.
type counterpartyCondition func(*portonev2.B2BCounterparty) bool

// counterpartyConditions are those of a filter, one for each member that is
// present and not empty. Names and contacts match where they contain what is
// looked for.
func counterpartyConditions(f *portonev2.B2BCounterpartyFilter) []counterpartyCondition {
	if f == nil {
		return nil
	}
	var all []counterpartyCondition
	when := func(present bool, c counterpartyCondition) {
		if present {
			all = append(all, c)
		}
	}
	contains := func(wanted *string, value func(*portonev2.B2BCounterparty) string) {
		when(wanted != nil, func(c *portonev2.B2BCounterparty) bool { return strings.Contains(value(c), *wanted) })
	}
	when(f.Id != nil, func(c *portonev2.B2BCounterparty) bool { return strings.HasPrefix(c.GetId(), f.GetId()) })
	when(f.Brn != nil, func(c *portonev2.B2BCounterparty) bool { return c.GetBrn() == f.GetBrn() })
	contains(f.CompanyName, (*portonev2.B2BCounterparty).GetCompanyName)
	contains(f.RepresentativeName, (*portonev2.B2BCounterparty).GetRepresentativeName)
	contains(f.ContactName, func(c *portonev2.B2BCounterparty) string { return c.GetContact().GetName() })
	contains(f.ContactPhone, func(c *portonev2.B2BCounterparty) string { return c.GetContact().GetPhoneNumber() })
	contains(f.ContactEmail, func(c *portonev2.B2BCounterparty) string { return c.GetContact().GetEmail() })
	when(len(f.BusinessStatuses) > 0, func(c *portonev2.B2BCounterparty) bool {
		return slices.Contains(f.BusinessStatuses, c.GetBusinessStatus())
	})
	when(len(f.NtsConnectionStatuses) > 0, func(c *portonev2.B2BCounterparty) bool {
		return slices.Contains(f.NtsConnectionStatuses, c.GetNtsConnectionStatus())
	})
	when(len(f.CounterpartyIds) > 0, func(c *portonev2.B2BCounterparty) bool {
		return slices.Contains(f.CounterpartyIds, c.GetId())
	})
	return all
}
