// Package webhook verifies the webhooks that PortOne sends, which are signed by the
// rules of Standard Webhooks, and reads them.
//
//	verifier, err := webhook.NewVerifier(os.Getenv("PORTONE_WEBHOOK_SECRET"))
//	...
//	event, err := verifier.Verify(r.Header, body)
//	if err != nil {
//		http.Error(w, "not signed", http.StatusUnauthorized)
//		return
//	}
//
// The same webhook comes again until it is answered with 200, and not always in order:
// remember Event.ID, and read the payment instead of trusting what was. An event of a
// type that a program does not know is answered with 200 like any other; but
// Transaction.Confirm is a question, and 200 approves the payment.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Why a webhook is not accepted; errors wrap one of these.
var (
	// ErrHeaders: a header is missing, or stands more than once, or cannot be read.
	ErrHeaders = errors.New("webhook: the headers are not those of a webhook")

	// ErrSignature: no one who knows a secret has signed this.
	ErrSignature = errors.New("webhook: the signature does not match")

	// ErrTimestamp: the signature matches, and the time is too far from now: somebody
	// repeats an old webhook, or a clock is wrong.
	ErrTimestamp = errors.New("webhook: the timestamp is too far from now")

	// ErrBody: the signature matches, and the body is no JSON object.
	ErrBody = errors.New("webhook: the body is no JSON object")
)

const (
	usualTolerance = 5 * time.Minute
	secretPrefix   = "whsec_"
	longestID      = 256
)

// Verifier verifies webhooks. It is safe for concurrent use once it is made.
type Verifier struct {
	// Tolerance is how far the time of a webhook may be from now, in either direction.
	// Default: five minutes. Change it before the first use only.
	Tolerance time.Duration

	// Now is time.Now, but in tests.
	Now func() time.Time

	keys [][]byte
}

// NewVerifier makes a verifier that takes signatures by any of the secrets, as PortOne's
// console shows them: base64, after whsec_ or not. Give two while one replaces the other.
// The error does not contain a secret.
func NewVerifier(secrets ...string) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("webhook: no secret is given")
	}
	v := &Verifier{Tolerance: usualTolerance, Now: time.Now}
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil {
			return nil, fmt.Errorf("webhook: secret %d is not base64", i+1)
		}
		if len(key) == 0 {
			return nil, fmt.Errorf("webhook: secret %d is empty: anybody could sign with it", i+1)
		}
		v.keys = append(v.keys, key)
	}
	return v, nil
}

// String keeps the secrets out of texts.
func (v *Verifier) String() string { return "webhook.Verifier" }

// GoString does so for %#v.
func (v *Verifier) GoString() string { return v.String() }

// Verify verifies a webhook and reads it. The body is to be what was received, byte for
// byte; limit its size when you read it. The error is one of the above, wrapped.
func (v *Verifier) Verify(header http.Header, body []byte) (*Event, error) {
	id, err := one(header, "Webhook-Id")
	if err != nil {
		return nil, err
	}
	stamp, err := one(header, "Webhook-Timestamp")
	if err != nil {
		return nil, err
	}
	signatures, err := one(header, "Webhook-Signature")
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: webhook-timestamp is no number of seconds", ErrHeaders)
	}
	if !v.signed(id, stamp, body, signatures) {
		return nil, ErrSignature
	}
	sent := time.Unix(seconds, 0)
	if now := v.Now(); sent.Before(now.Add(-v.Tolerance)) || sent.After(now.Add(v.Tolerance)) {
		return nil, ErrTimestamp
	}
	return read(id, sent, body)
}

// one is the value of a header that has to stand once.
func one(header http.Header, name string) (string, error) {
	values := header.Values(name)
	if len(values) != 1 || values[0] == "" {
		return "", fmt.Errorf("%w: %s stands %d times", ErrHeaders, strings.ToLower(name), len(values))
	}
	if name == "Webhook-Id" && len(values[0]) > longestID {
		return "", fmt.Errorf("%w: webhook-id is longer than %d bytes", ErrHeaders, longestID)
	}
	for _, c := range []byte(values[0]) {
		if c < ' ' || c > '~' {
			return "", fmt.Errorf("%w: %s has a character that is not printable", ErrHeaders, strings.ToLower(name))
		}
	}
	return values[0], nil
}

// signed reports whether one of the signatures is by one of the keys. Every key is
// tried on every signature, so that the time says nothing of which is right.
func (v *Verifier) signed(id, stamp string, body []byte, signatures string) bool {
	found := false
	for _, key := range v.keys {
		mac := hmac.New(sha256.New, key)
		for _, part := range []string{id, ".", stamp, "."} {
			mac.Write([]byte(part))
		}
		mac.Write(body)
		want := mac.Sum(nil)
		for signature := range strings.FieldsSeq(signatures) {
			version, text, _ := strings.Cut(signature, ",")
			got, err := base64.StdEncoding.DecodeString(text)
			if version == "v1" && err == nil && hmac.Equal(got, want) {
				found = true
			}
		}
	}
	return found
}
