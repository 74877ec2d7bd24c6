// Package webhooks delivers the webhooks of the sandbox: signed by the rules of
// Standard Webhooks, each tried several times.
package webhooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// defaultWaits are how long PortOne waits at most before each further attempt at a
// delivery; it waits for any part of that.
var defaultWaits = []time.Duration{time.Minute, 4 * time.Minute, 16 * time.Minute, 64 * time.Minute, 256 * time.Minute}

// Receiver is where webhooks go, and what signs them. It is safe for concurrent use
// as long as no one changes it.
type Receiver struct {
	URL    string          // empty to deliver nothing
	Secret string          // as receivers have it; several are separated by spaces
	Waits  []time.Duration // at most, before each further attempt at a delivery

	keys   [][]byte // what the secrets encode
	client *http.Client
}

// NewReceiver reads where webhooks go. Without a URL they go nowhere; an empty secret
// is DefaultSecret. Several secrets sign each webhook, as while a secret is replaced by
// another. Errors name the options of package sandbox, and never quote a
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
	var keys [][]byte
	for one := range strings.FieldsSeq(secret) {
		encoded, found := strings.CutPrefix(one, secretPrefix)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !found || err != nil || len(key) == 0 {
			return nil, errBadSecret
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errBadSecret
	}
	return &Receiver{
		URL: to, Secret: secret, Waits: slices.Clone(defaultWaits), keys: keys,
		client: &http.Client{
			Timeout:       answersWithin,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// post sends a body, signed, with a time in its header.
func (to *Receiver) post(id string, body []byte, at int64) (*http.Response, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent := strconv.FormatInt(at, 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", sent)
	r.Header.Set("Webhook-Signature", to.signature(id, sent, body))
	return to.client.Do(r)
}

// maxReason is how much of an answer to a question is read.
const maxReason = 64 << 10

// Ask sends a question, and returns whether the answer approves: 2xx. Any other may
// give a reason as {"errorMessage":"..."}. No answer does not approve either.
func (to *Receiver) Ask(id string, body []byte) (approved bool, reason string) {
	response, err := to.post(id, body, time.Now().Unix())
	if err != nil {
		return false, ""
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 == 2 {
		return true, ""
	}
	var answer struct {
		ErrorMessage string `json:"errorMessage"`
	}
	_ = json.NewDecoder(io.LimitReader(response.Body, maxReason)).Decode(&answer) // a reason is optional
	return false, answer.ErrorMessage
}

var errBadSecret = fmt.Errorf("sandbox: WebhookSecret must be %s and base64, or several such with spaces between", secretPrefix)

// signature is the header that signs a webhook with every secret.
func (to *Receiver) signature(id, sent string, body []byte) string {
	signed := make([]string, len(to.keys))
	for i, key := range to.keys {
		signed[i] = "v1," + sign(key, id, sent, body)
	}
	return strings.Join(signed, " ")
}

// sign is the signature of a webhook by the rules of Standard Webhooks.
func sign(key []byte, id, sent string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, sent, body) // a hash cannot fail
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
