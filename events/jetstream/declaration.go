package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"google.golang.org/protobuf/encoding/protojson"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// declaration is a subscription as the notes of an embedded store have it, beside its
// consumer. The server writes the description of a consumer in two files; a crash between
// the two, and it knows the consumer no more. It is made anew then, from here, at the
// place that it is known to have reached: events come again, and none is passed over.
type declaration struct {
	Settings json.RawMessage `json:"settings"`
	Floor    uint64          `json:"floor"` // everything up to it is acknowledged
}

const (
	// declarationPrefix begins the names of these notes.
	declarationPrefix = "sub."
	// floorEvery is how often the places of subscriptions are noted.
	floorEvery = 30 * time.Second
)

// declare notes a subscription that is new or changed. Floor is for one that is not noted
// yet.
func (s *session) declare(ctx context.Context, name, settings string, floor uint64) error {
	if s.server == nil {
		return nil // the servers of a cluster have it of one another
	}
	d, _, err := s.declared(ctx, name)
	if err != nil {
		return err
	}
	if d == nil {
		d = &declaration{Floor: floor}
	}
	d.Settings = json.RawMessage(settings)
	return s.note(ctx, name, *d)
}

// undeclare forgets a subscription.
func (s *session) undeclare(ctx context.Context, name string) error {
	if s.server == nil {
		return nil
	}
	return s.marks.Purge(ctx, declarationPrefix+name)
}

// move notes that a subscription begins elsewhere now.
func (s *session) move(ctx context.Context, name string, floor uint64) error {
	d, _, err := s.declared(ctx, name)
	if err != nil || d == nil {
		return err
	}
	d.Floor = floor
	return s.note(ctx, name, *d)
}

// declared reads the note of a subscription; nil if there is none.
func (s *session) declared(ctx context.Context, name string) (*declaration, uint64, error) {
	if s.server == nil {
		return nil, 0, nil
	}
	entry, err := s.marks.Get(ctx, declarationPrefix+name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	var d declaration
	if err := json.Unmarshal(entry.Value(), &d); err != nil {
		return nil, 0, fmt.Errorf("the note of subscription %s cannot be read: %w", name, err)
	}
	return &d, entry.Revision(), nil
}

func (s *session) note(ctx context.Context, name string, d declaration) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = s.marks.Put(ctx, declarationPrefix+name, text)
	return err
}

// noteFloors notes the places of subscriptions, again and again.
func (s *Store) noteFloors(ctx context.Context, current *session) {
	noted := make(map[string]uint64)
	for sleep(ctx, floorEvery) {
		if err := s.noteFloorsOnce(ctx, current, noted); err != nil && ctx.Err() == nil {
			s.opts.Logger.Warn("the places of subscriptions could not be noted", "problem", err.Error())
		}
	}
}

func (s *Store) noteFloorsOnce(ctx context.Context, current *session, noted map[string]uint64) error {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	consumers := current.events.ListConsumers(ctx)
	for info := range consumers.Info() {
		floor := info.AckFloor.Stream
		if floor <= noted[info.Name] {
			continue
		}
		d, revision, err := current.declared(ctx, info.Name)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		d.Floor = floor
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		// Of this revision only: it may be declared anew, moved or deleted meanwhile.
		if _, err := current.marks.Update(ctx, declarationPrefix+info.Name, text, revision); err == nil {
			noted[info.Name] = floor
		}
	}
	return consumers.Err()
}

// heal makes those subscriptions anew whose consumers are gone.
func (s *Store) heal(current *session) error {
	if current.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*s.opts.Timeout)
	defer cancel()
	keys, err := current.marks.ListKeysFiltered(ctx, declarationPrefix+"*")
	if err != nil {
		return err
	}
	var names []string
	for key := range keys.Keys() {
		names = append(names, strings.TrimPrefix(key, declarationPrefix))
	}
	for _, name := range names {
		if _, err := current.events.Consumer(ctx, name); err == nil {
			continue
		} else if !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return err
		}
		if err := s.healOne(ctx, current, name); err != nil {
			return fmt.Errorf("the subscription %s: %w", name, err)
		}
	}
	return nil
}

func (s *Store) healOne(ctx context.Context, current *session, name string) error {
	d, _, err := current.declared(ctx, name)
	if err != nil || d == nil {
		return err
	}
	settings := &eventsv1.Subscription{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(d.Settings, settings); err != nil {
		return err
	}
	config, err := s.names.config(settings)
	if err != nil {
		return err
	}
	consumer, err := s.begin(ctx, current, config, d.Floor+1)
	if err != nil {
		return err
	}
	s.opts.Logger.Error("a subscription was lost in a crash and is made anew: events since it was last noted come again", "subscription", name)
	return s.update(ctx, current, consumer.CachedInfo().Config, config)
}

// begin makes a consumer that is to begin at a sequence number. That is noted in it before
// it begins, so that whoever finishes the work of one who could not begins there, too.
func (s *Store) begin(ctx context.Context, current *session, config jetstream.ConsumerConfig, sequence uint64) (jetstream.Consumer, error) {
	config.Metadata = maps.Clone(config.Metadata)
	config.Metadata[metaStart], config.Metadata[metaIncarnation] = strconv.FormatUint(sequence, 10), nuid.Next()
	consumer, err := current.events.CreateConsumer(ctx, config)
	if errors.Is(err, jetstream.ErrConsumerExists) { // somebody else was faster
		return current.events.Consumer(ctx, config.Durable)
	}
	return consumer, err
}
