package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/events"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

func TestSubscribe(t *testing.T) {
	f := start(t, func(o *events.Options) { o.Heartbeat = 200 * time.Millisecond })
	f.put(&eventsv1.Subscription{Name: "ledger"})
	s := f.subscribe("ledger", 2)
	first, err := s.stream.Recv()
	if err != nil || first.GetHeartbeat() == nil || first.GetHeartbeat().GetInterval().AsDuration() != 200*time.Millisecond {
		t.Fatalf("the first message is %v, error %v; want a heartbeat", first, err)
	}
	f.happen(1, 3)
	got := s.next(2)
	want := &eventsv1.Event{
		Id: "id-1", Position: got[0].GetEvent().GetPosition(), Type: "Transaction.Paid", KnownType: eventsv1.EventType_EVENT_TYPE_TRANSACTION_PAID,
		OccurredAt: timestamppb.New(time.Date(2024, time.April, 25, 10, 0, 0, 0, time.UTC)), ReceivedAt: got[0].GetEvent().GetReceivedAt(),
		Environment: "live", Origin: eventsv1.Origin_ORIGIN_WEBHOOK, WebhookVersion: "2024-04-25",
		Data: &eventsv1.Event_Transaction{Transaction: &eventsv1.TransactionData{
			StoreId: proto.String("store-1"), PaymentId: proto.String("payment-1"), TransactionId: proto.String("tx")}},
		RawBody: []byte(`{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.000Z","data":{"storeId":"store-1","paymentId":"payment-1","transactionId":"tx"}}`),
	}
	if diff := cmp.Diff(want, got[0].GetEvent(), protocmp.Transform()); diff != "" {
		t.Errorf("the event (-want +got):\n%s", diff)
	}
	if left := time.Until(got[0].GetDeadline().AsTime()); got[0].GetAttempt() != 1 || left < 50*time.Second || left > time.Minute {
		t.Errorf("attempt %d, deadline in %v", got[0].GetAttempt(), left)
	}
	// There is no room for the third until one of the two is settled.
	for range 3 {
		m, err := s.stream.Recv()
		if err != nil || m.GetHeartbeat().GetBacklog() != 3 {
			t.Fatalf("got %v, error %v; want a heartbeat with a backlog of 3", m, err)
		}
	}
	f.ack("ledger", got[1])
	if third := s.next(1); third[0].GetEvent().GetId() != "id-3" {
		t.Errorf("got %v", eventIDs(third))
	}
	sub, err := f.client.GetSubscription(t.Context(), &eventsv1.GetSubscriptionRequest{Subscription: "ledger"})
	if err != nil || sub.GetReceivers() != 1 || sub.GetOutstanding() != 2 {
		t.Errorf("%v, error %v", sub, err)
	}
}

// TestSharing has several streams share a subscription, one of which ends without a
// word: what it had is delivered to others after the deadline, and nothing twice before.
func TestSharing(t *testing.T) {
	f := start(t)
	f.put(&eventsv1.Subscription{Name: "ledger", AckDeadline: durationpb.New(time.Second)})
	gone := f.subscribe("ledger", 5)
	gone.next(0)
	f.happen(1, 5)
	lost := gone.next(5)
	gone.end()
	stays := f.subscribe("ledger", 10)
	got := stays.next(5)
	for _, d := range got {
		if d.GetAttempt() != 2 {
			t.Errorf("%s in attempt %d", d.GetEvent().GetId(), d.GetAttempt())
		}
	}
	f.ack("ledger", lost[0]) // of the stream that is gone
	f.ack("ledger", got[1:]...)
	f.happen(6, 6)
	if next := stays.next(1); next[0].GetEvent().GetId() != "id-6" {
		t.Errorf("got %v", eventIDs(next))
	}
}

