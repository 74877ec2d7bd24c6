package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/portone-gateway/portone-gateway/events/store"
)

const (
	// askFor is how long one request for deliveries lasts at the server.
	askFor = 30 * time.Second
	// beat is how often the server says, on a quiet request, that it still has it.
	beat = 5 * time.Second
	// silence is how long nothing may come before the request counts as lost.
	silence = 3 * beat
	// pullBytes is how much one request may bring: less than clients take in a message.
	pullBytes = 1 << 20
	// settling is how long a moment is in which more deliveries may follow a first one.
	settling = 2 * time.Millisecond
)

// pullRequest asks a consumer for deliveries.
type pullRequest struct {
	Batch     int           `json:"batch"`
	MaxBytes  int           `json:"max_bytes"`
	Expires   time.Duration `json:"expires"`
	Heartbeat time.Duration `json:"idle_heartbeat"`
}

// arrival is a message and when it came.
type arrival struct {
	msg *nats.Msg
	at  time.Time
}

// receiver implements store.Receiver.
//
// It asks for as many deliveries as its stream has room for, and for more only when
// these have come: what was asked for is never more than there is room for.
type receiver struct {
	store   *Store
	session *session
	name    string
	inbox   *nats.Subscription // of prefix + "*"
	prefix  string

	mu       sync.Mutex
	arrived  []arrival
	closed   bool
	signal   chan struct{} // has something when there may be arrivals
	asked    int           // deliveries that the present request still brings; 0 if there is none
	request  int           // number of the present request
	lastBeat time.Time
}

// Receive implements store.Store.
func (s *Store) Receive(ctx context.Context, name string) (store.Receiver, error) {
	current, err := s.session()
	if err != nil {
		return nil, err
	}
	if _, err := s.subscription(ctx, current, name); err != nil {
		return nil, err
	}
	r := &receiver{store: s, session: current, name: name, prefix: current.nc.NewInbox() + ".", signal: make(chan struct{}, 1)}
	// A callback, so that the time of arrival is known, and so that nothing is dropped
	// when the stream's client reads slowly.
	if r.inbox, err = current.nc.Subscribe(r.prefix+"*", r.arrive); err != nil {
		return nil, failure(err)
	}
	return r, nil
}

func (r *receiver) arrive(msg *nats.Msg) {
	r.mu.Lock()
	closed := r.closed
	if !closed {
		r.arrived = append(r.arrived, arrival{msg, time.Now()})
	}
	r.mu.Unlock()
	if closed {
		giveBack(msg)
		return
	}
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

// Close implements store.Receiver.
func (r *receiver) Close() {
	r.mu.Lock()
	arrived := r.arrived
	r.arrived, r.closed = nil, true
	r.mu.Unlock()
	_ = r.inbox.Unsubscribe()
	for _, a := range arrived {
		giveBack(a.msg)
	}
	_ = r.session.nc.Flush() // so that the server knows before it delivers more
}

// giveBack has a delivery that no one got delivered again at once.
func giveBack(msg *nats.Msg) {
	if strings.HasPrefix(msg.Reply, "$JS.ACK.") {
		_ = msg.Respond([]byte("-NAK"))
	}
}

// Next implements store.Receiver.
func (r *receiver) Next(ctx context.Context, most int) ([]*store.Loan, error) {
	for {
		loans, err := r.take(ctx, most)
		if len(loans) > 0 || err != nil {
			return loans, err
		}
		if err := r.ask(most); err != nil {
			return nil, err
		}
		quiet := time.NewTimer(time.Until(r.lastBeat.Add(silence)))
		select {
		case <-ctx.Done():
			quiet.Stop()
			return nil, nil
		case <-r.session.over:
			quiet.Stop()
			return nil, store.ErrUnavailable
		case <-r.signal:
			quiet.Stop()
			r.settle(ctx)
		case <-quiet.C:
			r.asked = 0 // the server forgot it, or the connection was made anew
		}
	}
}

// settle waits a moment for what follows a first arrival, so that it goes in one batch.
func (r *receiver) settle(ctx context.Context) {
	if r.asked > 1 {
		sleep(ctx, settling)
	}
}

// ask sends a request, unless there is one.
func (r *receiver) ask(most int) error {
	if r.asked > 0 {
		return nil
	}
	body, err := json.Marshal(pullRequest{Batch: most, MaxBytes: pullBytes, Expires: askFor, Heartbeat: beat})
	if err != nil {
		return err
	}
	subject := "$JS.API.CONSUMER.MSG.NEXT." + r.store.names.events() + "." + r.name
	r.request++
	if err := r.session.nc.PublishRequest(subject, r.inboxOf(r.request), body); err != nil {
		return failure(err)
	}
	r.asked, r.lastBeat = most, time.Now()
	return nil
}

// inboxOf is where the answer to a request comes: each has its own, since what the server
// says of an earlier request is not true of the present one.
func (r *receiver) inboxOf(request int) string { return r.prefix + strconv.Itoa(request) }

// take makes loans of what has arrived.
func (r *receiver) take(ctx context.Context, most int) ([]*store.Loan, error) {
	var loans []*store.Loan
	for len(loans) < most {
		a, ok := r.pop()
		if !ok {
			break
		}
		r.lastBeat = time.Now()
		if len(a.msg.Reply) == 0 || a.msg.Header.Get("Status") != "" {
			if err := r.status(a.msg); err != nil && len(loans) == 0 {
				return nil, err
			}
			continue
		}
		if r.asked > 0 {
			r.asked--
		}
		lent, err := r.store.lend(ctx, r.session, a)
		if err != nil {
			giveBack(a.msg)
			if len(loans) > 0 {
				return loans, nil // the error comes again, if it lasts
			}
			return nil, err
		}
		if lent != nil {
			loans = append(loans, lent)
		}
	}
	return loans, nil
}

func (r *receiver) pop() (arrival, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.arrived) == 0 {
		return arrival{}, false
	}
	first := r.arrived[0]
	r.arrived = r.arrived[1:]
	return first, true
}

