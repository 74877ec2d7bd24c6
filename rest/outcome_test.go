package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// TestOutcome: what headers say of a mutation that failed, and with which status. No
// 5xx is left that a proxy could repeat, but where nothing was done or the PG's code is
// known to be a refusal. A read has no outcome.
func TestOutcome(t *testing.T) {
	const pg = `{"type":"PG_PROVIDER","pgMessage":"no","pgCode":"`
	tests := []struct {
		name    string
		status  int // of PortOne
		body    string
		outcome string
		changed int // with UnclearIsConflict
		kept    int // by default
		read    int
	}{
		{"a decline", 502, pg + `BELOW_MINIMUM_AMOUNT"}`, "", 502, 502, 502},
		{"an unclear code of the PG", 502, pg + `FAILED_INTERNAL_SYSTEM_PROCESSING"}`, "unclear", 409, 502, 502},
		{"a code of the PG that nobody knows", 502, pg + `X-1"}`, "unclear", 409, 502, 502},
		{"no code of the PG", 502, `{"type":"PG_PROVIDER"}`, "unclear", 409, 502, 502},
		{"some channels", 502, `{"type":"CHANNEL_SPECIFIC","failures":[],"succeededChannels":[]}`, "unclear", 409, 502, 502},
		{"tax invoices", 502, `{"type":"B2B_EXTERNAL_SERVICE"}`, "unclear", 409, 502, 502},
		{"transfers", 503, `{"type":"PLATFORM_EXTERNAL_API_FAILED"}`, "unclear", 409, 503, 503},
		{"transfers, for a while", 503, `{"type":"PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED"}`, "unclear", 409, 503, 503},
		{"an unknown type", 500, `{"type":"TOMORROW"}`, "unclear", 409, 500, 500},
		{"an unknown type of a gateway's", 504, `{"type":"TOMORROW"}`, "unclear", 409, 504, 504},
		{"a refusal", 409, `{"type":"ALREADY_PAID"}`, "", 409, 409, 409},
		{"nothing there", 404, `{"type":"PAYMENT_NOT_FOUND"}`, "", 404, 404, 404},
		{"HTML", 502, `<html>`, "unknown", 409, 409, 502},
		{"a limit", 429, ``, "none", 429, 429, 429},
	}
	p := &portone{}
	options := gatewaytest.Options{Handler: p, Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 }}
	keeping := gatewaytest.Start(t, options)
	options.REST.UnclearIsConflict = true
	g := gatewaytest.Start(t, options)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p.expect("application/json", test.status, []byte(test.body))
			check := func(g *gatewaytest.Gateway, method, path, outcome string, status int) {
				t.Helper()
				response, body := do(t, g, method, path, "{}")
				envoy := response.Header.Get("X-Envoy-Ratelimited")
				if got := response.Header.Get("X-PortOne-Gateway-Outcome"); response.StatusCode != status || got != outcome {
					t.Errorf("%s: %d and the outcome %q, want %d and %q: %s", method, response.StatusCode, got, status, outcome, body)
				}
				if want := outcome == "unknown" || outcome == "unclear"; (envoy == "true") != want || !want && envoy != "" {
					t.Errorf("%s: x-envoy-ratelimited is %q with the outcome %q", method, envoy, outcome)
				}
			}
			check(g, "POST", payPath, test.outcome, test.changed)
			check(keeping, "POST", payPath, test.outcome, test.kept)
			check(keeping, "GET", "/payments/p1", "", test.read)
			check(g, "GET", "/payments/p1", "", test.read)
		})
	}
}

// TestNothingDone: a mutation that did not reach PortOne says so.
func TestNothingDone(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Options{URL: "http://127.0.0.1:1", Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 }})
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		outcome                  string
	}{
		{"PortOne is away", "POST", payPath, "{}", http.StatusServiceUnavailable, "none"},
		{"malformed", "POST", payPath, "{", http.StatusBadRequest, "none"},
		{"too large", "POST", payPath, strings.Repeat(" ", 5<<20), http.StatusRequestEntityTooLarge, "none"},
		{"no operation", "POST", "/refunds", "{}", http.StatusNotFound, "none"},
		{"a read", "GET", "/payments/p1", "", http.StatusServiceUnavailable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			response, body := do(t, g, test.method, test.path, test.body)
			if got := response.Header.Get("X-PortOne-Gateway-Outcome"); response.StatusCode != test.status || got != test.outcome {
				t.Errorf("%s and the outcome %q, want %d and %q: %s", response.Status, got, test.status, test.outcome, body)
			}
		})
	}
}
