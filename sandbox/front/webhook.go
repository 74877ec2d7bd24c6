package front

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
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/shop"
)

// DefaultWebhookSecret signs webhooks unless Options say otherwise.
const DefaultWebhookSecret = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC1mb3ItdGVzdHM="

const (
	// secretPrefix begins secrets of Standard Webhooks; base64 follows.
	secretPrefix = "whsec_"

	// answersWithin is how long a receiver may take to answer.
	answersWithin = 10 * time.Second

	// keptDeliveries is how many webhooks are remembered, the latest.
	keptDeliveries = 1000
)

// webhookWaits are how long to wait before each further attempt at a delivery.
var webhookWaits = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// The states of a delivery.
const (
	deliveryNotSent   = "NOT_SENT" // there is nobody to send it to
	deliveryPending   = "PENDING"
	deliveryDelivered = "DELIVERED"
	deliveryFailed    = "FAILED"
)

// delivery is a webhook and what became of it, as the control API shows it.
type delivery struct {
	ID       string          `json:"id"`
	URL      string          `json:"url"`
	Body     json.RawMessage `json:"body"`
	Status   string          `json:"status"`
	Attempts int             `json:"attempts"`
	Answer   int             `json:"answer,omitempty"`  // HTTP status of the last attempt
	Problem  string          `json:"problem,omitempty"` // of the last attempt
}

// courier delivers the webhooks of a world to one receiver, in order, each tried a
// few times before the next one's turn. It is safe for concurrent use, and nobody
// waits for it.
type courier struct {
	to     string // empty to deliver nothing
	secret string // as receivers have it
	key    []byte // what it encodes
	client *http.Client
	waits  []time.Duration
	tried  func(shop.Try) // hears of every try; called with no lock held

	mu      sync.Mutex
	all     []*delivery // the latest, and some before them
	queue   []*delivery // to be delivered
	working bool        // somebody is delivering
	muted   bool        // takes no notice
}

// newCourier reads where webhooks go.
func newCourier(opts Options) (*courier, error) {
	if opts.WebhookURL != "" {
		if u, err := url.Parse(opts.WebhookURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("sandbox: WebhookURL must be an http or https URL")
		}
	}
	if opts.WebhookSecret == "" {
		opts.WebhookSecret = DefaultWebhookSecret
	}
	encoded, found := strings.CutPrefix(opts.WebhookSecret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil || len(key) == 0 {
		return nil, fmt.Errorf("sandbox: WebhookSecret must be %s and base64", secretPrefix)
	}
	return &courier{
		to: opts.WebhookURL, secret: opts.WebhookSecret, key: key, waits: webhookWaits,
		client: &http.Client{
			Timeout:       answersWithin,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// fresh is a courier to the same receiver for another world.
func (c *courier) fresh() *courier {
	return &courier{to: c.to, secret: c.secret, key: c.key, client: c.client, waits: c.waits, tried: func(shop.Try) {}}
}

// take takes a webhook to be delivered, and returns at once. It tells how often that
// will be tried, at most: 0 if it goes nowhere.
func (c *courier) take(h shop.Webhook) (tries int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.muted {
		return 0
	}
	d := &delivery{ID: h.ID, URL: h.URL, Body: json.RawMessage(h.Body), Status: deliveryNotSent}
	c.all = append(c.all, d)
	if len(c.all) == 2*keptDeliveries { // seldom, since it copies
		c.all = append([]*delivery(nil), c.all[keptDeliveries:]...)
	}
	if c.to == "" {
		return 0
	}
	d.Status = deliveryPending
	c.queue = append(c.queue, d)
	if !c.working {
		c.working = true
		go c.work()
	}
	return 1 + len(c.waits)
}

// mute has the courier take no notice of webhooks, or take notice again.
func (c *courier) mute(muted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.muted = muted
}

// stop drops what is still to be delivered.
func (c *courier) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue, c.muted = nil, true
}

// work delivers until there is nothing left.
func (c *courier) work() {
	for d := c.next(); d != nil; d = c.next() {
		c.deliver(d)
	}
}

// next takes the next webhook from the queue; nil ends the work.
func (c *courier) next() *delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.working = false
		return nil
	}
	d := c.queue[0]
	c.queue = c.queue[1:]
	return d
}

// deliver tries to deliver a webhook until it is taken with a 2xx answer.
func (c *courier) deliver(d *delivery) {
	for i := 0; ; i++ {
		sent := time.Now().Unix() // receivers hold it against their own clock, not the sandbox's
		status, err := c.post(d, sent)
		last := i == len(c.waits) || status/100 == 2 || c.stopped()
		c.tried(shop.Try{ID: d.ID, Code: status, Sent: sent, Last: last})
		c.note(d, status, err, last)
		if last {
			return
		}
		time.Sleep(c.waits[i])
	}
}

func (c *courier) stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.muted
}

// note records what came of an attempt.
func (c *courier) note(d *delivery, status int, err error, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.Attempts++
	d.Answer, d.Problem = status, ""
	if err != nil {
		d.Problem = err.Error()
	}
	switch {
	case status/100 == 2:
		d.Status = deliveryDelivered
	case last:
		d.Status = deliveryFailed
	}
}

// post sends a webhook with a time in its header, in seconds since 1970; the status is
// 0 with an error. The body of a delivery never changes, so it needs no lock.
func (c *courier) post(d *delivery, at int64) (status int, err error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.to, bytes.NewReader(d.Body))
	if err != nil {
		return 0, err
	}
	sent := strconv.FormatInt(at, 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", d.ID)
	r.Header.Set("Webhook-Timestamp", sent)
	r.Header.Set("Webhook-Signature", "v1,"+signature(c.key, d.ID, sent, d.Body))
	response, err := c.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
	return response.StatusCode, nil
}

// signature signs a webhook by the rules of Standard Webhooks.
func signature(key []byte, id, sent string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, sent, body) // a hash cannot fail
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// deliveries are copies of those remembered, the oldest first.
func (c *courier) deliveries() []delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	latest := c.all[max(0, len(c.all)-keptDeliveries):]
	list := make([]delivery, len(latest))
	for i, d := range latest {
		list[i] = *d
	}
	return list
}

func (s *Server) runWebhooks([]byte) (any, error) {
	return map[string]any{"webhooks": s.current().courier.deliveries()}, nil
}
