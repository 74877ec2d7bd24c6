package jetstream

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// TestSync shows that the server syncs every event before it says that it has it: no test
// that kills processes can tell, since the kernel keeps what they wrote.
func TestSync(t *testing.T) {
	o, err := Options{Dir: t.TempDir()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	e, err := startEmbedded(o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.stop()
	if config := e.server.JetStreamConfig(); !config.SyncAlways {
		t.Errorf("the server's settings are %+v", config)
	}
	if e.server.Addr() != nil {
		t.Errorf("it listens at %v", e.server.Addr())
	}
}

// TestFloors has a subscription that a crash destroyed begin where it was last noted.
func TestFloors(t *testing.T) {
	dir := t.TempDir()
	open := func() *Store {
		s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	s := open()
	start := &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}
	sub := &eventsv1.Subscription{Name: "ledger", AckDeadline: durationpb.New(time.Minute), MaxOutstanding: 100, Start: start}
	if err := s.Put(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2", "3", "4"} {
		if _, err := s.Append(t.Context(), &store.Record{ID: id, Type: "Transaction.Paid"}); err != nil {
			t.Fatal(err)
		}
	}
	next := func(n int) []*store.Loan {
		t.Helper()
		r, err := s.Receive(t.Context(), "ledger")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var loans []*store.Loan
		for len(loans) < n {
			more, err := r.Next(t.Context(), n-len(loans))
			if err != nil {
				t.Fatal(err)
			}
			loans = append(loans, more...)
		}
		return loans
	}
	for _, l := range next(3) {
		if l.Record.ID == "2" { // lent, and so the place is before it
			continue
		}
		if err := s.Ack(t.Context(), "ledger", l.AckID); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.noteFloorsOnce(t.Context(), s.current.Load(), map[string]uint64{}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := os.Remove(filepath.Join(dir, "jetstream/$G/streams/PORTONE_EVENTS/obs/ledger/meta.sum")); err != nil {
		t.Fatal(err)
	}
	s = open()
	var got []string
	for _, l := range next(3) {
		got = append(got, l.Record.ID)
	}
	if strings.Join(got, " ") != "2 3 4" {
		t.Errorf("delivered %v", got)
	}
}
