package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// embedded opens a store in a folder.
func embedded(t testing.TB, change ...func(*jetstream.Options)) *jetstream.Store {
	t.Helper()
	o := jetstream.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	s, err := jetstream.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if problem := s.Problem(); problem != nil {
		t.Fatal(problem)
	}
	return s
}

// subscription has the defaults that the service sets.
func subscription(name string, change ...func(*eventsv1.Subscription)) *eventsv1.Subscription {
	s := &eventsv1.Subscription{Name: name, AckDeadline: durationpb.New(time.Minute), MaxOutstanding: 1000}
	for _, c := range change {
		c(s)
	}
	return s
}

func put(t testing.TB, s *jetstream.Store, sub *eventsv1.Subscription) {
	t.Helper()
	if err := s.Put(t.Context(), sub); err != nil {
		t.Fatalf("Put %s: %v", sub.GetName(), err)
	}
}

func earliest(s *eventsv1.Subscription) {
	s.Start = &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}
}

// record is a payment's event.
func record(id string, change ...func(*store.Record)) *store.Record {
	r := &store.Record{ID: id, Type: "Transaction.Paid", StoreID: "store-1", Environment: "live", Origin: eventsv1.Origin_ORIGIN_WEBHOOK,
		Body: []byte(`{"type":"Transaction.Paid","data":{"paymentId":"of ` + id + `"}}`)}
	for _, c := range change {
		c(r)
	}
	return r
}

func appendAll(t testing.TB, s *jetstream.Store, records ...*store.Record) {
	t.Helper()
	for _, r := range records {
		if duplicate, err := s.Append(t.Context(), r); err != nil || duplicate {
			t.Fatalf("Append %s: duplicate %v, error %v", r.ID, duplicate, err)
		}
	}
}

// appendIDs appends one after the other, id-1 to id-n.
func appendIDs(t testing.TB, s *jetstream.Store, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		appendAll(t, s, record(fmt.Sprintf("id-%d", i)))
	}
}

func receiver(t testing.TB, s *jetstream.Store, name string) store.Receiver {
	t.Helper()
	r, err := s.Receive(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// receive waits for n loans.
func receive(t testing.TB, r store.Receiver, n int) []*store.Loan {
	t.Helper()
	var loans []*store.Loan
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for len(loans) < n {
		more, err := r.Next(ctx, n-len(loans))
		if err != nil {
			t.Fatalf("after %d of %d loans: %v", len(loans), n, err)
		}
		if len(more) == 0 {
			t.Fatalf("%d of %d loans within 20 s", len(loans), n)
		}
		loans = append(loans, more...)
	}
	return loans
}

// nothing asserts that nothing comes within a moment.
func nothing(t testing.TB, r store.Receiver, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	loans, err := r.Next(ctx, 10)
	if err != nil || len(loans) > 0 {
		t.Fatalf("got %v, error %v; want nothing", ids(loans), err)
	}
}

func ids(loans []*store.Loan) []string {
	var list []string
	for _, l := range loans {
		list = append(list, l.Record.ID)
	}
	return list
}

func ack(t testing.TB, s *jetstream.Store, name string, loans ...*store.Loan) {
	t.Helper()
	for _, l := range loans {
		if err := s.Ack(t.Context(), name, l.AckID); err != nil {
			t.Fatalf("Ack %s: %v", l.Record.ID, err)
		}
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}
