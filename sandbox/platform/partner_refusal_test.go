package platform

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// brokenUpdates are updates of the partner "open", or another one, each with the
// error that it meets at once and when it is scheduled.
var brokenUpdates = []struct {
	name, partner string
	update        *portonev2.UpdatePlatformPartnerBody
	want          string
}{
	{"unknown", "none", &portonev2.UpdatePlatformPartnerBody{}, "PLATFORM_PARTNER_NOT_FOUND"},
	{"archived", "archived", &portonev2.UpdatePlatformPartnerBody{}, "PLATFORM_ARCHIVED_PARTNER"},
	{"contract", "open", &portonev2.UpdatePlatformPartnerBody{DefaultContractId: world.Ptr("none")}, "PLATFORM_CONTRACT_NOT_FOUND"},
	{"property", "open", properties("taste"), "PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND"},
	{"unknown proof", "open", proof("none", "Kim"), "PLATFORM_ACCOUNT_VERIFICATION_NOT_FOUND"},
	{"used proof", "open", proof("used", "Kim"), "PLATFORM_ACCOUNT_VERIFICATION_ALREADY_USED"},
	{"proof of another holder", "open", proof("fresh", "Somebody"), "PLATFORM_ACCOUNT_VERIFICATION_FAILED"},
	{"proof of another account", "open", changed(proof("fresh", "Kim"), func(u *portonev2.UpdatePlatformPartnerBody) {
		u.Account.Number = world.Ptr("1")
	}), "PLATFORM_ACCOUNT_VERIFICATION_FAILED"},
	{"used company proof", "open", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{CompanyVerificationId: world.Ptr("used")}), "PLATFORM_COMPANY_VERIFICATION_ALREADY_USED"},
	{"unknown company proof", "open", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{CompanyVerificationId: world.Ptr("none")}), "INVALID_REQUEST"},
	{"proof of another company", "open", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{
		CompanyVerificationId: world.Ptr("fresh"), BusinessRegistrationNumber: world.Ptr("9999999999")}), "INVALID_REQUEST"},
	{"half a business", "person", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{CompanyName: world.Ptr("x")}), "PLATFORM_INSUFFICIENT_DATA_TO_CHANGE_PARTNER_TYPE"},
	{"type of a connected one", "connected", &portonev2.UpdatePlatformPartnerBody{Type: &portonev2.UpdatePlatformPartnerBodyType{
		NonWhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeNonWhtPayer{}}}, "PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_TYPE_UNCHANGEABLE"},
	{"BRN of a connected one", "connected", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{
		BusinessRegistrationNumber: world.Ptr("9999999999")}), "PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_BRN_UNCHANGEABLE"},
	{"BRN of one being connected", "pending", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{
		BusinessRegistrationNumber: world.Ptr("9999999999")}), "PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_BRN_UNCHANGEABLE"},

	{"memo", "open", &portonev2.UpdatePlatformPartnerBody{Memo: world.Ptr(strings.Repeat("메", 257))}, "INVALID_REQUEST"},
	{"tags", "open", &portonev2.UpdatePlatformPartnerBody{Tags: make([]string, 11)}, "INVALID_REQUEST"},
	{"currency", "open", &portonev2.UpdatePlatformPartnerBody{Account: &portonev2.UpdatePlatformPartnerBodyAccount{
		Currency: portonev2.Currency_CURRENCY_AFN.Enum()}}, "INVALID_REQUEST"},
	{"BRN too short", "open", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{BusinessRegistrationNumber: world.Ptr("123456789")}), "INVALID_REQUEST"},
	{"BRN with a letter", "open", businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{BusinessRegistrationNumber: world.Ptr("12345x7890")}), "INVALID_REQUEST"},
	{"birthdate", "person", &portonev2.UpdatePlatformPartnerBody{Type: &portonev2.UpdatePlatformPartnerBodyType{
		WhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeWhtPayer{Birthdate: world.Ptr("1990-02-30")}}}, "INVALID_REQUEST"},
	{"birthdate of the other type", "person", &portonev2.UpdatePlatformPartnerBody{Type: &portonev2.UpdatePlatformPartnerBodyType{
		NonWhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeNonWhtPayer{Birthdate: world.Ptr("900201")}}}, "INVALID_REQUEST"},
	{"two types", "open", &portonev2.UpdatePlatformPartnerBody{Type: &portonev2.UpdatePlatformPartnerBodyType{
		WhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeWhtPayer{}, NonWhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeNonWhtPayer{}}}, "INVALID_REQUEST"},
}

