package upstream

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
)

// IdempotencyHeader is the HTTP header, and in lower case the gRPC metadata, that
// carries the key of a mutation.
const IdempotencyHeader = "Idempotency-Key"

// Key identifies a mutation to PortOne: sent again with the same key, it is not
// carried out again, but answered as it was the first time, for three hours.
// It is the bare text, without the quotes of the header.
type Key string

// How long PortOne allows a key to be, in bytes.
const (
	minKey = 16
	maxKey = 256
)

// ParseKey reads a key as a caller gives it, bare or in double quotes. PortOne
// takes an RFC 8941 string of 16 to 256 ASCII characters; quotes and backslashes
// within are refused here, since they would need escapes that no one agrees on, and
// spaces at its ends, since it would come back without them from HTTP.
// The error does not contain the key.
func ParseKey(text string) (Key, error) {
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		if text, ok = strings.CutSuffix(inner, `"`); !ok {
			return "", errors.New("begins with a double quote and does not end with one")
		}
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~':
			return "", fmt.Errorf("has a character at position %d that is not printable ASCII", i)
		case c == '"' || c == '\\':
			return "", fmt.Errorf("has a quote or backslash at position %d", i)
		}
	}
	if strings.TrimSpace(text) != text {
		return "", errors.New("begins or ends with a space")
	}
	if len(text) < minKey || len(text) > maxKey {
		return "", fmt.Errorf("has %d characters, must have %d to %d", len(text), minKey, maxKey)
	}
	return Key(text), nil
}

// NewKey makes a key for a call that came without one.
func NewKey() Key { return Key(rand.Text()) } // 26 characters of base 32, 130 random bits

// Header is the key as the HTTP header has it.
func (k Key) Header() string { return `"` + string(k) + `"` }
