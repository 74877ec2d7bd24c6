package b2b

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// MerchantBRN is the business registration number of the merchant who uses the
// sandbox. The merchant is no counterparty. It is connected to the NTS, and can
// sign.
const MerchantBRN = "1234567891"

// Every other business registration number of ten digits is that of a business in
// operation, which is connected to the NTS and has a certificate from the moment
// it becomes a counterparty, except for these. No real number begins with 000.
const (
	// BRNConnectionFails cannot be connected to the NTS: creating a counterparty
	// fails with B2B_COUNTERPARTY_NTS_CONNECTION_FAILED.
	BRNConnectionFails = "0000000001"

	// BRNNotConnected stays without a connection to the NTS.
	BRNNotConnected = "0000000002"

	// BRNConnectsLater is connected a minute after it became a counterparty.
	BRNConnectsLater = "0000000003"

	// BRNWithoutCertificate has no certificate before it was asked to register
	// one, see GetB2bCounterpartyCertificateRegistrationUrl.
	BRNWithoutCertificate = "0000000004"

	// BRNExpiredCertificate has a certificate that has expired.
	BRNExpiredCertificate = "0000000005"

	// BRNClosed is out of business for good.
	BRNClosed = "0000000006"

	// BRNSuspended is temporarily out of business.
	BRNSuspended = "0000000007"

	// BRNUnregistered is not the number of any business.
	BRNUnregistered = "0000000008"

	// BRNLookupFails cannot be looked up.
	BRNLookupFails = "0000000009"

	// BRNTransmissionFails is a recipient for whom the NTS accepts no tax
	// invoices: they end as SENDING_FAILED.
	BRNTransmissionFails = "0000000010"
)

// outOfBusinessSince is the day on which BRNClosed and BRNSuspended ceased to
// operate.
const outOfBusinessSince = "2025-12-31"

// Short names for the states of businesses and connections.
const (
	stateUnknown      = portonev2.B2BCounterpartyBusinessStatus_B2B_COUNTERPARTY_BUSINESS_STATUS_UNKNOWN
	stateInBusiness   = portonev2.B2BCounterpartyBusinessStatus_B2B_COUNTERPARTY_BUSINESS_STATUS_IN_BUSINESS
	stateClosed       = portonev2.B2BCounterpartyBusinessStatus_B2B_COUNTERPARTY_BUSINESS_STATUS_CLOSED
	stateSuspended    = portonev2.B2BCounterpartyBusinessStatus_B2B_COUNTERPARTY_BUSINESS_STATUS_SUSPENDED
	stateUnregistered = portonev2.B2BCounterpartyBusinessStatus_B2B_COUNTERPARTY_BUSINESS_STATUS_NOT_FOUND
	stateCheckFailed  = portonev2.B2BCounterpartyBusinessStatus_B2B_COUNTERPARTY_BUSINESS_STATUS_CHECK_FAILED

	ntsNotConnected      = portonev2.B2BNtsConnectionStatus_B2B_NTS_CONNECTION_STATUS_NOT_CONNECTED
	ntsPendingConnect    = portonev2.B2BNtsConnectionStatus_B2B_NTS_CONNECTION_STATUS_PENDING_CONNECT
	ntsConnected         = portonev2.B2BNtsConnectionStatus_B2B_NTS_CONNECTION_STATUS_CONNECTED
	ntsPendingDisconnect = portonev2.B2BNtsConnectionStatus_B2B_NTS_CONNECTION_STATUS_PENDING_DISCONNECT
	ntsError             = portonev2.B2BNtsConnectionStatus_B2B_NTS_CONNECTION_STATUS_ERROR
)

// state is what a lookup finds out about a business.
func state(brn string) portonev2.B2BCounterpartyBusinessStatus {
	switch brn {
	case BRNClosed:
		return stateClosed
	case BRNSuspended:
		return stateSuspended
	case BRNUnregistered:
		return stateUnregistered
	case BRNLookupFails:
		return stateCheckFailed
	}
	return stateInBusiness
}

// connection is what comes of connecting a business to the NTS.
func connection(brn string) portonev2.B2BNtsConnectionStatus {
	switch brn {
	case BRNConnectionFails:
		return ntsError
	case BRNNotConnected:
		return ntsNotConnected
	case BRNConnectsLater:
		return ntsPendingConnect
	}
	return ntsConnected
}

// businessInfo is what a lookup finds out about the registration of a business.
type businessInfo struct {
	name, representative, address, businessType, businessClass string
}

// registration makes up the registration of a business.
func registration(brn string) businessInfo {
	return businessInfo{
		name:           "주식회사 샌드박스 " + brn[len(brn)-4:],
		representative: "홍길동",
		address:        "서울특별시 중구 세종대로 110",
		businessType:   "도매 및 소매업",
		businessClass:  "전자상거래 소매업",
	}
}

// merchant is the merchant as a party to a tax invoice.
func merchant() *portonev2.B2BTaxInvoiceCompany {
	return &portonev2.B2BTaxInvoiceCompany{
		Brn:                world.Ptr(MerchantBRN),
		Name:               world.Ptr("샌드박스 상점"),
		RepresentativeName: world.Ptr("김상점"),
		Address:            world.Ptr("서울특별시 성동구 성수이로 1"),
		BusinessType:       world.Ptr("정보통신업"),
		BusinessClass:      world.Ptr("전자상거래 중개업"),
		Contact: &portonev2.B2BTaxInvoiceContact{
			Name:  world.Ptr("김담당"),
			Email: world.Ptr("merchant@portone-sandbox.invalid"),
		},
	}
}

// isBRN tells whether a text has the form of a business registration number.
func isBRN(text string) bool { return len(text) == 10 && isDigits(text) }

func isDigits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
