package settlement

import (
	"context"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

func TestAccountHolder(t *testing.T) {
	const method = "PlatformAccountService.GetPlatformAccountHolder"
	s := NewAccountHolders(world.New(world.NewStoppedClock(start)))
	lookUp := func(bank portonev2.Bank, number string, change func(*portonev2.GetPlatformAccountHolderRequest)) (*portonev2.PlatformAccountHolder, error) {
		req := &portonev2.GetPlatformAccountHolderRequest{Bank: bank, AccountNumber: number}
		if change != nil {
			change(req)
		}
		return s.GetPlatformAccountHolder(context.Background(), req)
	}
	first, err := lookUp(portonev2.Bank_BANK_HANA, "110123", nil)
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, first)
	again, err := lookUp(portonev2.Bank_BANK_HANA, "110123", func(r *portonev2.GetPlatformAccountHolderRequest) { r.Birthdate = world.Ptr("900101") })
	if err != nil || again.GetHolderName() != first.GetHolderName() || again.GetAccountVerificationId() == first.GetAccountVerificationId() {
		t.Errorf("%v, then %v, %v", first, again, err)
	}
	if bank, number, holder, ok := s.Account(first.GetAccountVerificationId()); !ok || bank != portonev2.Bank_BANK_HANA || number != "110123" || holder != first.GetHolderName() {
		t.Errorf("looked up %v %s of %s", bank, number, holder)
	}
	company, err := lookUp(portonev2.Bank_BANK_HANA, "110123", func(r *portonev2.GetPlatformAccountHolderRequest) {
		r.BusinessRegistrationNumber = world.Ptr("1234567890")
	})
	if err != nil || company.GetHolderName() == first.GetHolderName() {
		t.Errorf("a business: %v, %v", company, err)
	}
	for _, reserved := range ReservedAccounts {
		_, err := lookUp(portonev2.Bank_BANK_HANA, reserved.Number, nil)
		refused(t, method, err, reserved.Reason, nil)
	}
	_, err = lookUp(portonev2.Bank_BANK_BANK_OF_KOREA, "110123", nil)
	refused(t, method, err, portonev2.ErrorReason_ERROR_REASON_PLATFORM_NOT_SUPPORTED_BANK, nil)
	for _, birthdate := range []string{"1990-01-31", "19900131", "900131"} {
		if _, err := lookUp(portonev2.Bank_BANK_HANA, "1", func(r *portonev2.GetPlatformAccountHolderRequest) { r.Birthdate = &birthdate }); err != nil {
			t.Errorf("%s: %v", birthdate, err)
		}
	}
	for _, change := range []func(*portonev2.GetPlatformAccountHolderRequest){
		func(r *portonev2.GetPlatformAccountHolderRequest) { r.AccountNumber = "110-123" },
		func(r *portonev2.GetPlatformAccountHolderRequest) { r.AccountNumber = "" },
		func(r *portonev2.GetPlatformAccountHolderRequest) { r.BusinessRegistrationNumber = world.Ptr("123") },
		func(r *portonev2.GetPlatformAccountHolderRequest) { r.Birthdate = world.Ptr("soon") },
		func(r *portonev2.GetPlatformAccountHolderRequest) { r.Birthdate = world.Ptr("1990-02-30") },
		func(r *portonev2.GetPlatformAccountHolderRequest) {
			r.Birthdate, r.BusinessRegistrationNumber = world.Ptr("900101"), world.Ptr("1234567890")
		},
	} {
		_, err := lookUp(portonev2.Bank_BANK_HANA, "1", change)
		refused(t, method, err, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
	}
}

func TestCompanyState(t *testing.T) {
	const method = "PlatformCompanyService.GetPlatformCompanyState"
	s := NewCompanies(world.New(world.NewStoppedClock(start)), nil)
	lookUp := func(brn string) (*portonev2.GetPlatformCompanyStatePayload, error) {
		return s.GetPlatformCompanyState(context.Background(), &portonev2.GetPlatformCompanyStateRequest{BusinessRegistrationNumber: brn})
	}
	for _, b := range append(registry.Reserved(), registry.Find("1234567890")) {
		status, known := businessStatuses[b.Status]
		if !known {
			continue // told apart below
		}
		got, err := lookUp(b.BRN)
		if err != nil {
			t.Fatal(err)
		}
		worldtest.Complete(t, got)
		active := b.Status == registry.Active
		if state := got.GetCompanyState(); state.GetTaxationType() != b.Taxation || state.GetBusinessStatus() != status || (state.ClosedSuspendedDate == nil) != active {
			t.Errorf("%s: %v", b.BRN, state)
		}
		if brn, ok := s.StateVerification(got.GetCompanyVerificationId()); !ok || brn != b.BRN {
			t.Errorf("%s: verified %q", b.BRN, brn)
		}
	}
	for brn, reason := range map[string]portonev2.ErrorReason{
		"0001234567":            portonev2.ErrorReason_ERROR_REASON_PLATFORM_COMPANY_NOT_FOUND,
		registry.BRNUnreachable: portonev2.ErrorReason_ERROR_REASON_PLATFORM_EXTERNAL_API_FAILED,
		"123-45-67890":          portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST,
	} {
		_, err := lookUp(brn)
		refused(t, method, err, reason, nil)
	}
}

// infos hears of look-ups: mode and business registration number by id.
type infos map[string]string

func (i infos) AddBusinessInfo(id string, info *portonev2.B2BBusinessInfo, test bool) {
	mode := map[bool]string{true: "test ", false: "live "}[test]
	i[id] = mode + info.GetBrn()
}

func TestBusinessInfos(t *testing.T) {
	const method = "PlatformCompanyService.GetB2bBusinessInfos"
	told := make(infos)
	s := NewCompanies(world.New(world.NewStoppedClock(start)), told)
	lookUp := func(brns ...string) (*portonev2.GetB2BBusinessInfosResponse, error) {
		return s.GetB2BBusinessInfos(context.Background(), &portonev2.GetB2BBusinessInfosRequest{BrnList: brns, Test: world.Ptr(true)})
	}
	got, err := lookUp("1234567890", "0001234567", registry.BRNClosed, "12")
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, got)
	for i, found := range []bool{true, false, true, false} {
		r := got.GetResult()[i]
		if (r.GetBusinessInfo() != nil) != found || (r.VerificationId != nil) != found || (r.Error == nil) != found {
			t.Errorf("%s: %v", r.GetBrn(), r)
		}
		if brn := told[r.GetVerificationId()]; found && brn != "test "+r.GetBrn() {
			t.Errorf("%s: told of %q", r.GetBrn(), brn)
		}
	}
	if len(told) != 2 {
		t.Errorf("told of %v", told)
	}
	if got.GetResult()[2].GetBusinessInfo().ClosingDate == nil {
		t.Error("closed, but on no day")
	}
	_, err = lookUp()
	refused(t, method, err, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
	_, err = lookUp("1234567890", registry.BRNUnreachable)
	refused(t, method, err, portonev2.ErrorReason_ERROR_REASON_B2B_EXTERNAL_SERVICE, nil)
}
