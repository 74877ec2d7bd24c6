// Package portoneerr reads the errors of the gateway in Go programs that call it:
// one call gives what a switch needs.
//
//	ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
//	payment, err := client.PayWithBillingKey(ctx, request)
//	if e := portoneerr.FromMutation(err, key); e != nil {
//		switch {
//		case e.OutcomeUnknown():
//			// send the same request again with e.IdempotencyKey
//		case e.OutcomeUnclear():
//			// read the payment, and go by its status
//		case e.Reason == portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID:
//			// read the payment
//		case e.Decline() == portonev2.DeclineReason_DECLINE_REASON_CARD_LIMIT_EXCEEDED:
//			// another card
//		case e.Retry() == portoneerr.RetrySame:
//			// wait e.RetryAfter, then repeat with the same key
//		}
//	}
//
// What the gateway says has an ErrorInfo of one of two domains, PortOne's and its own.
// A status without one comes from a connection that broke, a proxy, a mesh, or the
// client library, and each of these has codes of its own for the same mishap. Its code
// therefore says next to nothing: after a mutation the outcome is unknown, see
// OutcomeUnknown.
//
// It needs nothing but the stubs and grpc-go. Other languages find the same in the
// details of the status: google.rpc.ErrorInfo and portone.v2.PortOneError.
package portoneerr

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Domains of the ErrorInfo.
const (
	portOneDomain = "api.portone.io"
	gatewayDomain = "portone-gateway"
)

// Error is a failed call.
type Error struct {
	// Code is the gRPC code.
	Code codes.Code

	// Type is PortOne's type as it was sent, such as PAYMENT_NOT_FOUND, or the
	// gateway's reason, such as OUTCOME_UNKNOWN. Empty if the error is of neither,
	// such as a connection to the gateway that failed.
	Type string

	// Reason is PortOne's type, UNSPECIFIED if the contract that this program was
	// built with does not know it, or the error is not PortOne's.
	Reason portonev2.ErrorReason

	// Gateway is the gateway's reason, UNSPECIFIED if the error is not the
	// gateway's own.
	Gateway portonev2.GatewayReason

	// Operation is PortOne's operationId; empty if there was none.
	Operation string

	// IdempotencyKey is the key that a mutation carried: the one in the error, else
	// the one given to FromMutation. To ask for the outcome, send the same request
	// with it. Empty for reads, and where no one knows it.
	IdempotencyKey string

	// ReadOnly reports that the call changes nothing, see FromRead.
	ReadOnly bool

	// RetryAfter is how long to wait before trying again; 0 if nothing is said.
	RetryAfter time.Duration

	// Truncated reports that the status was cut to fit into trailers: lists, texts or
	// unknown members may be shorter than PortOne sent them.
	Truncated bool

	// Localized is the status's text in the language of the call's accept-language:
	// for staff, not for buyers. Empty if the error is not the gateway's.
	Localized string

	// RequestID names the call in the gateway's log; empty unless FromCall was told.
	RequestID string

	// Detail is PortOne's error with the data of its type; nil if the error is not
	// PortOne's.
	Detail *portonev2.PortOneError

	domain  string // of the ErrorInfo, where it is one of the two
	err     error
	open    bool // see Call.OutcomeUnknown
	notSent bool
}

// FromMutation returns what is known of a failed call of an RPC that may change
// something; nil if err is nil. Key is the idempotency key that the call was sent with;
// empty if it was sent without one, or the one in the header of the answer, where that
// has come (grpc.Header, `idempotency-key`).
func FromMutation(err error, key string) *Error {
	e := read(err)
	if e != nil && e.IdempotencyKey == "" {
		e.IdempotencyKey = key
	}
	return e
}

// FromRead is FromMutation for an RPC that changes nothing: what failed can be
// repeated, and no outcome is ever unknown.
func FromRead(err error) *Error {
	e := read(err)
	if e != nil {
		e.ReadOnly = true
	}
	return e
}

// FromError is for calls of which it is not known what they do: it takes them for
// mutations without a key, which is the safe choice.
func FromError(err error) *Error { return FromMutation(err, "") }

// read reads an error; one that was read before is copied.
func read(err error) *Error {
	if err == nil {
		return nil
	}
	if known, ok := As(err); ok {
		e := *known
		return &e
	}
	st, ok := status.FromError(err)
	if !ok {
		st = status.FromContextError(err)
	}
	e := &Error{Code: st.Code(), err: err}
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.info(d)
		case *errdetails.RetryInfo:
			e.RetryAfter = d.GetRetryDelay().AsDuration()
		case *errdetails.LocalizedMessage:
			e.Localized = d.GetMessage()
		case *portonev2.PortOneError:
			e.Detail = d
			e.Reason = d.GetReason()
		}
	}
	return e
}

