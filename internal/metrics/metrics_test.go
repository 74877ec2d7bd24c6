package metrics

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// operations are those of the contract.
func operations(t *testing.T) []*contract.Method {
	t.Helper()
	return contract.Methods()
}

// find is the operation of an RPC.
func find(t *testing.T, ops []*contract.Method, rpc string) *contract.Method {
	t.Helper()
	for _, op := range ops {
		if op.Name == rpc {
			return op
		}
	}
	t.Fatalf("there is no RPC %s", rpc)
	return nil
}

// text is what Prometheus reads.
func text(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d, %v\n%s", w.Code, err, body)
	}
	return string(body)
}

// TestCalls: how calls end becomes labels, of which PortOne can make no new ones.
func TestCalls(t *testing.T) {
	ops := operations(t)
	pay := find(t, ops, "PayWithBillingKey")
	for _, test := range []struct {
		name      string
		transport string
		code      codes.Code
		reason    string
		outcome   string
		want      string // labels
	}{
		{"well", "grpc", codes.OK, "", "ok", `code="OK",reason="",rpc="PayWithBillingKey",transport="grpc"`},
		{"well by REST", "rest", codes.OK, "", "ok", `code="OK",reason="",rpc="PayWithBillingKey",transport="rest"`},
		{"PortOne's reason", "grpc", codes.FailedPrecondition, "ALREADY_PAID", "error", `code="FailedPrecondition",reason="ALREADY_PAID",rpc="PayWithBillingKey",transport="grpc"`},
		{"the gateway's reason", "rest", codes.Unknown, "OUTCOME_UNKNOWN", "unknown", `code="Unknown",reason="OUTCOME_UNKNOWN",rpc="PayWithBillingKey",transport="rest"`},
		{"a reason from tomorrow", "grpc", codes.Unknown, "NEW_TYPE", "error", `code="Unknown",reason="other",rpc="PayWithBillingKey",transport="grpc"`},
		{"a reason that is none", "grpc", codes.Unknown, "홍길동\n", "error", `code="Unknown",reason="other",rpc="PayWithBillingKey",transport="grpc"`},
		{"no reason", "grpc", codes.Unknown, "", "error", `code="Unknown",reason="",rpc="PayWithBillingKey",transport="grpc"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := New("v1")
			m.Know(ops)
			m.Begin(pay)
			if got := text(t, m); !strings.Contains(got, "\nportone_gateway_calls_in_flight 1\n") {
				t.Error("the call is not in flight")
			}
			m.End(pay, test.transport, test.code, test.reason, time.Millisecond, time.Microsecond)
			got := text(t, m)
			for _, line := range []string{
				"portone_gateway_calls_total{" + test.want + "} 1",
				`portone_gateway_call_duration_seconds_count{outcome="` + test.outcome + `",rpc="PayWithBillingKey"} 1`,
				`portone_gateway_call_overhead_seconds_count{transport="` + test.transport + `"} 1`,
				`portone_gateway_call_overhead_seconds_sum{transport="` + test.transport + `"} 0.000999`,
				"portone_gateway_calls_in_flight 0",
			} {
				if !strings.Contains(got, "\n"+line+"\n") {
					t.Errorf("there is no line %s", line)
				}
			}
		})
	}
}

// TestUpstream: what requests to PortOne count.
func TestUpstream(t *testing.T) {
	m := New("v1")
	m.Know(operations(t))
	m.Attempt("getPayment", 200, "", time.Millisecond)
	m.Attempt("getPayment", 200, "unreadable", time.Millisecond)
	m.Attempt("getPayment", 0, "connect", time.Millisecond)
	m.Retry("getPayment", false, time.Second)
	m.Retry("getPayment", true, time.Second)
	got := text(t, m)
	for _, line := range []string{
		`portone_gateway_upstream_attempts_total{problem="",rpc="GetPayment",secret="",status="200"} 1`,
		`portone_gateway_upstream_attempts_total{problem="unreadable",rpc="GetPayment",secret="",status="200"} 1`,
		`portone_gateway_upstream_attempts_total{problem="connect",rpc="GetPayment",secret="",status="0"} 1`,
		`portone_gateway_upstream_latency_seconds_count{rpc="GetPayment"} 3`,
		`portone_gateway_upstream_retries_total{rpc="GetPayment",secret="",why="failed"} 1`,
		`portone_gateway_upstream_retries_total{rpc="GetPayment",secret="",why="outstanding"} 1`,
		`portone_gateway_upstream_wait_seconds_sum{why="outstanding"} 1`,
	} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
}

// TestBreaker: every operation has one, closed before anything is called.
func TestBreaker(t *testing.T) {
	m := New("v1")
	m.Know(operations(t))
	check := func(want string) {
		t.Helper()
		got := text(t, m)
		for rpc, value := range map[string]string{"GetPayment": want, "CancelPayment": "0"} {
			if line := `portone_gateway_upstream_breaker_state{rpc="` + rpc + `",secret=""} ` + value; !strings.Contains(got, "\n"+line+"\n") {
				t.Errorf("there is no line %s", line)
			}
		}
	}
	check("0")
	for state, want := range map[upstream.BreakerState]string{upstream.BreakerClosed: "0", upstream.BreakerHalfOpen: "1", upstream.BreakerOpen: "2"} {
		m.Breaker("getPayment", state)
		check(want)
	}
	if line := `portone_gateway_upstream_breaker_opened_total{rpc="GetPayment",secret=""} 1`; !strings.Contains(text(t, m), "\n"+line+"\n") {
		t.Errorf("there is no line %s", line)
	}
}

// TestBeforeAnyCall: what an alert waits for is there before it happens, and what
// would be thousands of series in every process is not.
func TestBeforeAnyCall(t *testing.T) {
	m := New("v1")
	m.Know(operations(t))
	got := text(t, m)
	for _, line := range []string{
		`portone_gateway_calls_total{code="Unknown",reason="OUTCOME_UNKNOWN",rpc="CancelPayment",transport="grpc"} 0`,
		`portone_gateway_calls_total{code="DeadlineExceeded",reason="OUTCOME_UNKNOWN",rpc="CancelPayment",transport="rest"} 0`,
		`portone_gateway_calls_total{code="Internal",reason="OUTCOME_UNKNOWN",rpc="CancelPayment",transport="grpc"} 0`,
		`portone_gateway_failures_total{reason="UNAUTHORIZED"} 0`,
		`portone_gateway_failures_total{reason="OVERLOADED"} 0`,
		`portone_gateway_failures_total{reason="UPSTREAM_UNREACHABLE"} 0`,
	} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	if n := strings.Count(got, "\n"); n > 1500 {
		t.Errorf("%d lines before anything happened", n)
	}
}

// TestNames: whatever there is, Prometheus's own rules for names and help hold.
func TestNames(t *testing.T) {
	m := New("v1")
	m.Know(operations(t))
	m.Retry("getPayment", false, time.Second)
	value := 1.0
	m.Gauge("portone_gateway_example", "An example.", func() float64 { return value })
	m.Counter("portone_gateway_examples_total", "Examples.", func() float64 { return value })
	value = 2
	got := text(t, m)
	for _, line := range []string{"portone_gateway_example 2", "portone_gateway_examples_total 2", `portone_gateway_build_info{version="v1"} 1`} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	problems, err := promlint.New(strings.NewReader(got)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "portone_gateway_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// TestUnexplained: what PortOne can choose does not become a label.
func TestUnexplained(t *testing.T) {
	m := New("v")
	for _, pg := range []string{"KCP_V2", "", "A_PG_FROM_TOMORROW", "ANOTHER"} {
		m.Unexplained(pg, "digits")
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{`{form="digits",pg_provider="KCP_V2"} 1`, `{form="digits",pg_provider="unknown"} 1`, `{form="digits",pg_provider="other"} 2`} {
		if !strings.Contains(w.Body.String(), "portone_gateway_unexplained_pg_codes_total"+want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "TOMORROW") {
		t.Error("a name that PortOne chose is a label")
	}
}

// TestDeclined: what a decline means is a label, and what PortOne can choose is none.
func TestDeclined(t *testing.T) {
	m := New("v")
	m.Declined("KCP_V2", portonev2.DeclineReason_DECLINE_REASON_CARD_EXPIRED)
	m.Declined("", portonev2.DeclineReason_DECLINE_REASON_CARD_EXPIRED)
	m.Declined("A_PG_FROM_TOMORROW", portonev2.DeclineReason_DECLINE_REASON_CARD_EXPIRED)
	got := text(t, m)
	for _, pg := range []string{"KCP_V2", "unknown", "other"} {
		if line := `portone_gateway_declines_total{pg_provider="` + pg + `",reason="CARD_EXPIRED"} 1`; !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
}
