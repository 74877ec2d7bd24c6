package upstream

import (
	"time"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
)

// Request is an HTTP request to PortOne. Its slices must not change until the call
// ends.
type Request struct {
	// Method is what is called.
	Method *contract.Method

	// Account is whose API secret it goes up with, in all attempts; nil for the
	// client's own.
	Account *Account

	// Path is the escaped path; Query the encoded query, without its question mark;
	// Body the JSON, nil if there is none.
	Path, Query, Body []byte

	// Key is the idempotency key of a mutation.
	Key Key

	// KeyMade reports whether Key was made for this call, by NewKey, and is not the
	// caller's own: the caller cannot repeat the request with it before it has an
	// answer that names it.
	KeyMade bool

	// Deadline is when the answer must be there; zero if the caller set none.
	Deadline time.Time

	// Header has further header lines for PortOne, each ending with CRLF. They ask for
	// faults of the sandbox, so that the breaker learns nothing from such a call.
	Header []byte

	// Call says more about the call where it fails. Required.
	Call Describer

	// RequestID names the call in the log.
	RequestID string

	// BeforeSend is called, by the goroutine of the call, before the first byte of each
	// attempt goes up: without it having been called, nothing was sent. May be nil.
	BeforeSend func()

	// Attempts is how many requests were sent for it, also to ask for an outcome. It
	// is set when the call ends.
	Attempts int

	// Elsewhere is how long the call was with PortOne, or waited to ask again. It is set
	// when the call ends, or when its stream is opened.
	Elsewhere time.Duration

	// Status is the HTTP status of an answer that Do returned, which is 2xx. It is set
	// when the call ends.
	Status int
}

// Describer is a call that can say what it was about.
type Describer interface {
	// Describe returns what is known of the call, for its error.
	Describe() *errmap.Subject
}
