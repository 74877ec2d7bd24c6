package webhooks

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/shop"
)

// Kept is how many webhooks are remembered, the latest.
const Kept = 1000

// The states of a delivery.
const (
	NotSent   = "NOT_SENT" // there is no one to send it to
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

// Sender delivers the webhooks of a world to one receiver: first attempts in order, one
// at a time, and further attempts as Receiver.Waits has them. It is safe for concurrent
// use, and no caller waits for a delivery.
type Sender struct {
	// Tried hears of every attempt at a webhook, from another goroutine. It is set
	// before the first webhook is taken; nil if no one listens.
	Tried func(shop.DeliveryAttempt)

	// Later plans something for later, on the sandbox's clock. It is set before the
	// first webhook is taken, and called with no lock held.
	Later func(in time.Duration, do func())

	to *Receiver

	mu       sync.Mutex
	all      []*Delivery   // the latest, and some before them
	queue    []*Delivery   // to be delivered now
	working  bool          // somebody is delivering
	done     chan struct{} // closed once no one is; nil before anybody was
	muted    bool          // takes no notice of webhooks
	behavior Behavior
}

// Behavior is what a sender does besides delivering each webhook once, for tests of
// receivers. The zero value is nothing.
type Behavior struct {
	// Copies is how often a webhook that was taken is delivered again.
	Copies int

	// Hold keeps webhooks back until it is no longer so.
	Hold bool

	// Reversed delivers the latest webhook first of those that wait.
	Reversed bool

	// Age is by how much the time in headers is in the past.
	Age time.Duration
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
	s.enqueue(d)
	return 1 + len(s.to.Waits)
}

// enqueue has a webhook delivered as soon as it is its turn.
func (s *Sender) enqueue(d *Delivery) {
	s.queue = append(s.queue, d)
	s.start()
}

// start has somebody deliver what waits, unless somebody does or it is held.
func (s *Sender) start() {
	if s.working || s.behavior.Hold || len(s.queue) == 0 {
		return
	}
	s.working = true
	s.done = make(chan struct{})
	go s.work(s.done)
}

// Behave sets what the sender does from now on.
func (s *Sender) Behave(b Behavior) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behavior = b
	s.start()
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
	for len(s.queue) > 0 && !s.behavior.Hold {
		i := 0
		if s.behavior.Reversed {
			i = len(s.queue) - 1
		}
		d := s.queue[i]
		s.queue = slices.Delete(s.queue, i, i+1)
		if d.Status == Pending { // else an earlier attempt succeeded meanwhile
			return d
		}
	}
	s.working = false
	return nil
}

// deliver makes one attempt at a webhook. After the first that fails it plans all
// others, so that a clock that is moved far ahead brings them all.
func (s *Sender) deliver(d *Delivery) {
	s.mu.Lock()
	b, attempt, most := s.behavior, d.Attempts+1, 1+len(s.to.Waits)
	s.mu.Unlock()
	sent := time.Now().Add(-b.Age).Unix() // receivers hold it against their own clock, not the sandbox's
	status, err := s.post(d, sent)
	taken := status/100 == 2
	last := taken || attempt == most || s.stopped()
	s.report(shop.DeliveryAttempt{ID: d.ID, Code: status, Sent: sent, Last: last})
	s.note(d, status, err, last)
	for range b.Copies {
		if taken {
			_, _ = s.post(d, sent) // that it is taken is known
		}
	}
	if !last && attempt == 1 {
		s.planRetries(d)
	}
}

// planRetries plans all further attempts at a webhook.
func (s *Sender) planRetries(d *Delivery) {
	var in time.Duration
	for i, wait := range s.to.Waits {
		in += jitter(d.ID, i, wait)
		s.Later(in, func() { s.retry(d) })
	}
}

// jitter is a duration between nothing and a wait, the same for the same webhook and
// attempt.
func jitter(id string, attempt int, wait time.Duration) time.Duration {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", id, attempt))
	share := float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53)
	return time.Duration(share * float64(wait))
}

// retry has a webhook delivered again, unless it was taken meanwhile.
func (s *Sender) retry(d *Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.muted && d.Status == Pending {
		s.enqueue(d)
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
	response, err := s.to.post(d.ID, d.Body, at)
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
func (s *Sender) report(t shop.DeliveryAttempt) {
	if s.Tried != nil {
		s.Tried(t)
	}
}

// Wait waits until nothing is being delivered. Attempts that are planned for later are
// not waited for.
func (s *Sender) Wait() {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done != nil {
		<-done
	}
}
