package rest

import (
	"net/http"

	"google.golang.org/grpc/codes"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
)

// headerOutcome says of a mutation that failed what is known of it, for those who look
// at headers and not into bodies, such as proxies. Where it is absent, PortOne has
// refused the mutation.
const headerOutcome = "X-Portone-Gateway-Outcome"

// Values of headerOutcome.
const (
	// nothingDone: the request did not go up, or not as far as PortOne's API.
	nothingDone = "none"

	// outcomeUnknown: only the same request with the same idempotency key tells.
	outcomeUnknown = "unknown"

	// outcomeUnclear: PortOne has answered, and does not know, or does not say, what
	// became of it at the PG or another institution.
	outcomeUnclear = "unclear"
)

// headerNoRetry keeps Envoy from repeating a request, whatever its policy is, but for
// one that asks for just this: it stands for a limit of requests.
const headerNoRetry = "X-Envoy-Ratelimited"

// harmlessReasons are those of the gateway's own errors that say that nothing was done.
var harmlessReasons = map[string]bool{
	"UPSTREAM_UNREACHABLE": true, "UPSTREAM_FAILED": true, "UPSTREAM_RATE_LIMITED": true, "INVALID_REQUEST": true, "TOO_LARGE": true,
	"OVERLOADED": true, "SHUTTING_DOWN": true, "NOT_SENT": true, "NO_SUCH_OPERATION": true, "CROSS_ORIGIN": true, "HOST_NOT_ALLOWED": true,
	"IDEMPOTENCY_KEY_REQUIRED": true, "UNIDENTIFIED_CALLER": true, "NOT_ALLOWED": true, "NOT_JUDGEABLE": true, "CALLER_LIMIT": true, "NOT_AUDITED": true,
}

// outcome is what is known of a mutation that failed; empty where PortOne has refused
// it. A reason that is not known to be harmless is not.
func outcome(e *errmap.Error) string {
	if e.Domain() == contract.GatewayDomain {
		if harmlessReasons[e.Reason()] {
			return nothingDone
		}
		return outcomeUnknown
	}
	decline := declineOf(e)
	switch {
	case e.Code() == codes.Aborted: // PortOne is still working on it
		return outcomeUnknown
	case e.Code() == codes.Unknown, decline.GetNextStep() == portonev2.DeclineNextStep_DECLINE_NEXT_STEP_CHECK_PAYMENT:
		return outcomeUnclear
	case e.HTTPStatus() >= http.StatusInternalServerError && decline == nil:
		return outcomeUnclear // a code of the PG that may mean anything, or a failure of some channels only
	}
	return ""
}

// declineOf is what a PG's code in an error means; nil where that is not known.
func declineOf(e *errmap.Error) *portonev2.PgDecline {
	for _, detail := range e.Full().Details() {
		if portone, ok := detail.(*portonev2.PortOneError); ok {
			return portone.GetDecline()
		}
	}
	return nil
}

// setOutcome says in headers what is known of a mutation that failed, and returns its
// HTTP status. Proxies repeat requests that end with 5xx by themselves; the body has
// PortOne's status all the same.
func (h *Handler) setOutcome(header http.Header, e *errmap.Error, httpStatus int) int {
	known := outcome(e)
	if known == "" {
		return httpStatus
	}
	header.Set(headerOutcome, known)
	if known == nothingDone {
		return httpStatus
	}
	header.Set(headerNoRetry, "true")
	if httpStatus >= http.StatusInternalServerError && h.opts.UnclearIsConflict {
		return http.StatusConflict
	}
	return httpStatus
}
