package front

import (
	"encoding/json"
	"testing"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// idsOf are the ids that a sandbox makes for a payment: its transaction, what the PG
// calls it, and its webhooks.
func idsOf(t *testing.T, s *Server) map[string]bool {
	t.Helper()
	pay(t, s, "p")
	var payment struct {
		TransactionID string
		PgTxID        string
		Webhooks      []struct{ ID string }
	}
	w := ask(s, "GET", "/payments/p", "")
	must(t, json.Unmarshal(w.Body.Bytes(), &payment))
	ids := map[string]bool{payment.TransactionID: true, payment.PgTxID: true}
	for _, h := range payment.Webhooks {
		ids[h.ID] = true
	}
	if len(ids) != 4 || ids[""] {
		t.Fatalf("ids of the payment: %v", ids)
	}
	return ids
}

// TestIDsAfterReset expects ids that no one has seen before a reset, unless the run is
// meant to repeat.
func TestIDsAfterReset(t *testing.T) {
	tests := []struct {
		name    string
		opts    Options
		reset   string
		repeats bool
	}{
		{"a clock that runs", Options{}, ``, false},
		{"a clock that runs, and the demo", Options{Demo: true}, `{}`, false},
		{"a seed", Options{Seed: "a seed"}, ``, true},
		{"a clock that stands", Options{Clock: world.NewStoppedClock(start)}, ``, true},
		{"another seed", Options{Seed: "a seed"}, `{"seed":"another"}`, false},
		{"another seed where the clock stands", Options{Clock: world.NewStoppedClock(start)}, `{"seed":"another"}`, false},
		{"a clock that stands from now on", Options{}, `{"stop":"2026-01-31T09:00:00Z"}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := New(test.opts)
			must(t, err)
			before := idsOf(t, s)
			expect(t, ask(s, "POST", "/sandbox/reset", test.reset), 200, "")
			for id := range idsOf(t, s) {
				if before[id] != test.repeats {
					t.Errorf("id %s: known before is %v", id, before[id])
				}
			}
		})
	}
}

// TestRepeatedResets expects resets to the same time, or with the same seed, to have
// the same ids.
func TestRepeatedResets(t *testing.T) {
	s, err := New(Options{})
	must(t, err)
	for _, reset := range []string{`{"stop":"2026-01-31T09:00:00Z"}`, `{"seed":"a seed"}`} {
		expect(t, ask(s, "POST", "/sandbox/reset", reset), 200, "")
		before := idsOf(t, s)
		expect(t, ask(s, "POST", "/sandbox/reset", reset), 200, "")
		for id := range idsOf(t, s) {
			if !before[id] {
				t.Errorf("after %s, id %s was not there before", reset, id)
			}
		}
	}
}
