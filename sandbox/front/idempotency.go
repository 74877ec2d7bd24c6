package front

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	idempotencyHeader = "Idempotency-Key"

	// keptAnswers is how long PortOne remembers the answer to a key.
	keptAnswers = 3 * time.Hour

	// How many characters PortOne allows a key to have.
	minKey = 16
	maxKey = 256
)

// kept is a request with a key, and its answer once it has one.
type kept struct {
	print  [sha256.Size]byte
	done   bool
	answer answer
}

// keyOf reads the key of a request; empty if it has none, or is a GET, for which
// PortOne ignores it. A key is a string of RFC 8941: in double quotes, with
// backslashes before quotes and backslashes.
func keyOf(h http.Header, op *operation) (string, error) {
	values := h.Values(idempotencyHeader)
	if len(values) == 0 || !op.call.Method.IsMutation() {
		return "", nil
	}
	if len(values) > 1 {
		return "", errors.New("is given more than once")
	}
	key, err := unquote(strings.TrimSpace(values[0]))
	if err != nil {
		return "", err
	}
	if len(key) < minKey || len(key) > maxKey {
		return "", fmt.Errorf("has %d characters, must have %d to %d", len(key), minKey, maxKey)
	}
	return key, nil
}

// unquote reads a string of RFC 8941, section 3.3.3.
func unquote(text string) (string, error) {
	inner, opened := strings.CutPrefix(text, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !opened || !closed {
		return "", errors.New("must be in double quotes")
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c == '\\' {
			if i++; i == len(inner) || inner[i] != '"' && inner[i] != '\\' {
				return "", errors.New("has a backslash before something else than a quote or backslash")
			}
			c = inner[i]
		} else if c == '"' || c < ' ' || c > '~' {
			return "", fmt.Errorf("has a character at position %d that may not stand there", i)
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// fingerprint tells requests apart that have the same key. Those that ask for the
// same in other words, such as with members in another order, are the same.
func fingerprint(r *request) [sha256.Size]byte {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(r.message)
	if err != nil { // it was read from this form
		panic(err)
	}
	return sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", r.op.id, r.problem, wire))
}

// once carries a request out with do and keeps the answer for its key, or answers
// as it was answered the first time. Do is called without the lock, so that the
// key is outstanding for as long as it takes.
func (s *Server) once(st *state, key string, r *request, do func() answer) answer {
	if key == "" {
		return do()
	}
	k, first := s.claim(st, key, r)
	switch {
	case first:
		a := do()
		s.mu.Lock()
		defer s.mu.Unlock()
		k.answer, k.done = a, true
		st.answers.letGo(key, st.world.Clock.Now())
		return a
	case k.print != fingerprint(r):
		return s.refuse(world.Refuse(invalidRequest, "the idempotency key was used for another request"))
	case !k.done:
		return s.refuse(world.Refuse(outstanding, "the first request with this idempotency key is being worked on"))
	default:
		return k.answer
	}
}

// claim returns a copy of what is kept for a key, or the new entry if r is the
// first request with it.
func (s *Server) claim(st *state, key string, r *request) (k *kept, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, found := st.answers.get(key, st.world.Clock.Now()); found {
		seen := *k
		return &seen, false
	}
	k = &kept{print: fingerprint(r)}
	st.answers.hold(key, k) // however long it takes: somebody is working on it
	return k, true
}
