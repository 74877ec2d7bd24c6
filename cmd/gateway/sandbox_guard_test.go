package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/sandbox"
)

// TestSandboxGuard: the sandbox alone says that it is there, and lets no web page
// change anything.
func TestSandboxGuard(t *testing.T) {
	guard, err := new(hostsConfig).guard()
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPortone("127.0.0.1:0", "", sandbox.Options{Logger: slog.New(slog.DiscardHandler), WebhookSecret: "whsec_dGhpcyBpcyBhIHRlc3Qgc2VjcmV0IG9mIG91cnM="}, guard)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	tests := []struct {
		name, method, path, origin, host string
		status                           int
		has                              string
	}{
		{"health", "GET", "/healthz", "", "127.0.0.1:9092", http.StatusOK, "ok"},
		{"readiness", "GET", "/readyz", "", "127.0.0.1:9092", http.StatusOK, "ok"},
		{"the secret of webhooks", "GET", "/sandbox/", "", "127.0.0.1:9092", http.StatusOK, "whsec_dGhpcyBpcyBhIHRlc3Qgc2VjcmV0IG9mIG91cnM="},
		{"a page that looks", "GET", "/sandbox/", "http://evil.example", "127.0.0.1:9092", http.StatusOK, ""},
		{"a page that resets", "POST", "/sandbox/reset", "http://evil.example", "127.0.0.1:9092", http.StatusForbidden, ""},
		{"a page of the same origin that resets", "POST", "/sandbox/reset", "http://127.0.0.1:9092", "127.0.0.1:9092", http.StatusForbidden, ""},
		{"a page whose name was rebound, that resets", "POST", "/sandbox/reset", "http://evil.example:9092", "evil.example:9092", http.StatusMisdirectedRequest, ""},
		{"a page whose name was rebound, that looks", "GET", "/sandbox/", "", "evil.example:9092", http.StatusMisdirectedRequest, ""},
		{"a program that resets", "POST", "/sandbox/reset", "", "127.0.0.1:9092", http.StatusOK, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "http://"+test.host+test.path, nil)
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			w := httptest.NewRecorder()
			p.server.Handler.ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.has) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, test.status, test.has)
			}
		})
	}
	var stderr bytes.Buffer
	err = Run([]string{"sandbox", "--addr=127.0.0.1:0", "--webhook-secret=none"}, io.Discard, &stderr)
	if err == nil || !strings.Contains(err.Error(), "--webhook-secret") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a malformed secret: %v", err)
	}
}
