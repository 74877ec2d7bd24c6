package jetstream_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

func TestAppendAndRead(t *testing.T) {
	s := embedded(t)
	first := record("id-1", func(r *store.Record) {
		r.Type, r.StoreID, r.Traceparent = "무엇.a b\n*", "s.t>o", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		r.Body = []byte{0, 255, '\n'}
	})
	before := time.Now()
	appendAll(t, s, first, record("id-2"))
	if duplicate, err := s.Append(t.Context(), record("id-1")); err != nil || !duplicate {
		t.Fatalf("the same id again: duplicate %v, error %v", duplicate, err)
	}
	page, err := s.List(t.Context(), store.Query{Limit: 10, Scan: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != 2 || !page.AtEnd {
		t.Fatalf("got %d records, at end %v", len(page.Records), page.AtEnd)
	}
	got := page.Records[0]
	if got.ReceivedAt.Before(before.Add(-time.Second)) || got.ReceivedAt.After(time.Now().Add(time.Second)) {
		t.Errorf("received at %v", got.ReceivedAt)
	}
	found, err := s.Find(t.Context(), "id-1", got.Position)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, found); diff != "" {
		t.Errorf("listed and found differ:\n%s", diff)
	}
	want := *first
	want.Position, want.ReceivedAt, want.StoreID = got.Position, got.ReceivedAt, "" // the body has it
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("read otherwise than appended:\n%s", diff)
	}
	if other, err := s.Find(t.Context(), "id-2", ""); err != nil || other.ID != "id-2" {
		t.Errorf("found %v, error %v", other, err)
	}
	_, err = s.Find(t.Context(), "id-3", "")
	wantError(t, err, store.ErrNoEvent)
	_, err = s.Find(t.Context(), "id-2", got.Position)
	wantError(t, err, store.ErrNoEvent)
	_, err = s.Find(t.Context(), "id-2", "nowhere")
	wantError(t, err, store.ErrPosition)
}

func TestListPages(t *testing.T) {
	s := embedded(t)
	appendIDs(t, s, 5)
	middle := time.Now()
	time.Sleep(2 * time.Millisecond)
	for i := 6; i <= 9; i++ {
		appendAll(t, s, record(fmt.Sprintf("id-%d", i), func(r *store.Record) { r.StoreID = "store-2" }))
	}
	list := func(q store.Query) (names []string, page *store.Page) {
		t.Helper()
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			names = append(names, strings.TrimPrefix(r.ID, "id-"))
		}
		return names, page
	}
	after := func(p *store.Page) *eventsv1.StartAt {
		return &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: p.Next}}
	}
	names, page := list(store.Query{Limit: 4, Scan: 100})
	if got := strings.Join(names, " "); got != "1 2 3 4" || page.AtEnd {
		t.Errorf("first page: %s, at end %v", got, page.AtEnd)
	}
	names, page = list(store.Query{Limit: 5, Scan: 100, After: after(page)})
	if got := strings.Join(names, " "); got != "5 6 7 8 9" {
		t.Errorf("second page: %s", got)
	}
	names, page = list(store.Query{Limit: 5, Scan: 100, After: after(page)})
	if len(names) != 0 || !page.AtEnd {
		t.Errorf("third page: %v, at end %v", names, page.AtEnd)
	}
	end := page
	names, _ = list(store.Query{Limit: 9, Scan: 100, Filter: &eventsv1.Filter{StoreIds: []string{"store-2"}}})
	if got := strings.Join(names, " "); got != "6 7 8 9" {
		t.Errorf("of a store: %s", got)
	}
	names, _ = list(store.Query{Limit: 9, Scan: 100, After: &eventsv1.StartAt{At: &eventsv1.StartAt_ReceivedAt{ReceivedAt: timestamppb.New(middle)}}})
	if got := strings.Join(names, " "); got != "6 7 8 9" {
		t.Errorf("from a time on: %s", got)
	}
	names, _ = list(store.Query{Limit: 9, Scan: 100, After: &eventsv1.StartAt{At: &eventsv1.StartAt_ReceivedAt{ReceivedAt: timestamppb.New(time.Now().Add(time.Hour))}}})
	if len(names) != 0 {
		t.Errorf("from tomorrow on: %v", names)
	}
	t.Run("little is looked at", func(t *testing.T) {
		// The limit on what is looked at ends a page, not the reading.
		var all []string
		q := store.Query{Limit: 9, Scan: 2, Match: func(r *store.Record) bool { return r.ID == "id-9" }}
		for range 20 {
			names, page := list(q)
			all = append(all, names...)
			if page.AtEnd {
				break
			}
			q.After = after(page)
		}
		if strings.Join(all, " ") != "9" {
			t.Errorf("got %v", all)
		}
	})
	t.Run("waiting at the end", func(t *testing.T) {
		time.AfterFunc(300*time.Millisecond, func() { _, _ = s.Append(t.Context(), record("id-10")) })
		names, _ := list(store.Query{Limit: 9, Scan: 100, After: after(end), Wait: 20 * time.Second})
		if strings.Join(names, " ") != "10" {
			t.Errorf("got %v", names)
		}
	})
}

