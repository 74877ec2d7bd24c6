package reconcile

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/store"
	"github.com/portone-gateway/portone-gateway/events/webhook"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// pageSize is how many payments are asked for at a time.
const pageSize = 200

// scan looks at the payments of an environment.
type scan struct {
	reconciler  *Reconciler
	environment Environment
	known       map[string]bool
	begun       time.Time

	from  time.Time // payments that changed before are done
	page  int32     // of those that changed at from or later
	added int
	cut   bool // there is more, for the next run
}

// run looks at payments in the order in which they changed. The next request begins at
// the last change seen, instead of asking for the next page: pages move while payments
// change, and those that slipped to the page before would not be seen.
func (s *scan) run(ctx context.Context) error {
	for range s.reconciler.opts.MaxPages {
		payments, listed, err := s.list(ctx)
		if err != nil {
			return err
		}
		last := s.from
		for _, p := range payments {
			if err := s.look(ctx, p); err != nil {
				return err
			}
			if changed := p.GetStatusChangedAt().AsTime(); changed.After(last) {
				last = changed
			}
		}
		if listed < pageSize {
			return nil
		}
		if last.After(s.from) {
			s.from, s.page = last, 0
		} else {
			s.page++ // all of this page changed at one instant
		}
		if !pause(ctx, s.reconciler.opts.Pause) {
			return ctx.Err()
		}
	}
	s.cut = true
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// payment is what every state of a payment has.
type payment interface {
	GetId() string
	GetStoreId() string
	GetTransactionId() string
	GetWebhooks() []*portonev2.PaymentWebhook
	GetStatusChangedAt() *timestamppb.Timestamp
}

// list asks for payments, and returns how many were listed, too: those in a state that is
// unknown are not among them, and only PortOne's webhook can tell of these.
func (s *scan) list(ctx context.Context) (payments []payment, listed int, err error) {
	response, err := s.reconciler.opts.PortOne.GetPayments(ctx, &portonev2.GetPaymentsRequest{
		Page: &portonev2.PageInput{Number: &s.page, Size: proto.Int32(pageSize)},
		Filter: &portonev2.PaymentFilterInput{
			TimestampType: portonev2.PaymentTimestampType_PAYMENT_TIMESTAMP_TYPE_STATUS_CHANGED_AT.Enum(),
			SortBy:        portonev2.PaymentSortBy_PAYMENT_SORT_BY_STATUS_CHANGED_AT.Enum(),
			SortOrder:     portonev2.SortOrder_SORT_ORDER_ASC.Enum(),
			From:          timestamppb.New(s.from), IsTest: s.environment.Test,
		},
	})
	if err != nil {
		return nil, 0, err
	}
	for _, item := range response.GetItems() {
		if p := stateOf(item); p != nil {
			payments = append(payments, p)
		}
	}
	return payments, len(response.GetItems()), nil
}

// stateOf is the state of a payment; nil if it is unknown.
func stateOf(p *portonev2.Payment) payment {
	message := p.ProtoReflect()
	state := message.WhichOneof(message.Descriptor().Oneofs().ByName("status"))
	if state == nil {
		return nil
	}
	found, _ := message.Get(state).Message().Interface().(payment)
	return found
}

// look adds the webhooks of a payment that are missing.
func (s *scan) look(ctx context.Context, p payment) error {
	for _, h := range p.GetWebhooks() {
		young := h.GetTriggeredAt() != nil && s.begun.Sub(h.GetTriggeredAt().AsTime()).Abs() < grace
		if h.GetId() == "" || s.known[h.GetId()] || !s.reconciler.isOurs(h) || young {
			continue
		}
		record := recordOf(p, h)
		if record == nil {
			continue
		}
		record.Environment = s.environment.Label
		duplicate, err := s.reconciler.opts.Store.Append(ctx, record)
		if err != nil {
			return err
		}
		s.known[record.ID] = true
		if !duplicate {
			s.added++
			s.reconciler.opts.Logger.Info("a webhook was missing and is added", "event", record.ID, "type", record.Type, "environment", record.Environment)
		}
	}
	return nil
}

// recordOf makes the record of a webhook; nil if it told nothing, as a question does.
func recordOf(p payment, h *portonev2.PaymentWebhook) *store.Record {
	event, err := webhook.Read([]byte(h.GetRequest().GetBody()))
	if err != nil {
		event = written(p, h)
	}
	if event == nil || webhook.IsQuestion(event) {
		return nil
	}
	return &store.Record{
		ID: h.GetId(), Type: event.GetType(), StoreID: p.GetStoreId(), Origin: eventsv1.Origin_ORIGIN_RECONCILED, Body: event.GetRawBody(),
	}
}

func receivedAt(t time.Time) *eventsv1.StartAt {
	return &eventsv1.StartAt{At: &eventsv1.StartAt_ReceivedAt{ReceivedAt: timestamppb.New(t)}}
}

func afterPosition(position string) *eventsv1.StartAt {
	return &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: position}}
}
