package metrics_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
)

// TestEvents counts, and reads what the metrics say then.
func TestEvents(t *testing.T) {
	s, err := jetstream.Open(jetstream.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}
	sub := &eventsv1.Subscription{Name: "ledger", AckDeadline: durationpb.New(time.Minute), MaxOutstanding: 10, Start: start}
	if err := s.Put(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	m := metrics.New("test")
	e := m.Events(s, []string{"live"})
	scrape := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		return w.Body.String()
	}
	value := func(series string) string {
		found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(scrape())
		if found == nil {
			return "absent"
		}
		return found[1]
	}
	if got := value(`portone_gateway_webhooks_total{environment="live",outcome="store_full"}`); got != "0" {
		t.Errorf("before anything happened, a series of an outcome is %s, want 0", got)
	}
	for i := range 3 {
		if _, err := s.Append(t.Context(), &store.Record{ID: fmt.Sprint(i), Type: "Transaction.Paid", Environment: "live"}); err != nil {
			t.Fatal(err)
		}
	}
	e.Received(intake.Stored, "live", time.Millisecond)
	e.Delivered("ledger", 1, 20*time.Millisecond)
	e.Delivered("ledger", 2, time.Second)
	e.Settled("ledger", "ack")
	e.Reconciled(2, nil)
	e.Reconciled(1, errors.New("away"))
	for series, want := range map[string]string{
		`portone_gateway_webhooks_total{environment="live",outcome="stored"}`:            "1",
		`portone_gateway_webhook_duration_seconds_count`:                                 "1",
		`portone_gateway_event_deliveries_total{repeated="false",subscription="ledger"}`: "1",
		`portone_gateway_event_deliveries_total{repeated="true",subscription="ledger"}`:  "1",
		`portone_gateway_event_lag_seconds_count`:                                        "1",
		`portone_gateway_event_settled_total{how="ack",subscription="ledger"}`:           "1",
		`portone_gateway_events_reconciled_total`:                                        "3",
		`portone_gateway_reconcile_runs_total{outcome="ok"}`:                             "1",
		`portone_gateway_reconcile_runs_total{outcome="failed"}`:                         "1",
		`portone_gateway_event_store_ready`:                                              "1",
		`portone_gateway_event_store_events`:                                             "3",
		`portone_gateway_event_store_max_bytes`:                                          "1.073741824e+09",
		`portone_gateway_event_backlog{subscription="ledger"}`:                           "3",
		`portone_gateway_event_outstanding{subscription="ledger"}`:                       "0",
		`portone_gateway_event_parked{subscription="ledger"}`:                            "0",
	} {
		if got := value(series); got != want {
			t.Errorf("%s is %s, want %s", series, got, want)
		}
	}
	if got := value(`portone_gateway_event_oldest_unacknowledged_seconds{subscription="ledger"}`); got == "0" || got == "absent" {
		t.Errorf("the age of the oldest event is %s", got)
	}
	s.Close()
	if got := value("portone_gateway_event_store_ready"); got != "0" {
		t.Errorf("a store that is closed is ready: %s", got)
	}
	if got := value("portone_gateway_event_store_events"); got != "absent" {
		t.Errorf("a store that is closed has %s events", got)
	}
}

// TestOutcomesInAlerts holds the outcomes that alerts name against those that there are.
func TestOutcomesInAlerts(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prometheus-alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, outcome := range intake.Outcomes {
		known[string(outcome)] = true
	}
	lists := regexp.MustCompile(`webhooks_total\{outcome=~?"([^"]*)"`).FindAllStringSubmatch(string(text), -1)
	if len(lists) == 0 {
		t.Fatal("no alert is about webhooks")
	}
	for _, list := range lists {
		for outcome := range strings.SplitSeq(list[1], "|") {
			if !known[outcome] {
				t.Errorf("there is no outcome %s", outcome)
			}
		}
	}
}
