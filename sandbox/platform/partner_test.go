package platform

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestCreatePartner expects what was given, with what PortOne adds.
func TestCreatePartner(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	body := partner("p")
	body.UserDefinedProperties = properties("grade").GetUserDefinedProperties()
	got := b.createPartner(t, body)
	want := &portonev2.PlatformPartner{
		Id:        world.Ptr("p"),
		GraphqlId: world.Ptr(world.GraphQLID("PlatformPartner", false, "p")),
		Name:      world.Ptr("Partner p"),
		Contact:   &portonev2.PlatformContact{Name: world.Ptr("Kim"), PhoneNumber: world.Ptr("01012345678"), Email: world.Ptr("p@example.com")},
		Account: &portonev2.PlatformAccount{
			Bank:     portonev2.Bank_BANK_SHINHAN.Enum(),
			Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
			Number:   world.Ptr("110-123-456789"),
			Holder:   world.Ptr("Kim"),
			Status:   portonev2.PlatformAccountStatus_PLATFORM_ACCOUNT_STATUS_VERIFIED.Enum(),
		},
		Status:            portonev2.PlatformPartnerStatus_PLATFORM_PARTNER_STATUS_APPROVED.Enum(),
		DefaultContractId: world.Ptr("open"),
		Tags:              []string{"tag p"},
		Type: &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_Business{Business: &portonev2.PlatformPartnerTypeBusiness{
			CompanyName:                   world.Ptr("Company p"),
			TaxationType:                  portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_NORMAL.Enum(),
			BusinessStatus:                portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_IN_BUSINESS.Enum(),
			BusinessRegistrationNumber:    world.Ptr("1234567891"),
			RepresentativeName:            world.Ptr("Kim"),
			MemberCompanyConnectionStatus: notConnected.Enum(),
		}}},
		IsArchived:            world.Ptr(false),
		AppliedAt:             in(0),
		UserDefinedProperties: body.GetUserDefinedProperties(),
		IsForTest:             world.Ptr(false),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got.Name = world.Ptr("changed by its owner")
	if again, ok := b.Partner("p", false); !ok || again.GetName() != "Partner p" {
		t.Errorf("the copy for others is %v", again)
	}
}

// TestUpdatePartner changes some of a partner at a time.
func TestUpdatePartner(t *testing.T) {
	type request = portonev2.UpdatePlatformPartnerRequest
	tests := []struct {
		name string
		req  *request
		want func(*portonev2.PlatformPartner) // makes the partner what it should be
	}{
		{"nothing", &request{}, func(*portonev2.PlatformPartner) {}},
		{"memo to nothing", &request{Memo: world.Ptr("")}, func(p *portonev2.PlatformPartner) { p.Memo = world.Ptr("") }},
		{"one of the contact", &request{Contact: &portonev2.UpdatePlatformPartnerBodyContact{Name: world.Ptr("Lee")}},
			func(p *portonev2.PlatformPartner) { p.Contact.Name = world.Ptr("Lee") }},
		{"tags", &request{Tags: []string{"x", "y"}}, func(p *portonev2.PlatformPartner) { p.Tags = []string{"x", "y"} }},
		{"no tags", &request{Unrecognized: map[string]string{"tags": "[ ]"}}, func(p *portonev2.PlatformPartner) { p.Tags = nil }},
		{"properties", &request{UserDefinedProperties: properties("b").GetUserDefinedProperties()},
			func(p *portonev2.PlatformPartner) {
				p.UserDefinedProperties = properties("b").GetUserDefinedProperties()
			}},
		{"no properties", &request{Unrecognized: map[string]string{"userDefinedProperties": "{}"}},
			func(p *portonev2.PlatformPartner) { p.UserDefinedProperties = nil }},
		{"account abroad", &request{Account: &portonev2.UpdatePlatformPartnerBodyAccount{
			Bank: portonev2.Bank_BANK_HSBC.Enum(), Currency: portonev2.Currency_CURRENCY_USD.Enum(), Number: world.Ptr("1"), Holder: world.Ptr("Smith"),
			AccountVerificationId: world.Ptr("nobody asks")}},
			func(p *portonev2.PlatformPartner) {
				p.Account = &portonev2.PlatformAccount{
					Bank: portonev2.Bank_BANK_HSBC.Enum(), Currency: portonev2.Currency_CURRENCY_USD.Enum(), Number: world.Ptr("1"), Holder: world.Ptr("Smith"),
					Status: portonev2.PlatformAccountStatus_PLATFORM_ACCOUNT_STATUS_NOT_VERIFIED.Enum()}
			}},
		{"one of the business", &request{Type: &portonev2.UpdatePlatformPartnerBodyType{
			Business: &portonev2.UpdatePlatformPartnerBodyTypeBusiness{CompanyAddress: world.Ptr("Seoul")}}},
			func(p *portonev2.PlatformPartner) { business(p).CompanyAddress = world.Ptr("Seoul") }},
		{"type", &request{Type: &portonev2.UpdatePlatformPartnerBodyType{
			WhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeWhtPayer{Birthdate: world.Ptr("1990-01-31")}}},
			func(p *portonev2.PlatformPartner) {
				p.Type = &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_WhtPayer{
					WhtPayer: &portonev2.PlatformPartnerTypeWhtPayer{Birthdate: world.Ptr("1990-01-31")}}}
			}},
		{"type without data", &request{Type: &portonev2.UpdatePlatformPartnerBodyType{
			NonWhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeNonWhtPayer{}}},
			func(p *portonev2.PlatformPartner) {
				p.Type = &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_NonWhtPayer{
					NonWhtPayer: &portonev2.PlatformPartnerTypeNonWhtPayer{}}}
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench()
			do(t, b.CreatePlatformContract, contract("open"))
			body := partner("p")
			body.Memo = world.Ptr("memo")
			body.UserDefinedProperties = properties("a").GetUserDefinedProperties()
			want := b.createPartner(t, body)
			test.want(want)
			test.req.Id = "p"
			got := do(t, b.UpdatePlatformPartner, test.req).GetPartner()
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%v: -want +got:\n%s", test.req, diff)
			}
		})
	}
}