func TestFilters(t *testing.T) {
	s := embedded(t)
	of := func(id, kind, storeID, environment string) *store.Record {
		return record(id, func(r *store.Record) { r.Type, r.StoreID, r.Environment = kind, storeID, environment })
	}
	appendAll(t, s,
		of("1", "Transaction.Paid", "s1", "live"), of("2", "Transaction.Paid", "s2", "live"), of("3", "Transaction.Paid", "s1", "test"),
		of("4", "BillingKey.Issued", "s1", "live"), of("5", "TaxInvoice.Issued", "", "live"), of("6", "", "", "live"),
		of("7", "Transaction", "s1", "live"), of("8", "Transaction.Paid.Late", "s1", "live"),
		of("9", "Transaction.Paid", strings.Repeat("긴", 100), "live"), of("10", "Transaction.Paid", "s1.s2", "live"))
	tests := []struct {
		name   string
		filter *eventsv1.Filter
		want   string
	}{
		{"none", nil, "1 2 3 4 5 6 7 8 9 10"},
		{"empty", &eventsv1.Filter{}, "1 2 3 4 5 6 7 8 9 10"},
		{"a type", &eventsv1.Filter{Types: []string{"Transaction.Paid"}}, "1 2 3 9 10"},
		{"a family", &eventsv1.Filter{Types: []string{"Transaction.*"}}, "1 2 3 7 8 9 10"},
		{"a family, one of its types, and another", &eventsv1.Filter{Types: []string{"Transaction.Paid", "Transaction.*", "TaxInvoice.Issued", "Transaction.Paid"}}, "1 2 3 5 7 8 9 10"},
		{"a type without a family", &eventsv1.Filter{Types: []string{"Transaction"}}, "7"},
		{"a store", &eventsv1.Filter{StoreIds: []string{"s2"}}, "2"},
		{"a store with a long id", &eventsv1.Filter{StoreIds: []string{strings.Repeat("긴", 100)}}, "9"},
		{"a store with a point", &eventsv1.Filter{StoreIds: []string{"s1.s2"}}, "10"},
		{"an environment", &eventsv1.Filter{Environments: []string{"test"}}, "3"},
		{"all three", &eventsv1.Filter{Types: []string{"Transaction.*", "BillingKey.*"}, StoreIds: []string{"s1", "s2"}, Environments: []string{"live"}}, "1 2 4 7 8"},
		{"nothing", &eventsv1.Filter{StoreIds: []string{"s9"}}, ""},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page, err := s.List(t.Context(), store.Query{Filter: test.filter, Limit: 20, Scan: 100})
			if err != nil {
				t.Fatal(err)
			}
			var listed []string
			for _, r := range page.Records {
				listed = append(listed, r.ID)
			}
			if got := strings.Join(listed, " "); got != test.want {
				t.Errorf("listed %s, want %s", got, test.want)
			}
			name := fmt.Sprintf("sub-%d", i)
			put(t, s, subscription(name, earliest, func(sub *eventsv1.Subscription) { sub.Filter = test.filter }))
			loans := receive(t, receiver(t, s, name), len(listed))
			if got := strings.Join(ids(loans), " "); got != test.want {
				t.Errorf("delivered %s, want %s", got, test.want)
			}
			if got, err := s.Get(t.Context(), name); err != nil || got.GetBacklog() != int64(len(listed)) || got.GetOldestUnacknowledged() == nil != (len(listed) == 0) {
				t.Errorf("got %v, error %v", got, err)
			}
		})
	}
	for name, filter := range map[string]*eventsv1.Filter{
		"an empty type":          {Types: []string{""}},
		"a star alone":           {Types: []string{"*"}},
		"a star within":          {Types: []string{"Trans*.Paid"}},
		"a family without name":  {Types: []string{".*"}},
		"too many combinations":  {Types: []string{"a", "b", "c"}, StoreIds: strings.Split("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v", ",")},
		"a star before the last": {Types: []string{"Transaction.*.*"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, s.Put(t.Context(), subscription("refused", func(sub *eventsv1.Subscription) { sub.Filter = filter })), store.ErrFilter)
		})
	}
}

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

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	in := func(o *jetstream.Options) { o.Dir = dir }
	s := embedded(t, in)
	put(t, s, subscription("ledger", func(sub *eventsv1.Subscription) { sub.AckDeadline = durationpb.New(time.Second) }))
	appendIDs(t, s, 5)
	loans := receive(t, receiver(t, s, "ledger"), 5)
	ack(t, s, "ledger", loans[0], loans[3])
	s.Close()
	s = embedded(t, in)
	if duplicate, err := s.Append(t.Context(), record("id-3")); err != nil || !duplicate {
		t.Errorf("an id of before: duplicate %v, error %v", duplicate, err)
	}
	ack(t, s, "ledger", loans[1]) // lent before
	got := ids(receive(t, receiver(t, s, "ledger"), 2))
	if strings.Join(got, " ") != "id-3 id-5" {
		t.Errorf("delivered after the restart: %v", got)
	}
}

