package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/portone-gateway/portone-gateway/events/store"
)

// maxMessage is how large a message of the store may be, in bytes.
const maxMessage = 1 << 20

// session is a connection to a server, and what is needed of it. An embedded store has
// a new one after trouble; that on a cluster lives through it.
type session struct {
	server *embedded // nil for a cluster
	nc     *nats.Conn
	js     jetstream.JetStream
	events jetstream.Stream
	parked jetstream.Stream
	marks  jetstream.KeyValue
	epoch  uint32        // tells the stream from others of its name
	over   chan struct{} // closed when the session is
}

// open starts or finds the server, connects, and makes the streams what they should be.
func open(o Options) (_ *session, err error) {
	s := &session{over: make(chan struct{})}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if o.Dir != "" {
		if s.server, err = startEmbedded(o); err != nil {
			return nil, err
		}
		s.nc, err = s.server.connect()
	} else {
		s.nc, err = connect(o)
	}
	if err != nil {
		return nil, err
	}
	if s.js, err = jetstream.New(s.nc, jetstream.WithDefaultTimeout(o.Timeout)); err != nil {
		return nil, err
	}
	if s.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 4*o.Timeout)
		defer cancel()
		if err := s.intact(ctx, o.Dir); err != nil {
			return nil, err
		}
	}
	return s, s.prepare(o)
}

// connect connects to a cluster, and stays so: the connection is made anew by itself.
// What cannot be sent is an error at once and does not wait for that.
func connect(o Options) (*nats.Conn, error) {
	log := o.Logger
	options := []nats.Option{
		nats.Name("portone-gateway"), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond), nats.ReconnectBufSize(-1),
		nats.Timeout(o.Timeout), nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2), nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection to NATS is lost", "problem", err.Error())
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("connected to NATS again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("NATS", "problem", err.Error()) }),
	}
	return nats.Connect(o.URL, append(options, o.Connect...)...)
}

// prepare makes the streams, or changes them to what the options say. Each step has its
// own time: a cluster that has no leader yet is silent.
func (s *session) prepare(o Options) error {
	n := names(o.Name)
	common := jetstream.StreamConfig{
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		Replicas: o.Replicas, AllowDirect: true, MaxMsgSize: maxMessage,
	}
	events := common
	events.Name, events.Subjects = n.events(), []string{n.allEvents(), n.requeueOf("*")}
	events.MaxBytes, events.MaxAge, events.Duplicates = o.MaxBytes, o.MaxAge, o.DuplicateWindow
	parked := common
	parked.Name, parked.Subjects, parked.MaxBytes, parked.Duplicates = n.parked(), []string{n.parkedOf("*")}, o.MaxParkedBytes, time.Hour
	marks := jetstream.KeyValueConfig{Bucket: n.marks(), History: 1, MaxBytes: markBytes, Storage: jetstream.FileStorage, Replicas: o.Replicas}
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"the stream " + events.Name, func(ctx context.Context) (err error) {
			s.events, err = s.js.CreateOrUpdateStream(ctx, events)
			return err
		}},
		{"the stream " + parked.Name, func(ctx context.Context) (err error) {
			s.parked, err = s.js.CreateOrUpdateStream(ctx, parked)
			return err
		}},
		{"the bucket " + marks.Bucket, func(ctx context.Context) (err error) {
			s.marks, err = s.js.CreateOrUpdateKeyValue(ctx, marks)
			return err
		}},
		{"writing a note", s.probe},
	}
	for _, step := range steps {
		ctx, cancel := context.WithTimeout(context.Background(), o.Timeout)
		err := step.do(ctx)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	s.epoch = uint32(s.events.CachedInfo().Created.Unix())
	return nil
}

// probe writes something, to see whether that can be done.
func (s *session) probe(ctx context.Context) error {
	_, err := s.marks.PutString(ctx, "probe", time.Now().UTC().Format(time.RFC3339))
	return err
}

// close ends the session. It reports whether a server, if there is one, has ended.
func (s *session) close() bool {
	close(s.over)
	if s.nc != nil {
		s.nc.Close()
	}
	return s.server == nil || s.server.stop()
}

// apiError codes that mean that there is no room.
const (
	codeAccountLimit = 10002
	codeNoStorage    = 10047
	codeStoreFailed  = 10077 // a limit of the stream
)

// failure makes an error of this package's clients one of package store. The cause is
// for the log.
func failure(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case isOurs(err):
		return err
	case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrConsumerDoesNotExist):
		return store.ErrNoSubscription
	case errors.Is(err, jetstream.ErrMaximumConsumersLimit):
		return fmt.Errorf("%w: %w", store.ErrLimit, err)
	case errors.As(err, &api) && (api.ErrorCode == codeAccountLimit || api.ErrorCode == codeNoStorage || api.ErrorCode == codeStoreFailed):
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}

// isOurs reports whether an error is one of package store already.
func isOurs(err error) bool {
	return slices.ContainsFunc([]error{
		store.ErrUnavailable, store.ErrFull, store.ErrNoSubscription, store.ErrNoEvent, store.ErrExpired, store.ErrMalformed,
		store.ErrPosition, store.ErrPositionExpired, store.ErrLimit, store.ErrFilter,
	}, func(ours error) bool { return errors.Is(err, ours) })
}
