package b2b

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
)

// acme is the BRN of an ordinary business.
const acme = "2208162517"

func counterpartyInput(brn string) *portonev2.B2BCounterpartyInput {
	return &portonev2.B2BCounterpartyInput{
		Brn: ptr(brn), Name: ptr("Acme " + brn), RepresentativeName: ptr("Kim"),
		Contact: contactInput("Lee"),
	}
}

func contactInput(name string) *portonev2.B2BCounterpartyContactInput {
	return &portonev2.B2BCounterpartyContactInput{Name: ptr(name), Email: ptr(name + "@acme.example"), PhoneNumber: ptr("010-0000-0000")}
}

// counterparty makes one.
func (s *sandbox) counterparty(id, brn string, test bool) *portonev2.B2BCounterparty {
	s.t.Helper()
	return must(s.t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{
		CounterpartyId: ptr(id), Test: ptr(test), Counterparty: counterpartyInput(brn),
	}).GetCounterparty()
}

// TestCounterparty follows a counterparty from its creation to its deletion.
func TestCounterparty(t *testing.T) {
	s := newSandbox(t)
	input := counterpartyInput(acme)
	input.AdditionalContacts = []*portonev2.B2BCounterpartyContactInput{contactInput("Park")}
	made := must(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{Counterparty: input}).GetCounterparty()
	if made.GetNtsConnectionStatus() != ntsConnected || made.GetNtsConnectedAt() == nil || made.GetBusinessStatus() != stateUnknown ||
		made.GetIsForTest() || made.GetCompanyName() != "Acme "+acme || len(made.GetAdditionalContacts()) != 1 {
		t.Errorf("made: %v", made)
	}
	id := made.GetId()
	same(t, "the counterparty", must(t, s.GetB2BCounterparty, &portonev2.GetB2BCounterpartyRequest{CounterpartyId: id}), made)

	s.wait(time.Hour)
	updated := must(t, s.UpdateB2BCounterparty, &portonev2.UpdateB2BCounterpartyRequest{
		CounterpartyId: id, Counterparty: &portonev2.B2BCounterpartyInput{Brn: ptr(acme), Memo: ptr("m")},
		Options: &portonev2.B2BCounterpartyCreateOptions{CheckBusinessInfo: ptr(true), CheckBusinessStatus: ptr(true)},
	}).GetCounterparty()
	if updated.GetMemo() != "m" || updated.GetCompanyName() != "Acme "+acme || len(updated.GetAdditionalContacts()) != 1 {
		t.Errorf("an update changes what it does not give: %v", updated)
	}
	if updated.GetBusinessStatus() != stateInBusiness || updated.GetAddress() == "" || updated.GetBusinessInfoVerification() == nil {
		t.Errorf("lookups leave no trace: %v", updated)
	}
	cleared := must(t, s.UpdateB2BCounterparty, &portonev2.UpdateB2BCounterpartyRequest{
		CounterpartyId: id,
		Counterparty:   &portonev2.B2BCounterpartyInput{Brn: ptr(acme), Unrecognized: map[string]string{"additionalContacts": "[ ]"}},
	}).GetCounterparty()
	if len(cleared.GetAdditionalContacts()) != 0 {
		t.Errorf("an empty list clears nothing: %v", cleared)
	}

	must(t, s.DeleteB2BCounterparty, &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: id})
	fault := refuse(t, s.GetB2BCounterparty, &portonev2.GetB2BCounterpartyRequest{CounterpartyId: id}, counterpartyNotFound)
	same(t, "the data", fault.Data, &portonev2.B2BCounterpartyNotFoundError{CounterpartyId: ptr(id)})
	refuse(t, s.DeleteB2BCounterparty, &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: id}, counterpartyNotFound)
	if got := s.world.Counters["counterparty.created"] + 10*s.world.Counters["counterparty.updated"] + 100*s.world.Counters["counterparty.deleted"]; got != 121 {
		t.Errorf("counters: %v", s.world.Counters)
	}
}

