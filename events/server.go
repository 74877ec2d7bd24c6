package events

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Options configure a Server.
type Options struct {
	// Store has the events. Required.
	Store store.Store

	// PortOne is asked for what deliveries have with them of the present. Required only
	// for subscriptions with `with_current`; without it these get an error.
	PortOne PortOne

	// Heartbeat is how often a quiet stream gets one. Default: 20 s.
	Heartbeat time.Duration

	// MaxStreamAge is about how old a stream gets before it is ended, so that streams
	// spread over replicas. Default: 30 minutes.
	MaxStreamAge time.Duration

	// MaxStreams is how many streams and waiting pulls there may be. Default: 2,000.
	MaxStreams int

	// Observer is told what happens. Default: no one.
	Observer Observer

	// Logger gets what goes wrong. Default: slog.Default().
	Logger *slog.Logger
}

// The default settings.
const (
	defaultHeartbeat    = 20 * time.Second
	defaultMaxStreamAge = 30 * time.Minute
	defaultMaxStreams   = 2000
)

// Observer is told what happens to deliveries. Its methods are called concurrently and
// must not block.
type Observer interface {
	// Delivered is called for each delivery: in which attempt, and how long after the
	// event was received.
	Delivered(subscription string, attempt int, lag time.Duration)
	// Settled is called for each ack id that was settled, with how: "ack", "nack",
	// "park", "extend", and for those that were not: "failed".
	Settled(subscription, how string)
}

// Server implements EventService. It is safe for concurrent use.
type Server struct {
	eventsv1.UnimplementedEventServiceServer

	opts      Options
	receivers receivers
	streams   atomic.Int64
	drains    chan struct{}
	drain     sync.Once
}

// New makes a server.
func New(opts Options) (*Server, error) {
	if opts.Store == nil {
		return nil, errors.New("events: there is no store")
	}
	setDefault(&opts.Heartbeat, defaultHeartbeat)
	setDefault(&opts.MaxStreamAge, defaultMaxStreamAge)
	setDefault(&opts.MaxStreams, defaultMaxStreams)
	if opts.Observer == nil {
		opts.Observer = nobody{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	return &Server{opts: opts, drains: make(chan struct{})}, nil
}

func setDefault[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}

// Drain ends all streams and waiting calls, so that clients go elsewhere. Others are
// still answered.
func (s *Server) Drain() { s.drain.Do(func() { close(s.drains) }) }

// PutSubscription implements EventServiceServer.
func (s *Server) PutSubscription(ctx context.Context, req *eventsv1.PutSubscriptionRequest) (*eventsv1.Subscription, error) {
	wanted := proto.CloneOf(req.GetSubscription())
	if err := completeSubscription(wanted); err != nil {
		return nil, refuse(ctx, err)
	}
	if wanted.GetWithCurrent() && s.opts.PortOne == nil {
		return nil, refuse(ctx, invalid("subscription.with_current", "this gateway does not read PortOne for events"))
	}
	if err := s.opts.Store.Put(ctx, wanted); err != nil {
		return nil, refuse(ctx, err)
	}
	return s.get(ctx, wanted.GetName())
}

// GetSubscription implements EventServiceServer.
func (s *Server) GetSubscription(ctx context.Context, req *eventsv1.GetSubscriptionRequest) (*eventsv1.Subscription, error) {
	if err := checkName("subscription", req.GetSubscription()); err != nil {
		return nil, refuse(ctx, err)
	}
	return s.get(ctx, req.GetSubscription())
}

func (s *Server) get(ctx context.Context, name string) (*eventsv1.Subscription, error) {
	found, err := s.opts.Store.Get(ctx, name)
	if err != nil {
		return nil, refuse(ctx, err)
	}
	found.Receivers = s.receivers.count(name)
	return found, nil
}

// ListSubscriptions implements EventServiceServer.
func (s *Server) ListSubscriptions(ctx context.Context, req *eventsv1.ListSubscriptionsRequest) (*eventsv1.ListSubscriptionsResponse, error) {
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, refuse(ctx, err)
	}
	all, err := s.opts.Store.Subscriptions(ctx)
	if err != nil {
		return nil, refuse(ctx, err)
	}
	response := &eventsv1.ListSubscriptionsResponse{}
	for _, sub := range all { // sorted by name, and the token is the last name
		if sub.GetName() <= req.GetPageToken() {
			continue
		}
		if len(response.Subscriptions) == size {
			response.NextPageToken = response.Subscriptions[size-1].GetName()
			break
		}
		sub.Receivers = s.receivers.count(sub.GetName())
		response.Subscriptions = append(response.Subscriptions, sub)
	}
	return response, nil
}

// DeleteSubscription implements EventServiceServer.
func (s *Server) DeleteSubscription(ctx context.Context, req *eventsv1.DeleteSubscriptionRequest) (*eventsv1.DeleteSubscriptionResponse, error) {
	err := checkName("subscription", req.GetSubscription())
	if err == nil {
		err = s.opts.Store.Delete(ctx, req.GetSubscription())
	}
	if err != nil {
		return nil, refuse(ctx, err)
	}
	return &eventsv1.DeleteSubscriptionResponse{}, nil
}

// SeekSubscription implements EventServiceServer.
func (s *Server) SeekSubscription(ctx context.Context, req *eventsv1.SeekSubscriptionRequest) (*eventsv1.Subscription, error) {
	err := checkName("subscription", req.GetSubscription())
	if err == nil {
		err = checkStart("to", req.GetTo(), true)
	}
	if err == nil {
		err = s.opts.Store.Seek(ctx, req.GetSubscription(), req.GetTo())
	}
	if err != nil {
		return nil, refuse(ctx, err)
	}
	s.receivers.forget(req.GetSubscription())
	return s.get(ctx, req.GetSubscription())
}

// no one observes nothing.
type nobody struct{}

func (nobody) Delivered(string, int, time.Duration) {}
func (nobody) Settled(string, string)               {}
