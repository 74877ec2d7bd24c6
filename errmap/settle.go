package errmap

import (
	"net/http"

	"google.golang.org/grpc/codes"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// settling are the HTTP statuses with which PortOne says what became of a mutation:
// it looked at the request under its key and found it wrong, or found that it does not
// fit what is stored. The other 4xx do not: who may call (401, 403) and how often (429)
// is looked at before the key is, and 408 and 499 say that somebody gave up. A redirect
// is no one's answer, and a 5xx says that PortOne, or what is behind it, failed.
var settling = map[int]bool{
	http.StatusBadRequest: true,
	http.StatusNotFound:   true,
	http.StatusConflict:   true,
	http.StatusGone:       true,
}

// settledByPG are the types with which PortOne hands on what a PG answered, with 502.
var settledByPG = map[portonev2.ErrorReason]bool{
	portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER:      true,
	portonev2.ErrorReason_ERROR_REASON_CHANNEL_SPECIFIC: true,
}

// settles reports whether an answer of a type that the table has says what became of
// a mutation, see Error.Settles.
func (r *row) settles(httpStatus int) bool {
	switch {
	case r == nil || r.code == codes.Aborted: // of a type from tomorrow, or still being worked on
		return false
	case settledByPG[r.reason]:
		return httpStatus == http.StatusBadGateway || settling[httpStatus]
	}
	return settling[httpStatus] && r.code != codes.Unknown && r.code != codes.Unavailable
}

// Settles reports whether the error is PortOne's word on what became of a mutation
// under its idempotency key, so that it also settles an earlier attempt with the same
// key whose answer was lost. Any other error leaves that attempt open.
func (e *Error) Settles() bool { return e.settles }

// mayBeDone reports whether an answer of PortOne's with this HTTP status may stand in
// place of one that was lost on the way: it does not say that the request was refused.
func mayBeDone(httpStatus int) bool {
	switch {
	case httpStatus < 400 || httpStatus >= 500:
		return true
	case httpStatus == http.StatusRequestTimeout || httpStatus == statusClientClosed:
		return true
	}
	return false
}
