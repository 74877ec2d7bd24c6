package identity

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// listed returns a store with, a day apart from the start on: a (verified five
// minutes later, by app), b (failed at once, KT, inicis, store-b), c (ready, live),
// d (verified a minute later, another customer).
func listed(t *testing.T) *Store {
	s := newStore()
	on := func(day int) { s.world.Clock.MoveTo(start.AddDate(0, 0, day)) }
	must(t, send(s, "a", byApp))
	s.world.Clock.Advance(5 * time.Minute)
	_, err := confirm(s, "a", "")
	must(t, err)

	on(1)
	expectPG(t, send(s, "b", phone(PhoneUnknown), via("channel-key-sandbox-inicis"), func(r *portonev2.SendIdentityVerificationRequest) {
		r.Operator = portonev2.IdentityVerificationOperator_IDENTITY_VERIFICATION_OPERATOR_KT.Enum()
		r.StoreId = world.Ptr("store-b")
	}), notTheirs)

	on(3)
	must(t, send(s, "d", identityNo("8505051"), func(r *portonev2.SendIdentityVerificationRequest) { r.Customer.Name = world.Ptr("김철수") }))
	s.world.Clock.Advance(time.Minute)
	_, err = confirm(s, "d", AnyCode)
	must(t, err)
	must(t, send(s, "c", via("channel-key-sandbox-live")))
	return s
}

// ids lists the ids of a page of verifications, separated by spaces.
func ids(t *testing.T, s *Store, req *portonev2.GetIdentityVerificationsRequest) string {
	t.Helper()
	answer, err := s.GetIdentityVerifications(context.Background(), req)
	must(t, err)
	worldtest.Complete(t, answer)
	var found []string
	for _, item := range answer.GetItems() {
		found = append(found, item.GetReady().GetId()+item.GetVerified().GetId()+item.GetFailed().GetId())
	}
	return strings.Join(found, " ")
}

func TestFilters(t *testing.T) {
	s := listed(t)
	type filter = portonev2.IdentityVerificationFilterInput
	type customer = portonev2.IdentityVerificationFilterCustomerInput
	type statuses = []portonev2.IdentityVerificationStatus
	at := func(days int) *timestamppb.Timestamp { return timestamppb.New(start.AddDate(0, 0, days)) }
	by := func(field portonev2.IdentityVerificationTimeRangeField) *portonev2.IdentityVerificationTimeRangeField {
		return &field
	}
	who := func(c *customer) *filter { return &filter{Customer: c} }
	tests := []struct {
		name   string
		filter *filter
		want   string
	}{
		{"absent", nil, "c d b a"},
		{"empty", &filter{Customer: &customer{}}, "c d b a"},
		{"from, included", &filter{From: at(1)}, "c d b"},
		{"until, included", &filter{Until: at(1)}, "b a"},
		{"90 days before until", &filter{Until: at(91)}, "c d b"},
		{"verified", &filter{TimeRangeField: by(2)}, "d a"},
		{"verified on the first day", &filter{TimeRangeField: by(2), Until: at(1)}, "a"},
		{"failed", &filter{TimeRangeField: by(3)}, "b"},
		{"changed", &filter{TimeRangeField: by(4), From: at(1)}, "c d b"},
		{"store", &filter{StoreId: world.Ptr("store-b")}, "b"},
		{"store of those that name none", &filter{StoreId: world.Ptr(world.DefaultStoreID)}, "c d a"},
		{"id", &filter{IdentityVerificationId: world.Ptr("b")}, "b"},
		{"id of the attempt", &filter{IdentityVerificationTxId: &s.all[1].txID}, "b"},
		{"test", &filter{IsTest: world.Ptr(true)}, "d b a"},
		{"live", &filter{IsTest: world.Ptr(false)}, "c"},
		{"ready", &filter{Statuses: statuses{ready}}, "c"},
		{"ready or verified", &filter{Statuses: statuses{ready, verified}}, "c d a"},
		{"the PG's id", &filter{PgTxId: world.Ptr(get(t, s, "d").GetVerified().GetPgTxId())}, "d"},
		{"the PG's merchant", &filter{PgMerchantId: world.Ptr("sandbox")}, "c d b a"},
		{"another merchant of the PG", &filter{PgMerchantId: world.Ptr("other")}, ""},
		{"PG modules", &filter{PgProviders: []portonev2.PgProvider{portonev2.PgProvider_PG_PROVIDER_DANAL, portonev2.PgProvider_PG_PROVIDER_KCP_V2}}, "c d a"},
		{"PG companies", &filter{PgCompanies: []portonev2.PgCompany{portonev2.PgCompany_PG_COMPANY_INICIS}}, "b"},
		{"carriers", &filter{Carriers: []portonev2.Carrier{portonev2.Carrier_CARRIER_KT, portonev2.Carrier_CARRIER_LGU}}, "b"},
		{"V1", &filter{Version: portonev2.PortOneVersion_PORT_ONE_VERSION_V1.Enum()}, ""},
		{"V2", &filter{Version: portonev2.PortOneVersion_PORT_ONE_VERSION_V2.Enum()}, "c d b a"},
		{"name", who(&customer{Name: world.Ptr("김철수")}), "d"},
		{"phone", who(&customer{PhoneNumber: world.Ptr(PhoneUnknown)}), "b"},
		{"year of birth, as requested", who(&customer{BirthYear: world.Ptr("1999")}), "c b"},
		{"year of birth, as verified", who(&customer{BirthYear: world.Ptr("1990")}), "a"},
		{"day of birth", who(&customer{BirthMonth: world.Ptr("05"), BirthDay: world.Ptr("05")}), "d"},
		{"gender, as verified", who(&customer{Gender: portonev2.Gender_GENDER_MALE.Enum()}), "d a"},
		{"gender, only requested", who(&customer{Gender: portonev2.Gender_GENDER_FEMALE.Enum()}), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ids(t, s, &portonev2.GetIdentityVerificationsRequest{Filter: test.filter}); got != test.want {
				t.Errorf("%v: got %q, want %q", test.filter, got, test.want)
			}
		})
	}
}

