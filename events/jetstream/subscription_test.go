package jetstream_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

func TestSeek(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger"))
	r := receiver(t, s, "ledger")
	appendIDs(t, s, 4)
	loans := receive(t, r, 4)
	ack(t, s, "ledger", loans[0], loans[1])
	if err := s.Seek(t.Context(), "ledger", &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: loans[0].Record.Position}}); err != nil {
		t.Fatal(err)
	}
	again := receive(t, r, 3)
	if got := strings.Join(ids(again), " "); got != "id-2 id-3 id-4" {
		t.Errorf("delivered %s", got)
	}
	wantError(t, s.Ack(t.Context(), "ledger", loans[3].AckID), store.ErrExpired) // of before
	if err := s.Seek(t.Context(), "ledger", &eventsv1.StartAt{At: &eventsv1.StartAt_Latest{Latest: true}}); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, record("id-5"))
	if got := receive(t, r, 1); got[0].Record.ID != "id-5" {
		t.Errorf("after going to the end: %v", ids(got))
	}
	if err := s.Seek(t.Context(), "ledger", &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}); err != nil {
		t.Fatal(err)
	}
	ack(t, s, "ledger", receive(t, r, 5)...)
	if state, err := s.Get(t.Context(), "ledger"); err != nil || state.GetBacklog() != 0 {
		t.Errorf("%v, error %v", state, err)
	}
	wantError(t, s.Seek(t.Context(), "none", &eventsv1.StartAt{}), store.ErrNoSubscription)
}

func TestDeleteSubscription(t *testing.T) {
	s := embedded(t)
	put(t, s, subscription("ledger"))
	r := receiver(t, s, "ledger")
	appendIDs(t, s, 2)
	loans := receive(t, r, 2)
	if _, err := s.Nack(t.Context(), "ledger", loans[0].AckID, store.Nack{Park: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // deleting what is not there is no error
		if err := s.Delete(t.Context(), "ledger"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.Next(t.Context(), 1)
	wantError(t, err, store.ErrNoSubscription)
	_, err = s.Get(t.Context(), "ledger")
	wantError(t, err, store.ErrNoSubscription)
	put(t, s, subscription("ledger", earliest))
	wantError(t, s.Ack(t.Context(), "ledger", loans[1].AckID), store.ErrExpired)
	if state, err := s.Get(t.Context(), "ledger"); err != nil || state.GetParked() != 0 || state.GetBacklog() != 2 {
		t.Errorf("%v, error %v", state, err)
	}
}

func TestSubscriptionsChange(t *testing.T) {
	s := embedded(t)
	for _, name := range []string{"c", "a", "b"} {
		put(t, s, subscription(name))
	}
	changed := subscription("b", func(sub *eventsv1.Subscription) {
		sub.Filter = &eventsv1.Filter{Types: []string{`a": "b`}}
		sub.AckDeadline, sub.WithCurrent, sub.ParkAfterAttempts = durationpb.New(3*time.Second), true, 7
	})
	put(t, s, changed)
	all, err := s.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sub := range all {
		names = append(names, sub.GetName())
	}
	if strings.Join(names, " ") != "a b c" {
		t.Fatalf("listed %v", names)
	}
	if !proto.Equal(all[1], changed) {
		t.Errorf("got %v, want %v", all[1], changed)
	}
}
