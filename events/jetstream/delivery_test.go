package jetstream_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

func TestDeliveryAndAck(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger"))
	put(t, s, subscription("mail"))
	appendIDs(t, s, 3)
	ledger := receiver(t, s, "ledger")
	loans := receive(t, ledger, 3)
	if got := strings.Join(ids(loans), " "); got != "id-1 id-2 id-3" {
		t.Errorf("delivered %s", got)
	}
	for _, l := range loans {
		if left := time.Until(l.Deadline); l.Attempt != 1 || left < 50*time.Second || left > time.Minute {
			t.Errorf("attempt %d, %v left", l.Attempt, left)
		}
	}
	ack(t, s, "ledger", loans...)
	ack(t, s, "ledger", loans...) // once more changes nothing
	nothing(t, ledger, 300*time.Millisecond)
	if got := receive(t, receiver(t, s, "mail"), 3); len(got) != 3 { // which has its own copies
		t.Errorf("mail got %v", ids(got))
	}
	state, err := s.Get(t.Context(), "mail")
	if err != nil || state.GetBacklog() != 3 || state.GetOutstanding() != 3 || state.GetOldestUnacknowledged() == nil {
		t.Errorf("mail: %v, error %v", state, err)
	}
	state, err = s.Get(t.Context(), "ledger")
	if err != nil || state.GetBacklog() != 0 || state.GetOutstanding() != 0 || state.GetOldestUnacknowledged() != nil {
		t.Errorf("ledger: %v, error %v", state, err)
	}
	wantError(t, s.Ack(t.Context(), "mail", loans[0].AckID), store.ErrMalformed) // another subscription's
	wantError(t, s.Ack(t.Context(), "ledger", "nonsense"), store.ErrMalformed)
	wantError(t, s.Ack(t.Context(), "none", "nonsense"), store.ErrMalformed)
	_, err = s.Receive(t.Context(), "none")
	wantError(t, err, store.ErrNoSubscription)
}

func TestNewSubscriptionBegins(t *testing.T) {
	s := embedded(t)
	appendIDs(t, s, 4)
	page, err := s.List(t.Context(), store.Query{Limit: 2, Scan: 10})
	if err != nil {
		t.Fatal(err)
	}
	at := func(start *eventsv1.StartAt) func(*eventsv1.Subscription) {
		return func(sub *eventsv1.Subscription) { sub.Start = start }
	}
	put(t, s, subscription("default"))
	put(t, s, subscription("latest", at(&eventsv1.StartAt{At: &eventsv1.StartAt_Latest{Latest: true}})))
	put(t, s, subscription("earliest", earliest))
	put(t, s, subscription("position", at(&eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: page.Next}})))
	put(t, s, subscription("time", at(&eventsv1.StartAt{At: &eventsv1.StartAt_ReceivedAt{ReceivedAt: timestamppb.New(page.Records[1].ReceivedAt)}})))
	appendAll(t, s, record("id-5"))
	for name, want := range map[string]string{
		"default": "id-5", "latest": "id-5", "earliest": "id-1 id-2 id-3 id-4 id-5", "position": "id-3 id-4 id-5", "time": "id-2 id-3 id-4 id-5",
	} {
		put(t, s, subscription(name, earliest)) // again changes nothing
		loans := receive(t, receiver(t, s, name), len(strings.Fields(want)))
		if got := strings.Join(ids(loans), " "); got != want {
			t.Errorf("%s: delivered %s, want %s", name, got, want)
		}
	}
	wrong := subscription("wrong", at(&eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: "xyz"}}))
	wantError(t, s.Put(t.Context(), wrong), store.ErrPosition)
	wrong.Start = &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: strings.Repeat("0", 24)}}
	wantError(t, s.Put(t.Context(), wrong), store.ErrPositionExpired)
}

