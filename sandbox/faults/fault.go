// Package faults is fault injection: what a request can ask the sandbox to do wrong.
// The comment of package sandbox has the grammar.
package faults

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// Header is the request header that asks for a fault.
	Header = "X-Portone-Sandbox"

	// Prefix begins a path parameter or a top-level string of a request that asks
	// for a fault.
	Prefix = "sandbox:"

	maxLatency    = 10 * time.Minute
	maxRetryAfter = 3600 // seconds
)

// Fault is what a request asks for instead of, or besides, a proper answer. The zero
// value is no fault.
type Fault struct {
	ErrorType  string
	PGCode     string
	Status     int // 0 for that of the error type
	RetryAfter int // seconds; 0 for no such header
	Latency    time.Duration
	Cut        Cut
	Times      int // 0 for always
}

// Cut says when the connection is cut.
type Cut string

// When a connection can be cut.
const (
	CutNever  Cut = ""
	CutBefore Cut = "before" // the request is not even processed
	CutAfter  Cut = "after"  // processed, and not answered
	CutHalf   Cut = "half"   // processed, and half answered
)

// Outstanding is an error type that does not tell the outcome of a request.
const Outstanding = "IDEMPOTENCY_OUTSTANDING_REQUEST"

// IsOutcome reports whether the fault is what the request comes to: it is answered
// with a typed error, which is kept for its idempotency key like any other answer.
func (f *Fault) IsOutcome() bool {
	return (f.ErrorType != "" || f.PGCode != "") && f.ErrorType != Outstanding
}

// Stops reports whether the request gets neither as far as being processed, nor to
// using its idempotency key.
func (f *Fault) Stops() bool {
	return f.Cut == CutBefore || !f.IsOutcome() && (f.Status != 0 || f.ErrorType == Outstanding)
}

// directives has what can be asked for, by name.
var directives = map[string]func(f *Fault, value string) error{
	"error":       (*Fault).setError,
	"pg":          (*Fault).setPG,
	"status":      (*Fault).setStatus,
	"retry-after": (*Fault).setRetryAfter,
	"latency":     (*Fault).setLatency,
	"cut":         (*Fault).setCut,
	"half":        (*Fault).setHalf,
	"times":       (*Fault).setTimes,
	"n":           func(*Fault, string) error { return nil },
}

// Parse reads directives, separated by semicolons. It does not know which error types
// there are.
func Parse(text string) (Fault, error) {
	var f Fault
	given := make(map[string]bool)
	for directive := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		set := directives[name]
		if set == nil {
			return Fault{}, fmt.Errorf("%q is no directive; there are %s", name, DirectiveNames())
		}
		if given[name] && name != "n" {
			return Fault{}, fmt.Errorf("%s is given more than once", name)
		}
		given[name] = true
		if err := set(&f, value); err != nil {
			return Fault{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return f, f.contradiction(given)
}

// contradiction is the error of directives that do not go together.
func (f *Fault) contradiction(given map[string]bool) error {
	switch {
	case given["error"] && given["pg"]:
		return errors.New("error and pg do not go together")
	case given["cut"] && given["half"]:
		return errors.New("cut and half do not go together")
	case given["retry-after"] && !given["status"] && !given["error"]:
		return errors.New("retry-after needs a status or an error")
	}
	return nil
}

// DirectiveNames lists the directives, for people to read.
func DirectiveNames() string {
	names := make([]string, 0, len(directives))
	for name := range directives {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (f *Fault) setError(value string) error {
	for _, c := range value {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return errors.New("an error type has capital letters, digits and underscores")
		}
	}
	return setText(&f.ErrorType, value)
}

func (f *Fault) setPG(value string) error { return setText(&f.PGCode, value) }

func setText(to *string, value string) error {
	if value == "" {
		return errors.New("has no value")
	}
	*to = value
	return nil
}

func (f *Fault) setStatus(value string) error { return setNumber(&f.Status, value, 400, 599) }

func (f *Fault) setRetryAfter(value string) error {
	return setNumber(&f.RetryAfter, value, 1, maxRetryAfter)
}

func (f *Fault) setTimes(value string) error { return setNumber(&f.Times, value, 1, 1_000_000) }

func setNumber(to *int, value string, least, most int) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return fmt.Errorf("must be a number from %d to %d", least, most)
	}
	*to = n
	return nil
}

func (f *Fault) setLatency(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > maxLatency {
		return fmt.Errorf("must be a duration such as 1.5s, at most %v", maxLatency)
	}
	f.Latency = d
	return nil
}

func (f *Fault) setCut(value string) error {
	if f.Cut = Cut(value); f.Cut != CutBefore && f.Cut != CutAfter {
		return errors.New("must be before or after")
	}
	return nil
}

func (f *Fault) setHalf(value string) error {
	if value != "" {
		return errors.New("takes no value")
	}
	f.Cut = CutHalf
	return nil
}

// Asked returns the directives that a request asks with, and where they stand: in the
// header or, without that, in the first of its strings that begins with the prefix.
// Empty is none.
func Asked(h http.Header, request proto.Message) (text, where string) {
	if text := h.Get(Header); text != "" {
		return text, Header
	}
	return reserved(request)
}

// reserved looks for a string of a request that begins with the prefix, in the
// order of the contract's fields.
func reserved(message proto.Message) (text, member string) {
	m := message.ProtoReflect()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Kind() != protoreflect.StringKind || fd.Cardinality() == protoreflect.Repeated {
			continue
		}
		if text, found := strings.CutPrefix(m.Get(fd).String(), Prefix); found {
			return text, fd.JSONName()
		}
	}
	return "", ""
}