// TestBecomeBusiness makes a person a business, with all that a business has.
func TestBecomeBusiness(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	b.createPartner(t, person("p"))
	got := do(t, b.UpdatePlatformPartner, &portonev2.UpdatePlatformPartnerRequest{Id: "p", Type: &portonev2.UpdatePlatformPartnerBodyType{
		Business: &portonev2.UpdatePlatformPartnerBodyTypeBusiness{
			CompanyName: world.Ptr("x"), BusinessRegistrationNumber: world.Ptr("1234567891"), RepresentativeName: world.Ptr("Kim")}}})
	if connection(got.GetPartner()) != notConnected {
		t.Errorf("partner %v", got)
	}
}

// TestBatch registers partners together, some without an id.
func TestBatch(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	unnamed := person("x")
	unnamed.Id = nil
	got := do(t, b.CreatePlatformPartners, &portonev2.CreatePlatformPartnersRequest{
		Partners: []*portonev2.CreatePlatformPartnerBody{partner("a"), unnamed, unnamed, partner("b")}}).GetPartners()
	if len(got) != 4 || got[0].GetId() != "a" || got[1].GetId() == got[2].GetId() || got[3].GetId() != "b" {
		t.Errorf("partners %s", ids(got))
	}
	if n := b.world.Counters["platform.partner.created"]; n != 4 {
		t.Errorf("created %d", n)
	}
}

func TestPartnerFilter(t *testing.T) {
	b := newBench()
	b.furnish(t)
	abroad := person("abroad")
	abroad.Account = &portonev2.CreatePlatformPartnerBodyAccount{
		Bank: portonev2.Bank_BANK_HSBC.Enum(), Currency: portonev2.Currency_CURRENCY_USD.Enum(), Number: world.Ptr("9-9"), Holder: world.Ptr("Smith")}
	abroad.DefaultContractId = world.Ptr("archived")
	abroad.Memo = world.Ptr("far away")
	abroad.Tags = []string{"x", "y"}
	b.createPartner(t, abroad)
	unknown := partner("unknown")
	unknown.Type.Business.BusinessRegistrationNumber = world.Ptr("0001234567")
	b.createPartner(t, unknown)
	type filter = portonev2.PlatformPartnerFilterInput
	type texts = portonev2.PlatformPartnerFilterInputKeyword
	tests := []struct {
		name   string
		filter *filter
		want   string
	}{
		{"none", nil, "unknown abroad pending invoiced connected simple person scheduled open"},
		{"archived", &filter{IsArchived: world.Ptr(true)}, "shelved archived"},
		{"tags", &filter{Tags: []string{"y", "tag open"}}, "abroad open"},
		{"banks", &filter{Banks: []portonev2.Bank{portonev2.Bank_BANK_HSBC}}, "abroad"},
		{"currencies", &filter{AccountCurrencies: []portonev2.Currency{portonev2.Currency_CURRENCY_USD}}, "abroad"},
		{"ids", &filter{Ids: []string{"open", "none", "person", "archived"}}, "person open"},
		{"contracts", &filter{ContractIds: []string{"archived"}}, "abroad"},
		{"account statuses", &filter{AccountStatuses: []portonev2.PlatformAccountStatus{
			portonev2.PlatformAccountStatus_PLATFORM_ACCOUNT_STATUS_NOT_VERIFIED}}, "abroad"},
		{"business statuses", &filter{BusinessStatuses: []portonev2.PlatformPartnerBusinessStatus{
			portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_NOT_FOUND}}, "unknown"},
		{"types", &filter{Types: []portonev2.PlatformPartnerTypeName{
			portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_WHT_PAYER,
			portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_NON_WHT_PAYER}}, "abroad person"},
		{"taxation types", &filter{TaxationTypes: []portonev2.PlatformPartnerTaxationType{
			portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_SIMPLE}}, "simple"},
		{"connections", &filter{MemberCompanyConnectionStatuses: []portonev2.PlatformPartnerMemberCompanyConnectionStatus{
			connected, connectPending}}, "pending invoiced connected"},
		{"several at once", &filter{Tags: []string{"tag open", "tag person"}, Types: []portonev2.PlatformPartnerTypeName{
			portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_BUSINESS}}, "open"},
		{"id", &filter{Keyword: &texts{Id: world.Ptr("pe")}}, "pending person open"},
		{"name", &filter{Keyword: &texts{Name: world.Ptr("ner sim")}}, "simple"},
		{"email", &filter{Keyword: &texts{Email: world.Ptr("broad@")}}, "abroad"},
		{"business registration number", &filter{Keyword: &texts{BusinessRegistrationNumber: world.Ptr("0001")}}, "unknown"},
		{"contract", &filter{Keyword: &texts{DefaultContractId: world.Ptr("rchiv")}}, "abroad"},
		{"memo", &filter{Keyword: &texts{Memo: world.Ptr("far")}}, "abroad"},
		{"account number", &filter{Keyword: &texts{AccountNumber: world.Ptr("9-9")}}, "abroad"},
		{"account holder", &filter{Keyword: &texts{AccountHolder: world.Ptr("Smi")}}, "abroad"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := do(t, b.GetPlatformPartners, &portonev2.GetPlatformPartnersRequest{Filter: test.filter})
			if ids(got.GetItems()) != test.want {
				t.Errorf("%v: %s, want %s", test.filter, ids(got.GetItems()), test.want)
			}
		})
	}
}