func TestRedelivery(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger", func(sub *eventsv1.Subscription) {
		sub.AckDeadline = durationpb.New(time.Second)
		sub.RedeliveryBackoff = []*durationpb.Duration{durationpb.New(400 * time.Millisecond)}
	}))
	r := receiver(t, s, "ledger")
	appendIDs(t, s, 1)
	first := receive(t, r, 1)[0]
	t.Run("after the deadline", func(t *testing.T) {
		second := receive(t, r, 1)[0]
		if time.Now().Before(first.Deadline.Add(-100 * time.Millisecond)) {
			t.Error("it came before its deadline")
		}
		if second.Attempt != 2 || second.Record.ID != "id-1" {
			t.Errorf("attempt %d of %s", second.Attempt, second.Record.ID)
		}
		zero := time.Duration(0)
		if _, err := s.Nack(t.Context(), "ledger", second.AckID, store.Nack{Delay: &zero}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("at once, and then after the backoff", func(t *testing.T) {
		third := receive(t, r, 1)[0]
		if third.Attempt != 3 {
			t.Errorf("attempt %d", third.Attempt)
		}
		begun := time.Now()
		if _, err := s.Nack(t.Context(), "ledger", third.AckID, store.Nack{}); err != nil {
			t.Fatal(err)
		}
		fourth := receive(t, r, 1)[0]
		if waited := time.Since(begun); fourth.Attempt != 4 || waited < 300*time.Millisecond {
			t.Errorf("attempt %d after %v", fourth.Attempt, waited)
		}
		extended, err := s.Extend(t.Context(), "ledger", fourth.AckID)
		if err != nil || !extended.After(fourth.Deadline) {
			t.Errorf("extended from %v to %v, error %v", fourth.Deadline, extended, err)
		}
		ack(t, s, "ledger", first) // an earlier loan of the same event
		nothing(t, r, 1500*time.Millisecond)
	})
}

// TestCloseGivesBack shows that what a stream had asked for and not handed on does not
// wait for its deadline.
func TestCloseGivesBack(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger"))
	r, err := s.Receive(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	appendIDs(t, s, 10)
	got, err := r.Next(t.Context(), 1)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, error %v", ids(got), err)
	}
	ctx := t.Context()
	if got, err = r.Next(ctx, 9); err != nil || len(got) == 0 {
		t.Fatalf("got %v, error %v", ids(got), err)
	}
	seen := 1 + len(got)
	r.Close()
	for _, l := range receive(t, receiver(t, s, "ledger"), 10-seen) {
		if l.Attempt > 2 {
			t.Errorf("%s in attempt %d", l.Record.ID, l.Attempt)
		}
	}
}

func TestMaxOutstanding(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger", func(sub *eventsv1.Subscription) { sub.MaxOutstanding = 3 }))
	appendIDs(t, s, 5)
	a, b := receiver(t, s, "ledger"), receiver(t, s, "ledger")
	loans := receive(t, a, 3)
	nothing(t, b, 300*time.Millisecond)
	ack(t, s, "ledger", loans[1])
	if more := receive(t, b, 1); more[0].Record.ID != "id-4" {
		t.Errorf("got %v", ids(more))
	}
	nothing(t, b, 300*time.Millisecond)
}

func TestParking(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger", func(sub *eventsv1.Subscription) {
		sub.ParkAfterAttempts = 2
		sub.AckDeadline = durationpb.New(time.Second)
		sub.RedeliveryBackoff = []*durationpb.Duration{durationpb.New(10 * time.Millisecond)}
	}))
	put(t, s, subscription("other"))
	r := receiver(t, s, "ledger")
	appendIDs(t, s, 3)
	loans := receive(t, r, 3)
	ack(t, s, "ledger", loans[2])
	// The first by hand, the second by the attempts that it may have.
	parked, err := s.Nack(t.Context(), "ledger", loans[0].AckID, store.Nack{Park: true, Reason: "bad\r\nX-Injected: 1"})
	if err != nil || !parked {
		t.Fatalf("parked %v, error %v", parked, err)
	}
	receive(t, r, 1)                     // the second attempt
	nothing(t, r, 1600*time.Millisecond) // the third is none
	list, next, err := s.ListParked(t.Context(), "ledger", "", 10)
	if err != nil || len(list) != 2 || next != "" {
		t.Fatalf("parked: %v, next %q, error %v", list, next, err)
	}
	if p := list[0]; p.Record.ID != "id-1" || p.Attempts != 1 || p.Reason != "bad  X-Injected: 1" || p.Record.Position != loans[0].Record.Position ||
		!p.Record.ReceivedAt.Equal(loans[0].Record.ReceivedAt) || !bytes.Equal(p.Record.Body, loans[0].Record.Body) || time.Since(p.At) > time.Minute {
		t.Errorf("the first is %+v", p)
	}
	if p := list[1]; p.Record.ID != "id-2" || p.Attempts != 2 || p.Reason != "not acknowledged in 2 attempts" {
		t.Errorf("the second is %+v", p)
	}
	page, next, err := s.ListParked(t.Context(), "ledger", "", 1)
	if err != nil || len(page) != 1 || next == "" {
		t.Fatalf("a page: %v, next %q, error %v", page, next, err)
	}
	if page, next, err = s.ListParked(t.Context(), "ledger", next, 1); err != nil || len(page) != 1 || page[0].Record.ID != "id-2" || next != "" {
		t.Fatalf("the next page: %v, next %q, error %v", page, next, err)
	}
	if state, err := s.Get(t.Context(), "ledger"); err != nil || state.GetParked() != 2 || state.GetBacklog() != 0 {
		t.Errorf("%v, error %v", state, err)
	}
	if n, err := s.Requeue(t.Context(), "ledger", []string{"id-2", "id-9"}); err != nil || n != 1 {
		t.Fatalf("requeued %d, error %v", n, err)
	}
	again := receive(t, r, 1)[0]
	if again.Record.ID != "id-2" || again.Attempt != 1 || again.Record.Position != list[1].Record.Position {
		t.Errorf("requeued: %s in attempt %d at %s", again.Record.ID, again.Attempt, again.Record.Position)
	}
	// Given back in its last attempt, it is parked with the reason of that.
	if _, err := s.Nack(t.Context(), "ledger", again.AckID, store.Nack{}); err != nil {
		t.Fatal(err)
	}
	last := receive(t, r, 1)[0]
	if parked, err := s.Nack(t.Context(), "ledger", last.AckID, store.Nack{Reason: "no such order"}); err != nil || !parked {
		t.Fatalf("parked %v, error %v", parked, err)
	}
	if list, _, err = s.ListParked(t.Context(), "ledger", "", 10); err != nil || len(list) != 2 || list[1].Reason != "no such order" {
		t.Fatalf("parked: %v, error %v", list, err)
	}
	if n, err := s.Requeue(t.Context(), "ledger", nil); err != nil || n != 2 {
		t.Fatalf("requeued %d, error %v", n, err)
	}
	ack(t, s, "ledger", receive(t, r, 2)...)
	if loans := receive(t, receiver(t, s, "other"), 3); len(loans) != 3 {
		t.Errorf("the other subscription got %v", ids(loans))
	}
	listed, err := s.List(t.Context(), store.Query{Limit: 10, Scan: 100})
	if err != nil || len(listed.Records) != 3 {
		t.Errorf("%d events are listed, error %v: requeued ones are no events of their own", len(listed.Records), err)
	}
}
