package jetstream

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/portone-gateway/portone-gateway/events/store"
)

// What a settling says to the server.
const (
	sayAck   = "+ACK"
	sayNak   = "-NAK"
	sayGoOn  = "+WPI"
	sayNever = "+TERM"
)

// loanOf checks an ack id.
func (s *Store) loanOf(ctx context.Context, current *session, name, ackID string) (loan, *subscription, error) {
	l, err := readID(name, ackID)
	if err != nil {
		return loan{}, nil, err
	}
	sub, err := s.subscription(ctx, current, name)
	if err != nil {
		return loan{}, nil, err
	}
	if sub.incarnation != l.incarnation {
		return loan{}, nil, store.ErrExpired
	}
	return l, sub, nil
}

// say tells the server something about a loan, and waits for it to have taken note.
func (s *Store) say(ctx context.Context, current *session, l loan, what string) error {
	within, cancel := s.bound(ctx)
	defer cancel()
	_, err := current.nc.RequestWithContext(within, l.subject(s.names.events()), []byte(what))
	if err == nil {
		return nil
	}
	// The server is silent about a delivery that it does not know: one of the last moment
	// before it crashed. It will deliver again.
	if s.unknown(ctx, current, l) {
		return store.ErrExpired
	}
	return failure(err)
}

// unknown reports whether the consumer has not delivered as far as a loan.
func (s *Store) unknown(ctx context.Context, current *session, l loan) bool {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	consumer, err := current.events.Consumer(ctx, l.subscription)
	if err != nil {
		return errors.Is(failure(err), store.ErrNoSubscription)
	}
	return l.sequence > consumer.CachedInfo().Delivered.Stream
}

// Ack implements store.Store.
func (s *Store) Ack(ctx context.Context, name, ackID string) error {
	current, err := s.session()
	if err != nil {
		return err
	}
	l, _, err := s.loanOf(ctx, current, name, ackID)
	if err != nil {
		return err
	}
	return s.say(ctx, current, l, sayAck)
}

// Nack implements store.Store.
func (s *Store) Nack(ctx context.Context, name, ackID string, n store.Nack) (parked bool, err error) {
	current, err := s.session()
	if err != nil {
		return false, err
	}
	l, sub, err := s.loanOf(ctx, current, name, ackID)
	if err != nil {
		return false, err
	}
	limit := sub.settings.GetParkAfterAttempts()
	if n.Park || n.Delay == nil && limit > 0 && l.attempt >= uint64(limit) {
		record, err := s.lent(ctx, current, l)
		if err != nil {
			return false, err
		}
		reason := n.Reason
		if reason == "" {
			reason = "given back in attempt " + strconv.FormatUint(l.attempt, 10)
		}
		return true, s.park(ctx, current, l, &store.Parked{Record: record, Reason: reason, Attempts: int(l.attempt)})
	}
	delay := backoff(sub, l.attempt)
	if n.Delay != nil {
		delay = *n.Delay
	}
	what := sayNak
	if delay > 0 {
		what += ` {"delay":` + strconv.FormatInt(int64(delay), 10) + `}`
	}
	return false, s.say(ctx, current, l, what)
}

// backoff is how long an event waits after an attempt.
func backoff(sub *subscription, attempt uint64) time.Duration {
	waits := sub.settings.GetRedeliveryBackoff()
	if len(waits) == 0 {
		return 0
	}
	return waits[min(attempt, uint64(len(waits)))-1].AsDuration()
}

// Extend implements store.Store.
func (s *Store) Extend(ctx context.Context, name, ackID string) (time.Time, error) {
	current, err := s.session()
	if err != nil {
		return time.Time{}, err
	}
	l, sub, err := s.loanOf(ctx, current, name, ackID)
	if err != nil {
		return time.Time{}, err
	}
	deadline := time.Now().Add(sub.settings.GetAckDeadline().AsDuration())
	return deadline, s.say(ctx, current, l, sayGoOn)
}
