package b2b

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

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
	return states[registry.Find(brn).Status]
}

// states are the states of a business as counterparties name them.
var states = map[registry.Status]portonev2.B2BCounterpartyBusinessStatus{
	registry.Active:       stateInBusiness,
	registry.Closed:       stateClosed,
	registry.Suspended:    stateSuspended,
	registry.Unregistered: stateUnregistered,
	registry.Unreachable:  stateCheckFailed,
}

// connection is what comes of connecting a business to the NTS.
func connection(brn string) portonev2.B2BNtsConnectionStatus {
	switch brn {
	case registry.BRNConnectionFails:
		return ntsError
	case registry.BRNNotConnected:
		return ntsNotConnected
	case registry.BRNConnectsLater:
		return ntsPendingConnect
	}
	return ntsConnected
}

// merchant is the merchant as a party to a tax invoice.
func merchant() *portonev2.B2BTaxInvoiceCompany {
	return &portonev2.B2BTaxInvoiceCompany{
		Brn:                world.Ptr(registry.MerchantBRN),
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