func TestCounterpartyRefusals(t *testing.T) {
	s := newSandbox(t)
	s.counterparty("taken", acme, false)
	s.ReflectPartner(partner("partner", "1048139291", connected))
	failed := must(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{
		Counterparty: counterpartyInput(registry.BRNUnreachable), Options: &portonev2.B2BCounterpartyCreateOptions{CheckBusinessStatus: ptr(true)},
	}).GetCounterparty()
	looked := must(t, s.UpdateB2BCounterparty, &portonev2.UpdateB2BCounterpartyRequest{
		CounterpartyId: "taken", Counterparty: counterpartyInput(acme), Options: &portonev2.B2BCounterpartyCreateOptions{CheckBusinessStatus: ptr(true)},
	}).GetCounterparty()
	stateID, failedID := looked.GetBusinessStatusVerification().GetId(), failed.GetBusinessStatusVerification().GetId()
	six := counterpartyInput(acme)
	for range maxContacts + 1 {
		six.AdditionalContacts = append(six.AdditionalContacts, contactInput("Park"))
	}
	nameless := counterpartyInput(acme)
	nameless.Name = ptr("")
	other := counterpartyInput("1048139292")
	ofState := func(id string) *portonev2.B2BCounterpartyCreateOptions {
		return &portonev2.B2BCounterpartyCreateOptions{BusinessStatusVerificationId: &id}
	}
	ofInfo := &portonev2.B2BCounterpartyCreateOptions{BusinessInfoVerificationId: &stateID}

	tests := []struct {
		name    string
		id      *string
		input   *portonev2.B2BCounterpartyInput
		options *portonev2.B2BCounterpartyCreateOptions
		want    portonev2.ErrorReason
	}{
		{"a BRN with hyphens", nil, counterpartyInput("220-81-62517"), nil, brnInvalid},
		{"the merchant", nil, counterpartyInput(registry.MerchantBRN), nil, brnOfMerchant},
		{"a taken id", ptr("taken"), counterpartyInput(acme), nil, counterpartyIDExists},
		{"the id of a partner", ptr("partner"), counterpartyInput(acme), nil, counterpartyIDOfPartner},
		{"an empty id", ptr(""), counterpartyInput(acme), nil, invalidRequest},
		{"the business of a partner", nil, counterpartyInput("1048139291"), nil, partnerNotConnectable},
		{"six contacts", nil, six, nil, tooManyContacts},
		{"no name", nil, nameless, nil, missingFields},
		{"no connection", nil, counterpartyInput(registry.BRNConnectionFails), nil, connectionFailed},
		{"an unknown lookup", nil, counterpartyInput(acme), ofState("unknown"), lookupNotFound},
		{"a lookup of another kind", nil, counterpartyInput(acme), ofInfo, lookupOfOtherKind},
		{"a lookup of another business", nil, other, ofState(stateID), lookupOfOtherBRN},
		{"a lookup that failed", nil, counterpartyInput(registry.BRNUnreachable), ofState(failedID), lookupInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refuse(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{
				CounterpartyId: test.id, Counterparty: test.input, Options: test.options,
			}, test.want)
		})
	}
	updates := []struct {
		name    string
		id      string
		input   *portonev2.B2BCounterpartyInput
		options *portonev2.B2BCounterpartyCreateOptions
		want    portonev2.ErrorReason
	}{
		{"an unknown id", "unknown", counterpartyInput(acme), nil, counterpartyNotFound},
		{"another BRN", "taken", other, nil, brnChanged},
		{"a partner", "partner", counterpartyInput("1048139291"), nil, partnerNotUpdatable},
		{"six contacts", "taken", six, nil, tooManyContacts},
		{"no name", "taken", nameless, nil, missingFields},
		{"an unknown lookup", "taken", counterpartyInput(acme), ofState("unknown"), lookupNotFound},
		{"a lookup of another kind", "taken", counterpartyInput(acme), ofInfo, lookupOfOtherKind},
		{"a lookup of another business", failed.GetId(), counterpartyInput(registry.BRNUnreachable), ofState(stateID), lookupOfOtherBRN},
		{"a lookup that failed", failed.GetId(), counterpartyInput(registry.BRNUnreachable), ofState(failedID), lookupInvalid},
	}
	before := must(t, s.GetB2BCounterparties, &portonev2.GetB2BCounterpartiesRequest{})
	for _, test := range updates {
		t.Run("update: "+test.name, func(t *testing.T) {
			refuse(t, s.UpdateB2BCounterparty, &portonev2.UpdateB2BCounterpartyRequest{
				CounterpartyId: test.id, Counterparty: test.input, Options: test.options,
			}, test.want)
		})
	}
	refuse(t, s.DeleteB2BCounterparty, &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: "partner"}, partnerNotDeletable)
	same(t, "after refusals", must(t, s.GetB2BCounterparties, &portonev2.GetB2BCounterpartiesRequest{}), before)
}

// TestLookups expects of each reserved business what its constant says.
func TestLookups(t *testing.T) {
	for brn, want := range map[string]portonev2.B2BCounterpartyBusinessStatus{
		acme: stateInBusiness, registry.BRNClosed: stateClosed, registry.BRNSuspended: stateSuspended,
		registry.BRNUnregistered: stateUnregistered, registry.BRNUnreachable: stateCheckFailed,
	} {
		t.Run(brn, func(t *testing.T) {
			s := newSandbox(t)
			both := &portonev2.B2BCounterpartyCreateOptions{CheckBusinessInfo: ptr(true), CheckBusinessStatus: ptr(true)}
			bare := &portonev2.B2BCounterpartyInput{Brn: ptr(brn), Contact: contactInput("Lee")}
			if want == stateUnregistered || want == stateCheckFailed {
				refuse(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{Counterparty: bare, Options: both}, missingFields)
				bare = counterpartyInput(brn)
			}
			c := must(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{Counterparty: bare, Options: both}).GetCounterparty()
			if c.GetBusinessStatus() != want || c.GetBusinessStatusVerification() == nil || c.GetBusinessStatusCheckedAt() == nil {
				t.Errorf("%v", c)
			}
		})
	}
}

