package platform

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// longestMemo is how many characters the memo of a partner may have.
	longestMemo = 256

	// mostTags is how many tags a partner may have.
	mostTags = 10

	// brnDigits is the length of a Korean business registration number.
	brnDigits = 10
)

// settlementCurrencies are the currencies in which the sandbox settles. PortOne's
// document does not tell which it supports; these are the ones it is used with.
var settlementCurrencies = []portonev2.Currency{
	portonev2.Currency_CURRENCY_KRW,
	portonev2.Currency_CURRENCY_USD,
	portonev2.Currency_CURRENCY_JPY,
	portonev2.Currency_CURRENCY_EUR,
	portonev2.Currency_CURRENCY_CNY,
	portonev2.Currency_CURRENCY_GBP,
	portonev2.Currency_CURRENCY_HKD,
	portonev2.Currency_CURRENCY_SGD,
	portonev2.Currency_CURRENCY_TWD,
	portonev2.Currency_CURRENCY_THB,
	portonev2.Currency_CURRENCY_VND,
	portonev2.Currency_CURRENCY_AUD,
	portonev2.Currency_CURRENCY_CAD,
}

// mayRegister refuses what only the registration of a partner can have wrong.
func mayRegister(update *portonev2.UpdatePlatformPartnerBody) error {
	if currency := update.GetAccount().GetCurrency(); !slices.Contains(settlementCurrencies, currency) {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED,
			"partners are not settled in %s", currency)
	}
	if countTypes(update.GetType()) == 0 {
		return world.Invalid("type: exactly one member must be given")
	}
	return nil
}

// validPartner refuses an update that fits no partner.
func validPartner(update *portonev2.UpdatePlatformPartnerBody) error {
	account, kind := update.GetAccount(), update.GetType()
	switch {
	case utf8.RuneCountInString(update.GetMemo()) > longestMemo:
		return world.Invalid("memo: longer than %d characters", longestMemo)
	case len(update.GetTags()) > mostTags:
		return world.Invalid("tags: more than %d", mostTags)
	case account != nil && !slices.Contains(settlementCurrencies, account.GetCurrency()):
		return world.Invalid("account.currency: partners are not settled in %s", account.GetCurrency())
	case countTypes(kind) > 1:
		return world.Invalid("type: only one member may be given")
	case kind.GetBusiness() != nil && kind.GetBusiness().BusinessRegistrationNumber != nil:
		return validBRN(kind.GetBusiness().GetBusinessRegistrationNumber())
	case kind.GetWhtPayer() != nil:
		return validBirthdate(kind.GetWhtPayer().Birthdate)
	case kind.GetNonWhtPayer() != nil:
		return validBirthdate(kind.GetNonWhtPayer().Birthdate)
	}
	return nil
}

func countTypes(kind *portonev2.UpdatePlatformPartnerBodyType) int {
	return count(kind.GetBusiness() != nil, kind.GetWhtPayer() != nil, kind.GetNonWhtPayer() != nil)
}

func validBRN(brn string) error {
	if len(brn) != brnDigits || strings.Trim(brn, "0123456789") != "" {
		return world.Invalid("type.business.businessRegistrationNumber: not %d digits", brnDigits)
	}
	return nil
}

func validBirthdate(date *string) error {
	if date == nil {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, *date); err != nil {
		return world.Invalid("birthdate: not a date as YYYY-MM-DD")
	}
	return nil
}

// mayUpdatePartner refuses an update that a partner, its contract or its
// verifications forbid. An empty partner is one to register.
func (m *mode) mayUpdatePartner(partner *portonev2.PlatformPartner, update *portonev2.UpdatePlatformPartnerBody) error {
	return firstOf(
		func() error { return linkHolds(partner, update) },
		func() error { return sufficient(partner, update) },
		func() error { return m.contractExists(update) },
		func() error { return m.propertiesDefined(update) },
		func() error { return m.proven(update) },
	)
}

