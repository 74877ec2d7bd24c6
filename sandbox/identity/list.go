package identity

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// insert adds a verification, behind those requested before it.
func (s *Store) insert(v *verification) {
	s.byKey[v.key] = v
	at := len(s.all)
	for at > 0 && s.all[at-1].requestedAt.After(v.requestedAt) {
		at--
	}
	s.all = slices.Insert(s.all, at, v)
}

// remove takes a verification out.
func (s *Store) remove(v *verification) {
	delete(s.byKey, v.key)
	at := slices.Index(s.all, v)
	s.all = slices.Delete(s.all, at, at+1)
}

// timeOf are the times by which verifications are found and sorted, zero for what
// did not happen. The values of the two enums of the contract are the same.
var timeOf = map[portonev2.IdentityVerificationSortBy]func(*verification) time.Time{
	portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_REQUESTED_AT: func(v *verification) time.Time { return v.requestedAt },
	portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_VERIFIED_AT:  func(v *verification) time.Time { return v.at(verified) },
	portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_FAILED_AT:    func(v *verification) time.Time { return v.at(failed) },
	portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_STATUS_UPDATED_AT: func(v *verification) time.Time {
		return v.changedAt
	},
}

// at is when the verification came to a status, zero if it is in another.
func (v *verification) at(status portonev2.IdentityVerificationStatus) time.Time {
	if v.status != status {
		return time.Time{}
	}
	return v.changedAt
}

// GetIdentityVerifications lists verifications. One to which the time of the range
// never happened, such as the failure of a verified one, is not in the range.
func (s *Store) GetIdentityVerifications(_ context.Context, req *portonev2.GetIdentityVerificationsRequest) (*portonev2.GetIdentityVerificationsResponse, error) {
	inRange, err := s.inRange(req.GetFilter())
	if err != nil {
		return nil, err
	}
	found := world.Select(s.all, append(conditions(req.GetFilter()), inRange))
	world.Arrange(found, orderOf(req.GetSort().GetBy()), req.GetSort().GetOrder())
	page, info, err := world.Page(found, req.GetPage())
	if err != nil {
		return nil, err
	}
	response := &portonev2.GetIdentityVerificationsResponse{Page: info}
	for _, v := range page {
		response.Items = append(response.Items, proto.CloneOf(v.message))
	}
	return response, nil
}

// orderOf is the time to sort by; nil for that of the request, by which the
// verifications are sorted, and for what is no order.
func orderOf(by portonev2.IdentityVerificationSortBy) func(*verification) time.Time {
	if by == portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_REQUESTED_AT {
		return nil
	}
	return timeOf[by]
}
