// Package metrics counts what the gateway does, for Prometheus. It implements the
// Observers of the packages service and upstream.
package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc/codes"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// buckets of durations, in seconds: the gateway's own part is well below a
// millisecond, PGs take seconds, and nothing lasts longer than two minutes.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}

// overheads are buckets of what the gateway adds, in seconds.
var overheads = []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1}

// Metrics are the gateway's. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	failures *prometheus.CounterVec
	duration *prometheus.HistogramVec
	overhead *prometheus.HistogramVec
	waits    *prometheus.HistogramVec
	declines *prometheus.CounterVec
	inFlight prometheus.Gauge
	attempts *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	retries  *prometheus.CounterVec
	breaker  *prometheus.GaugeVec
	opened   *prometheus.CounterVec
	codes    *prometheus.CounterVec

	ops     map[*contract.Method]*operation
	answers map[string]*answers // by operation id
}

// answers has what most requests to PortOne count.
type answers struct {
	rpc     string
	ok      prometheus.Counter
	latency func() prometheus.Observer
}

// operation has what most calls count, looked up once. A histogram is made when there
// is something to put into it: those of all operations would be thousands of series
// in every process.
type operation struct {
	ok       map[string]prometheus.Counter         // by transport
	duration map[string]func() prometheus.Observer // by outcome
}

// Outcomes of calls, by which durations are told apart: the time that a call takes to be
// refused says nothing of how long payments take.
const (
	ended   = "ok"
	refused = "error"
	unclear = "unknown" // of mutations: nobody knows what became of them
)

// durations are the histograms of an RPC.
func (m *Metrics) durations(rpc string) map[string]func() prometheus.Observer {
	all := make(map[string]func() prometheus.Observer)
	for _, outcome := range []string{ended, refused, unclear} {
		all[outcome] = sync.OnceValue(func() prometheus.Observer { return m.duration.WithLabelValues(rpc, outcome) })
	}
	return all
}

// New makes the metrics, with those of the Go runtime and the process.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_calls_total",
			Help: "Calls that ended, by RPC, transport (grpc or rest), gRPC code and reason (PortOne's error type or the gateway's own)."},
			[]string{"rpc", "transport", "code", "reason"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_failures_total",
			Help: "Calls that failed, by reason, over all RPCs. The gateway's own reasons are there before the first such failure."},
			[]string{"reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portone_gateway_call_duration_seconds",
			Help: "How long calls took, PortOne's part included, by outcome: ok, error, or unknown.", Buckets: buckets}, []string{"rpc", "outcome"}),
		overhead: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portone_gateway_call_overhead_seconds",
			Help:    "What the gateway added to calls that reached PortOne: all but PortOne's part and the waiting between attempts. Downloads are left out.",
			Buckets: overheads}, []string{"transport"}),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portone_gateway_upstream_wait_seconds",
			Help: "How long calls waited before a request was repeated, by why, as in upstream_retries_total.", Buckets: buckets}, []string{"why"}),
		declines: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_declines_total",
			Help: "Payments and other requests that a PG declined, where its code is known, by PortOne's name for the PG (unknown if nothing names it) and what the code means."},
			[]string{"pg_provider", "reason"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "portone_gateway_calls_in_flight", Help: "Calls that have begun and not ended."}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_upstream_attempts_total",
			Help: "HTTP requests to PortOne, by RPC, HTTP status (0 if there was no answer), problem (breaker is one that was not sent) and name of the API secret in the policy."},
			[]string{"rpc", "status", "problem", "secret"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portone_gateway_upstream_latency_seconds",
			Help: "How long PortOne took for a request.", Buckets: buckets}, []string{"rpc"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_upstream_retries_total",
			Help: "Requests repeated, by RPC, why (failed, or outstanding: PortOne was still working on it) and secret."},
			[]string{"rpc", "why", "secret"}),
		breaker: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "portone_gateway_upstream_breaker_state",
			Help: "The circuit breaker of an RPC and API secret: 0 closed, 1 half-open (some calls are let through), 2 open (none are)."}, []string{"rpc", "secret"}),
		opened: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_upstream_breaker_opened_total",
			Help: "How often the circuit breaker of an RPC and API secret has opened; it stays so for 2 s, which scraping its state may miss."}, []string{"rpc", "secret"}),
		codes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portone_gateway_unexplained_pg_codes_total",
			Help: "Codes of PGs that no dictionary explains, by PortOne's name for the PG (unknown if nothing names it) and form of the code: digits, negative, mixed, word or other."},
			[]string{"pg_provider", "form"}),
		ops:     make(map[*contract.Method]*operation),
		answers: make(map[string]*answers),
	}
	m.ops[service.Unknown] = &operation{ // which never goes well
		duration: m.durations(service.Unknown.Name),
	}
	for _, reason := range watched() {
		m.failures.WithLabelValues(reason)
	}
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "portone_gateway_build_info", Help: "1, with the version."}, []string{"version"})
	info.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.calls, m.failures, m.duration, m.overhead, m.waits, m.declines, m.inFlight, m.attempts, m.latency, m.retries, m.breaker, m.opened, m.codes, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// outcomeUnknown is the reason of mutations of which no one knows what became, and