func properties(key string) *portonev2.UpdatePlatformPartnerBody {
	return &portonev2.UpdatePlatformPartnerBody{UserDefinedProperties: map[string]*portonev2.PlatformUserDefinedPropertyValue{
		key: {String_: world.Ptr("value")}}}
}

func proof(id, holder string) *portonev2.UpdatePlatformPartnerBody {
	return &portonev2.UpdatePlatformPartnerBody{Account: &portonev2.UpdatePlatformPartnerBodyAccount{
		Bank:                  portonev2.Bank_BANK_SHINHAN.Enum(),
		Currency:              portonev2.Currency_CURRENCY_KRW.Enum(),
		Number:                world.Ptr("110123456789"),
		Holder:                &holder,
		AccountVerificationId: &id,
	}}
}

func businessUpdate(b *portonev2.UpdatePlatformPartnerBodyTypeBusiness) *portonev2.UpdatePlatformPartnerBody {
	return &portonev2.UpdatePlatformPartnerBody{Type: &portonev2.UpdatePlatformPartnerBodyType{Business: b}}
}

// changed returns a copy of a message with a change.
func changed[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func partnerRefusals() []refusal {
	const missing = "PLATFORM_PARTNER_NOT_FOUND"
	refusals := []refusal{
		refused("unknown", (*Store).GetPlatformPartner, &portonev2.GetPlatformPartnerRequest{Id: "none"}, missing),
		refused("of the other mode", (*Store).GetPlatformPartner, &portonev2.GetPlatformPartnerRequest{Id: "open", Test: world.Ptr(true)}, missing),
		refused("unknown", (*Store).ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "none"}, missing),
		refused("scheduled", (*Store).ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "scheduled"}, "PLATFORM_CANNOT_ARCHIVE_SCHEDULED_PARTNER"),
		refused("pending", (*Store).ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "pending"}, "PLATFORM_PARTNER_PENDING_NTS_OPERATION"),
		refused("invoiced", (*Store).ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "invoiced"}, "PLATFORM_COUNTERPARTY_ONGOING_TAX_INVOICE_EXISTS"),
		refused("unknown", (*Store).RecoverPlatformPartner, &portonev2.RecoverPlatformPartnerRequest{Id: "none"}, missing),
		refused("pending", (*Store).RecoverPlatformPartner, &portonev2.RecoverPlatformPartnerRequest{Id: "pending"}, "PLATFORM_PARTNER_PENDING_NTS_OPERATION"),
	}
	for _, broken := range brokenUpdates {
		req := reshape[*portonev2.UpdatePlatformPartnerRequest](broken.update)
		req.Id = broken.partner
		refusals = append(refusals, refused(broken.name, (*Store).UpdatePlatformPartner, req, broken.want))
	}
	for _, broken := range brokenPartners() {
		req := reshape[*portonev2.CreatePlatformPartnerRequest](broken.body)
		refusals = append(refusals, refused(broken.name, (*Store).CreatePlatformPartner, req, broken.want))
	}
	return refusals
}

// brokenPartner is a partner that must not be registered. Batch is the error in a
// batch, if it is another one.
type brokenPartner struct {
	name        string
	body        *portonev2.CreatePlatformPartnerBody
	want, batch string
}

