package contract

import (
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Domains of google.rpc.ErrorInfo. An error without one of these did not come from
// the gateway.
const (
	// PortOneDomain is that of PortOne's typed errors, whose reasons are PortOne's.
	PortOneDomain = "api.portone.io"

	// GatewayDomain is that of the gateway's own errors, whose reasons are
	// portone.v2.GatewayReason, and portone.events.v1.EventReason of EventService.
	GatewayDomain = "portone-gateway"
)

// GatewayReasonName is a reason of the gateway's own as it is in an ErrorInfo.
func GatewayReasonName(reason portonev2.GatewayReason) string {
	return strings.TrimPrefix(reason.String(), "GATEWAY_REASON_")
}

// ErrorType is what the contract says of an error type of PortOne's; its zero value
// where there is nothing to say.
func ErrorType(reason portonev2.ErrorReason) *portonev2.ErrorType {
	value := reason.Descriptor().Values().ByNumber(protoreflect.EnumNumber(reason))
	if value == nil {
		return nil
	}
	t, _ := proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
	return t
}

// IsKnownReason reports whether a reason is one that the contract has: a type of
// PortOne's, or a name of the gateway's. PortOne can send others at any time.
func IsKnownReason(reason string) bool { return knownReasons()[reason] }

var knownReasons = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	for _, name := range portonev2.ErrorReason_name {
		known[strings.TrimPrefix(name, "ERROR_REASON_")] = true
	}
	for _, name := range portonev2.GatewayReason_name {
		known[strings.TrimPrefix(name, "GATEWAY_REASON_")] = true
	}
	for _, name := range eventsv1.EventReason_name {
		known[strings.TrimPrefix(name, "EVENT_REASON_")] = true
	}
	delete(known, "UNSPECIFIED")
	return known
})
