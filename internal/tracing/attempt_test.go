package tracing_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// TestAttempts: each request to PortOne is a client's span below that of the call, with
// nothing that names a payment, and PortOne is not told.
func TestAttempts(t *testing.T) {
	c := newCollector(t)
	tr, _ := c.start(t, nil)
	var requests atomic.Int64
	portone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "" {
			t.Errorf("PortOne got %v", r.Header)
		}
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"cancellation":{}}`)
	})
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: portone, Upstream: func(o *upstream.Options) { o.Tracer = tr },
		Service: func(o *service.Options) { o.Tracer = tr }})
	cancelByGRPC(t, g, headers{"traceparent", sampled})

	var call *tracepb.Span
	var attempts []*tracepb.Span
	for _, span := range c.delivered(t, tr) {
		if span.GetKind() == tracepb.Span_SPAN_KIND_CLIENT {
			attempts = append(attempts, span)
		} else {
			call = span
		}
	}
	if call == nil || len(attempts) != 2 {
		t.Fatalf("the call is %v, and there are %d attempts", call, len(attempts))
	}
	for i, want := range []map[string]string{
		{"http.response.status_code": "int_value:503", "error.type": "untyped"},
		{"http.response.status_code": "int_value:200", "http.request.resend_count": "int_value:1"},
	} {
		span := attempts[i]
		want["http.request.method"], want["url.template"], want["server.address"] = "POST", "/payments/{payment_id}/cancel", "127.0.0.1"
		got := attributes(span.GetAttributes())
		if waited, ok := got["portone.retry.wait_ms"]; ok != (i > 0) {
			t.Errorf("attempt %d waited %s", i+1, waited)
		}
		delete(got, "portone.retry.wait_ms")
		delete(got, "server.port")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attempt %d (-want +got):\n%s", i+1, diff)
		}
		if span.GetName() != "POST /payments/{payment_id}/cancel" || hex.EncodeToString(span.GetParentSpanId()) != hex.EncodeToString(call.GetSpanId()) {
			t.Errorf("attempt %d is %s under %x, the call is %x", i+1, span.GetName(), span.GetParentSpanId(), call.GetSpanId())
		}
		if failed := span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR; failed != (i == 0) {
			t.Errorf("attempt %d has the status %v", i+1, span.GetStatus())
		}
	}
	c.checkSecrets(t)
}
