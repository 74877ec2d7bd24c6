package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Headers of messages. What an event says is in the message alone, which is encrypted
// where the store is.
const (
	headerTrace    = "Traceparent"
	headerPosition = "Portone-Position" // of a requeued event: where it is itself
)

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, r *store.Record) (duplicate bool, err error) {
	current, err := s.session()
	if err != nil {
		return false, err
	}
	body, err := encode(r)
	if err != nil {
		return false, err
	}
	msg := &nats.Msg{Subject: s.names.event(r), Data: body, Header: nats.Header{}}
	if r.Traceparent != "" {
		msg.Header.Set(headerTrace, r.Traceparent)
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	ack, err := current.js.PublishMsg(ctx, msg, jetstream.WithMsgID(r.ID), jetstream.WithExpectStream(s.names.events()))
	if err != nil {
		err = failure(err)
		if errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.Canceled) {
			s.doubt(current)
		}
		return false, err
	}
	s.silent.Store(0)
	return ack.Duplicate, nil
}

// encode makes the message of a record: an Event with those members that are not read
// from the body each time.
func encode(r *store.Record) ([]byte, error) {
	body, err := proto.Marshal(&eventsv1.Event{
		Id: r.ID, Type: r.Type, Environment: r.Environment, Origin: r.Origin, RawBody: r.Body,
	})
	if err != nil {
		return nil, fmt.Errorf("an event cannot be encoded: %w", err)
	}
	return body, nil
}

// decode reads the message of a record.
func decode(body []byte) (*store.Record, error) {
	var event eventsv1.Event
	if err := proto.Unmarshal(body, &event); err != nil {
		return nil, fmt.Errorf("%w: a message of the stream is no event", store.ErrUnavailable)
	}
	return &store.Record{
		ID: event.GetId(), Type: event.GetType(), Environment: event.GetEnvironment(), Origin: event.GetOrigin(), Body: event.GetRawBody(),
	}, nil
}
