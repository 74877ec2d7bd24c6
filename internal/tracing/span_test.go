package tracing_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/metadata"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/internal/tracing"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
	sampled = "00-" + traceID + "-" + spanID + "-01"
	ignored = "00-" + traceID + "-" + spanID + "-00"

	requestID = "request-17"

	// What must not come into a span.
	paymentID = "payment-of-somebody"
	key       = "a-key-of-sixteen-and-more"
	reason    = "hong-gildong-changed-his-mind"
	message   = "a message of PortOne's"
)

// headers of a call, name and value by turns.
type headers []string

func (h headers) metadata() context.Context {
	return metadata.NewOutgoingContext(context.Background(), metadata.Pairs(append(h, "x-request-id", requestID)...))
}

func (h headers) http() http.Header {
	header := http.Header{"X-Request-Id": {requestID}}
	for i := 0; i < len(h); i += 2 {
		header.Add(h[i], h[i+1])
	}
	return header
}

// cancelByGRPC and the like make a call and return once it has ended; how it ended
// is in the span.
func cancelByGRPC(t *testing.T, g *gatewaytest.Gateway, h headers) {
	text := reason
	_, _ = portonev2.NewPaymentServiceClient(g.Conn).CancelPayment(append(h, "idempotency-key", key).metadata(),
		&portonev2.CancelPaymentRequest{PaymentId: paymentID, Reason: &text})
}