func brokenPartners() []brokenPartner {
	with := func(change func(*portonev2.CreatePlatformPartnerBody)) *portonev2.CreatePlatformPartnerBody {
		return changed(partner("new"), change)
	}
	withProof := func(id, holder string) *portonev2.CreatePlatformPartnerBody {
		return with(func(p *portonev2.CreatePlatformPartnerBody) {
			p.Account.AccountVerificationId, p.Account.Holder = &id, &holder
		})
	}
	const invalid = "INVALID_REQUEST"
	return []brokenPartner{
		{"taken", partner("open"), "PLATFORM_PARTNER_ID_ALREADY_EXISTS", "PLATFORM_PARTNER_IDS_ALREADY_EXISTS"},
		{"contract", with(func(p *portonev2.CreatePlatformPartnerBody) { p.DefaultContractId = world.Ptr("none") }),
			"PLATFORM_CONTRACT_NOT_FOUND", "PLATFORM_CONTRACTS_NOT_FOUND"},
		{"currency", with(func(p *portonev2.CreatePlatformPartnerBody) {
			p.Account.Currency = portonev2.Currency_CURRENCY_AFN.Enum()
		}),
			"PLATFORM_CURRENCY_NOT_SUPPORTED", ""},
		{"property", with(func(p *portonev2.CreatePlatformPartnerBody) {
			p.UserDefinedProperties = properties("taste").GetUserDefinedProperties()
		}), "PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND", ""},
		{"unknown proof", withProof("none", "Kim"), "PLATFORM_ACCOUNT_VERIFICATION_NOT_FOUND", invalid},
		{"used proof", withProof("used", "Kim"), "PLATFORM_ACCOUNT_VERIFICATION_ALREADY_USED", invalid},
		{"proof of another", withProof("fresh", "Somebody"), "PLATFORM_ACCOUNT_VERIFICATION_FAILED", invalid},
		{"used company proof", with(func(p *portonev2.CreatePlatformPartnerBody) {
			p.Type.Business.CompanyVerificationId = world.Ptr("used")
		}), "PLATFORM_COMPANY_VERIFICATION_ALREADY_USED", invalid},
		{"empty id", partner(""), invalid, ""},
		{"no type", with(func(p *portonev2.CreatePlatformPartnerBody) { p.Type = &portonev2.CreatePlatformPartnerBodyType{} }), invalid, ""},
		{"two types", with(func(p *portonev2.CreatePlatformPartnerBody) {
			p.Type.WhtPayer = &portonev2.CreatePlatformPartnerBodyTypeWhtPayer{}
		}), invalid, ""},
	}
}

func partnerBatchRefusals() []refusal {
	batch := func(bodies ...*portonev2.CreatePlatformPartnerBody) *portonev2.CreatePlatformPartnersRequest {
		return &portonev2.CreatePlatformPartnersRequest{Partners: bodies}
	}
	proven := func(id string) *portonev2.CreatePlatformPartnerBody {
		return changed(partner(id), func(p *portonev2.CreatePlatformPartnerBody) {
			p.Account.AccountVerificationId, p.Account.Holder = world.Ptr("fresh"), world.Ptr("Kim")
		})
	}
	refusals := []refusal{
		refused("twice", (*Store).CreatePlatformPartners, batch(partner("a"), partner("b"), partner("a"), partner("a")), "PLATFORM_PARTNER_IDS_DUPLICATED"),
		refused("proof given twice", (*Store).CreatePlatformPartners, batch(proven("a"), proven("b")), "INVALID_REQUEST"),
	}
	for _, broken := range brokenPartners() {
		want := broken.want
		if broken.batch != "" {
			want = broken.batch
		}
		refusals = append(refusals, refused(broken.name, (*Store).CreatePlatformPartners, batch(partner("fine"), broken.body), want))
	}
	return refusals
}

