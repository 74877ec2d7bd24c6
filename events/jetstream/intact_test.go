package jetstream_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// TestDamagedFolders damages what the server would pass over in silence: the store does
// not open, since a stream that is made anew has lost what it had. Put right again,
// everything is there.
func TestDamagedFolders(t *testing.T) {
	const stream = "jetstream/$G/streams/PORTONE_EVENTS/"
	remove := func([]byte) []byte { return nil }
	flip := func(text []byte) []byte {
		damaged := bytes.Clone(text)
		damaged[len(damaged)/2] ^= 0xff
		return damaged
	}
	rename := func(text []byte) []byte { return bytes.Replace(text, []byte("ack_wait"), []byte("ack_want"), 1) }
	cut := func(text []byte) []byte { return text[:len(text)/2] }
	tests := []struct {
		name, path string
		damage     func([]byte) []byte
		names      string
	}{
		{"the stream's description", stream + "meta.inf", flip, "PORTONE_EVENTS cannot be read"},
		{"half of it", stream + "meta.inf", cut, "PORTONE_EVENTS cannot be read"},
		{"none of it", stream + "meta.inf", remove, "PORTONE_EVENTS cannot be read"},
		{"its checksum", stream + "meta.sum", flip, "PORTONE_EVENTS cannot be read"},
		{"what a subscription's description says", stream + "obs/ledger/meta.inf", rename, "ledger"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			in := func(o *jetstream.Options) { o.Dir = dir }
			s := embedded(t, in)
			put(t, s, subscription("ledger"))
			appendIDs(t, s, 5)
			ack(t, s, "ledger", receive(t, receiver(t, s, "ledger"), 2)...)
			s.Close()
			path := filepath.Join(dir, test.path)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if left := test.damage(whole); left == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, left, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err = jetstream.Open(jetstream.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			problem := s.Problem()
			_, appended := s.Append(t.Context(), record("id-6"))
			s.Close()
			if problem == nil || !strings.Contains(problem.Error(), test.names) {
				t.Errorf("the problem is %v, want one with %q", problem, test.names)
			}
			wantError(t, appended, store.ErrUnavailable)
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			s = embedded(t, in)
			if sub, err := s.Get(t.Context(), "ledger"); err != nil || sub.GetBacklog() != 3 {
				t.Errorf("put right again: %v, error %v", sub, err)
			}
		})
	}
}

// TestDamagedSubscriptions damages consumers, as a crash does that comes between the two
// files that describe one. They are made anew: events come again, and none is passed over.
func TestDamagedSubscriptions(t *testing.T) {
	tests := []struct {
		name, file string
		remove     bool
	}{
		{"half a description", "meta.inf", false}, {"no description", "meta.inf", true}, {"no checksum", "meta.sum", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			in := func(o *jetstream.Options) { o.Dir = dir }
			s := embedded(t, in)
			appendIDs(t, s, 2)
			put(t, s, subscription("ledger", func(sub *eventsv1.Subscription) { sub.Filter = &eventsv1.Filter{StoreIds: []string{"store-1"}} }))
			put(t, s, subscription("mail"))
			appendAll(t, s, record("id-3"), record("id-4"), record("id-5"))
			ack(t, s, "ledger", receive(t, receiver(t, s, "ledger"), 1)...)
			changed := subscription("ledger", func(sub *eventsv1.Subscription) { sub.ParkAfterAttempts = 9 })
			put(t, s, changed)
			s.Close()
			path := filepath.Join(dir, "jetstream/$G/streams/PORTONE_EVENTS/obs/ledger", test.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if test.remove {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, text[:len(text)/2], 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s = embedded(t, in)
			sub, err := s.Get(t.Context(), "ledger")
			if err != nil || sub.GetParkAfterAttempts() != 9 || sub.GetFilter() != nil {
				t.Fatalf("%v, error %v", sub, err)
			}
			got := ids(receive(t, receiver(t, s, "ledger"), 3))
			if strings.Join(got, " ") != "id-3 id-4 id-5" {
				t.Errorf("delivered %v, want all since it was declared", got)
			}
			if other, err := s.Get(t.Context(), "mail"); err != nil || other.GetBacklog() != 3 {
				t.Errorf("the other one: %v, error %v", other, err)
			}
			if err := s.Delete(t.Context(), "ledger"); err != nil {
				t.Fatal(err)
			}
			s.Close()
			s = embedded(t, in)
			_, err = s.Get(t.Context(), "ledger")
			wantError(t, err, store.ErrNoSubscription) // what is deleted stays so
		})
	}
}

// TestDamagedEvents flips a bit in an event. The server leaves it out in silence; the
// gateway notices, and takes the event in again when it comes again.
func TestDamagedEvents(t *testing.T) {
	for name, where := range map[string]func(n int) int{"in the middle": func(n int) int { return n / 2 }, "in the last": func(n int) int { return n - 40 }} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			in := func(o *jetstream.Options) { o.Dir = dir }
			s := embedded(t, in)
			appendIDs(t, s, 5)
			s.Close()
			path := filepath.Join(dir, "jetstream/$G/streams/PORTONE_EVENTS/msgs/1.blk")
			block, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			block[where(len(block))] ^= 0xff
			if err := os.WriteFile(path, block, 0o600); err != nil {
				t.Fatal(err)
			}
			s = embedded(t, in)
			unreadable := func() uint64 {
				usage, err := s.Usage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return usage.Unreadable
			}
			eventually(t, "the damage is noticed", func() bool { return unreadable() == 1 })
			page, err := s.List(t.Context(), store.Query{Limit: 10, Scan: 100})
			if err != nil || len(page.Records) != 4 {
				t.Fatalf("%d events are left, error %v", len(page.Records), err)
			}
			left := make(map[string]bool)
			for _, r := range page.Records {
				left[r.ID] = true
			}
			for _, id := range []string{"id-1", "id-2", "id-3", "id-4", "id-5"} {
				if duplicate, err := s.Append(t.Context(), record(id)); err != nil || duplicate != left[id] {
					t.Errorf("%s again: duplicate %v, error %v; it was left: %v", id, duplicate, err, left[id])
				}
			}
		})
	}
}

// TestScrubFindsNothing has requeued events and many batches among what is looked at.
func TestScrubFindsNothing(t *testing.T) {
	dir := t.TempDir()
	in := func(o *jetstream.Options) { o.Dir = dir }
	s := embedded(t, in)
	put(t, s, subscription("ledger"))
	appendIDs(t, s, 600)
	loan := receive(t, receiver(t, s, "ledger"), 1)[0]
	if _, err := s.Nack(t.Context(), "ledger", loan.AckID, store.Nack{Park: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Requeue(t.Context(), "ledger", nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	var log bytes.Buffer
	s = embedded(t, in, func(o *jetstream.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	time.Sleep(500 * time.Millisecond)
	s.Close()
	if log.Len() > 0 {
		t.Errorf("the log says:\n%s", log.String())
	}
}