func TestMarks(t *testing.T) {
	s := embedded(t)
	value, revision, err := s.Mark(t.Context(), "reconciled")
	if err != nil || value != nil || revision != 0 {
		t.Fatalf("%q %d %v", value, revision, err)
	}
	if ok, err := s.SetMark(t.Context(), "reconciled", []byte("one"), 0); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := s.SetMark(t.Context(), "reconciled", []byte("two"), 0); ok || err != nil {
		t.Fatal(ok, err)
	}
	if value, revision, err = s.Mark(t.Context(), "reconciled"); string(value) != "one" || err != nil {
		t.Fatal(string(value), err)
	}
	if ok, err := s.SetMark(t.Context(), "reconciled", []byte("two"), revision); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := s.SetMark(t.Context(), "reconciled", []byte("three"), revision); ok || err != nil {
		t.Fatal(ok, err)
	}
}

func TestFull(t *testing.T) {
	s := embedded(t, func(o *jetstream.Options) { o.MaxBytes = 1 << 20 })
	large := func(r *store.Record) { r.Body = bytes.Repeat([]byte("x"), 200<<10) }
	n := 0
	for ; ; n++ {
		_, err := s.Append(t.Context(), record(fmt.Sprintf("id-%d", n), large))
		if err != nil {
			wantError(t, err, store.ErrFull)
			break
		}
		if n > 10 {
			t.Fatal("it is never full")
		}
	}
	page, err := s.List(t.Context(), store.Query{Limit: 100, Scan: 100})
	if err != nil || len(page.Records) != n {
		t.Errorf("%d of %d events are there, error %v", len(page.Records), n, err)
	}
	usage, err := s.Usage(t.Context())
	if err != nil || usage.Events != uint64(n) || usage.MaxBytes != 1<<20 || usage.Bytes < uint64(n*200<<10) || usage.Oldest.IsZero() {
		t.Errorf("usage %+v, error %v", usage, err)
	}
	if s.Problem() != nil {
		t.Errorf("a full store is no broken one: %v", s.Problem())
	}
}

// TestEncryption looks for what an event says in the files of the store.
func TestEncryption(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	writeKey := func(lines string) {
		t.Helper()
		if err := os.WriteFile(key, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const credential = "billing-key-that-charges-a-card"
	found := func(dir string) (found bool) {
		t.Helper()
		err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			found = found || bytes.Contains(text, []byte(credential)) || bytes.Contains(text, []byte("store-of-secrets"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	fill := func(s *jetstream.Store) {
		t.Helper()
		put(t, s, subscription("ledger", earliest))
		appendAll(t, s, record("id-1", func(r *store.Record) {
			r.Type, r.StoreID, r.Body = "BillingKey.Issued", "store-of-secrets", []byte(`{"type":"BillingKey.Issued","data":{"billingKey":"`+credential+`"}}`)
		}))
		loan := receive(t, receiver(t, s, "ledger"), 1)[0]
		if _, err := s.Nack(t.Context(), "ledger", loan.AckID, store.Nack{Park: true}); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	plain, cipher := t.TempDir(), t.TempDir()
	fill(embedded(t, func(o *jetstream.Options) { o.Dir = plain }))
	if !found(plain) {
		t.Fatal("without a key nothing is found either, so this test tests nothing")
	}
	with := func(o *jetstream.Options) { o.Dir, o.KeyFile = cipher, key }
	writeKey("a key of sixteen or more bytes\n")
	fill(embedded(t, with))
	if found(cipher) {
		t.Error("the folder shows an event")
	}
	reads := func() {
		t.Helper()
		s := embedded(t, with)
		defer s.Close()
		if r, err := s.Find(t.Context(), "id-1", ""); err != nil || !strings.Contains(string(r.Body), credential) {
			t.Fatalf("found %v, error %v", r != nil, err)
		}
	}
	reads()
	writeKey("another key of many bytes\na key of sixteen or more bytes\n") // the new one, and the old one
	reads()
	writeKey("another key of many bytes\n")
	reads()
	for name, keys := range map[string]string{"another key": "not the key at all, sorry\n", "no key": "\n", "too short": "short\n", "three": "a\nb\nc\n"} {
		writeKey(keys)
		s, err := jetstream.Open(jetstream.Options{Dir: cipher, KeyFile: key})
		if err != nil {
			t.Fatal(err)
		}
		problem := s.Problem()
		s.Close()
		if problem == nil || strings.Contains(problem.Error(), "sorry") || strings.Contains(problem.Error(), "short\n") {
			t.Errorf("%s: problem %v", name, problem)
		}
	}
	writeKey("another key of many bytes\n")
	reads() // the wrong ones destroyed nothing
}
