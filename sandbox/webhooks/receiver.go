// Package webhooks delivers the webhooks of the sandbox: signed by the rules of
// Standard Webhooks, each tried several times.
package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DefaultSecret signs webhooks unless told otherwise.
const DefaultSecret = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC1mb3ItdGVzdHM="

const (
	// secretPrefix begins secrets of Standard Webhooks; base64 follows.
	secretPrefix = "whsec_"

	// answersWithin is how long a receiver may take to answer.
	answersWithin = 10 * time.Second
)

// defaultWaits are how long to wait before each further attempt at a delivery.
var defaultWaits = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// Receiver is where webhooks go, and what signs them. It is safe for concurrent use
// as long as nobody changes it.
type Receiver struct {
	URL    string          // empty to deliver nothing
	Secret string          // as receivers have it
	Waits  []time.Duration // before each further attempt at a delivery

	key    []byte // what the secret encodes
	client *http.Client
}

// NewReceiver reads where webhooks go. Without a URL they go nowhere; an empty secret
// is DefaultSecret. Errors name the options of package sandbox, and never quote a
// secret.
func NewReceiver(to, secret string) (*Receiver, error) {
	if to != "" {
		if u, err := url.Parse(to); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("sandbox: WebhookURL must be an http or https URL")
		}
	}
	if secret == "" {
		secret = DefaultSecret
	}
	encoded, found := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil || len(key) == 0 {
		return nil, fmt.Errorf("sandbox: WebhookSecret must be %s and base64", secretPrefix)
	}
	return &Receiver{
		URL: to, Secret: secret, Waits: slices.Clone(defaultWaits), key: key,
		client: &http.Client{
			Timeout:       answersWithin,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// sign is the signature of a webhook by the rules of Standard Webhooks.
func sign(key []byte, id, sent string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, sent, body) // a hash cannot fail
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