// unknownOutcomes are the codes that it comes with.
const outcomeUnknown = "OUTCOME_UNKNOWN"

var unknownOutcomes = []codes.Code{codes.Unknown, codes.DeadlineExceeded, codes.Internal}

// watched are the reasons that an alert on the first failure needs the series of,
// before it: all of the gateway's own, and a secret that PortOne refuses.
func watched() []string {
	reasons := []string{"UNAUTHORIZED"}
	for name, number := range portonev2.GatewayReason_value {
		if number != 0 {
			reasons = append(reasons, strings.TrimPrefix(name, "GATEWAY_REASON_"))
		}
	}
	return reasons
}

// Know prepares the metrics of methods, before any is called. Alerts on the first
// failure of a kind need its series before that.
func (m *Metrics) Know(methods []*contract.Method) {
	for _, method := range methods {
		name := method.Name
		o := &operation{
			ok:       make(map[string]prometheus.Counter),
			duration: m.durations(name),
		}
		for _, transport := range []string{"grpc", "rest"} {
			o.ok[transport] = m.calls.WithLabelValues(name, transport, codes.OK.String(), "")
			if method.IsMutation() {
				for _, code := range unknownOutcomes {
					m.calls.WithLabelValues(name, transport, code.String(), outcomeUnknown)
				}
			}
		}
		m.ops[method] = o
		if method.Operation == nil {
			continue
		}
		m.answers[method.ID()] = &answers{
			rpc:     name,
			ok:      m.attempts.WithLabelValues(name, "200", "", ""),
			latency: sync.OnceValue(func() prometheus.Observer { return m.latency.WithLabelValues(name) }),
		}
		m.breaker.WithLabelValues(name, "")
		m.opened.WithLabelValues(name, "")
	}
}

// Gauge adds a gauge that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Counter adds a counter that is read when it is asked for.
func (m *Metrics) Counter(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}

// Unexplained counts a code of a PG that no dictionary explains. A PG that the
// contract does not know counts as other: answers name it, and each label value
// takes memory for good.
func (m *Metrics) Unexplained(pg, form string) {
	m.codes.WithLabelValues(pgLabel(pg), form).Inc()
}

// Declined counts a code of a PG that a dictionary explains.
func (m *Metrics) Declined(pg string, reason portonev2.DeclineReason) {
	m.declines.WithLabelValues(pgLabel(pg), strings.TrimPrefix(reason.String(), "DECLINE_REASON_")).Inc()
}

// pgLabel is the label for a PG.
func pgLabel(pg string) string {
	if pg == "" {
		return "unknown"
	}
	if _, known := portonev2.PgProvider_value["PG_PROVIDER_"+pg]; !known {
		return errmap.OtherReason
	}
	return pg
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Begin implements service.Observer.
func (m *Metrics) Begin(*contract.Method) { m.inFlight.Inc() }

// End implements service.Observer.
func (m *Metrics) End(method *contract.Method, transport string, code codes.Code, reason string, took, elsewhere time.Duration) {
	m.inFlight.Dec()
	o := m.ops[method]
	o.duration[outcome(code, reason)]().Observe(took.Seconds())
	if elsewhere > 0 && !method.Streams {
		m.overhead.WithLabelValues(transport).Observe((took - elsewhere).Seconds())
	}
	if ok := o.ok[transport]; code == codes.OK && ok != nil {
		ok.Inc()
		return
	}
	if reason != "" && !contract.IsKnownReason(reason) {
		reason = errmap.OtherReason
	}
	m.calls.WithLabelValues(method.Name, transport, code.String(), reason).Inc()
	m.failures.WithLabelValues(reason).Inc()
}

func outcome(code codes.Code, reason string) string {
	switch {
	case code == codes.OK:
		return ended
	case reason == outcomeUnknown:
		return unclear
	}
	return refused
}

// Attempt implements upstream.Observer.
func (m *Metrics) Attempt(operation string, status int, problem string, took time.Duration) {
	a := m.answers[operation]
	if took > 0 { // else nothing was sent
		a.latency().Observe(took.Seconds())
	}
	if status == http.StatusOK && problem == "" {
		a.ok.Inc()
		return
	}
	m.attempts.WithLabelValues(a.rpc, strconv.Itoa(status), problem, "").Inc()
}

// Retry implements upstream.Observer.
func (m *Metrics) Retry(operation string, outstanding bool, waited time.Duration) {
	m.retry(operation, outstanding, waited, "")
}

func (m *Metrics) retry(operation string, outstanding bool, waited time.Duration, secret string) {
	why := "failed"
	if outstanding {
		why = "outstanding"
	}
	m.retries.WithLabelValues(m.answers[operation].rpc, why, secret).Inc()
	m.waits.WithLabelValues(why).Observe(waited.Seconds())
}

// Breaker implements upstream.Observer.
func (m *Metrics) Breaker(operation string, state upstream.BreakerState) {
	m.changed(operation, state, "")
}

func (m *Metrics) changed(operation string, state upstream.BreakerState, secret string) {
	rpc := m.answers[operation].rpc
	m.breaker.WithLabelValues(rpc, secret).Set(float64(state))
	if state == upstream.BreakerOpen {
		m.opened.WithLabelValues(rpc, secret).Inc()
	}
}
