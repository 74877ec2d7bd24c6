package shop

import (
	"context"
	"sort"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// event is a movement of money: a payment, or a cancellation of it.
type event struct {
	id      string
	status  portonev2.PaymentStatus // what the payment became by it
	at      instant
	attempt *attempt
	amount  int64 // negative for a cancellation

	cancellation *cancellation // nil for a payment
}

// happened notes an event.
func (s *Store) happened(a *attempt, status portonev2.PaymentStatus, amount int64, c *cancellation) {
	s.events = append(s.events, &event{
		id: s.w.IDs.UUID("payment event"), status: status, at: s.now(), attempt: a, amount: amount, cancellation: c,
	})
}

// eventMembers are the members of an event: what it has in common with the
// payment, and its own.
var eventMembers = func() members[*event] {
	shared := make(members[*event])
	for name, member := range paymentMembers {
		shared[name] = func(e *event) any { return member(e.attempt) }
	}
	return shared.with(members[*event]{
		"id":           func(e *event) any { return e.id },
		"created_at":   func(e *event) any { return e.at },
		"total_amount": func(e *event) any { return e.attempt.bill.amount() },
		"event_amount": func(e *event) any { return e.amount },
		"cancellation": func(e *event) any { return message(e.cancellation.show()) },
	})
}()

// GetAllPaymentEventsByCursor implements PaymentServiceServer.
func (s *Store) GetAllPaymentEventsByCursor(_ context.Context, req *portonev2.GetAllPaymentEventsByCursorRequest) (*portonev2.GetAllPaymentEventsByCursorResponse, error) {
	when, err := s.periodOf(req.From, req.Until)
	if err != nil {
		return nil, err
	}
	stretch, err := readCursor("event", req.Cursor, req.Size)
	if err != nil {
		return nil, err
	}
	first := sort.Search(len(s.events), func(i int) bool { return s.events[i].at >= when.from })
	answer := &portonev2.GetAllPaymentEventsByCursorResponse{}
	for i := max(first, stretch.from); i < len(s.events) && s.events[i].at <= when.until && len(answer.Items) < stretch.size; i++ {
		e := s.events[i]
		if req.StoreId != nil && *req.StoreId != e.attempt.payment.storeID {
			continue
		}
		shown := new(portonev2.PaymentEvent)
		eventMembers.choose(shown, statusNames[e.status], e)
		answer.Items = append(answer.Items, &portonev2.PaymentEventWithCursor{PaymentEvent: shown, Cursor: world.Ptr(stretch.cursor(i))})
	}
	return answer, nil
}