// linkHolds refuses to change what the connection of a partner is made of.
func linkHolds(partner *portonev2.PlatformPartner, update *portonev2.UpdatePlatformPartnerBody) error {
	if !isLinked(partner) {
		return nil
	}
	brn := update.GetType().GetBusiness().GetBusinessRegistrationNumber()
	switch {
	case changesType(partner, update):
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_TYPE_UNCHANGEABLE,
			"partner %q is connected, so its type cannot change", partner.GetId())
	case brn != "" && brn != business(partner).GetBusinessRegistrationNumber():
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_MEMBER_COMPANY_CONNECTED_PARTNER_BRN_UNCHANGEABLE,
			"partner %q is connected, so its business registration number cannot change", partner.GetId())
	}
	return nil
}

// changesType reports whether an update is for another type than a partner has.
func changesType(partner *portonev2.PlatformPartner, update *portonev2.UpdatePlatformPartnerBody) bool {
	kind, has := update.GetType(), partner.GetType()
	return kind.GetBusiness() != nil && has.GetBusiness() == nil ||
		kind.GetWhtPayer() != nil && has.GetWhtPayer() == nil ||
		kind.GetNonWhtPayer() != nil && has.GetNonWhtPayer() == nil
}

// sufficient refuses to make a partner a business without the data that every
// business has. Of the other types there are no such data.
func sufficient(partner *portonev2.PlatformPartner, update *portonev2.UpdatePlatformPartnerBody) error {
	b := update.GetType().GetBusiness()
	if b == nil || !changesType(partner, update) ||
		b.CompanyName != nil && b.BusinessRegistrationNumber != nil && b.RepresentativeName != nil {
		return nil
	}
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_INSUFFICIENT_DATA_TO_CHANGE_PARTNER_TYPE,
		"a business needs companyName, businessRegistrationNumber and representativeName")
}

func (m *mode) contractExists(update *portonev2.UpdatePlatformPartnerBody) error {
	if update.DefaultContractId == nil {
		return nil
	}
	_, err := m.contracts.find(update.GetDefaultContractId())
	return err
}

func (m *mode) propertiesDefined(update *portonev2.UpdatePlatformPartnerBody) error {
	var unknown []string
	for key := range update.GetUserDefinedProperties() {
		if !m.propertyDefined(key) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND,
		"there are no user-defined properties %q", distinct(unknown))
}

// applyPartner carries out an update. An update that was scheduled for a business
// and finds none any more leaves the type alone.
func (m *mode) applyPartner(partner *portonev2.PlatformPartner, update *portonev2.UpdatePlatformPartnerBody) {
	if sufficient(partner, update) != nil {
		update = withoutType(update)
	}
	overlay(partner, update)
	if update.GetAccount() != nil {
		partner.Account.Status = accountStatus(partner.GetAccount().GetCurrency()).Enum()
	}
	if emptied(update, "tags", "[]") {
		partner.Tags = nil
	}
	if emptied(update, "userDefinedProperties", "{}") {
		partner.UserDefinedProperties = nil
	}
	if b := business(partner); b != nil {
		completeBusiness(b)
	}
	if partner.Status == nil {
		partner.Status = portonev2.PlatformPartnerStatus_PLATFORM_PARTNER_STATUS_APPROVED.Enum()
	}
}

func withoutType(update *portonev2.UpdatePlatformPartnerBody) *portonev2.UpdatePlatformPartnerBody {
	rest := reshape[*portonev2.UpdatePlatformPartnerBody](update)
	rest.Type = nil
	return rest
}

// emptied reports whether an update gives a list or map that is empty: the contract
// has such ones among the unrecognized.
func emptied(update *portonev2.UpdatePlatformPartnerBody, member, empty string) bool {
	return strings.Join(strings.Fields(update.GetUnrecognized()[member]), "") == empty
}

// completeBusiness adds what a business has that no one gives.
func completeBusiness(b *portonev2.PlatformPartnerTypeBusiness) {
	if b.TaxationType == nil {
		b.TaxationType = portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_NORMAL.Enum()
	}
	if b.MemberCompanyConnectionStatus == nil {
		b.MemberCompanyConnectionStatus = notConnected.Enum()
	}
	b.BusinessStatus = businessStatuses[registry.Find(b.GetBusinessRegistrationNumber()).Status].Enum()
}
