package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Events are the metrics of webhooks and events. They implement the Observers of the
// packages events, intake and reconcile, and are safe for concurrent use.
type Events struct {
	webhooks    *prometheus.CounterVec
	duration    prometheus.Histogram
	deliveries  *prometheus.CounterVec
	lag         prometheus.Histogram
	settled     *prometheus.CounterVec
	reconciled  prometheus.Counter
	runs        *prometheus.CounterVec
	lastSuccess prometheus.Gauge
}

// lagBuckets are of the time from a webhook's arrival to its delivery, in seconds: from
// milliseconds to the hours that a service may be away.
var lagBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 15, 60, 300, 1800, 7200, 86400}

// Events adds the metrics of webhooks and events in a store. Environments are the labels
// of secrets.
func (m *Metrics) Events(s store.Store, environments []string) *Events {
	e := &Events{
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_webhooks_total",
			Help: "Webhooks that came, by what became of them and the label of the secret that verified them."}, []string{"outcome", "environment"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portone_gateway_webhook_duration_seconds",
			Help: "How long webhooks took to be answered. PortOne waits for 10 s.", Buckets: buckets}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_event_deliveries_total",
			Help: "Deliveries of events, by subscription; repeated are those after the first attempt."}, []string{"subscription", "repeated"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portone_gateway_event_lag_seconds",
			Help: "From the arrival of an event to its first delivery to a subscription.", Buckets: lagBuckets}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_event_settled_total",
			Help: "Ack ids that were settled, by subscription and how: ack, nack, park, extend, or failed."}, []string{"subscription", "how"}),
		reconciled: prometheus.NewCounter(prometheus.CounterOpts{Name: "portone_gateway_events_reconciled_total",
			Help: "Events that had not come by webhook and were added from PortOne's record."}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_reconcile_runs_total",
			Help: "Readings of PortOne's record, by whether they came to their end: ok or failed."}, []string{"outcome"}),
		lastSuccess: prometheus.NewGauge(prometheus.GaugeOpts{Name: "portone_gateway_reconcile_last_success_timestamp_seconds",
			Help: "When PortOne's record was last read to its end by this process, in seconds since 1970; 0 if it was not."}),
	}
	for _, outcome := range intake.Outcomes { // an alert on the first one needs the series before
		e.webhooks.WithLabelValues(string(outcome), "")
		for _, environment := range environments {
			e.webhooks.WithLabelValues(string(outcome), environment)
		}
	}
	for _, outcome := range []string{"ok", "failed"} {
		e.runs.WithLabelValues(outcome)
	}
	m.registry.MustRegister(e.webhooks, e.duration, e.deliveries, e.lag, e.settled, e.reconciled, e.runs, e.lastSuccess, &storeCollector{store: s})
	return e
}

// Received implements intake.Observer.
func (e *Events) Received(outcome intake.Outcome, environment string, took time.Duration) {
	e.webhooks.WithLabelValues(string(outcome), environment).Inc()
	if outcome == intake.Stored || outcome == intake.StoreFailed {
		e.duration.Observe(took.Seconds())
	}
}

// Delivered implements events.Observer.
func (e *Events) Delivered(subscription string, attempt int, lag time.Duration) {
	repeated := "true"
	if attempt == 1 {
		repeated = "false"
		e.lag.Observe(lag.Seconds())
	}
	e.deliveries.WithLabelValues(subscription, repeated).Inc()
}

// Settled implements events.Observer.
func (e *Events) Settled(subscription, how string) {
	e.settled.WithLabelValues(subscription, how).Inc()
}

// Reconciled implements reconcile.Observer.
func (e *Events) Reconciled(added int, err error) {
	e.reconciled.Add(float64(added))
	if err != nil {
		e.runs.WithLabelValues("failed").Inc()
		return
	}
	e.runs.WithLabelValues("ok").Inc()
	e.lastSuccess.SetToCurrentTime()
}

// storeTimeout is how long a scrape waits for the store.
const storeTimeout = 3 * time.Second

// storeCollector reads the state of a store when it is scraped.
type storeCollector struct{ store store.Store }

// Descriptions of what a store tells.
var (
	descReady       = describe("portone_gateway_event_store_ready", "1 if events can be stored, else 0.")
	descEvents      = describe("portone_gateway_event_store_events", "Events that are stored.")
	descBytes       = describe("portone_gateway_event_store_bytes", "Room that stored events take.")
	descMaxBytes    = describe("portone_gateway_event_store_max_bytes", "Room that they may take; webhooks are refused when it is used up.")
	descUnreadable  = describe("portone_gateway_event_store_unreadable_events", "Stored events that the disk has damaged, as far as that was noticed. They are not delivered.")
	descBacklog     = describe("portone_gateway_event_backlog", "Events that a subscription has not acknowledged.", "subscription")
	descOutstanding = describe("portone_gateway_event_outstanding", "Of these, the ones that are lent or wait after a Nack.", "subscription")
	descParked      = describe("portone_gateway_event_parked", "Parked events of a subscription.", "subscription")
	descOldest      = describe("portone_gateway_event_oldest_unacknowledged_seconds",
		"Age of the oldest event that a subscription has not acknowledged; 0 if there is none.", "subscription")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descReady, descEvents, descBytes, descMaxBytes, descUnreadable, descBacklog, descOutstanding, descParked, descOldest} {
		descs <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read is absent, and not 0.
func (c *storeCollector) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	if c.store.Problem() != nil {
		gauge(descReady, 0)
		return
	}
	gauge(descReady, 1)
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if usage, err := c.store.Usage(ctx); err == nil {
		gauge(descEvents, float64(usage.Events))
		gauge(descBytes, float64(usage.Bytes))
		gauge(descMaxBytes, float64(usage.MaxBytes))
		gauge(descUnreadable, float64(usage.Unreadable))
	}
	subscriptions, err := c.store.Subscriptions(ctx)
	if err != nil {
		return
	}
	for _, s := range subscriptions {
		gauge(descBacklog, float64(s.GetBacklog()), s.GetName())
		gauge(descOutstanding, float64(s.GetOutstanding()), s.GetName())
		gauge(descParked, float64(s.GetParked()), s.GetName())
		gauge(descOldest, age(s), s.GetName())
	}
}

// age is that of the oldest event that is not acknowledged, in seconds.
func age(s *eventsv1.Subscription) float64 {
	if s.GetOldestUnacknowledged() == nil {
		return 0
	}
	return time.Since(s.GetOldestUnacknowledged().AsTime()).Seconds()
}
