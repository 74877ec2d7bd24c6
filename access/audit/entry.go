// Package audit writes down who had what done: a line of JSON when a mutation is let
// through, and one when it ends. Lines have names, codes and amounts, and no payload;
// ids are there as HMACs, so that whoever has an id and the key can find its lines, and
// whoever has only the lines cannot find ids.
package audit

import (
	"encoding/json"
	"time"
)

// Entry is a line. Empty members are left out.
type Entry struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"` // see the constants

	RequestID string `json:"request_id,omitempty"`
	TraceID   string `json:"trace_id,omitempty"`
	RPC       string `json:"rpc"`
	Transport string `json:"transport"`

	Caller       string `json:"caller,omitempty"`
	Credential   string `json:"credential,omitempty"`    // its kind
	CredentialID string `json:"credential_id,omitempty"` // see policy.Credential

	Policy   string `json:"policy,omitempty"`   // SHA-256 of the file
	Decision string `json:"decision,omitempty"` // see the constants
	Cause    string `json:"cause,omitempty"`    // of a refusal
	Role     string `json:"role,omitempty"`
	Line     int    `json:"line,omitempty"` // of the rule, in the policy
	Store    string `json:"store,omitempty"`
	Secret   string `json:"secret,omitempty"` // its name

	Amount   *int64            `json:"amount,omitempty"` // in the currency's minor unit
	Currency string            `json:"currency,omitempty"`
	IDs      map[string]string `json:"ids,omitempty"` // HMACs of the request's ids, by field
	Key      string            `json:"idempotency_key,omitempty"`

	Code     string `json:"code,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Attempts int    `json:"attempts,omitempty"` // requests that were sent to PortOne
}

// What a line is about.
const (
	// EventBegin is before anything is sent to PortOne.
	EventBegin = "begin"

	// EventEnd is when it is known how it ended, or that it is not known.
	EventEnd = "end"

	// EventRefused is a call that is not let through.
	EventRefused = "refused"
)

// What was decided.
const (
	Allowed     = "allowed"
	Refused     = "refused"
	WouldRefuse = "would_refuse" // in shadow mode
)

// append appends the line.
func (e *Entry) append(dst []byte) ([]byte, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return dst, err
	}
	return append(append(dst, text...), '\n'), nil
}
