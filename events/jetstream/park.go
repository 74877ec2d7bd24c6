package jetstream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/portone-gateway/portone-gateway/events/store"
)

// Headers of parked messages. The reason is a header, since it says nothing of the event.
const (
	headerReason   = "Portone-Reason"
	headerAttempts = "Portone-Attempts"
	headerEvent    = "Portone-Event" // its id
	headerReceived = "Portone-Received"
)

// lent reads the record of a loan.
func (s *Store) lent(ctx context.Context, current *session, l loan) (*store.Record, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	messages, _, err := current.get(ctx, s.names.events(), getRequest{Seq: l.sequence, NextFor: string(s.names) + ".>", Batch: 1})
	if err != nil {
		return nil, err
	}
	if len(messages) == 0 || messages[0].sequence != l.sequence {
		return nil, store.ErrExpired // it is no longer kept
	}
	m := &messages[0]
	record, err := m.record(current.epoch)
	if err == nil && m.header.Get(headerPosition) != "" {
		record.Position = m.header.Get(headerPosition)
	}
	return record, err
}

// park copies a record to the parked ones, and then ends its deliveries. In this order,
// and with an id, so that a crash between neither loses it nor parks it twice.
func (s *Store) park(ctx context.Context, current *session, l loan, p *store.Parked) error {
	body, err := encode(p.Record)
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: s.names.parkedOf(l.subscription), Data: body, Header: nats.Header{
		headerReason:   {printable(p.Reason)},
		headerAttempts: {strconv.Itoa(p.Attempts)},
		headerEvent:    {p.Record.ID},
		headerPosition: {p.Record.Position},
		headerReceived: {p.Record.ReceivedAt.UTC().Format(time.RFC3339Nano)},
	}}
	if p.Record.Traceparent != "" {
		msg.Header.Set(headerTrace, p.Record.Traceparent)
	}
	within, cancel := s.bound(ctx)
	defer cancel()
	id := fmt.Sprintf("%s/%s/%d", l.subscription, l.incarnation, l.sequence)
	if _, err := current.js.PublishMsg(within, msg, jetstream.WithMsgID(id), jetstream.WithExpectStream(s.names.parked())); err != nil {
		return failure(err)
	}
	s.opts.Logger.Warn("an event is parked", "subscription", l.subscription, "event", p.Record.ID, "type", p.Record.Type, "attempts", p.Attempts)
	return s.say(ctx, current, l, sayNever)
}

// printable makes a text that can stand in a header.
func printable(text string) string {
	clean := []rune(text)
	for i, c := range clean {
		if c < ' ' || c == 0x7f {
			clean[i] = ' '
		}
	}
	return string(clean)
}

// ListParked implements store.Store.
func (s *Store) ListParked(ctx context.Context, name, token string, limit int) ([]*store.Parked, string, error) {
	current, err := s.session()
	if err != nil {
		return nil, "", err
	}
	if _, err := s.subscription(ctx, current, name); err != nil {
		return nil, "", err
	}
	from := uint64(1)
	if token != "" {
		after, err := sequenceOf(current.epoch, token)
		if err != nil {
			return nil, "", store.ErrMalformed
		}
		from = after + 1
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	messages, more, err := s.parkedFrom(ctx, current, name, from, limit)
	if err != nil {
		return nil, "", err
	}
	list := make([]*store.Parked, 0, len(messages))
	for i := range messages {
		p, err := readParked(&messages[i])
		if err != nil {
			return nil, "", err
		}
		list = append(list, p)
	}
	if !more || len(messages) == 0 {
		return list, "", nil
	}
	return list, position(current.epoch, messages[len(messages)-1].sequence), nil
}

func (s *Store) parkedFrom(ctx context.Context, current *session, name string, from uint64, limit int) ([]message, bool, error) {
	return current.get(ctx, s.names.parked(), getRequest{Seq: from, NextFor: s.names.parkedOf(name), Batch: limit, MaxBytes: readBytes})
}

func readParked(m *message) (*store.Parked, error) {
	record, err := decode(m.data)
	if err != nil {
		return nil, err
	}
	record.Position, record.Traceparent = m.header.Get(headerPosition), m.header.Get(headerTrace)
	record.ReceivedAt, _ = time.Parse(time.RFC3339Nano, m.header.Get(headerReceived))
	attempts, _ := strconv.Atoi(m.header.Get(headerAttempts))
	return &store.Parked{Record: record, Reason: m.header.Get(headerReason), Attempts: attempts, At: m.at}, nil
}

// Requeue implements store.Store.
func (s *Store) Requeue(ctx context.Context, name string, ids []string) (int, error) {
	current, err := s.session()
	if err != nil {
		return 0, err
	}
	sub, err := s.subscription(ctx, current, name)
	if err != nil {
		return 0, err
	}
	wanted := make(map[string]bool)
	for _, id := range ids {
		wanted[id] = true
	}
	requeued := 0
	for from, more := uint64(1), true; more; {
		var messages []message
		within, cancel := s.bound(ctx)
		messages, more, err = s.parkedFrom(within, current, name, from, readBatch)
		cancel()
		if err != nil {
			return requeued, err
		}
		for i := range messages {
			from = messages[i].sequence + 1
			if len(ids) > 0 && !wanted[messages[i].header.Get(headerEvent)] {
				continue
			}
			if err := s.requeue(ctx, current, name, sub.incarnation, &messages[i]); err != nil {
				return requeued, err
			}
			requeued++
		}
	}
	return requeued, nil
}

// requeue delivers a parked record to its subscription alone, as a message of its own,
// and then forgets that it was parked.
func (s *Store) requeue(ctx context.Context, current *session, name, incarnation string, m *message) error {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	msg := &nats.Msg{Subject: s.names.requeueOf(name), Data: m.data, Header: nats.Header{headerPosition: {m.header.Get(headerPosition)}}}
	if trace := m.header.Get(headerTrace); trace != "" {
		msg.Header.Set(headerTrace, trace)
	}
	id := fmt.Sprintf("requeue/%s/%s/%d", name, incarnation, m.sequence)
	if _, err := current.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id), jetstream.WithExpectStream(s.names.events())); err != nil {
		return failure(err)
	}
	return failure(current.parked.DeleteMsg(ctx, m.sequence))
}