func TestSortsAndPages(t *testing.T) {
	s := listed(t)
	sort := func(by portonev2.IdentityVerificationSortBy, order portonev2.SortOrder) *portonev2.IdentityVerificationSortInput {
		return &portonev2.IdentityVerificationSortInput{By: &by, Order: &order}
	}
	const asc, desc = portonev2.SortOrder_SORT_ORDER_ASC, portonev2.SortOrder_SORT_ORDER_DESC
	tests := []struct {
		name string
		sort *portonev2.IdentityVerificationSortInput
		page *portonev2.PageInput
		want string
	}{
		{"default", nil, nil, "c d b a"},
		{"request, oldest first", sort(1, asc), nil, "a b d c"},
		{"verification, those without it last", sort(2, desc), nil, "d a c b"},
		{"failure, those without it first", sort(3, asc), nil, "a d c b"},
		{"change", sort(4, asc), nil, "a b d c"},
		{"the second page", nil, &portonev2.PageInput{Number: world.Ptr(int32(1)), Size: world.Ptr(int32(3))}, "a"},
		{"behind the end", nil, &portonev2.PageInput{Number: world.Ptr(int32(9))}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ids(t, s, &portonev2.GetIdentityVerificationsRequest{Sort: test.sort, Page: test.page}); got != test.want {
				t.Errorf("%v, %v: got %q, want %q", test.sort, test.page, got, test.want)
			}
		})
	}
	_, err := s.GetIdentityVerifications(context.Background(), &portonev2.GetIdentityVerificationsRequest{Page: &portonev2.PageInput{Size: world.Ptr(int32(0))}})
	expect(t, err, invalidRequest)
}

// TestSentAgain expects a verification that was sent again to move to its new place.
func TestSentAgain(t *testing.T) {
	s := listed(t)
	store := func(r *portonev2.SendIdentityVerificationRequest) { r.StoreId = world.Ptr("store-b") }
	s.world.Clock.Advance(time.Minute)
	must(t, send(s, "b", store))
	if got := ids(t, s, &portonev2.GetIdentityVerificationsRequest{}); got != "b c d a" {
		t.Errorf("listed %s", got)
	}
	must(t, send(s, "b")) // of another store
	if got := ids(t, s, &portonev2.GetIdentityVerificationsRequest{}); got != "b b c d a" {
		t.Errorf("listed %s", got)
	}
}

// TestClockThatGoesBack expects lists in order of time even so.
func TestClockThatGoesBack(t *testing.T) {
	now := start
	s := New(world.New(world.NewClock(func() time.Time { return now })))
	must(t, send(s, "a"))
	now = start.Add(-time.Second)
	must(t, send(s, "b"))
	now = start
	if got := ids(t, s, &portonev2.GetIdentityVerificationsRequest{}); got != "a b" {
		t.Errorf("listed %s", got)
	}
}

// TestEnumsAgree compares the enums that are taken for one another.
func TestEnumsAgree(t *testing.T) {
	for number, name := range portonev2.IdentityVerificationSortBy_name {
		name = strings.TrimPrefix(name, "IDENTITY_VERIFICATION_SORT_BY_")
		if got := portonev2.IdentityVerificationTimeRangeField_name[number]; got != "IDENTITY_VERIFICATION_TIME_RANGE_FIELD_"+name {
			t.Errorf("%d is %s and %s", number, name, got)
		}
		if timeOf[portonev2.IdentityVerificationSortBy(number)] == nil && number != 0 {
			t.Errorf("no time for %s", name)
		}
	}
	for number, name := range portonev2.IdentityVerificationOperator_name {
		name = strings.TrimPrefix(name, "IDENTITY_VERIFICATION_OPERATOR_")
		if got := portonev2.Carrier_name[number]; got != "CARRIER_"+name {
			t.Errorf("%d is %s and %s", number, name, got)
		}
	}
}

// BenchmarkList lists the first page of 100,000 verifications.
func BenchmarkList(b *testing.B) {
	s := newStore()
	for i := range 100_000 {
		if err := send(s, fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
	filter := &portonev2.IdentityVerificationFilterInput{Statuses: []portonev2.IdentityVerificationStatus{failed, ready}}
	for b.Loop() {
		if _, err := s.GetIdentityVerifications(context.Background(), &portonev2.GetIdentityVerificationsRequest{Filter: filter}); err != nil {
			b.Fatal(err)
		}
	}
}
