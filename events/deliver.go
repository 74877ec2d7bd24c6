package events

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

const (
	// pullLeast is how long a pull waits that is not to wait: the store answers in less.
	pullLeast = 100 * time.Millisecond
	// pullGather is how long a pull waits for more once it has a first delivery.
	pullGather = 20 * time.Millisecond
	// pullCurrent is how many deliveries one pull brings at most with what PortOne says
	// of each: clients take messages of 4 MiB.
	pullCurrent = 100
	// pullBytes is after how much of bodies a pull gathers no more.
	pullBytes = 1 << 20
	// giveBackTimeout bounds giving back what could not be sent.
	giveBackTimeout = 5 * time.Second
)

// open begins to receive for a call: it counts it, and finds the subscription.
func (s *Server) open(ctx context.Context, name string, most int) (*lending, error) {
	if err := checkName("subscription", name); err != nil {
		return nil, err
	}
	if s.streams.Add(1) > int64(s.opts.MaxStreams) {
		s.streams.Add(-1)
		return nil, errStreams
	}
	sub, err := s.opts.Store.Get(ctx, name)
	if err != nil {
		s.streams.Add(-1)
		return nil, err
	}
	receiver, err := s.opts.Store.Receive(ctx, name)
	if err != nil {
		s.streams.Add(-1)
		return nil, err
	}
	l := &lending{server: s, name: name, withCurrent: sub.GetWithCurrent() && s.opts.PortOne != nil, receiver: receiver, loans: newLoans(most)}
	l.leave = s.receivers.add(name, l.loans)
	return l, nil
}

// lending lends the events of a subscription to one call.
type lending struct {
	server      *Server
	name        string
	withCurrent bool
	receiver    store.Receiver
	loans       *loans
	leave       func()
}

func (l *lending) close() {
	l.receiver.Close()
	l.leave()
	l.server.streams.Add(-1)
}

// next returns deliveries, at most so many, once there are any; none when the
// context's deadline passes.
func (l *lending) next(ctx context.Context, most int) ([]*eventsv1.Delivery, error) {
	lent, err := l.receiver.Next(ctx, most)
	if err != nil {
		return nil, err
	}
	deliveries := make([]*eventsv1.Delivery, len(lent))
	for i, loan := range lent {
		l.loans.add(loan.AckID, loan.Deadline)
		deliveries[i] = &eventsv1.Delivery{
			Event: typed(loan.Record), AckId: loan.AckID, Attempt: int32(loan.Attempt), Deadline: timestamppb.New(loan.Deadline),
			Traceparent: loan.Record.Traceparent,
		}
	}
	return deliveries, nil
}

// finish completes deliveries just before they go out.
func (l *lending) finish(ctx context.Context, deliveries []*eventsv1.Delivery) {
	if l.withCurrent {
		var group errgroup.Group
		group.SetLimit(currentAtOnce)
		for _, d := range deliveries {
			group.Go(func() error {
				l.server.setCurrent(ctx, d)
				return nil
			})
		}
		_ = group.Wait()
	}
	for _, d := range deliveries {
		l.server.opts.Observer.Delivered(l.name, int(d.GetAttempt()), time.Since(d.GetEvent().GetReceivedAt().AsTime()))
	}
}

// giveBack has deliveries that could not be sent delivered to somebody else at once.
func (l *lending) giveBack(deliveries []*eventsv1.Delivery) {
	ctx, cancel := context.WithTimeout(context.Background(), giveBackTimeout)
	defer cancel()
	at := time.Duration(0)
	for _, d := range deliveries {
		if _, err := l.server.opts.Store.Nack(ctx, l.name, d.GetAckId(), store.Nack{Delay: &at}); err != nil {
			return // they come back at their deadlines
		}
	}
}

// Pull implements EventServiceServer.
func (s *Server) Pull(ctx context.Context, req *eventsv1.PullRequest) (*eventsv1.PullResponse, error) {
	most := req.GetMaxEvents()
	err := between("max_events", &most, defaultBatch, maxBatch)
	wait := time.Duration(0)
	if err == nil {
		wait, err = checkWait(req.GetWait())
	}
	var l *lending
	if err == nil {
		l, err = s.open(ctx, req.GetSubscription(), int(most))
	}
	if err != nil {
		return nil, refuse(ctx, err)
	}
	defer l.close()
	if l.withCurrent {
		most = min(most, pullCurrent)
	}
	waiting, stop := s.untilDrain(ctx)
	defer stop()
	deliveries, err := pull(waiting, l, int(most), max(wait, pullLeast))
	if err != nil {
		return nil, refuse(ctx, s.orDraining(err))
	}
	l.finish(ctx, deliveries)
	return &eventsv1.PullResponse{Deliveries: deliveries}, nil
}

