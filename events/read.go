package events

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/store"
	"github.com/portone-gateway/portone-gateway/events/webhook"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

const (
	// scanPage is how many events a page looks at, where only some are wanted.
	scanPage = 20_000
	// pageBytes is after how much of bodies a page ends: clients take messages of 4 MiB,
	// and an event has its body twice, as it came and read.
	pageBytes = 1 << 20
	// readTimeout bounds the search through all events.
	readTimeout = time.Minute
)

// typed makes the event of a record.
func typed(r *store.Record) *eventsv1.Event {
	event, err := webhook.Read(r.Body)
	if err != nil { // which the intake refuses; the bytes are there all the same
		event = &eventsv1.Event{RawBody: r.Body}
	}
	event.Id, event.Position, event.Environment, event.Origin = r.ID, r.Position, r.Environment, r.Origin
	event.ReceivedAt = timestamppb.New(r.ReceivedAt)
	return event
}

// ListEvents implements EventServiceServer.
func (s *Server) ListEvents(ctx context.Context, req *eventsv1.ListEventsRequest) (*eventsv1.ListEventsResponse, error) {
	size, err := pageSize(req.GetPageSize())
	if err == nil {
		err = checkFilter("filter", req.GetFilter())
	}
	if err == nil {
		err = checkStart("after", req.GetAfter(), false)
	}
	wait := time.Duration(0)
	if err == nil {
		wait, err = checkWait(req.GetWait())
	}
	if err != nil {
		return nil, refuse(ctx, err)
	}
	query := store.Query{Filter: req.GetFilter(), After: req.GetAfter(), Limit: size, Bytes: pageBytes, Scan: scanPage, Wait: wait}
	if req.PaymentId != nil {
		query.Match = func(r *store.Record) bool {
			event, err := webhook.Read(r.Body)
			return err == nil && event.GetTransaction().GetPaymentId() == req.GetPaymentId()
		}
	}
	waiting, stop := s.untilDrain(ctx)
	defer stop()
	page, err := s.opts.Store.List(waiting, query)
	if err != nil {
		return nil, refuse(ctx, s.orDraining(err))
	}
	response := &eventsv1.ListEventsResponse{NextPosition: page.Next, AtEnd: page.AtEnd}
	for _, r := range page.Records {
		response.Events = append(response.Events, typed(r))
	}
	return response, nil
}

// untilDrain is a context that ends when the server drains, too.
func (s *Server) untilDrain(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.drains:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// orDraining is an error, or that the server drains, which may have caused it.
func (s *Server) orDraining(err error) error {
	select {
	case <-s.drains:
		return errDraining
	default:
		return err
	}
}

// GetEvent implements EventServiceServer.
func (s *Server) GetEvent(ctx context.Context, req *eventsv1.GetEventRequest) (*eventsv1.Event, error) {
	if req.GetId() == "" || len(req.GetId()) > maxEventID {
		return nil, refuse(ctx, invalid("id", "must be a webhook id"))
	}
	search, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	r, err := s.opts.Store.Find(search, req.GetId(), req.GetPosition())
	if err != nil {
		return nil, refuse(ctx, err)
	}
	return typed(r), nil
}

// ListParked implements EventServiceServer.
func (s *Server) ListParked(ctx context.Context, req *eventsv1.ListParkedRequest) (*eventsv1.ListParkedResponse, error) {
	err := checkName("subscription", req.GetSubscription())
	size := 0
	if err == nil {
		size, err = pageSize(req.GetPageSize())
	}
	if err != nil {
		return nil, refuse(ctx, err)
	}
	list, next, err := s.opts.Store.ListParked(ctx, req.GetSubscription(), req.GetPageToken(), size)
	if err != nil {
		return nil, refuse(ctx, err)
	}
	response := &eventsv1.ListParkedResponse{NextPageToken: next}
	for _, p := range list {
		response.Events = append(response.Events, &eventsv1.ParkedEvent{
			Event: typed(p.Record), Reason: p.Reason, Attempts: int32(p.Attempts), ParkedAt: timestamppb.New(p.At),
		})
	}
	return response, nil
}

// RequeueParked implements EventServiceServer.
func (s *Server) RequeueParked(ctx context.Context, req *eventsv1.RequeueParkedRequest) (*eventsv1.RequeueParkedResponse, error) {
	err := checkName("subscription", req.GetSubscription())
	if err == nil && len(req.GetEventIds()) > maxBatch {
		err = invalid("event_ids", "must have at most 1000 ids")
	}
	if err != nil {
		return nil, refuse(ctx, err)
	}
	n, err := s.opts.Store.Requeue(ctx, req.GetSubscription(), req.GetEventIds())
	if err != nil {
		return nil, refuse(ctx, err)
	}
	return &eventsv1.RequeueParkedResponse{Requeued: int32(n)}, nil
}
