// Package registry is what public registers and banks know: businesses by their
// registration numbers, and who holds bank accounts. All of it is made up, and
// always the same for the same number, so every domain of the sandbox finds the
// same.
package registry

import (
	"slices"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// MerchantBRN is the business registration number of the merchant who uses the
// sandbox: a business in operation that is connected to the National Tax Service
// (NTS), and can sign.
const MerchantBRN = "1234567891"

// Every number of ten digits is that of a general taxpayer in operation, which is
// connected to the NTS and has a certificate from the moment it becomes a
// counterparty, except for these and the others that begin with 000, which no
// business has; no real number begins so.
const (
	// BRNConnectionFails cannot be connected to the NTS: creating a counterparty
	// fails with B2B_COUNTERPARTY_NTS_CONNECTION_FAILED.
	BRNConnectionFails = "0000000001"

	// BRNNotConnected stays without a connection to the NTS.
	BRNNotConnected = "0000000002"

	// BRNConnectsLater is connected a minute after it became a counterparty.
	BRNConnectsLater = "0000000003"

	// BRNWithoutCertificate has no certificate before it was asked to register
	// one, see getB2bCounterpartyCertificateRegistrationUrl.
	BRNWithoutCertificate = "0000000004"

	// BRNExpiredCertificate has a certificate that has expired.
	BRNExpiredCertificate = "0000000005"

	// BRNClosed is out of business for good.
	BRNClosed = "0000000006"

	// BRNSuspended is temporarily out of business.
	BRNSuspended = "0000000007"

	// BRNUnregistered is not the number of any business.
	BRNUnregistered = "0000000008"

	// BRNUnreachable cannot be looked up: the source of the data fails.
	BRNUnreachable = "0000000009"

	// BRNTransmissionFails is a recipient for whom the NTS accepts no tax
	// invoices: they end as SENDING_FAILED.
	BRNTransmissionFails = "0000000010"
)

// unknownPrefix begins numbers that no business has.
const unknownPrefix = "000"

// stoppedOn is the day on which BRNClosed and BRNSuspended ceased to operate.
const stoppedOn = "2025-12-31"

// Status is what a look-up finds out about a business.
type Status int

// The zero value is a business in operation.
const (
	Active Status = iota
	Closed
	Suspended
	Unregistered // no business has the number
	Unreachable  // the look-up fails
)

// Business is a business registration number and what is known of it.
type Business struct {
	BRN string

	// About says what is special about a reserved number.
	About string

	Status   Status
	Taxation portonev2.PlatformTaxationType
}

const general = portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_NORMAL

// reserved is what Reserved returns.
var reserved = []Business{
	{MerchantBRN, "the merchant: no counterparty can have it", Active, general},
	{BRNConnectionFails, "cannot be connected to the NTS", Active, general},
	{BRNNotConnected, "stays without a connection to the NTS", Active, general},
	{BRNConnectsLater, "is connected to the NTS after a minute", Active, general},
	{BRNWithoutCertificate, "has no certificate before it was asked to register one", Active, general},
	{BRNExpiredCertificate, "has an expired certificate", Active, general},
	{BRNClosed, "is closed", Closed, general},
	{BRNSuspended, "is suspended", Suspended, general},
	{BRNUnregistered, "is no business; nor is any other number that begins with 000", Unregistered, general},
	{BRNUnreachable, "cannot be looked up", Unreachable, general},
	{BRNTransmissionFails, "gets no tax invoices: the NTS refuses them", Active, general},
	{"0000000011", "pays simplified tax, and issues tax invoices", Active, portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE_TAX_INVOICE_ISSUER},
	{"0000000012", "pays simplified tax", Active, portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE},
	{"0000000013", "is tax-exempt", Active, portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_TAX_FREE},
	{"0000000014", "is an organization with a number of its own kind", Active, portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_ASSIGNED_ID_NUMBER},
	{"0000000015", "is taxed by the special rule", Active, portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SPECIAL},
}

// Reserved lists the numbers with which the sandbox behaves in a set way, for
// documentation.
func Reserved() []Business { return slices.Clone(reserved) }

// Find returns what is known about a business registration number.
func Find(brn string) Business {
	for _, b := range reserved {
		if b.BRN == brn {
			return b
		}
	}
	if strings.HasPrefix(brn, unknownPrefix) {
		return Business{BRN: brn, Status: Unregistered, Taxation: general}
	}
	return Business{BRN: brn, Taxation: general}
}

// IsBRN reports whether a text has the form of a business registration number.
func IsBRN(text string) bool { return len(text) == 10 && IsDigits(text) }

// IsDigits reports whether a text has no other characters than digits.
func IsDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// Name is the business's trade name.
func (b Business) Name() string { return pick(b.BRN, trades, companies) }

// StoppedOn is the day since which a business is not in operation, nil if it is.
func (b Business) StoppedOn() *string {
	if b.Status != Closed && b.Status != Suspended {
		return nil
	}
	return world.Ptr(stoppedOn)
}

// statusNames and taxationNames are what the register calls them.
var (
	statusNames = map[Status]string{Active: "계속사업자", Closed: "폐업자", Suspended: "휴업자"}

	taxationNames = map[portonev2.PlatformTaxationType]string{
		general: "일반과세자",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE_TAX_INVOICE_ISSUER: "간이과세자(세금계산서 발급사업자)",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE:                    "간이과세자",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_TAX_FREE:                  "면세사업자",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_ASSIGNED_ID_NUMBER:        "고유번호가 부여된 단체",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SPECIAL:                   "과세특례자",
	}
)

// Info is the registration of a business that has one.
func (b Business) Info() *portonev2.B2BBusinessInfo {
	info := &portonev2.B2BBusinessInfo{
		Brn:                  world.Ptr(b.BRN),
		Name:                 world.Ptr(b.Name()),
		CeoName:              world.Ptr(Person(b.BRN)),
		ZipCode:              world.Ptr("04524"),
		Address:              world.Ptr("서울특별시 중구 세종대로 110"),
		BusinessEntityType:   world.Ptr("개인사업자"),
		BusinessStatus:       world.Ptr(statusNames[b.Status]),
		TaxationType:         world.Ptr(taxationNames[b.Taxation]),
		OpeningDate:          world.Ptr("2020-01-02"),
		BusinessType:         world.Ptr("도매 및 소매업"),
		BusinessClass:        world.Ptr("전자상거래 소매업"),
		BusinessCategoryCode: world.Ptr("525101"),
	}
	if b.Status == Closed {
		info.ClosingDate = b.StoppedOn()
	}
	return info
}
