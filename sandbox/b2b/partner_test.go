package b2b

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Short names for the statuses of the connection of a partner.
const (
	unconnected       = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_NOT_CONNECTED
	connectPending    = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECT_PENDING
	connected         = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_CONNECTED
	disconnectPending = portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_DISCONNECT_PENDING
)

func partner(id, brn string, status portonev2.PlatformPartnerMemberCompanyConnectionStatus) *portonev2.PlatformPartner {
	return &portonev2.PlatformPartner{
		Id: ptr(id), IsForTest: ptr(false), Contact: &portonev2.PlatformContact{Name: ptr("Han"), Email: ptr("han@example")},
		Type: &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_Business{Business: &portonev2.PlatformPartnerTypeBusiness{
			CompanyName: ptr("Partner " + id), RepresentativeName: ptr("Han"), BusinessRegistrationNumber: ptr(brn),
			MemberCompanyConnectionStatus: status.Enum(),
		}}},
	}
}

// TestPartner follows the counterparty of a partner through the partner's life.
func TestPartner(t *testing.T) {
	s := newSandbox(t)
	get := &portonev2.GetB2BCounterpartyRequest{CounterpartyId: "p"}
	s.ReflectPartner(partner("p", acme, unconnected))
	refuse(t, s.GetB2BCounterparty, get, counterpartyNotFound)
	for _, step := range []struct {
		status portonev2.PlatformPartnerMemberCompanyConnectionStatus
		want   portonev2.B2BNtsConnectionStatus
	}{{connectPending, ntsPendingConnect}, {connected, ntsConnected}, {disconnectPending, ntsPendingDisconnect}, {connected, ntsConnected}} {
		s.ReflectPartner(partner("p", acme, step.status))
		s.wait(connectingTakes) // nothing happens by itself
		if c := must(t, s.GetB2BCounterparty, get); c.GetNtsConnectionStatus() != step.want || c.GetPartnerId() != "p" {
			t.Errorf("after %v: %v", step.status, c)
		}
	}
	if s.OngoingTaxInvoice("p", false) {
		t.Error("a tax invoice is under way")
	}
	in := s.input(issuanceNormal)
	in.Recipient = &portonev2.B2BTaxInvoiceCompany{CounterpartyId: ptr("p")}
	s.draft(in)
	if !s.OngoingTaxInvoice("p", false) || s.OngoingTaxInvoice("p", true) || s.OngoingTaxInvoice("q", false) {
		t.Error("the draft is not under way, or elsewhere too")
	}
	s.ReflectPartner(partner("p", "1048139291", connected))
	if c := must(t, s.GetB2BCounterparty, get); c.GetBrn() != "1048139291" {
		t.Errorf("with another BRN: %v", c)
	}
	s.ReflectPartner(partner("p", "1048139291", unconnected))
	refuse(t, s.GetB2BCounterparty, get, counterpartyNotFound)
	refuse(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{CounterpartyId: ptr("p"), Counterparty: counterpartyInput(acme)}, counterpartyIDOfPartner)
}

// TestPartnerOfTakenID links a partner whose id a counterparty has.
func TestPartnerOfTakenID(t *testing.T) {
	s := newSandbox(t)
	mine := s.counterparty("p", acme, false)
	s.ReflectPartner(partner("p", "1048139291", connected))
	same(t, "the counterparty", must(t, s.GetB2BCounterparty, &portonev2.GetB2BCounterpartyRequest{CounterpartyId: "p"}), mine)
	linked := must(t, s.GetB2BCounterparties, &portonev2.GetB2BCounterpartiesRequest{}).GetItems()[0]
	if linked.GetPartnerId() != "p" || linked.GetId() == "p" {
		t.Errorf("the partner's: %v", linked)
	}
	s.ReflectPartner(partner("p", "1048139291", unconnected))
	if _, ok := s.Counterparty(linked.GetId(), false); ok {
		t.Error("the partner's counterparty outlives the link")
	}
}
