package identity

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// condition is one that verifications have to meet.
type condition = world.Condition[*verification]

// inRange is the filter's range of time.
func (s *Store) inRange(filter *portonev2.IdentityVerificationFilterInput) (condition, error) {
	at := timeOf[portonev2.IdentityVerificationSortBy(filter.GetTimeRangeField())]
	if at == nil {
		at = timeOf[portonev2.IdentityVerificationSortBy_IDENTITY_VERIFICATION_SORT_BY_REQUESTED_AT]
	}
	return world.During(s.world.Clock, filter.GetFrom(), filter.GetUntil(), at)
}

// conditions are those of a filter, apart from the range of time: one for each
// member that is present and not empty.
func conditions(f *portonev2.IdentityVerificationFilterInput) []condition {
	if f == nil {
		return nil
	}
	all := customerConditions(f.GetCustomer())
	when := func(present bool, c condition) {
		if present {
			all = append(all, c)
		}
	}
	when(f.StoreId != nil, func(v *verification) bool { return v.store == f.GetStoreId() })
	when(f.IdentityVerificationId != nil, func(v *verification) bool { return v.id == f.GetIdentityVerificationId() })
	when(f.IdentityVerificationTxId != nil, func(v *verification) bool { return v.txID == f.GetIdentityVerificationTxId() })
	when(f.IsTest != nil, func(v *verification) bool {
		return f.GetIsTest() == (v.channel.GetType() == portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST)
	})
	when(len(f.Statuses) > 0, func(v *verification) bool { return slices.Contains(f.Statuses, v.status) })
	when(f.PgTxId != nil, func(v *verification) bool { return v.pgTxID == f.GetPgTxId() })
	when(f.PgMerchantId != nil, func(v *verification) bool { return v.channel.GetPgMerchantId() == f.GetPgMerchantId() })
	when(len(f.PgProviders) > 0, func(v *verification) bool { return slices.Contains(f.PgProviders, v.channel.GetPgProvider()) })
	when(len(f.PgCompanies) > 0, func(v *verification) bool {
		return slices.Contains(f.PgCompanies, verifiers.Company(v.channel.GetPgProvider()))
	})
	// The two enums of carriers have the same values.
	when(len(f.Carriers) > 0, func(v *verification) bool { return slices.Contains(f.Carriers, portonev2.Carrier(v.operator)) })
	when(f.Version != nil, func(*verification) bool { return f.GetVersion() == portonev2.PortOneVersion_PORT_ONE_VERSION_V2 })
	return all
}

// customerConditions are those on the customer: as verified, or else as requested,
// where a gender is never known.
func customerConditions(c *portonev2.IdentityVerificationFilterCustomerInput) []condition {
	if c == nil {
		return nil
	}
	var all []condition
	who := func(v *verification) person {
		if v.status == verified {
			return v.customer.known()
		}
		return v.customer
	}
	equal := func(want *string, get func(person) string) {
		if want != nil {
			all = append(all, func(v *verification) bool { return get(who(v)) == *want })
		}
	}
	birth := func(want *string, layout string) {
		equal(want, func(p person) string {
			if p.born.IsZero() {
				return ""
			}
			return p.born.Format(layout)
		})
	}
	equal(c.Name, func(p person) string { return p.name })
	equal(c.PhoneNumber, func(p person) string { return p.phone })
	birth(c.BirthYear, "2006")
	birth(c.BirthMonth, "01")
	birth(c.BirthDay, "02")
	if c.Gender != nil {
		all = append(all, func(v *verification) bool { return v.status == verified && who(v).gender == c.GetGender() })
	}
	return all
}