// pull waits for a first delivery, and then a moment for more.
func pull(ctx context.Context, l *lending, most int, wait time.Duration) ([]*eventsv1.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	deliveries, err := l.next(ctx, most)
	for err == nil && len(deliveries) > 0 && len(deliveries) < most && bodies(deliveries) < pullBytes {
		gather, stop := context.WithTimeout(context.WithoutCancel(ctx), pullGather)
		var more []*eventsv1.Delivery
		more, err = l.next(gather, most-len(deliveries))
		stop()
		if len(more) == 0 {
			break
		}
		deliveries = append(deliveries, more...)
	}
	if len(deliveries) > 0 {
		return deliveries, nil // those that are lent must not be kept back
	}
	return nil, err
}

// bodies is how much of bodies deliveries have.
func bodies(deliveries []*eventsv1.Delivery) (bytes int) {
	for _, d := range deliveries {
		bytes += len(d.GetEvent().GetRawBody())
	}
	return bytes
}

// Subscribe implements EventServiceServer.
func (s *Server) Subscribe(req *eventsv1.SubscribeRequest, stream grpc.ServerStreamingServer[eventsv1.SubscribeResponse]) error {
	ctx := stream.Context()
	most := req.GetMaxOutstanding()
	err := between("max_outstanding", &most, defaultBatch, maxBatch)
	var l *lending
	if err == nil {
		l, err = s.open(ctx, req.GetSubscription(), int(most))
	}
	if err != nil {
		return refuse(ctx, err)
	}
	defer l.close()
	return refuse(ctx, s.stream(ctx, l, stream))
}

// stream sends deliveries and heartbeats until something ends it, which is the error.
func (s *Server) stream(ctx context.Context, l *lending, stream grpc.ServerStreamingServer[eventsv1.SubscribeResponse]) error {
	age := time.NewTimer(s.opts.MaxStreamAge - rand.N(s.opts.MaxStreamAge/10+1)) // not all at once
	defer age.Stop()
	ended, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-age.C:
			end(errAge)
		case <-s.drains:
			end(errDraining)
		case <-ended.Done():
		}
	}()
	beat := time.Now() // the first thing is a heartbeat
	for {
		if ended.Err() != nil {
			return context.Cause(ended)
		}
		if !time.Now().Before(beat) {
			if err := s.heartbeat(ctx, l, stream); err != nil {
				return err
			}
			beat = time.Now().Add(s.opts.Heartbeat)
		}
		deliveries, err := l.nextFor(ended, beat)
		if err != nil {
			if ended.Err() != nil {
				return context.Cause(ended)
			}
			return err
		}
		l.finish(ctx, deliveries)
		for i, d := range deliveries {
			if stream.Send(&eventsv1.SubscribeResponse{Message: &eventsv1.SubscribeResponse_Delivery{Delivery: d}}) != nil {
				l.giveBack(deliveries[i:])
				return errGone
			}
		}
		if len(deliveries) > 0 {
			beat = time.Now().Add(s.opts.Heartbeat)
		}
	}
}

// nextFor returns the next deliveries that the stream has room for; none at the time
// of its next heartbeat, or when there may be room.
func (l *lending) nextFor(ctx context.Context, beat time.Time) ([]*eventsv1.Delivery, error) {
	room, passes := l.loans.room(time.Now())
	if room > 0 {
		ctx, cancel := context.WithDeadline(ctx, beat)
		defer cancel()
		return l.next(ctx, room)
	}
	if passes.IsZero() || beat.Before(passes) {
		passes = beat
	}
	timer := time.NewTimer(time.Until(passes))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-l.loans.changed:
	}
	return nil, nil
}

// heartbeat sends a heartbeat. One without a backlog is better than a stream that ends.
func (s *Server) heartbeat(ctx context.Context, l *lending, stream grpc.ServerStreamingServer[eventsv1.SubscribeResponse]) error {
	beat := &eventsv1.Heartbeat{Time: timestamppb.Now(), Interval: durationpb.New(s.opts.Heartbeat)}
	switch sub, err := s.opts.Store.Get(ctx, l.name); {
	case err == nil:
		beat.Backlog = sub.GetBacklog()
		l.withCurrent = sub.GetWithCurrent() && s.opts.PortOne != nil
	case errors.Is(err, store.ErrNoSubscription):
		return err
	}
	if stream.Send(&eventsv1.SubscribeResponse{Message: &eventsv1.SubscribeResponse_Heartbeat{Heartbeat: beat}}) != nil {
		return errGone
	}
	return nil
}