func cancelByREST(t *testing.T, g *gatewaytest.Gateway, h headers) {
	request, err := http.NewRequest(http.MethodPost, g.URL+"/payments/"+paymentID+"/cancel", strings.NewReader(`{"reason":"`+reason+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = append(h, "Idempotency-Key", key).http()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
}

func readFile(t *testing.T, g *gatewaytest.Gateway, h headers) {
	stream, err := portonev2.NewPlatformTransferServiceClient(g.Conn).DownloadPlatformTransferSheet(h.metadata(), &portonev2.DownloadPlatformTransferSheetRequest{})
	for err == nil {
		_, err = stream.Recv()
	}
}

// attributesOf are those of a span, with its differences from a cancel by gRPC that
// went well.
func attributesOf(differences map[string]string) map[string]string {
	all := map[string]string{
		"rpc.system": "grpc", "rpc.service": "portone.v2.PaymentService", "rpc.method": "CancelPayment", "rpc.grpc.status_code": "int_value:0",
		"portone.operation": "cancelPayment", "portone.transport": "grpc", "portone.request_id": requestID,
	}
	for name, value := range differences {
		all[name] = value
	}
	return all
}

const (
	unset = tracepb.Status_STATUS_CODE_UNSET
	fault = tracepb.Status_STATUS_CODE_ERROR
)

// TestSpan makes calls and looks at the spans that reach a collector.
func TestSpan(t *testing.T) {
	tests := []struct {
		name       string
		call       func(*testing.T, *gatewaytest.Gateway, headers)
		headers    headers
		httpStatus int
		answer     string

		span       string
		parent     bool
		state      string
		attributes map[string]string
		status     tracepb.Status_StatusCode
	}{
		{name: "gRPC, under the caller's span", call: cancelByGRPC, headers: headers{"traceparent", sampled, "tracestate", "a=1", "tracestate", "b=2"},
			httpStatus: 200, answer: `{"cancellation":{}}`, parent: true, state: "a=1,b=2"},
		{name: "gRPC, without one", call: cancelByGRPC, httpStatus: 200, answer: `{"cancellation":{}}`},
		{name: "REST, under the caller's span", call: cancelByREST, headers: headers{"Traceparent", sampled, "Tracestate", "a=1"},
			httpStatus: 200, answer: `{"cancellation":{}}`, parent: true, state: "a=1", attributes: map[string]string{"portone.transport": "rest"}},
		{name: "a file", call: readFile, headers: headers{"traceparent", sampled}, httpStatus: 200, answer: "a,b\r\n1,2\r\n",
			span: "portone.v2.PlatformTransferService/DownloadPlatformTransferSheet", parent: true,
			attributes: map[string]string{"rpc.service": "portone.v2.PlatformTransferService", "rpc.method": "DownloadPlatformTransferSheet", "portone.operation": "downloadPlatformTransferSheet"}},
		{name: "a parent that is none", call: cancelByGRPC, headers: headers{"traceparent", "00-" + traceID + "-01", "tracestate", "a=1"}, httpStatus: 200, answer: `{"cancellation":{}}`},
		{name: "two parents", call: cancelByGRPC, headers: headers{"traceparent", sampled, "traceparent", sampled}, httpStatus: 200, answer: `{"cancellation":{}}`},
		{name: "an answer of PortOne's that is an error", call: cancelByGRPC, httpStatus: 404, answer: `{"type":"PAYMENT_NOT_FOUND","message":"` + message + `"}`,
			attributes: map[string]string{"rpc.grpc.status_code": "int_value:5", "portone.error.type": "PAYMENT_NOT_FOUND"}},
		{name: "the same by REST", call: cancelByREST, httpStatus: 404, answer: `{"type":"PAYMENT_NOT_FOUND","message":"` + message + `"}`,
			attributes: map[string]string{"portone.transport": "rest", "rpc.grpc.status_code": "int_value:5", "portone.error.type": "PAYMENT_NOT_FOUND"}},
		{name: "an error from tomorrow", call: cancelByGRPC, httpStatus: 409, answer: `{"type":"PAYMENT_ON_THE_MOON"}`,
			attributes: map[string]string{"rpc.grpc.status_code": "int_value:9", "portone.error.type": "PAYMENT_ON_THE_MOON"}},
		{name: "a type that is a text", call: cancelByGRPC, httpStatus: 409, answer: `{"type":"` + message + `"}`,
			attributes: map[string]string{"rpc.grpc.status_code": "int_value:9", "portone.error.type": "other"}},
		{name: "an outcome that is unknown", call: cancelByGRPC, headers: headers{"traceparent", sampled}, httpStatus: 500, answer: message, parent: true,
			attributes: map[string]string{"rpc.grpc.status_code": "int_value:2", "portone.error.type": "OUTCOME_UNKNOWN"}, status: fault},
		{name: "an answer that cannot be read", call: cancelByGRPC, httpStatus: 200, answer: `{"cancellation":{"status":"SUCCEEDED","id":1}}`,
			attributes: map[string]string{"rpc.grpc.status_code": "int_value:13", "portone.error.type": "ANSWER_UNREADABLE"}, status: fault},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCollector(t)
			tr, _ := c.start(t, nil)
			test.call(t, gateway(t, tr, test.httpStatus, test.answer), test.headers)
			spans := c.delivered(t, tr)
			if len(spans) != 1 {
				t.Fatalf("%d spans, want 1: %v", len(spans), spans)
			}
			span := spans[0]
			if test.span == "" {
				test.span = "portone.v2.PaymentService/CancelPayment"
			}
			if span.GetName() != test.span || span.GetKind() != tracepb.Span_SPAN_KIND_SERVER {
				t.Errorf("%s span %q, want server span %q", span.GetKind(), span.GetName(), test.span)
			}
			checkParent(t, span, test.parent, test.state)
			if diff := cmp.Diff(attributesOf(test.attributes), attributes(span.GetAttributes())); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			wantMessage := ""
			if test.status == fault {
				wantMessage = test.attributes["portone.error.type"]
			}
			if got := span.GetStatus(); got.GetCode() != test.status || got.GetMessage() != wantMessage {
				t.Errorf("status %v, want %v with %q", got, test.status, wantMessage)
			}
			if span.GetEndTimeUnixNano() < span.GetStartTimeUnixNano() || len(span.GetEvents()) > 0 || len(span.GetLinks()) > 0 {
				t.Errorf("the span is %v", span)
			}
			c.checkSecrets(t)
		})
	}
}

// checkParent reports whether the span goes on with the caller's trace, or begins one.
func checkParent(t *testing.T, span *tracepb.Span, parent bool, state string) {
	t.Helper()
	inTrace, under := hex.EncodeToString(span.GetTraceId()) == traceID, hex.EncodeToString(span.GetParentSpanId())
	if parent && (!inTrace || under != spanID) {
		t.Errorf("trace %x under span %s, want %s under %s", span.GetTraceId(), under, traceID, spanID)
	}
	if !parent && (inTrace || under != "") {
		t.Errorf("trace %x under span %s, want a trace of its own", span.GetTraceId(), under)
	}
	if span.GetTraceState() != state {
		t.Errorf("tracestate %q, want %q", span.GetTraceState(), state)
	}
}

