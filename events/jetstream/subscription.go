package jetstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Metadata of a consumer, in which its subscription travels.
const (
	metaSubscription = "portone-subscription" // its settings, as JSON
	metaIncarnation  = "portone-incarnation"  // another one once loans are forgotten
	metaStart        = "portone-start"        // sequence number that it was to begin at
	metaStarted      = "portone-started"      // "yes" once it does
)

const (
	// maxSubscriptions is how many there may be: each takes memory and, where many are
	// behind, disk.
	maxSubscriptions = 1000
	// maxWaiting is how many receivers of one subscription may wait at a time.
	maxWaiting = 4096
	// oldestScan is how many batches of messages are looked at for the oldest that is not
	// acknowledged.
	oldestScan = 8
)

// subscription is what a consumer's metadata say.
type subscription struct {
	settings    *eventsv1.Subscription
	incarnation string
	filters     []string // of events, and not its requeued ones
}

// readSubscription reads the metadata. A consumer that is none of ours, or that has not
// begun where it should, is no subscription.
func (n names) readSubscription(config jetstream.ConsumerConfig) (*subscription, error) {
	text, found := config.Metadata[metaSubscription]
	if !found || config.Metadata[metaStarted] != "yes" {
		return nil, store.ErrNoSubscription
	}
	settings := &eventsv1.Subscription{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(text), settings); err != nil {
		return nil, fmt.Errorf("%w: the settings of subscription %s cannot be read: %w", store.ErrUnavailable, config.Durable, err)
	}
	filters, err := n.filters(settings.GetFilter())
	return &subscription{settings, config.Metadata[metaIncarnation], filters}, err
}

// config is the consumer of a subscription. Nothing of what the server does by itself
// may lose an event: it never gives up delivering, and never deletes the consumer.
func (n names) config(s *eventsv1.Subscription) (jetstream.ConsumerConfig, error) {
	filters, err := n.filters(s.GetFilter())
	if err != nil {
		return jetstream.ConsumerConfig{}, err
	}
	text, err := protojson.Marshal(s)
	if err != nil {
		return jetstream.ConsumerConfig{}, err
	}
	settings, err := compact(text)
	if err != nil {
		return jetstream.ConsumerConfig{}, err
	}
	return jetstream.ConsumerConfig{
		Durable:        s.GetName(),
		FilterSubjects: append(filters, n.requeueOf(s.GetName())),
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        s.GetAckDeadline().AsDuration(),
		MaxDeliver:     -1,
		MaxAckPending:  int(s.GetMaxOutstanding()),
		MaxWaiting:     maxWaiting,
		DeliverPolicy:  jetstream.DeliverAllPolicy, // no other can be moved to any place later
		Metadata:       map[string]string{metaSubscription: settings},
	}, nil
}

// compact drops the spaces that protojson adds at random, so that equal settings are
// equal texts.
func compact(text []byte) (string, error) {
	var b bytes.Buffer
	err := json.Compact(&b, text)
	return b.String(), err
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, wanted *eventsv1.Subscription) error {
	current, err := s.session()
	if err != nil {
		return err
	}
	wanted = proto.CloneOf(wanted)
	start := wanted.GetStart()
	wanted.Start = nil
	ctx, cancel := s.bound(ctx)
	defer cancel()
	defer s.cache.forget(wanted.GetName())
	config, err := s.names.config(wanted)
	if err != nil {
		return err
	}
	consumer, err := current.events.Consumer(ctx, wanted.GetName())
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		consumer, err = s.create(ctx, current, config, start)
	}
	if err != nil {
		return failure(err)
	}
	return s.update(ctx, current, consumer.CachedInfo().Config, config)
}

// create makes the consumer.
func (s *Store) create(ctx context.Context, current *session, config jetstream.ConsumerConfig, start *eventsv1.StartAt) (jetstream.Consumer, error) {
	info, err := current.events.Info(ctx)
	if err != nil {
		return nil, err
	}
	if info.State.Consumers >= maxSubscriptions {
		return nil, jetstream.ErrMaximumConsumersLimit
	}
	if start.GetAt() == nil {
		start = &eventsv1.StartAt{At: &eventsv1.StartAt_Latest{Latest: true}}
	}
	sequence, err := s.sequence(ctx, current, start)
	if err != nil {
		return nil, err
	}
	sequence = max(sequence, 1)
	if err := current.declare(ctx, config.Durable, config.Metadata[metaSubscription], sequence-1); err != nil {
		return nil, err
	}
	return s.begin(ctx, current, config, sequence)
}

// update changes a consumer to what is wanted, and has it begin if it has not.
func (s *Store) update(ctx context.Context, current *session, is, wanted jetstream.ConsumerConfig) error {
	settings := wanted.Metadata[metaSubscription]
	same := is.Metadata[metaSubscription] == settings
	wanted.Metadata = maps.Clone(is.Metadata)
	if wanted.Metadata == nil { // a consumer that somebody else made
		return fmt.Errorf("%w: the consumer %s is there and is no subscription", store.ErrUnavailable, is.Durable)
	}
	wanted.Metadata[metaSubscription] = settings
	if wanted.Metadata[metaStarted] != "yes" {
		start, err := strconv.ParseUint(wanted.Metadata[metaStart], 10, 64)
		if err != nil {
			return fmt.Errorf("%w: the consumer %s is there and is no subscription", store.ErrUnavailable, is.Durable)
		}
		if _, err := current.events.ResetConsumerToSequence(ctx, is.Durable, start); err != nil {
			return failure(err)
		}
		wanted.Metadata[metaStarted] = "yes"
		same = false
	}
	if same {
		return nil
	}
	if err := current.declare(ctx, is.Durable, settings, 0); err != nil {
		return failure(err)
	}
	_, err := current.events.UpdateConsumer(ctx, wanted)
	return failure(err)
}

