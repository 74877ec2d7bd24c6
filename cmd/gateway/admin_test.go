package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// counts are the metrics of a gateway at one time, as Prometheus reads them: lines
// of name{label="value",...} number.
type counts string

// metrics fetches what a gateway counts.
func (p *program) metrics(t *testing.T) counts {
	t.Helper()
	return counts(get(t, p.admin, "/metrics").body)
}

// value is that of a metric with labels, given as name, value, ...; -1 if it is
// not there.
func (all counts) value(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	for line := range strings.Lines(string(all)) {
		rest, same := strings.CutPrefix(line, name)
		same = same && (rest[0] == '{' || rest[0] == ' ')
		for i := 0; same && i < len(labels); i += 2 {
			same = strings.Contains(rest, fmt.Sprintf("%s=%q", labels[i], labels[i+1]))
		}
		if !same {
			continue
		}
		number, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		return number
	}
	return -1
}

// TestHealthAndReadiness: alive as long as it answers; ready until it drains,
// whatever becomes of PortOne.
func TestHealthAndReadiness(t *testing.T) {
	p := start(t, "http://"+freeAddr(t), "--drain-delay=1h")
	check := func(when string, ready int) {
		t.Helper()
		if a := get(t, p.admin, "/healthz"); a.status != http.StatusOK || a.body != "ok\n" {
			t.Errorf("%s: healthz is %d, %q", when, a.status, a.body)
		}
		if a := get(t, p.admin, "/readyz"); a.status != ready {
			t.Errorf("%s: readyz is %d, %q", when, a.status, a.body)
		}
	}
	check("at first", http.StatusOK)
	if err := list(t.Context(), p.dial(t)); status.Code(err) != codes.Unavailable {
		t.Errorf("a call without PortOne: %v", err)
	}
	check("without PortOne", http.StatusOK)
	p.signal(t, syscall.SIGTERM)
	await(t, "readyz to turn", func() bool { return get(t, p.admin, "/readyz").status != http.StatusOK })
	check("after SIGTERM", http.StatusServiceUnavailable)
	for _, path := range []string{"/", "/payments", "/metricsx"} {
		if a := get(t, p.admin, path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// TestProfiles: pprof is with the other things for those who run the gateway, and
// nowhere else.
func TestProfiles(t *testing.T) {
	p := start(t, newStub(t, nil).url)
	for path, part := range map[string]string{
		"/debug/pprof/":                     "goroutine",
		"/debug/pprof/goroutine?debug=1":    "goroutine profile",
		"/debug/pprof/heap":                 "",
		"/debug/pprof/cmdline":              "--grpc-addr",
		"/debug/pprof/symbol":               "num_symbols",
		"/debug/pprof/trace?seconds=0.01":   "",
		"/debug/pprof/goroutine?debug=2":    "main.main",
		"/debug/pprof/allocs?debug=1":       "heap profile",
		"/debug/pprof/threadcreate?debug=1": "threadcreate",
	} {
		a := get(t, p.admin, path)
		if a.status != http.StatusOK || !strings.Contains(a.body, part) {
			t.Errorf("%s: %d without %q\n%.200s", path, a.status, part, a.body)
		}
		if strings.Contains(a.body, testSecret) {
			t.Errorf("%s shows the secret", path)
		}
	}
	for _, path := range []string{"/debug/pprof/", "/metrics", "/readyz"} {
		if a := get(t, p.http, path); a.status != http.StatusNotFound {
			t.Errorf("REST answers %s with %d", path, a.status)
		}
	}
}

// TestMetricsAddress: metrics and probes have an address where there are no profiles.
func TestMetricsAddress(t *testing.T) {
	addr := freeAddr(t)
	start(t, newStub(t, nil).url, "--metrics-addr="+addr)
	for path, want := range map[string]int{"/metrics": 200, "/readyz": 200, "/healthz": 200, "/debug/pprof/": 404, "/debug/pprof/heap": 404, "/": 404} {
		if a := get(t, addr, path); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	if a := get(t, addr, "/metrics", "Sec-Fetch-Site: cross-site"); strings.Contains(a.body, "portone_gateway_calls_total") {
		t.Error("a page of another site reads the metrics")
	}
}

// TestLinger: what a drain cuts off can still be read.
func TestLinger(t *testing.T) {
	gate := newGate()
	p := start(t, newStub(t, gate.ServeHTTP).url, "--drain-timeout=50ms", "--drain-linger=1h")
	go func() { _, _ = payREST(t.Context(), p.http, "held-1") }()
	receive(t, "the payment", gate.arrived)
	if n := p.metrics(t).value(t, "portone_gateway_upstream_calls_in_flight"); n != 1 {
		t.Errorf("%v calls are in flight", n)
	}
	p.signal(t, syscall.SIGTERM)
	await(t, "an unknown outcome", func() bool {
		return p.metrics(t).value(t, "portone_gateway_failures_total", "reason", "OUTCOME_UNKNOWN") == 1
	})
	p.signal(t, syscall.SIGTERM) // ends the linger
	p.wait(t)
}

// TestMetrics makes calls that end in different ways, and looks at what is
// counted.
func TestMetrics(t *testing.T) {
	portone := newStub(t, nil)
	p := start(t, portone.url)
	conn := p.dial(t)
	if _, err := pay(t.Context(), conn, "payment-1"); err != nil {
		t.Fatal(err)
	}
	if a, err := payREST(t.Context(), p.http, "payment-2"); err != nil || a.status != http.StatusOK {
		t.Fatalf("%v with %v", err, a)
	}
	portone.set(answerWith(http.StatusConflict, `{"type":"ALREADY_PAID"}`))
	if _, err := pay(t.Context(), conn, "payment-1"); reasonOf(err) != "ALREADY_PAID" {
		t.Fatal(err)
	}
	var asked atomic.Int64
	portone.set(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			answerWith(http.StatusServiceUnavailable, "<html>")(w, r)
			return
		}
		answerWell(w, r)
	})
	if err := list(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	counted := p.metrics(t)
	for _, test := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "portone_gateway_calls_total", []string{"rpc", "PayWithBillingKey", "transport", "grpc", "code", "OK", "reason", ""}},
		{1, "portone_gateway_calls_total", []string{"rpc", "PayWithBillingKey", "transport", "rest", "code", "OK", "reason", ""}},
		{1, "portone_gateway_calls_total", []string{"rpc", "PayWithBillingKey", "transport", "grpc", "code", "FailedPrecondition", "reason", "ALREADY_PAID"}},
		{1, "portone_gateway_calls_total", []string{"rpc", "GetPayments", "transport", "grpc", "code", "OK"}},
		{0, "portone_gateway_calls_total", []string{"rpc", "CancelPayment", "transport", "rest", "code", "OK"}},
		{2, "portone_gateway_call_duration_seconds_count", []string{"rpc", "PayWithBillingKey", "outcome", "ok"}},
		{1, "portone_gateway_call_duration_seconds_count", []string{"rpc", "PayWithBillingKey", "outcome", "error"}},
		{1, "portone_gateway_upstream_wait_seconds_count", []string{"why", "failed"}},
		{1, "portone_gateway_call_overhead_seconds_count", []string{"transport", "rest"}},
		{0, "portone_gateway_calls_in_flight", nil},
		{3, "portone_gateway_upstream_latency_seconds_count", []string{"rpc", "PayWithBillingKey"}},
		{2, "portone_gateway_upstream_latency_seconds_count", []string{"rpc", "GetPayments"}},
		{1, "portone_gateway_upstream_attempts_total", []string{"rpc", "GetPayments", "status", "503", "problem", "untyped"}},
		{1, "portone_gateway_upstream_attempts_total", []string{"rpc", "GetPayments", "status", "200", "problem", ""}},
		{1, "portone_gateway_upstream_retries_total", []string{"rpc", "GetPayments", "why", "failed"}},
		{0, "portone_gateway_upstream_breaker_state", []string{"rpc", "GetPayments"}},
		{1, "portone_gateway_build_info", []string{"version", "devel"}},
	} {
		if got := counted.value(t, test.name, test.labels...); got != test.value {
			t.Errorf("%s %q is %v, want %v", test.name, test.labels, got, test.value)
		}
	}
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "process_open_fds", "process_cpu_seconds_total", "portone_gateway_upstream_connections_idle"} {
		if counted.value(t, name) < 0 {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestInFlight counts a call while it goes on.
func TestInFlight(t *testing.T) {
	g := newGate()
	p := start(t, newStub(t, g.ServeHTTP).url)
	paid := make(chan error, 1)
	go func() {
		_, err := pay(t.Context(), p.dial(t), "held-1")
		paid <- err
	}()
	receive(t, "the request at PortOne", g.arrived)
	if got := p.metrics(t).value(t, "portone_gateway_calls_in_flight"); got != 1 {
		t.Errorf("%v calls are in flight", got)
	}
	close(g.open)
	if err := receive(t, "the answer", paid); err != nil {
		t.Error(err)
	}
	if got := p.metrics(t).value(t, "portone_gateway_calls_in_flight"); got != 0 {
		t.Errorf("%v calls are in flight after the answer", got)
	}
}

// TestBreakerInMetrics: a PortOne that no one can reach opens the breaker.
func TestBreakerInMetrics(t *testing.T) {
	p := start(t, "http://"+freeAddr(t))
	conn := p.dial(t)
	await(t, "the breaker to open", func() bool {
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { _ = list(t.Context(), conn) })
		}
		calls.Wait()
		return p.metrics(t).value(t, "portone_gateway_upstream_breaker_state", "rpc", "GetPayments") == 2
	})
	if p.metrics(t).value(t, "portone_gateway_upstream_attempts_total", "rpc", "GetPayments", "status", "0", "problem", "connect") < 1 {
		t.Error("the attempts are not counted")
	}
}

// TestLabelsAreOurs: whatever callers and PortOne send, no metric is called after
// it: it would take memory for good, and tell what is no one's business.
func TestLabelsAreOurs(t *testing.T) {
	portone := newStub(t, nil)
	p := start(t, portone.url)
	conn := p.dial(t)
	for i, httpStatus := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError} {
		portone.set(answerWith(httpStatus, fmt.Sprintf(`{"type":"MARK_TYPE_%d","message":"mark-message","pgCode":"mark-pg","홍길동":"mark-member"}`, i)))
		if _, err := pay(t.Context(), conn, "mark-payment"); err == nil {
			t.Errorf("%d: no error", httpStatus)
		}
		if a, err := payREST(t.Context(), p.http, "mark-payment", "Idempotency-Key: mark-key-0123456789", "X-Request-Id: mark-request", "User-Agent: mark-agent"); err != nil || a.status == http.StatusOK {
			t.Errorf("%d: %v with %v", httpStatus, err, a)
		}
	}
	_, _ = ask(t.Context(), p.http, "MARKMETHOD", "/mark/path", "")
	_, _ = ask(t.Context(), p.http, http.MethodGet, "/payments/mark-payment?mark=mark", "")
	_ = conn.Invoke(t.Context(), "/mark.Service/MarkMethod", &portonev2.GetPaymentsRequest{}, &portonev2.GetPaymentsResponse{})
	counted := p.metrics(t)
	if counted.value(t, "portone_gateway_calls_total", "reason", "other", "rpc", "PayWithBillingKey", "transport", "grpc") < 1 {
		t.Error(`a type that the contract does not know is not counted as "other"`)
	}
	reasons := make(map[string]bool)
	for line := range strings.Lines(string(counted)) {
		for _, mark := range []string{"mark", "홍길동", testSecret, "billing-key-1"} {
			if strings.Contains(strings.ToLower(line), mark) {
				t.Errorf("a metric has %s in it: %s", mark, line)
			}
		}
		if _, rest, ok := strings.Cut(line, `reason="`); ok {
			reason, _, _ := strings.Cut(rest, `"`)
			reasons[reason] = true
		}
	}
	known := []string{"", "other"}
	for name := range maps.Keys(portonev2.ErrorReason_value) {
		known = append(known, strings.TrimPrefix(name, "ERROR_REASON_"))
	}
	for name := range maps.Keys(portonev2.GatewayReason_value) {
		known = append(known, strings.TrimPrefix(name, "GATEWAY_REASON_"))
	}
	for reason := range reasons {
		if !slices.Contains(known, reason) {
			t.Errorf("there is a label reason=%q", reason)
		}
	}
}
