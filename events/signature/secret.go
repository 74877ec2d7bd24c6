package signature

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Secret is a webhook secret of PortOne's console with a label of our own. However it
// is printed, logged or marshalled, its key does not show.
type Secret struct {
	label string
	key   []byte
}

// prefix begins secrets of Standard Webhooks; base64 follows. PortOne's SDKs take a
// secret without it, too.
const prefix = "whsec_"

// maxLabel is how long a label may be, in bytes.
const maxLabel = 32

// NewSecret reads a secret: base64 after an optional "whsec_". The label is 1 to 32
// lower-case letters, digits and hyphens. The error does not contain the secret.
func NewSecret(label, text string) (Secret, error) {
	if !isLabel(label) {
		return Secret{}, fmt.Errorf("the label of a webhook secret must be 1 to %d lower-case letters, digits and hyphens", maxLabel)
	}
	encoded := strings.TrimPrefix(strings.TrimSpace(text), prefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(encoded)
	}
	if err != nil {
		return Secret{}, errors.New("a webhook secret must be base64 after an optional " + prefix)
	}
	// Anybody can sign with an empty key.
	if len(key) == 0 {
		return Secret{}, errors.New("the webhook secret is empty")
	}
	return Secret{label, key}, nil
}

func isLabel(text string) bool {
	for i := range len(text) {
		if c := text[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return text != "" && len(text) <= maxLabel
}

// Label is what events that it verified have as their environment.
func (s Secret) Label() string { return s.label }

// Format implements fmt.Formatter, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// String implements fmt.Stringer.
func (s Secret) String() string { return s.label + ":[redacted]" }

// MarshalText implements encoding.TextMarshaler, and so JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
