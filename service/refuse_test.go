package service_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
	"github.com/portone-gateway/portone-gateway/service"
)

// TestUnknownIsSeen: what is no operation has a request id, and metrics and the log
// see it, without what the caller may have written into its name.
func TestUnknownIsSeen(t *testing.T) {
	tests := []struct{ name, method, asked string }{
		{"an unknown method", "/portone.v2.PaymentService/Steal", "/portone.v2.PaymentService/Steal"},
		{"an unknown service", "/portone.v1.ThiefService/Steal", "/portone.v1.ThiefService/Steal"},
		{"the longest name of which the log has any", "/a/" + strings.Repeat("b", 125), "/a/" + strings.Repeat("b", 125)},
		{"a longer one", "/a/" + strings.Repeat("b", 126), ""},
		{"one that is not ASCII", "/a/홍길동", ""},
		{"one that may be a number of somebody's", "/a/010-1234-5678", ""},
		{"one with a query", "/portone.v2.PaymentService/GetPayment?key=1", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, o, log := answers(http.StatusOK, paid), &observer{}, &gatewaytest.Journal{}
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Log: log, Service: func(so *service.Options) { so.Observer = o }})
			for _, id := range []string{"call-1", ""} {
				ctx := t.Context()
				if id != "" {
					ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", id)
				}
				var trailer metadata.MD
				checkStatus(t, sendIn(ctx, g, test.method, text(1, "p1"), false, grpc.Trailer(&trailer)), codes.Unimplemented, "NO_SUCH_OPERATION")
				got := one(t, trailer, "x-request-id")
				if id != "" && got != id || got == "" {
					t.Errorf("the request id is %q, want %q", got, id)
				}
				want := map[string]any{"level": "INFO", "msg": "call", "rpc": "unknown", "transport": "grpc", "code": "Unimplemented",
					"reason": "NO_SUCH_OPERATION", "request_id": got, "asked": test.asked}
				if test.asked == "" {
					want["asked"] = nil // not there
				}
				line := log.Last(t)
				for name, want := range want {
					if line[name] != want {
						t.Errorf("%s is %v, want %v in %v", name, line[name], want, line)
					}
				}
			}
			unknown := ended{"unknown", "grpc", codes.Unimplemented, "NO_SUCH_OPERATION"}
			if got := o.all(); !slices.Equal(got, []ended{unknown, unknown}) {
				t.Errorf("metrics have %v", got)
			}
			checkNothingAndNext(t, g, p)
		})
	}
}

// TestUnknownIsCounted reads the metrics that the gateway has.
func TestUnknownIsCounted(t *testing.T) {
	counters := metrics.New("test")
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, paid), Service: func(so *service.Options) { so.Observer = counters }})
	counters.Know(contract.Methods())
	_ = send(t, g, "/portone.v2.PaymentService/Steal", nil, false)
	response, err := http.Get(g.URL + "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	page := httptest.NewRecorder()
	counters.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, _ := io.ReadAll(page.Body)
	for _, transport := range []string{"grpc", "rest"} {
		want := fmt.Sprintf(`portone_gateway_calls_total{code="Unimplemented",reason="NO_SUCH_OPERATION",rpc="unknown",transport="%s"} 1`, transport)
		if !strings.Contains(string(body), want) {
			t.Errorf("metrics do not have %s", want)
		}
	}
	for _, want := range []string{`portone_gateway_call_duration_seconds_count{outcome="error",rpc="unknown"} 2`, "portone_gateway_calls_in_flight 0"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("metrics do not have %s", want)
		}
	}
}
