//lint:file-ignore SA1019 the deprecated calls are still there, so they are tested

package platform

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// memberCompanyRefusals are the refusals of the deprecated calls.
func memberCompanyRefusals() []refusal {
	const (
		missing  = "PLATFORM_PARTNER_NOT_FOUND"
		noTarget = "PLATFORM_TARGET_PARTNER_NOT_FOUND"
	)
	connect := func(partner, want string) refusal {
		return refused(partner, (*Store).ConnectPartnerMemberCompany, &portonev2.ConnectPartnerMemberCompanyRequest{Id: partner}, want)
	}
	disconnect := func(partner, want string) refusal {
		return refused(partner, (*Store).DisconnectPartnerMemberCompany, &portonev2.DisconnectPartnerMemberCompanyRequest{Id: partner}, want)
	}
	unknown := &portonev2.PlatformPartnerFilterInput{Ids: []string{"open", "none"}}
	unfit := &portonev2.PlatformPartnerFilterInput{Ids: []string{"person", "simple", "scheduled", "pending"}}
	texts := &portonev2.PlatformPartnerFilterInput{Keyword: &portonev2.PlatformPartnerFilterInputKeyword{
		Id: world.Ptr("a"), Name: world.Ptr("b")}}
	return []refusal{
		connect("none", missing),
		connect("person", "PLATFORM_PARTNER_TYPE_IS_NOT_BUSINESS"),
		connect("simple", "PLATFORM_PARTNER_TAXATION_TYPE_IS_SIMPLE"),
		connect("scheduled", "PLATFORM_PARTNER_SCHEDULE_EXISTS"),
		disconnect("none", missing),
		disconnect("person", "PLATFORM_PARTNER_TYPE_IS_NOT_BUSINESS"),
		disconnect("simple", "PLATFORM_PARTNER_TAXATION_TYPE_IS_SIMPLE"),
		disconnect("invoiced", "PLATFORM_ONGOING_TAX_INVOICE_EXISTS"),
		connect("connected", "PLATFORM_MEMBER_COMPANY_NOT_CONNECTABLE_STATUS"),
		connect("pending", "PLATFORM_MEMBER_COMPANY_NOT_CONNECTABLE_STATUS"),
		disconnect("open", "PLATFORM_MEMBER_COMPANY_NOT_CONNECTED"),
		disconnect("pending", "PLATFORM_MEMBER_COMPANY_NOT_CONNECTED"),
		refused("unknown", (*Store).ConnectBulkPartnerMemberCompany, &portonev2.ConnectBulkPartnerMemberCompanyRequest{Filter: unknown}, missing),
		refused("no target", (*Store).ConnectBulkPartnerMemberCompany, &portonev2.ConnectBulkPartnerMemberCompanyRequest{Filter: unfit}, noTarget),
		refused("two keywords", (*Store).ConnectBulkPartnerMemberCompany, &portonev2.ConnectBulkPartnerMemberCompanyRequest{Filter: texts}, "INVALID_REQUEST"),
		refused("unknown", (*Store).DisconnectBulkPartnerMemberCompany, &portonev2.DisconnectBulkPartnerMemberCompanyRequest{Filter: unknown}, missing),
		refused("no target", (*Store).DisconnectBulkPartnerMemberCompany, &portonev2.DisconnectBulkPartnerMemberCompanyRequest{Filter: unfit}, noTarget),
		refused("two keywords", (*Store).DisconnectBulkPartnerMemberCompany, &portonev2.DisconnectBulkPartnerMemberCompanyRequest{Filter: texts}, "INVALID_REQUEST"),
	}
}

// TestMemberCompany connects and disconnects by the deprecated calls, one by one
// and in bulk.
func TestMemberCompany(t *testing.T) {
	b := newBench()
	b.furnish(t)
	expect := func(id string, want portonev2.PlatformPartnerMemberCompanyConnectionStatus) {
		t.Helper()
		b.world.Clock.Advance(ntsDelay)
		if got := connection(b.partner(t, id)); got != want {
			t.Errorf("partner %q is %v, want %v", id, got, want)
		}
	}
	open := &portonev2.PlatformPartnerFilterInput{Ids: []string{"open"}}
	do(t, b.ConnectPartnerMemberCompany, &portonev2.ConnectPartnerMemberCompanyRequest{Id: "open"})
	expect("open", connected)
	do(t, b.DisconnectPartnerMemberCompany, &portonev2.DisconnectPartnerMemberCompanyRequest{Id: "open"})
	expect("open", notConnected)
	do(t, b.ConnectBulkPartnerMemberCompany, &portonev2.ConnectBulkPartnerMemberCompanyRequest{Filter: open})
	expect("open", connected)
	do(t, b.DisconnectBulkPartnerMemberCompany, &portonev2.DisconnectBulkPartnerMemberCompanyRequest{Filter: open})
	expect("open", notConnected)
	do(t, b.DisconnectPartnerMemberCompany, &portonev2.DisconnectPartnerMemberCompanyRequest{Id: "shelved"})
	expect("shelved", notConnected)
}
