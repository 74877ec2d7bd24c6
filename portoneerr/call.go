package portoneerr

import (
	"google.golang.org/grpc/codes"
)

// Call is what a client knows of a call that failed, and the status does not say.
// Package portoneclient gives it; programs that call by bare stubs may, too.
type Call struct {
	// Mutation reports whether the call may have changed something.
	Mutation bool

	// IdempotencyKey is the key that a mutation was sent with.
	IdempotencyKey string

	// RequestID is the answer's metadata x-request-id.
	RequestID string

	// OutcomeUnknown reports that an earlier attempt of the same mutation may have
	// been carried out, and that nothing since has said what came of it.
	OutcomeUnknown bool

	// NotSent reports that the request did not leave the program.
	NotSent bool
}

// FromCall is FromMutation or FromRead for a client that knows more of the call.
func FromCall(err error, call Call) *Error {
	if err == nil {
		return nil
	}
	if !call.Mutation {
		e := FromRead(err)
		e.RequestID, e.notSent = call.RequestID, call.NotSent
		return e
	}
	e := FromMutation(err, call.IdempotencyKey)
	e.ReadOnly, e.RequestID, e.open, e.notSent = false, call.RequestID, call.OutcomeUnknown, call.NotSent
	return e
}

// TellsOutcome reports whether the error says what came of a mutation that an earlier
// attempt may have carried out: it is PortOne's answer, and one about the request. Who
// may call is looked at before the idempotency key is.
func (e *Error) TellsOutcome() bool {
	if e.domain != portOneDomain {
		return false
	}
	switch e.Code {
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unavailable, codes.Aborted:
		return false
	}
	return true
}