func partnerScheduleRefusals() []refusal {
	const missing = "PLATFORM_PARTNER_NOT_FOUND"
	at := in(time.Hour)
	update := &portonev2.UpdatePlatformPartnerBody{Name: world.Ptr("x")}
	refusals := []refusal{
		refused("unknown", (*Store).GetPlatformPartnerSchedule, &portonev2.GetPlatformPartnerScheduleRequest{Id: "none"}, missing),
		refused("not scheduled", (*Store).GetPlatformPartnerSchedule, &portonev2.GetPlatformPartnerScheduleRequest{Id: "open"}, missing),
		refused("unknown", (*Store).CancelPlatformPartnerSchedule, &portonev2.CancelPlatformPartnerScheduleRequest{Id: "none"}, missing),
		refused("not scheduled", (*Store).CancelPlatformPartnerSchedule, &portonev2.CancelPlatformPartnerScheduleRequest{Id: "open"}, missing),
		refused("scheduled", (*Store).SchedulePartner, &portonev2.SchedulePartnerRequest{Id: "scheduled", Update: update, AppliedAt: at}, "PLATFORM_PARTNER_SCHEDULE_ALREADY_EXISTS"),
		refused("connected", (*Store).SchedulePartner, &portonev2.SchedulePartnerRequest{Id: "connected", Update: update, AppliedAt: at}, "PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_CANNOT_BE_SCHEDULED"),
		refused("past", (*Store).SchedulePartner, &portonev2.SchedulePartnerRequest{Id: "open", Update: update, AppliedAt: in(0)}, "INVALID_REQUEST"),
		refused("unknown", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "none", Update: update, AppliedAt: at}, missing),
		refused("not scheduled", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "open", Update: update, AppliedAt: at}, missing),
		refused("connected", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "connected", Update: update, AppliedAt: at}, "PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_CANNOT_BE_SCHEDULED"),
		refused("contract", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "scheduled",
			Update: &portonev2.UpdatePlatformPartnerBody{DefaultContractId: world.Ptr("none")}, AppliedAt: at}, "PLATFORM_CONTRACT_NOT_FOUND"),
		refused("archived", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "archived", Update: update, AppliedAt: at}, "PLATFORM_PARTNER_NOT_FOUND"),
		refused("used proof", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "scheduled", Update: proof("used", "Kim"), AppliedAt: at}, "INVALID_REQUEST"),
		refused("past", (*Store).ReschedulePartner, &portonev2.ReschedulePartnerRequest{Id: "scheduled", Update: update, AppliedAt: in(0)}, "INVALID_REQUEST"),
	}
	for _, broken := range brokenUpdates {
		req := &portonev2.SchedulePartnerRequest{Id: broken.partner, Update: broken.update, AppliedAt: at}
		refusals = append(refusals, refused(broken.name, (*Store).SchedulePartner, req, broken.want))
	}
	bulk := func(name, want string, filter *portonev2.PlatformPartnerFilterInput, update *portonev2.UpdatePlatformPartnerBody) refusal {
		return refused(name, (*Store).SchedulePlatformPartners, &portonev2.SchedulePlatformPartnersRequest{
			Filter: filter, Update: reshape[*portonev2.SchedulePlatformPartnersBodyUpdate](update), AppliedAt: at}, want)
	}
	open := &portonev2.PlatformPartnerFilterInput{Ids: []string{"open"}}
	return append(refusals,
		bulk("archived", "PLATFORM_ARCHIVED_PARTNERS_CANNOT_BE_SCHEDULED", &portonev2.PlatformPartnerFilterInput{IsArchived: world.Ptr(true)}, update),
		bulk("all", "PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNERS_CANNOT_BE_SCHEDULED", nil, update),
		bulk("scheduled", "PLATFORM_PARTNER_SCHEDULES_ALREADY_EXIST", &portonev2.PlatformPartnerFilterInput{Ids: []string{"open", "scheduled"}}, update),
		bulk("contract", "PLATFORM_CONTRACT_NOT_FOUND", open, &portonev2.UpdatePlatformPartnerBody{DefaultContractId: world.Ptr("none")}),
		bulk("property", "PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND", open, properties("taste")),
		bulk("type", "INVALID_REQUEST", open, &portonev2.UpdatePlatformPartnerBody{Type: &portonev2.UpdatePlatformPartnerBodyType{
			WhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeWhtPayer{}}}),
		bulk("proof", "INVALID_REQUEST", open, proof("used", "Kim")),
		bulk("memo", "INVALID_REQUEST", open, &portonev2.UpdatePlatformPartnerBody{Memo: world.Ptr(strings.Repeat("x", 257))}),
		refused("past", (*Store).SchedulePlatformPartners, &portonev2.SchedulePlatformPartnersRequest{
			Filter: open, Update: &portonev2.SchedulePlatformPartnersBodyUpdate{}, AppliedAt: in(0)}, "INVALID_REQUEST"),
	)
}