func TestPartnerFilterOptions(t *testing.T) {
	b := newBench()
	b.furnish(t)
	options := do(t, b.GetPlatformPartnerFilterOptions, &portonev2.GetPlatformPartnerFilterOptionsRequest{})
	if !slices.IsSorted(options.GetTags()) || len(options.GetTags()) != 7 || slices.Contains(options.GetTags(), "tag archived") {
		t.Errorf("tags %q", options.GetTags())
	}
	archived := do(t, b.GetPlatformPartnerFilterOptions, &portonev2.GetPlatformPartnerFilterOptionsRequest{IsArchived: world.Ptr(true)})
	if got := strings.Join(archived.GetTags(), ", "); got != "tag archived, tag shelved" {
		t.Errorf("tags of archived partners: %s", got)
	}
	if got := options.GetContractSummary(); len(got) != 1 || got[0].GetId() != "open" || got[0].GetName() != "Contract open" {
		t.Errorf("contracts %v", got)
	}
}

// TestWithoutLookups takes every proof for what it comes with, once and in each
// mode.
func TestWithoutLookups(t *testing.T) {
	b := newBench()
	b.UseLookups(Lookups{})
	for _, test := range []bool{false, true} {
		open := contract("open")
		open.Test = &test
		do(t, b.CreatePlatformContract, open)
		req := reshapeCreate(partner("p"))
		req.Test = &test
		req.Account.AccountVerificationId = world.Ptr("any")
		req.Type.Business.CompanyVerificationId = world.Ptr("any")
		do(t, b.CreatePlatformPartner, req)
		req.Id = world.Ptr("q")
		refuse(t, b.CreatePlatformPartner, req, "PLATFORM_COMPANY_VERIFICATION_ALREADY_USED")
		req.Type.Business.CompanyVerificationId = nil
		refuse(t, b.CreatePlatformPartner, req, "PLATFORM_ACCOUNT_VERIFICATION_ALREADY_USED")
	}
}

// TestBusinessStatus asks for the state of a business when its number is given, and
// does not connect one that is closed.
func TestBusinessStatus(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	stopped := partner("p")
	stopped.Type.Business.BusinessRegistrationNumber = world.Ptr(registry.BRNClosed)
	if got := business(b.createPartner(t, stopped)).GetBusinessStatus(); got != portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_CLOSED {
		t.Errorf("status %v", got)
	}
	do(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: "p"})
	b.world.Clock.Advance(ntsDelay)
	if got := connection(b.partner(t, "p")); got != connectFailed {
		t.Errorf("connection %v", got)
	}
}

// TestProperties defines the keys of one mode.
func TestProperties(t *testing.T) {
	b := newBench()
	if !b.PropertyDefined("anything", false) {
		t.Error("without definitions a key is unknown")
	}
	b.DefineProperties(false, "grade", "region")
	for key, want := range map[string]bool{"grade": true, "region": true, "taste": false} {
		if got := b.PropertyDefined(key, false); got != want {
			t.Errorf("%q defined: %v", key, got)
		}
	}
	if !b.PropertyDefined("taste", true) {
		t.Error("definitions of live mode bind test mode")
	}
}
