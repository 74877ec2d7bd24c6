package identity

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// window is how far back a list without a beginning goes.
const window = 90 * 24 * time.Hour

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
	found := s.search(req.GetFilter())
	arrange(found, req.GetSort())
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

// search returns the verifications that meet a filter, oldest first.
func (s *Store) search(filter *portonev2.IdentityVerificationFilterInput) []*verification {
	all := append(conditions(filter), s.inRange(filter))
	found := make([]*verification, 0, len(s.all))
next:
	for _, v := range s.all {
		for _, meets := range all {
			if !meets(v) {
				continue next
			}
		}
		found = append(found, v)
	}
	return found
}

// arrange sorts verifications that are sorted by their request. Of verifications
// with the same time, or without it, the one requested first counts as the earlier.
func arrange(verifications []*verification, sort *portonev2.IdentityVerificationSortInput) {
	by := timeOf[sort.GetBy()]
	if by != nil && sort.GetBy() != portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_REQUESTED_AT {
		slices.SortStableFunc(verifications, func(a, b *verification) int { return by(a).Compare(by(b)) })
	}
	if sort.GetOrder() != portonev2.SortOrder_SORT_ORDER_ASC {
		slices.Reverse(verifications)
	}
}
