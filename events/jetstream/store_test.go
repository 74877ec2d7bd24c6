package jetstream_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
