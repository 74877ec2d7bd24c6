package platform

import (
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Lookups is what is known about look-ups of accounts and businesses that were
// made elsewhere. A look-up yields an id, which is given with a partner as the
// proof of its data. Each of the functions may be nil.
type Lookups struct {
	// Account tells what account a look-up of an account's holder was for, with the
	// number in digits only, and what holder it found. Nil: every proof is taken to
	// be of the account that it comes with.
	Account func(verificationID string) (bank portonev2.Bank, number, holder string, ok bool)

	// Company tells what business registration number a look-up of a company was
	// for. Nil: every proof is taken to be of the company that it comes with.
	Company func(verificationID string) (brn string, ok bool)
}

// UseLookups has partners checked against look-ups. It is for the time before the
// first call.
func (s *Store) UseLookups(l Lookups) {
	for _, m := range []*mode{s.live, s.test} {
		m.lookups = l
	}
}

// proofs are the ids of look-ups that were given with a partner. Each serves once.
type proofs struct{ accounts, companies map[string]bool }

func newProofs() proofs { return proofs{make(map[string]bool), make(map[string]bool)} }

// proven refuses proofs that are used up, or of something else than the update.
func (m *mode) proven(update *portonev2.UpdatePlatformPartnerBody) error {
	return firstOf(
		func() error { return m.companyProven(companyProof(update), update.GetType().GetBusiness()) },
		func() error { return m.accountProven(accountProof(update), update.GetAccount()) })
}

// companyProven refuses a proof of another company as INVALID_REQUEST: PortOne
// lists no error for it.
func (m *mode) companyProven(id string, b *portonev2.UpdatePlatformPartnerBodyTypeBusiness) error {
	if id == "" {
		return nil
	}
	if m.proofs.companies[id] {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_COMPANY_VERIFICATION_ALREADY_USED,
			"the company verification %q was used before", id)
	}
	if m.lookups.Company == nil {
		return nil
	}
	brn, ok := m.lookups.Company(id)
	if !ok || b.BusinessRegistrationNumber != nil && brn != b.GetBusinessRegistrationNumber() {
		return world.Invalid("type.business.companyVerificationId: %q is of no look-up of this business", id)
	}
	return nil
}

func (m *mode) accountProven(id string, account *portonev2.UpdatePlatformPartnerBodyAccount) error {
	if id == "" {
		return nil
	}
	if m.proofs.accounts[id] {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ACCOUNT_VERIFICATION_ALREADY_USED,
			"the account verification %q was used before", id)
	}
	if m.lookups.Account == nil {
		return nil
	}
	bank, number, holder, ok := m.lookups.Account(id)
	switch {
	case !ok:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ACCOUNT_VERIFICATION_NOT_FOUND,
			"there is no account verification %q", id)
	case bank != account.GetBank() || number != strings.ReplaceAll(account.GetNumber(), "-", "") || holder != account.GetHolder():
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ACCOUNT_VERIFICATION_FAILED,
			"the account verification %q is of another account or holder", id)
	}
	return nil
}

// useProofs uses up the proofs of an update.
func (m *mode) useProofs(update *portonev2.UpdatePlatformPartnerBody) {
	if id := companyProof(update); id != "" {
		m.proofs.companies[id] = true
	}
	if id := accountProof(update); id != "" {
		m.proofs.accounts[id] = true
	}
}

func companyProof(update *portonev2.UpdatePlatformPartnerBody) string {
	return update.GetType().GetBusiness().GetCompanyVerificationId()
}

// accountProof is empty for accounts that are not verified, whatever was given.
func accountProof(update *portonev2.UpdatePlatformPartnerBody) string {
	if update.GetAccount().GetCurrency() != portonev2.Currency_CURRENCY_KRW {
		return ""
	}
	return update.GetAccount().GetAccountVerificationId()
}

// accountStatus is what the check of a new account yields. Accounts in KRW are
// checked with a proof or without, and the sandbox's banks agree to every holder;
// others are not checked.
func accountStatus(currency portonev2.Currency) portonev2.PlatformAccountStatus {
	if currency == portonev2.Currency_CURRENCY_KRW {
		return portonev2.PlatformAccountStatus_PLATFORM_ACCOUNT_STATUS_VERIFIED
	}
	return portonev2.PlatformAccountStatus_PLATFORM_ACCOUNT_STATUS_NOT_VERIFIED
}

// businessStatuses are the states of a business as partners name them.
var businessStatuses = map[registry.Status]portonev2.PlatformPartnerBusinessStatus{
	registry.Active:       portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_IN_BUSINESS,
	registry.Closed:       portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_CLOSED,
	registry.Suspended:    portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_SUSPENDED,
	registry.Unregistered: portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_NOT_FOUND,
	registry.Unreachable:  portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_VERIFY_ERROR,
}
