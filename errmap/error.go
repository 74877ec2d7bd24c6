package errmap

import (
	"fmt"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Names in an ErrorInfo's metadata.
const (
	metaOperation  = "operation"      // operationId
	metaCaller     = "caller"         // the caller's own name, in the gateway's policy
	metaHTTPStatus = "httpStatus"     // of PortOne's answer
	metaKey        = "idempotencyKey" // with which the outcome can be asked for
	metaTruncated  = "truncated"      // what was cut to fit into trailers
)

// Error is a failed call: a status for the caller and a cause for the log. It is
// not changed after it is made, and safe for concurrent use.
type Error struct {
	full   *spb.Status
	reason string
	domain string
	http   int // status on REST
	retry  time.Duration
	cause  error

	settles bool // see Settles
}

// Error implements error. The text is that of the status; the cause is not in it.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s", codes.Code(e.full.GetCode()), e.full.GetMessage())
}

// Unwrap returns the cause, which callers of the gateway never see.
func (e *Error) Unwrap() error { return e.cause }

// Code is the gRPC code.
func (e *Error) Code() codes.Code { return codes.Code(e.full.GetCode()) }

// Reason is the ErrorInfo's reason: PortOne's type as it was sent, or the name of
// a GatewayReason without prefix. PortOne can send any text there: logs, spans and
// metrics have its Label.
func (e *Error) Reason() string { return e.reason }

// Domain is the ErrorInfo's domain.
func (e *Error) Domain() string { return e.domain }

// HTTPStatus is the status of the error on REST: PortOne's for its own errors.
func (e *Error) HTTPStatus() int { return e.http }

// RetryAfter is how long to wait before trying again; 0 if nothing is known.
func (e *Error) RetryAfter() time.Duration { return e.retry }

// Full returns the status with everything in it, for REST, where size does not
// matter.
func (e *Error) Full() *status.Status { return status.FromProto(e.full) }

// GRPCStatus returns the status as it fits into the trailers of an answer, see
// fit. grpc-go sends it when a handler returns e.
func (e *Error) GRPCStatus() *status.Status { return status.FromProto(fit(e.full)) }