func (e *Error) info(info *errdetails.ErrorInfo) {
	switch info.GetDomain() {
	case gatewayDomain:
		e.Gateway = portonev2.GatewayReason(portonev2.GatewayReason_value["GATEWAY_REASON_"+info.GetReason()])
	case portOneDomain:
	default:
		return
	}
	e.Type, e.domain = info.GetReason(), info.GetDomain()
	e.Operation = info.GetMetadata()["operation"]
	e.IdempotencyKey = info.GetMetadata()["idempotencyKey"]
	e.Truncated = info.GetMetadata()["truncated"] != ""
}

// Error implements error.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error that e was made of.
func (e *Error) Unwrap() error { return e.err }

// As finds an Error in a chain, for programs that wrap it.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// OutcomeUnknown reports whether PortOne may have carried a mutation out and has not
// said so. Send the same request again with IdempotencyKey, never with another key:
// PortOne then tells the outcome, for three hours. Where IdempotencyKey is empty, the
// gateway made a key that is lost: look the result up, and repeat only what has not
// happened.
//
// So is, beside what the gateway itself calls so, every failure without an answer of
// the gateway's or PortOne's, whatever its code, also where the caller itself gave the
// call up. Bare UNAUTHENTICATED, PERMISSION_DENIED and UNIMPLEMENTED are not among
// them: a mesh or a wrong address answers so, and lets nothing through.
func (e *Error) OutcomeUnknown() bool {
	switch {
	case e.ReadOnly, e.notSent:
		return false
	case e.open:
		return true
	case e.domain == "":
		return !e.refusedOnTheWay()
	case e.domain == gatewayDomain && e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_UNSPECIFIED: // of a newer gateway
		return e.Code == codes.Unknown || e.Code == codes.Internal || e.Code == codes.DeadlineExceeded
	}
	return e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_OUTCOME_UNKNOWN ||
		e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_ANSWER_UNREADABLE
}

// refusedOnTheWay reports whether a status that is neither the gateway's nor PortOne's
// says that the call did not get to the gateway.
func (e *Error) refusedOnTheWay() bool {
	return e.Code == codes.Unauthenticated || e.Code == codes.PermissionDenied || e.Code == codes.Unimplemented
}

// OutcomeUnclear reports whether PortOne has answered a mutation without knowing, or
// saying, what became of it at the PG or another institution. To repeat the request
// with the same key gives the same answer again. Read the payment (or whatever the
// request was about) and go by that; repeat, with a new key, only what has not
// happened.
func (e *Error) OutcomeUnclear() bool {
	return !e.ReadOnly && !e.open && e.domain == portOneDomain && (e.Code == codes.Unknown && e.IdempotencyKey != "" ||
		e.NextStep() == portonev2.DeclineNextStep_DECLINE_NEXT_STEP_CHECK_PAYMENT)
}

// Decline says why a PG refused; UNSPECIFIED if none did, or its code is unknown.
func (e *Error) Decline() portonev2.DeclineReason { return e.Detail.GetDecline().GetReason() }

// NextStep says what to do about a PG's refusal; UNSPECIFIED if there is none.
func (e *Error) NextStep() portonev2.DeclineNextStep { return e.Detail.GetDecline().GetNextStep() }

// Data returns the data of the error's type, such as *portonev2.PgProviderError;
// nil if the type has none.
func (e *Error) Data() proto.Message {
	m := e.Detail.ProtoReflect()
	fd := m.WhichOneof(m.Descriptor().Oneofs().ByName("data"))
	if fd == nil {
		return nil
	}
	return m.Get(fd).Message().Interface()
}

// Retry is advice on repeating a call.
type Retry int

const (
	// RetryNever means that the same request fails again.
	RetryNever Retry = iota

	// RetrySame means to repeat the same request, a mutation with the same idempotency key,
	// after RetryAfter or with backoff.
	RetrySame

	// RetryLater means that the request may succeed later, as a new one: a limit or an outage
	// has to pass first.
	RetryLater

	// CheckFirst means that it may have been done, and to repeat the request says nothing of it
	// or does it again: see OutcomeUnclear, and OutcomeUnknown without a key.
	CheckFirst
)

// Retry reports whether to repeat the call.
func (e *Error) Retry() Retry {
	switch {
	case e.notSent:
		return RetryNever
	case e.OutcomeUnclear(), e.OutcomeUnknown() && e.IdempotencyKey == "":
		return CheckFirst
	case e.OutcomeUnknown(), e.Code == codes.Unavailable, e.Code == codes.Aborted, e.domain == "" && e.brokenRead():
		return RetrySame
	case e.NextStep() == portonev2.DeclineNextStep_DECLINE_NEXT_STEP_RETRY_LATER,
		e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_UPSTREAM_RATE_LIMITED,
		e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_CALLER_LIMIT,
		e.Code == codes.DeadlineExceeded:
		return RetryLater
	}
	return RetryNever
}

// brokenRead reports whether a bare status of a read may be that of a connection that
// broke, by the codes that client libraries and proxies have for it.
func (e *Error) brokenRead() bool {
	switch e.Code {
	case codes.Unknown, codes.Internal, codes.Canceled:
		return e.ReadOnly
	}
	return false
}
