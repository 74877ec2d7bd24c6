package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/shop"
)

// Kept is how many webhooks are remembered, the latest.
const Kept = 1000

// The states of a delivery.
const (
	NotSent   = "NOT_SENT" // there is nobody to send it to
	Pending   = "PENDING"
	Delivered = "DELIVERED"
	Failed    = "FAILED"
)

// Delivery is a webhook and what became of it, as the control API shows it.
type Delivery struct {
	ID       string          `json:"id"`
	URL      string          `json:"url"`
	Body     json.RawMessage `json:"body"`
	Status   string          `json:"status"`
	Attempts int             `json:"attempts"`
	Answer   int             `json:"answer,omitempty"`  // HTTP status of the last attempt
	Problem  string          `json:"problem,omitempty"` // of the last attempt
}

// Sender delivers the webhooks of a world to one receiver, in order, each tried a
// few times before the next one's turn. It is safe for concurrent use, and nobody
// waits for it.
type Sender struct {
	// Tried hears of every attempt at a webhook of a payment, from another
	// goroutine. It is set before the first webhook is taken; nil if nobody listens.
	Tried func(shop.Try)

	to *Receiver

	mu      sync.Mutex
	all     []*Delivery   // the latest, and some before them
	queue   []*Delivery   // to be delivered
	working bool          // somebody is delivering
	done    chan struct{} // closed once nobody is; nil before anybody was
	muted   bool          // takes no notice of webhooks
}

// NewSender returns a sender to a receiver that has sent nothing yet.
func NewSender(to *Receiver) *Sender { return &Sender{to: to} }

// URL is where webhooks go; empty if nowhere.
func (s *Sender) URL() string { return s.to.URL }

// Take takes a webhook to be delivered, and returns at once: how often that will be
// tried at most, 0 if it goes nowhere.
func (s *Sender) Take(h shop.Webhook) (tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.muted {
		return 0
	}
	d := &Delivery{ID: h.ID, URL: h.URL, Body: json.RawMessage(h.Body), Status: NotSent}
	s.all = append(s.all, d)
	if len(s.all) == 2*Kept { // seldom, since it copies
		s.all = append([]*Delivery(nil), s.all[Kept:]...)
	}
	if s.to.URL == "" {
		return 0
	}
	d.Status = Pending
	s.queue = append(s.queue, d)
	if !s.working {
		s.working = true
		s.done = make(chan struct{})
		go s.work(s.done)
	}
	return 1 + len(s.to.Waits)
}

// Mute has the sender take no notice of webhooks, or take notice again.
func (s *Sender) Mute(muted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = muted
}

// Stop drops what is still to be delivered.
func (s *Sender) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue, s.muted = nil, true
}

// work delivers until there is nothing left.
func (s *Sender) work(done chan<- struct{}) {
	defer close(done)
	for d := s.next(); d != nil; d = s.next() {
		s.deliver(d)
	}
}

// next takes the next webhook from the queue; nil ends the work.
func (s *Sender) next() *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		s.working = false
		return nil
	}
	d := s.queue[0]
	s.queue = s.queue[1:]
	return d
}

// deliver tries to deliver a webhook until it is taken with a 2xx answer.
func (s *Sender) deliver(d *Delivery) {
	for i := 0; ; i++ {
		sent := time.Now().Unix() // receivers hold it against their own clock, not the sandbox's
		status, err := s.post(d, sent)
		last := i == len(s.to.Waits) || status/100 == 2 || s.stopped()
		s.report(shop.Try{ID: d.ID, Code: status, Sent: sent, Last: last})
		s.note(d, status, err, last)
		if last {
			return
		}
		time.Sleep(s.to.Waits[i])
	}
}

func (s *Sender) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.muted
}

// note records what came of an attempt.
func (s *Sender) note(d *Delivery, status int, err error, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Attempts++
	d.Answer, d.Problem = status, ""
	if err != nil {
		d.Problem = err.Error()
	}
	switch {
	case status/100 == 2:
		d.Status = Delivered
	case last:
		d.Status = Failed
	}
}

// post sends a webhook with a time in its header, in seconds since 1970; the status is
// 0 with an error. The body of a delivery never changes, so it needs no lock.
func (s *Sender) post(d *Delivery, at int64) (status int, err error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.to.URL, bytes.NewReader(d.Body))
	if err != nil {
		return 0, err
	}
	sent := strconv.FormatInt(at, 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", d.ID)
	r.Header.Set("Webhook-Timestamp", sent)
	r.Header.Set("Webhook-Signature", "v1,"+sign(s.to.key, d.ID, sent, d.Body))
	response, err := s.to.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
	return response.StatusCode, nil
}

// Deliveries are copies of those remembered, the oldest first.
func (s *Sender) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	latest := s.all[max(0, len(s.all)-Kept):]
	list := make([]Delivery, len(latest))
	for i, d := range latest {
		list[i] = *d
	}
	return list
}

// report tells whoever listens what came of an attempt.
func (s *Sender) report(t shop.Try) {
	if s.Tried != nil {
		s.Tried(t)
	}
}

// Wait waits until nothing is being delivered, nor waits for another attempt.
func (s *Sender) Wait() {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done != nil {
		<-done
	}
}
