package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestSandboxGuard: the sandbox alone says that it is there, and lets no web page
// change anything.
func TestSandboxGuard(t *testing.T) {
	p, err := newPortone("127.0.0.1:0", "", "", "whsec_dGhpcyBpcyBhIHRlc3Qgc2VjcmV0IG9mIG91cnM=", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	tests := []struct {
		name, method, path, origin string
		status                     int
		has                        string
	}{
		{"health", "GET", "/healthz", "", http.StatusOK, "ok"},
		{"readiness", "GET", "/readyz", "", http.StatusOK, "ok"},
		{"the secret of webhooks", "GET", "/sandbox/", "", http.StatusOK, "whsec_dGhpcyBpcyBhIHRlc3Qgc2VjcmV0IG9mIG91cnM="},
		{"a page that looks", "GET", "/sandbox/", "http://evil.example", http.StatusOK, ""},
		{"a page that resets", "POST", "/sandbox/reset", "http://evil.example", http.StatusForbidden, ""},
		{"a program that resets", "POST", "/sandbox/reset", "", http.StatusOK, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "http://127.0.0.1:9092"+test.path, nil)
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