func partnerInvalid() []refusal {
	const invalid = "INVALID_REQUEST"
	return []refusal{
		refused("two keywords", (*Store).GetPlatformPartners, &portonev2.GetPlatformPartnersRequest{Filter: &portonev2.PlatformPartnerFilterInput{
			Keyword: &portonev2.PlatformPartnerFilterInputKeyword{Id: world.Ptr("a"), Memo: world.Ptr("b")}}}, invalid),
		refused("page", (*Store).GetPlatformPartners, &portonev2.GetPlatformPartnersRequest{Page: &portonev2.PageInput{Number: world.Ptr[int32](60_000)}}, invalid),
	}
}

// TestFaultData expects the ids of what was in the way, in both forms.
func TestFaultData(t *testing.T) {
	b := newBench()
	b.furnish(t)
	type ids interface {
		GetIds() []string
		GetGraphqlIds() []string
	}
	batch := func(bodies ...*portonev2.CreatePlatformPartnerBody) *portonev2.CreatePlatformPartnersRequest {
		return &portonev2.CreatePlatformPartnersRequest{Partners: bodies}
	}
	schedule := func(partners ...string) *portonev2.SchedulePlatformPartnersRequest {
		return &portonev2.SchedulePlatformPartnersRequest{
			Filter: &portonev2.PlatformPartnerFilterInput{Ids: partners},
			Update: &portonev2.SchedulePlatformPartnersBodyUpdate{}, AppliedAt: in(time.Hour)}
	}
	elsewhere := partner("new")
	elsewhere.DefaultContractId = world.Ptr("none")
	tests := []struct {
		name   string
		fault  *world.Refusal
		schema string
		want   string
	}{
		{"duplicated", refuse(t, b.CreatePlatformPartners, batch(partner("b"), partner("a"), partner("a"), partner("b")),
			"PLATFORM_PARTNER_IDS_DUPLICATED"), "PlatformPartner", "a b"},
		{"taken", refuse(t, b.CreatePlatformPartners, batch(partner("open"), partner("a"), partner("archived")),
			"PLATFORM_PARTNER_IDS_ALREADY_EXISTS"), "PlatformPartner", "open archived"},
		{"contracts", refuse(t, b.CreatePlatformPartners, batch(elsewhere, partner("a")),
			"PLATFORM_CONTRACTS_NOT_FOUND"), "PlatformContract", "none"},
		{"connected", refuse(t, b.SchedulePlatformPartners, schedule("connected", "open", "pending"),
			"PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNERS_CANNOT_BE_SCHEDULED"), "PlatformPartner", "pending connected"},
		{"scheduled", refuse(t, b.SchedulePlatformPartners, schedule("scheduled", "open"),
			"PLATFORM_PARTNER_SCHEDULES_ALREADY_EXIST"), "PlatformPartner", "scheduled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data, ok := test.fault.Data.(ids)
			if !ok {
				t.Fatalf("data %v", test.fault.Data)
			}
			if got := strings.Join(data.GetIds(), " "); got != test.want {
				t.Errorf("ids %s, want %s", got, test.want)
			}
			for i, id := range data.GetIds() {
				if want := world.GraphQLID(test.schema, false, id); len(data.GetGraphqlIds()) <= i || data.GetGraphqlIds()[i] != want {
					t.Errorf("GraphQL ids %q of %q", data.GetGraphqlIds(), data.GetIds())
				}
			}
		})
	}
}
