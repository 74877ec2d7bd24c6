package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

// silent is a PortOne that takes requests and does not answer.
func silent(t *testing.T) (g *gatewaytest.Gateway, asked chan string) {
	t.Helper()
	asked = make(chan string, 100)
	end := make(chan struct{})
	g = gatewaytest.Start(t, gatewaytest.Options{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.Method
		select {
		case <-r.Context().Done():
		case <-end:
		}
	})})
	t.Cleanup(func() { close(end) })
	return g, asked
}

// TestCallerTimeout: a caller by REST who says how long he waits gets the answer with
// the key before he gives up.
func TestCallerTimeout(t *testing.T) {
	g, _ := silent(t)
	for name, header := range map[string][]string{
		"ours":                     {"X-Request-Timeout-Ms", "300"},
		"Envoy's":                  {"X-Envoy-Expected-Rq-Timeout-Ms", "300"},
		"the shorter is ours":      {"X-Request-Timeout-Ms", "300", "X-Envoy-Expected-Rq-Timeout-Ms", "86400000"},
		"the shorter is Envoy's":   {"X-Request-Timeout-Ms", "86400000", "X-Envoy-Expected-Rq-Timeout-Ms", "300"},
		"Envoy's is no time":       {"X-Request-Timeout-Ms", "300", "X-Envoy-Expected-Rq-Timeout-Ms", "x"},
		"Envoy's waits for ever":   {"X-Request-Timeout-Ms", "300", "X-Envoy-Expected-Rq-Timeout-Ms", "0"},
		"Envoy's is out of bounds": {"X-Request-Timeout-Ms", "300", "X-Envoy-Expected-Rq-Timeout-Ms", "99999999999999999999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := do(t, g, "POST", payPath, "{}", append(header, "Idempotency-Key", "a-key-of-sixteen")...)
			if response.StatusCode != http.StatusConflict || !strings.Contains(body, `"type":"OUTCOME_UNKNOWN"`) || !strings.Contains(body, `"code":4`) ||
				response.Header.Get("Idempotency-Key") != "a-key-of-sixteen" || response.Header.Get("X-PortOne-Gateway-Outcome") != "unknown" {
				t.Errorf("the answer is %s with %v, %s", response.Status, response.Header, body)
			}
			response, body = do(t, g, "GET", "/payments/p1", "", header...)
			if response.StatusCode != http.StatusGatewayTimeout {
				t.Errorf("a read is answered with %s %s", response.Status, body)
			}
		})
	}
}

// TestWrongTimeout: what is no time is refused before anything goes up.
func TestWrongTimeout(t *testing.T) {
	p, g := newPortone(t)
	for _, value := range []string{"", "0", "-1", "1.5", "1s", " ", "0x10", "86400001", "99999999999999999999", "+5"} {
		c := dialRaw(t, g)
		c.say("POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nX-Request-Timeout-Ms: " + value + "\r\nContent-Length: 2\r\n\r\n{}")
		if got := c.answer(); got.status != http.StatusBadRequest || got.field() != "x-request-timeout-ms" || !strings.Contains(got.Message, "milliseconds") {
			t.Errorf("%q is answered with %d %s", value, got.status, got.body)
		}
	}
	c := dialRaw(t, g)
	c.say("POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nX-Request-Timeout-Ms: 5000\r\nX-Request-Timeout-Ms: 6000\r\nContent-Length: 2\r\n\r\n{}")
	if got := c.answer(); got.status != http.StatusBadRequest {
		t.Errorf("two are answered with %d %s", got.status, got.body)
	}
	if got := p.taken(); len(got) > 0 {
		t.Errorf("PortOne got %d requests", len(got))
	}
}

// TestTimeoutOfBody: a body that comes later than its caller waits was not sent on.
func TestTimeoutOfBody(t *testing.T) {
	p, g := newPortone(t)
	for name, framing := range map[string]string{"a length": "Content-Length: 2\r\n\r\n{", "chunks": "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"} {
		c := dialRaw(t, g)
		begin := time.Now()
		c.say("POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nX-Request-Timeout-Ms: 100\r\n" + framing)
		got := c.answer()
		if got.status != http.StatusGatewayTimeout || got.Type != "NOT_SENT" || got.header.Get("X-PortOne-Gateway-Outcome") != "none" || !got.closes {
			t.Errorf("%s: after %v the answer is %d %s", name, time.Since(begin), got.status, got.body)
		}
	}
	if got := p.taken(); len(got) > 0 {
		t.Errorf("PortOne got %d requests", len(got))
	}
}