// checkSecrets looks for what must not be in a span, in all that was sent.
func (c *collector) checkSecrets(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range []string{paymentID, key, reason, message, gatewaytest.Secret} {
		if bytes.Contains(c.raw, []byte(secret)) {
			t.Errorf("%q is in what the collector got", secret)
		}
	}
}

// gateway runs a gateway that is traced, in front of a PortOne that gives the same
// answer to everything and wants no header of a trace.
func gateway(t *testing.T, tr service.Tracer, httpStatus int, answer string) *gatewaytest.Gateway {
	t.Helper()
	portone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
			if values := r.Header.Values(name); len(values) > 0 {
				t.Errorf("PortOne got %s: %q", name, values)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(httpStatus)
		_, _ = io.WriteString(w, answer)
	})
	return gatewaytest.Start(t, gatewaytest.Options{
		Handler:  portone,
		Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 },
		Service:  func(o *service.Options) { o.Tracer = tr },
	})
}

// TestSampling proves that the caller's decision and the environment's count.
func TestSampling(t *testing.T) {
	tests := []struct {
		name      string
		variables map[string]string
		parent    string
		want      int
	}{
		{"everything, by default", nil, "", 1},
		{"the caller samples", nil, sampled, 1},
		{"the caller does not", nil, ignored, 0},
		{"always off", map[string]string{"OTEL_TRACES_SAMPLER": "always_off"}, sampled, 0},
		{"always on", map[string]string{"OTEL_TRACES_SAMPLER": "always_on"}, ignored, 1},
		{"none of those that begin here", map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, "", 0},
		{"but the caller's", map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, sampled, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCollector(t)
			tr, _ := c.start(t, test.variables)
			var h headers
			if test.parent != "" {
				h = headers{"traceparent", test.parent}
			}
			cancelByGRPC(t, gateway(t, tr, 200, `{"cancellation":{}}`), h)
			if spans := c.delivered(t, tr); len(spans) != test.want {
				t.Errorf("with %v and parent %q: %d spans, want %d", test.variables, test.parent, len(spans), test.want)
			}
		})
	}
}

// TestCollectorDown proves that calls go on, and that the log says what is wrong,
// without what the collector was sent.
func TestCollectorDown(t *testing.T) {
	c := newCollector(t)
	c.status = http.StatusForbidden
	tr, log := c.start(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "api-key=a-key-of-the-vendor"})
	g := gateway(t, tr, 200, `{"cancellation":{}}`)
	text := reason
	if _, err := portonev2.NewPaymentServiceClient(g.Conn).CancelPayment(context.Background(), &portonev2.CancelPaymentRequest{PaymentId: paymentID, Reason: &text}); err != nil {
		t.Errorf("the call: %v", err)
	}
	if spans := c.delivered(t, tr); len(spans) != 1 {
		t.Errorf("%d spans were sent, want 1", len(spans))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := c.requests[0].Header.Get("Api-Key"); got != "a-key-of-the-vendor" {
		t.Errorf("the collector got the key %q", got)
	}
	line := log.String()
	if !strings.Contains(line, `"level":"WARN"`) || !strings.Contains(line, "403") || strings.Count(line, "\n") != 1 {
		t.Errorf("the log is %q, want one warning with 403", line)
	}
	for _, secret := range []string{"a-key-of-the-vendor", paymentID, reason} {
		if strings.Contains(line, secret) {
			t.Errorf("%q is in the log: %s", secret, line)
		}
	}
}

// TestShutdownEnds proves that a collector that does not answer holds no one longer
// than he wants to wait.
func TestShutdownEnds(t *testing.T) {
	c := newCollector(t)
	asked, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.before = func() {
		once.Do(func() { close(asked) })
		<-release
	}
	defer close(release)
	tr, _ := c.start(t, nil)
	cancelByGRPC(t, gateway(t, tr, 200, `{"cancellation":{}}`), nil)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	if err := tr.Shutdown(ctx); err == nil {
		t.Error("Shutdown returned no error, though the spans were not taken")
	}
}

var _ service.Tracer = (*tracing.Tracing)(nil)