func TestStreamsEnd(t *testing.T) {
	t.Run("at their age", func(t *testing.T) {
		f := start(t, func(o *events.Options) { o.MaxStreamAge = 300 * time.Millisecond })
		f.put(&eventsv1.Subscription{Name: "ledger"})
		wantStatus(t, f.subscribe("ledger", 1).ended(), codes.Unavailable, "STREAM_EXPIRED")
	})
	t.Run("at drain, and waiting calls with them", func(t *testing.T) {
		f := start(t)
		f.put(&eventsv1.Subscription{Name: "ledger"})
		s := f.subscribe("ledger", 1)
		if _, err := s.stream.Recv(); err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error, 2)
		go func() {
			_, err := f.client.Pull(t.Context(), &eventsv1.PullRequest{Subscription: "ledger", Wait: durationpb.New(30 * time.Second)})
			waiting <- err
		}()
		time.Sleep(100 * time.Millisecond) // whichever comes first, they end
		f.server.Drain()
		wantStatus(t, s.ended(), codes.Unavailable, "SHUTTING_DOWN")
		if err := <-waiting; err != nil {
			wantStatus(t, err, codes.Unavailable, "SHUTTING_DOWN")
		}
		f.ack2(t)
	})
	t.Run("when the subscription is deleted", func(t *testing.T) {
		f := start(t)
		f.put(&eventsv1.Subscription{Name: "ledger"})
		s := f.subscribe("ledger", 1)
		if _, err := s.stream.Recv(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.client.DeleteSubscription(t.Context(), &eventsv1.DeleteSubscriptionRequest{Subscription: "ledger"}); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, s.ended(), codes.NotFound, "SUBSCRIPTION_NOT_FOUND")
	})
	t.Run("when the store closes", func(t *testing.T) {
		f := start(t)
		f.put(&eventsv1.Subscription{Name: "ledger"})
		s := f.subscribe("ledger", 1)
		if _, err := s.stream.Recv(); err != nil {
			t.Fatal(err)
		}
		f.store.Close()
		wantStatus(t, s.ended(), codes.Unavailable, "STORE_UNAVAILABLE")
	})
	t.Run("where there are too many", func(t *testing.T) {
		f := start(t, func(o *events.Options) { o.MaxStreams = 1 })
		f.put(&eventsv1.Subscription{Name: "ledger"})
		s := f.subscribe("ledger", 1)
		if _, err := s.stream.Recv(); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, f.subscribe("ledger", 1).ended(), codes.ResourceExhausted, "LIMIT_REACHED")
	})
}

// ack2 shows that what is no stream is answered while the server drains.
func (f *fixture) ack2(t *testing.T) {
	t.Helper()
	if _, err := f.client.GetSubscription(t.Context(), &eventsv1.GetSubscriptionRequest{Subscription: "ledger"}); err != nil {
		t.Error(err)
	}
}

func TestPull(t *testing.T) {
	f := start(t)
	f.put(&eventsv1.Subscription{Name: "ledger"})
	pull := func(most int32, wait time.Duration) []*eventsv1.Delivery {
		t.Helper()
		response, err := f.client.Pull(t.Context(), &eventsv1.PullRequest{Subscription: "ledger", MaxEvents: most, Wait: durationpb.New(wait)})
		if err != nil {
			t.Fatal(err)
		}
		return response.GetDeliveries()
	}
	if got := pull(5, 0); len(got) != 0 {
		t.Errorf("from nothing: %v", eventIDs(got))
	}
	f.happen(1, 7)
	got := pull(5, 0)
	if strings.Join(eventIDs(got), " ") != "id-1 id-2 id-3 id-4 id-5" {
		t.Errorf("five: %v", eventIDs(got))
	}
	f.ack("ledger", got...)
	if got = pull(5, 10*time.Second); strings.Join(eventIDs(got), " ") != "id-6 id-7" {
		t.Errorf("the rest: %v", eventIDs(got))
	}
	time.AfterFunc(300*time.Millisecond, func() { f.happen(8, 8) })
	if got = pull(5, 20*time.Second); strings.Join(eventIDs(got), " ") != "id-8" {
		t.Errorf("after waiting: %v", eventIDs(got))
	}
}

