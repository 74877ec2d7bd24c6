// Package signature verifies webhooks by the rules of Standard Webhooks, which
// PortOne signs by: an HMAC-SHA256 over id, timestamp and body.
//
// The well-known Go library takes an empty secret in its only release, one secret a
// verifier, and no other tolerance than five minutes; the tests hold this package
// against it and against PortOne's own SDKs.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a webhook.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// DefaultTolerance is how far a webhook's timestamp may be from now, as PortOne's SDKs
// have it.
const DefaultTolerance = 5 * time.Minute

const (
	// maxID is how long an id may be, in bytes.
	maxID = 256
	// maxSignatures is how many signatures of one webhook are looked at.
	maxSignatures = 16
)

// Why a webhook is refused.
var (
	// ErrHeaders: a header is missing, there more than once, or not in its form.
	ErrHeaders = errors.New("signature: a webhook header is missing, repeated or malformed")
	// ErrMismatch: no signature is that of a known secret.
	ErrMismatch = errors.New("signature: the signature is of none of the secrets")
	// ErrTimestamp: the signature is right, but the timestamp is too far from now.
	ErrTimestamp = errors.New("signature: the signature is right, but its timestamp is too far from now")
)

// Verified is what the signature vouches for.
type Verified struct {
	ID          string    // webhook-id
	SentAt      time.Time // webhook-timestamp
	Environment string    // label of the secret
}

// Verify checks the signature of a webhook with any of the secrets. The body is that
// which came, byte by byte. A tolerance of 0 takes any timestamp. The error is one of
// this package's.
func Verify(secrets []Secret, header http.Header, body []byte, now time.Time, tolerance time.Duration) (Verified, error) {
	id, ok1 := one(header, HeaderID)
	sent, ok2 := one(header, HeaderTimestamp)
	signatures, ok3 := one(header, HeaderSignature)
	if !ok1 || !ok2 || !ok3 || !isID(id) {
		return Verified{}, ErrHeaders
	}
	seconds, ok := parseSeconds(sent)
	if !ok {
		return Verified{}, ErrHeaders
	}
	label, ok := match(secrets, candidates(signatures), id, sent, body)
	if !ok {
		return Verified{}, ErrMismatch
	}
	v := Verified{ID: id, SentAt: time.Unix(seconds, 0), Environment: label}
	if tolerance > 0 && now.Sub(v.SentAt).Abs() > tolerance {
		return v, ErrTimestamp
	}
	return v, nil
}

// one returns a header that is there once: of two, a proxy may have looked at the other.
func one(header http.Header, name string) (string, bool) {
	values := header[name]
	return first(values), len(values) == 1
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// isID reports whether an id is visible ASCII, so that it can stand in logs and headers.
func isID(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxID
}

// parseSeconds reads a decimal number in the one form that every verifier reads and
// prints alike: some sign the text, others the number.
func parseSeconds(text string) (int64, bool) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	ok := err == nil && seconds >= 0 && seconds < 1<<40 && strconv.FormatInt(seconds, 10) == text
	return seconds, ok
}

// candidates are the signatures of version 1 in a header; others are for other keys.
func candidates(header string) [][]byte {
	var list [][]byte
	for text := range strings.SplitSeq(header, " ") {
		encoded, found := strings.CutPrefix(text, "v1,")
		if !found {
			continue
		}
		if mac, err := base64.StdEncoding.Strict().DecodeString(encoded); err == nil && len(mac) == sha256.Size {
			list = append(list, mac)
		}
		if len(list) == maxSignatures {
			break
		}
	}
	return list
}

// match finds the secret that one of the signatures is of.
func match(secrets []Secret, signatures [][]byte, id, sent string, body []byte) (label string, ok bool) {
	for _, secret := range secrets {
		if len(secret.key) == 0 { // the zero Secret
			continue
		}
		want := sign(secret, id, sent, body)
		for _, got := range signatures {
			if hmac.Equal(want, got) {
				return secret.label, true
			}
		}
	}
	return "", false
}

func sign(secret Secret, id, sent string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret.key)
	for _, part := range []string{id, ".", sent, "."} {
		_, _ = mac.Write([]byte(part)) // a hash cannot fail
	}
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}

// Sign sets the headers of a webhook, as PortOne does. It is for tests and tools.
func Sign(secret Secret, header http.Header, id string, at time.Time, body []byte) {
	sent := strconv.FormatInt(at.Unix(), 10)
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, sent)
	header.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(sign(secret, id, sent, body)))
}