// status reads a message of the server that is no delivery.
func (r *receiver) status(msg *nats.Msg) error {
	if msg.Subject != r.inboxOf(r.request) {
		return nil
	}
	description := msg.Header.Get("Description")
	switch status := msg.Header.Get("Status"); status {
	case "100": // a heartbeat
		return nil
	case "404", "408": // the request's time is over
		r.asked = 0
		return nil
	case "409":
		r.asked = 0
		if strings.EqualFold(description, "Consumer Deleted") {
			return store.ErrNoSubscription
		}
		for _, goOn := range []string{"Leadership Change", "Server Shutdown", "Message Size Exceeds MaxBytes", "Batch Completed"} {
			if strings.EqualFold(description, goOn) {
				return nil // ask again
			}
		}
		return fmt.Errorf("%w: %s", store.ErrUnavailable, description)
	case "503": // no one answers: the consumer is gone, or its servers are
		r.asked = 0
		r.store.cache.forget(r.name)
		if _, err := r.store.subscription(context.Background(), r.session, r.name); errors.Is(err, store.ErrNoSubscription) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
		return nil
	default:
		return fmt.Errorf("%w: %s %s", store.ErrUnavailable, status, description)
	}
}

// lend makes a loan of a delivery; nil if it is parked instead.
func (s *Store) lend(ctx context.Context, current *session, a arrival) (*store.Loan, error) {
	l, _, err := readReply(a.msg.Reply)
	if err != nil {
		return nil, err
	}
	sub, err := s.subscription(ctx, current, l.subscription)
	if err != nil {
		return nil, err
	}
	l.incarnation = sub.incarnation
	record, err := decode(a.msg.Data)
	if err != nil {
		return nil, err
	}
	record.ReceivedAt, record.Traceparent = time.Unix(0, l.at), a.msg.Header.Get(headerTrace)
	if record.Position = a.msg.Header.Get(headerPosition); record.Position == "" {
		record.Position = position(current.epoch, l.sequence)
	}
	if limit := sub.settings.GetParkAfterAttempts(); limit > 0 && l.attempt > uint64(limit) {
		reason := fmt.Sprintf("not acknowledged in %d attempts", limit)
		return nil, s.park(ctx, current, l, &store.Parked{Record: record, Reason: reason, Attempts: int(limit)})
	}
	return &store.Loan{
		Record: record, AckID: l.id(), Attempt: int(l.attempt), Deadline: a.at.Add(sub.settings.GetAckDeadline().AsDuration()),
	}, nil
}
