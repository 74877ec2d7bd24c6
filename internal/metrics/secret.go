package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/portone-gateway/portone-gateway/upstream"
)

// secret counts what goes up with one API secret.
type secret struct {
	metrics *Metrics
	name    string
	ok      sync.Map // prometheus.Counter by operation id
}

// Secret is an observer of requests that go up with an API secret, by its name in the
// policy.
func (m *Metrics) Secret(name string) upstream.Observer { return &secret{metrics: m, name: name} }

// Attempt implements upstream.Observer.
func (s *secret) Attempt(operation string, status int, problem string, took time.Duration) {
	a := s.metrics.answers[operation]
	if took > 0 { // else nothing was sent
		a.latency().Observe(took.Seconds())
	}
	if status != http.StatusOK || problem != "" {
		s.metrics.attempts.WithLabelValues(a.rpc, strconv.Itoa(status), problem, s.name).Inc()
		return
	}
	ok, known := s.ok.Load(operation)
	if !known {
		ok, _ = s.ok.LoadOrStore(operation, s.metrics.attempts.WithLabelValues(a.rpc, "200", "", s.name))
	}
	ok.(prometheus.Counter).Inc()
}

// Retry implements upstream.Observer.
func (s *secret) Retry(operation string, outstanding bool, waited time.Duration) {
	s.metrics.retry(operation, outstanding, waited, s.name)
}

// Breaker implements upstream.Observer.
func (s *secret) Breaker(operation string, state upstream.BreakerState) {
	s.metrics.changed(operation, state, s.name)
}
