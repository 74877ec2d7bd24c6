package front

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
	// troubleHeader is the request header that asks for trouble.
	troubleHeader = "X-Portone-Sandbox"

	// troublePrefix begins a path parameter or a top-level string of a request
	// that asks for trouble.
	troublePrefix = "sandbox:"

	maxLatency    = 10 * time.Minute
	maxRetryAfter = 3600 // seconds
)

// trouble is what a request asks for instead of, or besides, a proper answer. The
// zero value is no trouble. See the package comment for the grammar.
type trouble struct {
	errorType  string
	pgCode     string
	status     int
	retryAfter int // seconds
	latency    time.Duration
	cut        cut
	times      int // 0 for always
}

// cut tells when the connection is cut.
type cut string

const (
	cutNever  cut = ""
	cutBefore cut = "before" // the request is not even processed
	cutAfter  cut = "after"  // processed, and not answered
	cutHalf   cut = "half"   // processed, and half answered
)

// directives has what can be asked for, by name.
var directives = map[string]func(t *trouble, value string) error{
	"error":       (*trouble).setError,
	"pg":          (*trouble).setPG,
	"status":      (*trouble).setStatus,
	"retry-after": (*trouble).setRetryAfter,
	"latency":     (*trouble).setLatency,
	"cut":         (*trouble).setCut,
	"half":        (*trouble).setHalf,
	"times":       (*trouble).setTimes,
	"n":           func(*trouble, string) error { return nil },
}

// parseTrouble reads directives, separated by semicolons.
func parseTrouble(text string) (trouble, error) {
	var t trouble
	given := make(map[string]bool)
	for directive := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		set := directives[name]
		if set == nil {
			return trouble{}, fmt.Errorf("%q is no directive; there are %s", name, directiveNames())
		}
		if given[name] && name != "n" {
			return trouble{}, fmt.Errorf("%s stands more than once", name)
		}
		given[name] = true
		if err := set(&t, value); err != nil {
			return trouble{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, t.contradiction(given)
}

// contradiction tells of directives that do not go together.
func (t *trouble) contradiction(given map[string]bool) error {
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

func directiveNames() string {
	names := make([]string, 0, len(directives))
	for name := range directives {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (t *trouble) setError(value string) error {
	for _, c := range value {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return errors.New("an error type has capital letters, digits and underscores")
		}
	}
	return setText(&t.errorType, value)
}

func (t *trouble) setPG(value string) error { return setText(&t.pgCode, value) }

func setText(to *string, value string) error {
	if value == "" {
		return errors.New("has no value")
	}
	*to = value
	return nil
}

func (t *trouble) setStatus(value string) error { return setNumber(&t.status, value, 400, 599) }

func (t *trouble) setRetryAfter(value string) error {
	return setNumber(&t.retryAfter, value, 1, maxRetryAfter)
}

func (t *trouble) setTimes(value string) error { return setNumber(&t.times, value, 1, 1_000_000) }

func setNumber(to *int, value string, least, most int) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return fmt.Errorf("must be a number from %d to %d", least, most)
	}
	*to = n
	return nil
}

func (t *trouble) setLatency(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > maxLatency {
		return fmt.Errorf("must be a duration such as 1.5s, at most %v", maxLatency)
	}
	t.latency = d
	return nil
}

func (t *trouble) setCut(value string) error {
	if t.cut = cut(value); t.cut != cutBefore && t.cut != cutAfter {
		return errors.New("must be before or after")
	}
	return nil
}

func (t *trouble) setHalf(value string) error {
	if value != "" {
		return errors.New("takes no value")
	}
	t.cut = cutHalf
	return nil
}

// troubleOf returns what a request asks for: in the header or, without that, in
// the first of its strings that begins with the prefix. An error is a mistake in
// the grammar.
func (s *Server) troubleOf(st *state, h http.Header, r *request) (trouble, error) {
	text, where := h.Get(troubleHeader), troubleHeader
	if text == "" {
		if text, where = reserved(r.message); text == "" {
			return trouble{}, nil
		}
	}
	t, err := parseTrouble(text)
	if err == nil {
		err = s.contract.knows(&t)
	}
	if err != nil {
		return trouble{}, fmt.Errorf("%s: %w", where, err)
	}
	if t.times > 0 && s.count(st, where+" "+text+"\n"+subject(h, r)) > t.times {
		return trouble{}, nil
	}
	return t, nil
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
		if text, found := strings.CutPrefix(m.Get(fd).String(), troublePrefix); found {
			return text, fd.JSONName()
		}
	}
	return "", ""
}

// knows tells whether an error type that is asked for is in the contract. One that
// is not needs a status.
func (c *contract) knows(t *trouble) error {
	if t.errorType != "" && c.byType[t.errorType] == nil && t.status == 0 {
		return fmt.Errorf("error: the contract has no error type %s, and a new one needs a status", t.errorType)
	}
	return nil
}

// subject is what a request is about, for the directive times: the object that its
// path names, else the payment in its body, else its idempotency key; empty if it has
// none of these.
func subject(h http.Header, r *request) string {
	if r.object != "" {
		return r.object
	}
	m := r.message.ProtoReflect()
	if fd := m.Descriptor().Fields().ByName("payment_id"); fd != nil && fd.Kind() == protoreflect.StringKind && m.Has(fd) {
		return m.Get(fd).String()
	}
	if key, err := keyOf(h, r.op); err == nil {
		return key
	}
	return ""
}

// count counts the requests that asked for the very same trouble.
func (s *Server) count(st *state, text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := st.world.Clock.Now()
	n, found := st.troubled.get(text, now)
	if !found {
		n = new(int)
		st.troubled.add(text, n, now)
	}
	*n++
	return *n
}
