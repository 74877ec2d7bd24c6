package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// settleAtOnce is how many ack ids of a request are settled at a time.
const settleAtOnce = 32

// settle settles each ack id, and returns those that were not. Do returns how it was
// settled, for observers. The error is of the request as a whole.
func (s *Server) settle(ctx context.Context, name string, ids []string, do func(id string) (how string, err error)) ([]*eventsv1.SettleFailure, error) {
	if err := checkName("subscription", name); err != nil {
		return nil, refuse(ctx, err)
	}
	if err := checkAckIDs(ids); err != nil {
		return nil, refuse(ctx, err)
	}
	var mu sync.Mutex
	var failures []*eventsv1.SettleFailure
	var group errgroup.Group
	group.SetLimit(settleAtOnce)
	for _, id := range ids {
		group.Go(func() error {
			how, err := do(id)
			if err == nil {
				s.opts.Observer.Settled(name, how)
				return nil
			}
			if errors.Is(err, store.ErrNoSubscription) {
				return err
			}
			s.opts.Observer.Settled(name, "failed")
			mu.Lock()
			defer mu.Unlock()
			failures = append(failures, &eventsv1.SettleFailure{AckId: id, Problem: problemOf(err)})
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, refuse(ctx, err)
	}
	return failures, nil
}

func problemOf(err error) eventsv1.SettleProblem {
	switch {
	case errors.Is(err, store.ErrExpired):
		return eventsv1.SettleProblem_SETTLE_PROBLEM_EXPIRED
	case errors.Is(err, store.ErrMalformed):
		return eventsv1.SettleProblem_SETTLE_PROBLEM_MALFORMED
	}
	return eventsv1.SettleProblem_SETTLE_PROBLEM_STORE_UNAVAILABLE
}

// Ack implements EventServiceServer.
func (s *Server) Ack(ctx context.Context, req *eventsv1.AckRequest) (*eventsv1.AckResponse, error) {
	name := req.GetSubscription()
	failures, err := s.settle(ctx, name, req.GetAckIds(), func(id string) (string, error) {
		err := s.opts.Store.Ack(ctx, name, id)
		if err == nil {
			s.receivers.settled(name, id)
		}
		return "ack", err
	})
	if err != nil {
		return nil, err
	}
	return &eventsv1.AckResponse{Failures: failures}, nil
}

// Nack implements EventServiceServer.
func (s *Server) Nack(ctx context.Context, req *eventsv1.NackRequest) (*eventsv1.NackResponse, error) {
	n := store.Nack{Park: req.GetPark(), Reason: req.GetReason()}
	if len(n.Reason) > maxReason {
		return nil, refuse(ctx, invalid("reason", "must have at most 256 bytes"))
	}
	if req.Delay != nil {
		if !within(req.GetDelay(), 0, maxDelay) {
			return nil, refuse(ctx, invalid("delay", "must be from 0s to 24h"))
		}
		if n.Park {
			return nil, refuse(ctx, invalid("delay", "must be absent where park is true"))
		}
		delay := req.GetDelay().AsDuration()
		n.Delay = &delay
	}
	name := req.GetSubscription()
	failures, err := s.settle(ctx, name, req.GetAckIds(), func(id string) (string, error) {
		parked, err := s.opts.Store.Nack(ctx, name, id, n)
		if err == nil {
			s.receivers.settled(name, id)
		}
		if parked {
			return "park", err
		}
		return "nack", err
	})
	if err != nil {
		return nil, err
	}
	return &eventsv1.NackResponse{Failures: failures}, nil
}

// ExtendDeadline implements EventServiceServer.
func (s *Server) ExtendDeadline(ctx context.Context, req *eventsv1.ExtendDeadlineRequest) (*eventsv1.ExtendDeadlineResponse, error) {
	name := req.GetSubscription()
	var mu sync.Mutex
	var earliest time.Time
	failures, err := s.settle(ctx, name, req.GetAckIds(), func(id string) (string, error) {
		deadline, err := s.opts.Store.Extend(ctx, name, id)
		if err != nil {
			return "", err
		}
		s.receivers.extended(name, id, deadline)
		mu.Lock()
		defer mu.Unlock()
		if earliest.IsZero() || deadline.Before(earliest) {
			earliest = deadline
		}
		return "extend", nil
	})
	if err != nil {
		return nil, err
	}
	response := &eventsv1.ExtendDeadlineResponse{Failures: failures}
	if !earliest.IsZero() {
		response.Deadline = timestamppb.New(earliest)
	}
	return response, nil
}