// sequence is the sequence number of a place.
func (s *Store) sequence(ctx context.Context, current *session, at *eventsv1.StartAt) (uint64, error) {
	request, err := current.start(ctx, at)
	if err == nil && request.StartTime != nil {
		return s.sequenceAt(ctx, current, *request.StartTime)
	}
	return request.Seq, err
}

// Seek implements store.Store.
func (s *Store) Seek(ctx context.Context, name string, to *eventsv1.StartAt) error {
	current, err := s.session()
	if err != nil {
		return err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	defer s.cache.forget(name)
	consumer, err := current.events.Consumer(ctx, name)
	if err != nil {
		return failure(err)
	}
	config := consumer.CachedInfo().Config
	if _, err := s.names.readSubscription(config); err != nil {
		return err
	}
	sequence, err := s.sequence(ctx, current, to)
	if err != nil {
		return err
	}
	sequence = max(sequence, 1)
	if err := current.move(ctx, name, sequence-1); err != nil {
		return failure(err)
	}
	// First, so that what is lent now cannot acknowledge what is delivered after.
	config.Metadata = maps.Clone(config.Metadata)
	config.Metadata[metaIncarnation] = nuid.Next()
	if _, err := current.events.UpdateConsumer(ctx, config); err != nil {
		return failure(err)
	}
	_, err = current.events.ResetConsumerToSequence(ctx, name, sequence)
	return failure(err)
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, name string) error {
	current, err := s.session()
	if err != nil {
		return err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	defer s.cache.forget(name)
	err = failure(current.events.DeleteConsumer(ctx, name))
	if err != nil && !errors.Is(err, store.ErrNoSubscription) {
		return err
	}
	if err := current.undeclare(ctx, name); err != nil {
		return failure(err)
	}
	return failure(current.parked.Purge(ctx, jetstream.WithPurgeSubject(s.names.parkedOf(name))))
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, name string) (*eventsv1.Subscription, error) {
	current, err := s.session()
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	consumer, err := current.events.Consumer(ctx, name)
	if err != nil {
		return nil, failure(err)
	}
	parked, err := s.countParked(ctx, current, s.names.parkedOf(name))
	if err != nil {
		return nil, err
	}
	return s.describe(ctx, current, consumer.CachedInfo(), parked)
}

// Subscriptions implements store.Store.
func (s *Store) Subscriptions(ctx context.Context) ([]*eventsv1.Subscription, error) {
	current, err := s.session()
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	parked, err := s.countParked(ctx, current, s.names.parkedOf("*"))
	if err != nil {
		return nil, err
	}
	consumers := current.events.ListConsumers(ctx)
	var all []*eventsv1.Subscription
	for info := range consumers.Info() {
		described, err := s.describe(ctx, current, info, parked)
		if errors.Is(err, store.ErrNoSubscription) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, described)
	}
	if err := consumers.Err(); err != nil {
		return nil, failure(err)
	}
	slices.SortFunc(all, func(a, b *eventsv1.Subscription) int { return strings.Compare(a.GetName(), b.GetName()) })
	return all, nil
}

// countParked counts parked events by subject.
func (s *Store) countParked(ctx context.Context, current *session, subject string) (map[string]uint64, error) {
	info, err := current.parked.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return nil, failure(err)
	}
	return info.State.Subjects, nil
}

// describe makes a subscription of a consumer, with what waits in it.
func (s *Store) describe(ctx context.Context, current *session, info *jetstream.ConsumerInfo, parked map[string]uint64) (*eventsv1.Subscription, error) {
	sub, err := s.names.readSubscription(info.Config)
	if err != nil {
		return nil, err
	}
	described := sub.settings
	described.Outstanding = int64(info.NumAckPending)
	described.Backlog = int64(info.NumPending) + described.Outstanding
	described.Parked = int64(parked[s.names.parkedOf(described.GetName())])
	if described.Backlog > 0 {
		oldest, err := s.oldest(ctx, current, sub, info.AckFloor.Stream+1)
		if err != nil {
			return nil, err
		}
		if !oldest.IsZero() {
			described.OldestUnacknowledged = timestamppb.New(oldest)
		}
	}
	return described, nil
}

// oldest is when the first event of a subscription from a sequence number on was
// stored; zero if there is none near.
func (s *Store) oldest(ctx context.Context, current *session, sub *subscription, from uint64) (time.Time, error) {
	filters := append(slices.Clone(sub.filters), s.names.requeueOf(sub.settings.GetName()))
	batch := 1 // which is enough, mostly
	for range oldestScan {
		messages, more, err := current.get(ctx, s.names.events(), getRequest{Seq: from, NextFor: string(s.names) + ".>", Batch: batch, MaxBytes: readBytes})
		if err != nil {
			return time.Time{}, err
		}
		for _, m := range messages {
			if matches(filters, m.subject) {
				return m.at, nil
			}
			from = m.sequence + 1
		}
		if !more {
			break
		}
		batch = readBatch
	}
	return time.Time{}, nil
}