// TestLargeEvents has pages and pulls of large events fit into what clients take by
// default.
func TestLargeEvents(t *testing.T) {
	f := start(t)
	f.put(&eventsv1.Subscription{Name: "ledger"})
	const events = 20
	for i := range events {
		f.store1(fmt.Sprint("id-", i), "Transaction.Paid", `{"paymentId":"p","x":"`+strings.Repeat("x", 250<<10)+`"}`)
	}
	seen := 0
	for request := (&eventsv1.ListEventsRequest{PageSize: 1000}); ; {
		page, err := f.client.ListEvents(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.GetEvents())
		if page.GetAtEnd() {
			break
		}
		request.After = &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: page.GetNextPosition()}}
	}
	if seen != events {
		t.Errorf("listed %d of %d", seen, events)
	}
	pulled := map[string]bool{}
	for range events {
		if len(pulled) == events {
			break
		}
		response, err := f.client.Pull(t.Context(), &eventsv1.PullRequest{Subscription: "ledger", MaxEvents: 1000, Wait: durationpb.New(10 * time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range response.GetDeliveries() {
			pulled[d.GetEvent().GetId()] = true
		}
	}
	if len(pulled) != events {
		t.Errorf("pulled %d of %d", len(pulled), events)
	}
	s := f.subscribe("ledger", 1000)
	_, err := f.client.SeekSubscription(t.Context(), &eventsv1.SeekSubscriptionRequest{Subscription: "ledger", To: &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}})
	if err != nil {
		t.Fatal(err)
	}
	s.next(events)
}

func TestSettling(t *testing.T) {
	f := start(t)
	f.put(&eventsv1.Subscription{Name: "ledger"})
	f.happen(1, 4)
	s := f.subscribe("ledger", 10)
	got := s.next(4)
	ctx := t.Context()
	acked, err := f.client.Ack(ctx, &eventsv1.AckRequest{Subscription: "ledger", AckIds: []string{got[0].GetAckId(), "nonsense"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []*eventsv1.SettleFailure{{AckId: "nonsense", Problem: eventsv1.SettleProblem_SETTLE_PROBLEM_MALFORMED}}
	if diff := cmp.Diff(want, acked.GetFailures(), protocmp.Transform()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	nacked, err := f.client.Nack(ctx, &eventsv1.NackRequest{Subscription: "ledger", AckIds: ackIDs(got[1:2]), Delay: durationpb.New(0)})
	if err != nil || len(nacked.GetFailures()) > 0 {
		t.Fatalf("%v, error %v", nacked, err)
	}
	again := s.next(1)
	if again[0].GetEvent().GetId() != "id-2" || again[0].GetAttempt() != 2 {
		t.Errorf("after the Nack: %v", again[0])
	}
	extended, err := f.client.ExtendDeadline(ctx, &eventsv1.ExtendDeadlineRequest{Subscription: "ledger", AckIds: ackIDs(got[2:3])})
	if err != nil || extended.GetDeadline().AsTime().Before(got[2].GetDeadline().AsTime()) {
		t.Errorf("%v, error %v", extended, err)
	}
	parked, err := f.client.Nack(ctx, &eventsv1.NackRequest{Subscription: "ledger", AckIds: ackIDs(got[3:4]), Park: true, Reason: "no such order"})
	if err != nil || len(parked.GetFailures()) > 0 {
		t.Fatalf("%v, error %v", parked, err)
	}
	list, err := f.client.ListParked(ctx, &eventsv1.ListParkedRequest{Subscription: "ledger"})
	if err != nil || len(list.GetEvents()) != 1 || list.GetEvents()[0].GetReason() != "no such order" ||
		list.GetEvents()[0].GetEvent().GetTransaction().GetPaymentId() != "payment-4" {
		t.Fatalf("%v, error %v", list, err)
	}
	requeued, err := f.client.RequeueParked(ctx, &eventsv1.RequeueParkedRequest{Subscription: "ledger", EventIds: []string{"id-4"}})
	if err != nil || requeued.GetRequeued() != 1 {
		t.Fatalf("%v, error %v", requeued, err)
	}
	if last := s.next(1); last[0].GetEvent().GetId() != "id-4" {
		t.Errorf("after requeueing: %v", last[0])
	}
	if _, err := f.client.SeekSubscription(ctx, &eventsv1.SeekSubscriptionRequest{Subscription: "ledger", To: &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}}); err != nil {
		t.Fatal(err)
	}
	expired, err := f.client.Ack(ctx, &eventsv1.AckRequest{Subscription: "ledger", AckIds: ackIDs(got[2:3])})
	if err != nil || len(expired.GetFailures()) != 1 || expired.GetFailures()[0].GetProblem() != eventsv1.SettleProblem_SETTLE_PROBLEM_EXPIRED {
		t.Errorf("%v, error %v", expired, err)
	}
	s.next(4)
}

func TestListAndGetEvents(t *testing.T) {
	f := start(t)
	f.happen(1, 3)
	f.store1("id-4", "Transaction.Cancelled", `{"storeId":"store-1","paymentId":"payment-2","cancellationId":"c"}`)
	ctx := t.Context()
	first, err := f.client.ListEvents(ctx, &eventsv1.ListEventsRequest{PageSize: 2})
	if err != nil || len(first.GetEvents()) != 2 || first.GetAtEnd() {
		t.Fatalf("%v, error %v", first, err)
	}
	rest, err := f.client.ListEvents(ctx, &eventsv1.ListEventsRequest{After: &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: first.GetNextPosition()}}})
	if err != nil || len(rest.GetEvents()) != 2 || !rest.GetAtEnd() {
		t.Fatalf("%v, error %v", rest, err)
	}
	of, err := f.client.ListEvents(ctx, &eventsv1.ListEventsRequest{PaymentId: proto.String("payment-2")})
	if err != nil || len(of.GetEvents()) != 2 || of.GetEvents()[1].GetTransaction().GetCancellationId() != "c" {
		t.Fatalf("%v, error %v", of, err)
	}
	one, err := f.client.GetEvent(ctx, &eventsv1.GetEventRequest{Id: "id-4"})
	if err != nil || !proto.Equal(one, of.GetEvents()[1]) {
		t.Errorf("%v, error %v", one, err)
	}
	_, err = f.client.GetEvent(ctx, &eventsv1.GetEventRequest{Id: "id-5"})
	wantStatus(t, err, codes.NotFound, "EVENT_NOT_FOUND")
}

func TestSubscriptionsAreDeclared(t *testing.T) {
	f := start(t)
	ctx := t.Context()
	wantStatus(t, f.subscribe("ledger", 0).ended(), codes.NotFound, "SUBSCRIPTION_NOT_FOUND")
	got := f.put(&eventsv1.Subscription{Name: "ledger", Backlog: 7})
	want := &eventsv1.Subscription{Name: "ledger", AckDeadline: durationpb.New(time.Minute), MaxOutstanding: 1000}
	for _, wait := range []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute} {
		want.RedeliveryBackoff = append(want.RedeliveryBackoff, durationpb.New(wait))
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, f.put(got), protocmp.Transform()); diff != "" {
		t.Errorf("what was returned, put again (-before +after):\n%s", diff)
	}
	for _, name := range []string{"a", "b", "c"} {
		f.put(&eventsv1.Subscription{Name: name})
	}
	var names []string
	for token := ""; ; {
		page, err := f.client.ListSubscriptions(ctx, &eventsv1.ListSubscriptionsRequest{PageSize: 3, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.GetSubscriptions() {
			names = append(names, s.GetName())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if strings.Join(names, " ") != "a b c ledger" {
		t.Errorf("listed %v", names)
	}
}

func TestRefused(t *testing.T) {
	f := start(t)
	f.put(&eventsv1.Subscription{Name: "ledger"})
	c, ctx := f.client, t.Context()
	put := func(change func(*eventsv1.Subscription)) error {
		s := &eventsv1.Subscription{Name: "new"}
		change(s)
		_, err := c.PutSubscription(ctx, &eventsv1.PutSubscriptionRequest{Subscription: s})
		return err
	}
	errOf := func(_ any, err error) error { return err }
	tests := []struct {
		name, field string
		err         error
	}{
		{"no subscription", "subscription", errOf(c.PutSubscription(ctx, &eventsv1.PutSubscriptionRequest{}))},
		{"a name with a point", "subscription.name", put(func(s *eventsv1.Subscription) { s.Name = "a.b" })},
		{"a name with a star", "subscription.name", put(func(s *eventsv1.Subscription) { s.Name = "*" })},
		{"a long name", "subscription.name", put(func(s *eventsv1.Subscription) { s.Name = strings.Repeat("a", 65) })},
		{"a short deadline", "subscription.ack_deadline", put(func(s *eventsv1.Subscription) { s.AckDeadline = durationpb.New(0) })},
		{"a deadline that is none", "subscription.ack_deadline", put(func(s *eventsv1.Subscription) { s.AckDeadline = &durationpb.Duration{Nanos: -1, Seconds: 2} })},
		{"a negative backoff", "subscription.redelivery_backoff[0]", put(func(s *eventsv1.Subscription) { s.RedeliveryBackoff = []*durationpb.Duration{durationpb.New(-1)} })},
		{"negative attempts", "subscription.park_after_attempts", put(func(s *eventsv1.Subscription) { s.ParkAfterAttempts = -1 })},
		{"too many outstanding", "subscription.max_outstanding", put(func(s *eventsv1.Subscription) { s.MaxOutstanding = 50_001 })},
		{"an empty type", "subscription.filter.types[0]", put(func(s *eventsv1.Subscription) { s.Filter = &eventsv1.Filter{Types: []string{""}} })},
		{"a type with a star within", "filter", put(func(s *eventsv1.Subscription) { s.Filter = &eventsv1.Filter{Types: []string{"T*.Paid"}} })},
		{"a start that is false", "subscription.start.latest", put(func(s *eventsv1.Subscription) { s.Start = &eventsv1.StartAt{At: &eventsv1.StartAt_Latest{}} })},
		{"a position that is none", "position", put(func(s *eventsv1.Subscription) {
			s.Start = &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: "x"}}
		})},
		{"the present without a PortOne", "subscription.with_current", put(func(s *eventsv1.Subscription) { s.WithCurrent = true })},
		{"no place to seek", "to", errOf(c.SeekSubscription(ctx, &eventsv1.SeekSubscriptionRequest{Subscription: "ledger"}))},
		{"a long wait", "wait", errOf(c.Pull(ctx, &eventsv1.PullRequest{Subscription: "ledger", Wait: durationpb.New(31 * time.Second)}))},
		{"too many to pull", "max_events", errOf(c.Pull(ctx, &eventsv1.PullRequest{Subscription: "ledger", MaxEvents: 1001}))},
		{"a negative page", "page_size", errOf(c.ListEvents(ctx, &eventsv1.ListEventsRequest{PageSize: -1}))},
		{"nothing to acknowledge", "ack_ids", errOf(c.Ack(ctx, &eventsv1.AckRequest{Subscription: "ledger"}))},
		{"no name", "subscription", errOf(c.Ack(ctx, &eventsv1.AckRequest{AckIds: []string{"x"}}))},
		{"a negative delay", "delay", errOf(c.Nack(ctx, &eventsv1.NackRequest{Subscription: "ledger", AckIds: []string{"x"}, Delay: durationpb.New(-1)}))},
		{"park and delay", "delay", errOf(c.Nack(ctx, &eventsv1.NackRequest{Subscription: "ledger", AckIds: []string{"x"}, Delay: durationpb.New(1), Park: true}))},
		{"a long reason", "reason", errOf(c.Nack(ctx, &eventsv1.NackRequest{Subscription: "ledger", AckIds: []string{"x"}, Reason: strings.Repeat("a", 257)}))},
		{"a token that is none", "page_token", errOf(c.ListParked(ctx, &eventsv1.ListParkedRequest{Subscription: "ledger", PageToken: "x"}))},
		{"no id", "id", errOf(c.GetEvent(ctx, &eventsv1.GetEventRequest{}))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantStatus(t, test.err, codes.InvalidArgument, "INVALID_REQUEST")
			for _, detail := range status.Convert(test.err).Details() {
				if bad, ok := detail.(*errdetails.BadRequest); ok && bad.GetFieldViolations()[0].GetField() == test.field {
					return
				}
			}
			t.Errorf("no violation of %s in %v", test.field, status.Convert(test.err).Details())
		})
	}
	t.Run("in Korean", func(t *testing.T) {
		korean := metadata.AppendToOutgoingContext(ctx, "accept-language", "ko")
		_, err := c.GetSubscription(korean, &eventsv1.GetSubscriptionRequest{Subscription: "none"})
		for _, detail := range status.Convert(err).Details() {
			if text, ok := detail.(*errdetails.LocalizedMessage); ok && text.GetLocale() == "ko-KR" && strings.Contains(text.GetMessage(), "구독") {
				return
			}
		}
		t.Errorf("no Korean text in %v", status.Convert(err).Details())
	})
}

// portone answers for PortOne.
type portone struct{}

func (p *portone) GetPayment(_ context.Context, req *portonev2.GetPaymentRequest, _ ...grpc.CallOption) (*portonev2.Payment, error) {
	if req.GetPaymentId() != "payment-1" {
		return nil, errmap.Native{Code: codes.NotFound, Reason: "PAYMENT_NOT_FOUND"}.Error(errmap.English)
	}
	return &portonev2.Payment{Status: &portonev2.Payment_Paid{Paid: &portonev2.PaidPayment{Id: proto.String(req.GetPaymentId()), StoreId: req.StoreId}}}, nil
}

func (p *portone) GetBillingKeyInfo(context.Context, *portonev2.GetBillingKeyInfoRequest, ...grpc.CallOption) (*portonev2.BillingKeyInfo, error) {
	return nil, errors.New("a text with a secret in it")
}

func TestWithCurrent(t *testing.T) {
	f := start(t, func(o *events.Options) { o.PortOne = &portone{} })
	f.put(&eventsv1.Subscription{Name: "ledger", WithCurrent: true})
	f.put(&eventsv1.Subscription{Name: "mail"})
	f.happen(1, 2)
	f.store1("id-3", "BillingKey.Issued", `{"storeId":"store-1","billingKey":"k"}`)
	f.store1("id-4", "TaxInvoice.Issued", `{"taxInvoiceId":"i"}`)
	f.store1("id-5", "Transaction.Paid", `{}`)
	got := f.subscribe("ledger", 10).next(5)
	if p := got[0].GetPayment().GetPaid(); p.GetId() != "payment-1" || p.GetStoreId() != "store-1" {
		t.Errorf("the payment is %v", got[0].GetCurrent())
	}
	if why := got[1].GetCurrentUnavailable(); why.GetCode() != "NOT_FOUND" || why.GetReason() != "PAYMENT_NOT_FOUND" {
		t.Errorf("the payment that is not there is %v", got[1].GetCurrent())
	}
	if why := got[2].GetCurrentUnavailable(); why.GetCode() != "UNKNOWN" || strings.Contains(why.String(), "secret") {
		t.Errorf("the billing key is %v", got[2].GetCurrent())
	}
	if got[3].GetCurrent() != nil || got[4].GetCurrent() != nil {
		t.Errorf("what names nothing to read has %v and %v", got[3].GetCurrent(), got[4].GetCurrent())
	}
	pulled, err := f.client.Pull(t.Context(), &eventsv1.PullRequest{Subscription: "mail", Wait: durationpb.New(5 * time.Second)})
	if err != nil || len(pulled.GetDeliveries()) != 5 || pulled.GetDeliveries()[0].GetCurrent() != nil {
		t.Errorf("%v, error %v", pulled, err)
	}
}
