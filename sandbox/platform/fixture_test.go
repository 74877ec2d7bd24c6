package platform

import (
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// furnish puts an object of every kind in every state, named after the state:
// "open", "archived" and "scheduled"; and partners besides that are a "person", a
// "simple" taxpayer, "connected", connected and "invoiced", connected and
// "shelved" in the archive, and "pending".
func (b *bench) furnish(t testing.TB) {
	t.Helper()
	tomorrow := in(24 * time.Hour)
	for _, id := range []string{"open", "archived", "scheduled"} {
		do(t, b.CreatePlatformContract, contract(id))
		do(t, b.CreatePlatformAdditionalFeePolicy, fee(id))
		do(t, b.CreatePlatformDiscountSharePolicy, share(id))
		b.createPartner(t, partner(id))
	}
	do(t, b.ArchivePlatformContract, &portonev2.ArchivePlatformContractRequest{Id: "archived"})
	do(t, b.ArchivePlatformAdditionalFeePolicy, &portonev2.ArchivePlatformAdditionalFeePolicyRequest{Id: "archived"})
	do(t, b.ArchivePlatformDiscountSharePolicy, &portonev2.ArchivePlatformDiscountSharePolicyRequest{Id: "archived"})
	do(t, b.ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "archived"})
	do(t, b.ScheduleContract, &portonev2.ScheduleContractRequest{
		Id: "scheduled", AppliedAt: tomorrow, Update: &portonev2.UpdatePlatformContractBody{Name: world.Ptr("new")}})
	do(t, b.ScheduleAdditionalFeePolicy, &portonev2.ScheduleAdditionalFeePolicyRequest{
		Id: "scheduled", AppliedAt: tomorrow, Update: &portonev2.UpdatePlatformAdditionalFeePolicyBody{Name: world.Ptr("new")}})
	do(t, b.ScheduleDiscountSharePolicy, &portonev2.ScheduleDiscountSharePolicyRequest{
		Id: "scheduled", AppliedAt: tomorrow, Update: &portonev2.UpdatePlatformDiscountSharePolicyBody{Name: world.Ptr("new")}})
	do(t, b.SchedulePartner, &portonev2.SchedulePartnerRequest{
		Id: "scheduled", AppliedAt: tomorrow, Update: &portonev2.UpdatePlatformPartnerBody{Name: world.Ptr("new")}})
	b.furnishLinks(t)
}

func (b *bench) furnishLinks(t testing.TB) {
	t.Helper()
	b.createPartner(t, person("person"))
	simple := partner("simple")
	simple.Type.Business.TaxationType = portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_SIMPLE.Enum()
	b.createPartner(t, simple)
	connect := func(id string) {
		b.createPartner(t, partner(id))
		do(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: id})
	}
	connect("connected")
	connect("invoiced")
	connect("shelved")
	b.world.Clock.Advance(ntsDelay)
	b.counterparties.ongoing["invoiced"] = true
	do(t, b.ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "shelved"})
	connect("pending")
}