// TestAddBusinessInfo makes a counterparty of a lookup that was made elsewhere.
func TestAddBusinessInfo(t *testing.T) {
	s := newSandbox(t)
	s.AddBusinessInfo("v-1", &portonev2.B2BBusinessInfo{
		Brn: ptr(acme), Name: ptr("Found"), CeoName: ptr("Choi"), Address: ptr("Seoul"), BusinessType: ptr("retail"), BusinessClass: ptr("shoes"),
	}, true)
	c := must(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{
		Test: ptr(true), Counterparty: &portonev2.B2BCounterpartyInput{Brn: ptr(acme), Contact: contactInput("Lee")},
		Options: &portonev2.B2BCounterpartyCreateOptions{BusinessInfoVerificationId: ptr("v-1")},
	}).GetCounterparty()
	if c.GetCompanyName() != "Found" || c.GetRepresentativeName() != "Choi" || c.GetBusinessClass() != "shoes" || c.GetBusinessInfoVerification().GetId() != "v-1" {
		t.Errorf("%v", c)
	}
}

func TestConnection(t *testing.T) {
	s := newSandbox(t)
	later := s.counterparty("later", registry.BRNConnectsLater, false)
	if later.GetNtsConnectionStatus() != ntsPendingConnect || later.GetNtsConnectedAt() != nil {
		t.Errorf("at first: %v", later)
	}
	s.wait(time.Minute)
	later = must(t, s.GetB2BCounterparty, &portonev2.GetB2BCounterpartyRequest{CounterpartyId: "later"})
	if later.GetNtsConnectionStatus() != ntsConnected || !later.GetNtsConnectedAt().AsTime().Equal(start.Add(time.Minute)) {
		t.Errorf("a minute later: %v", later)
	}
}

func TestGetCounterparties(t *testing.T) {
	s := newSandbox(t)
	for i := range 12 {
		s.counterparty(fmt.Sprintf("shop-%02d", i), fmt.Sprintf("22081625%02d", i), false)
	}
	odd := counterpartyInput(registry.BRNNotConnected)
	odd.Name, odd.RepresentativeName = ptr("Odd Ltd"), ptr("Choi")
	odd.Contact = &portonev2.B2BCounterpartyContactInput{Name: ptr("Jung"), Email: ptr("odd@example"), PhoneNumber: ptr("02-111")}
	must(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{
		CounterpartyId: ptr("odd"), Counterparty: odd, Options: &portonev2.B2BCounterpartyCreateOptions{CheckBusinessStatus: ptr(true)},
	})
	type filter = portonev2.B2BCounterpartyFilter
	tests := []struct {
		name   string
		filter *filter
		page   *portonev2.PageInput
		first  string
		total  int32
	}{
		{"all, the newest first", nil, nil, "odd", 13},
		{"a page", nil, &portonev2.PageInput{Number: ptr(int32(1)), Size: ptr(int32(5))}, "shop-07", 13},
		{"id prefix", &filter{Id: ptr("shop-0")}, nil, "shop-09", 10},
		{"brn", &filter{Brn: ptr("2208162503")}, nil, "shop-03", 1},
		{"company name", &filter{CompanyName: ptr("Lt")}, nil, "odd", 1},
		{"representative", &filter{RepresentativeName: ptr("Choi")}, nil, "odd", 1},
		{"contact name", &filter{ContactName: ptr("Jung")}, nil, "odd", 1},
		{"contact phone", &filter{ContactPhone: ptr("02-111")}, nil, "odd", 1},
		{"contact email", &filter{ContactEmail: ptr("odd@")}, nil, "odd", 1},
		{"business status", &filter{BusinessStatuses: []portonev2.B2BCounterpartyBusinessStatus{stateInBusiness}}, nil, "odd", 1},
		{"connection", &filter{NtsConnectionStatuses: []portonev2.B2BNtsConnectionStatus{ntsNotConnected}}, nil, "odd", 1},
		{"ids", &filter{CounterpartyIds: []string{"shop-01", "odd", "nobody"}}, nil, "odd", 2},
		{"all conditions count", &filter{Id: ptr("shop"), ContactName: ptr("Jung")}, nil, "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := must(t, s.GetB2BCounterparties, &portonev2.GetB2BCounterpartiesRequest{Filter: test.filter, Page: test.page})
			first := ""
			if len(got.GetItems()) > 0 {
				first = got.GetItems()[0].GetId()
			}
			if first != test.first || got.GetPage().GetTotalCount() != test.total {
				t.Errorf("first %q of %d, want %q of %d", first, got.GetPage().GetTotalCount(), test.first, test.total)
			}
			for _, c := range got.GetItems() {
				proto.Reset(c)
			}
		})
	}
	refuse(t, s.GetB2BCounterparties, &portonev2.GetB2BCounterpartiesRequest{Page: &portonev2.PageInput{Size: ptr(int32(60_001))}}, invalidRequest)
}
