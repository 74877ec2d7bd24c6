package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestNoBody: a request without a body reaches PortOne without one, which judges
// whether it needs one; an empty object stays what it is.
func TestNoBody(t *testing.T) {
	p, g := newPortone(t)
	tests := []struct {
		name, request, body, query string
	}{
		{"none", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\n\r\n", "", ""},
		{"none, with its length", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n", "", ""},
		{"none, in chunks", chunked(payPath), "", ""},
		{"an empty object", post(payPath, "{}"), "{}", ""},
		{"an empty object in chunks", chunked(payPath, "{", "}"), "{}", ""},
		{"a file, none", "GET /b2b/tax-invoices-sheet HTTP/1.1\r\nHost: gateway\r\n\r\n", "", ""},
		{"a file, an empty object", "GET /b2b/tax-invoices-sheet?requestBody=%7B%7D HTTP/1.1\r\nHost: gateway\r\n\r\n", "", "requestBody=%7B%7D"},
		{"a file, escaped strangely", "GET /b2b/tax-invoices-sheet?request%42ody=%7B%7D HTTP/1.1\r\nHost: gateway\r\n\r\n", "", "requestBody=%7B%7D"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := dialRaw(t, g)
			c.say(test.request)
			c.answer()
			got := p.taken()
			if len(got) != 1 || string(got[0].body) != test.body || got[0].query.Encode() != test.query {
				for _, r := range got {
					t.Errorf("PortOne got %q with %v", r.body, r.query)
				}
				t.Errorf("PortOne got %d requests, want one with %q and %q", len(got), test.body, test.query)
			}
		})
	}
}

// TestCodedBody: what is compressed is refused as such, and not as malformed JSON.
func TestCodedBody(t *testing.T) {
	for _, coding := range []string{"gzip", "GZIP", "identity, br", "deflate", "x"} {
		p, g := newPortone(t)
		c := dialRaw(t, g)
		c.say("POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nContent-Encoding: " + coding + "\r\nContent-Length: 4\r\n\r\n\x1f\x8b\b\x00")
		got := c.answer()
		if got.status != http.StatusUnsupportedMediaType || got.Type != "INVALID_REQUEST" || got.field() != "content-encoding" ||
			got.header.Get("Accept-Encoding") != "identity" || got.header.Get("X-PortOne-Gateway-Outcome") != "none" {
			t.Errorf("%s is answered with %d %v %s", coding, got.status, got.header, got.body)
		}
		c.checkNext(g, p, false)
	}
	_, g := newPortone(t)
	for _, coding := range []string{"identity", "Identity", "", "identity,"} {
		c := dialRaw(t, g)
		c.say("POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nContent-Encoding: " + coding + "\r\nContent-Length: 2\r\n\r\n{}")
		if got := c.answer(); got.status != http.StatusOK {
			t.Errorf("%q is answered with %d %s", coding, got.status, got.body)
		}
	}
}

// TestHead: HEAD has the header of GET and no body.
func TestHead(t *testing.T) {
	p, g := newPortone(t)
	tests := []struct {
		path   string
		answer string
		status int
	}{
		{"/payments/p1", `{"status":"NEW"}`, 200},
		{"/payments/p1", `{"type":"PAYMENT_NOT_FOUND"}`, 404},
		{"/nowhere", "", 404},
		{"/b2b/tax-invoices-sheet", strings.Repeat("a,b\n", 50_000), 200}, // more than is sent at once
	}
	for _, test := range tests {
		p.expect("application/json", test.status, []byte(test.answer))
		get, _ := do(t, g, "GET", test.path, "", "X-Request-Id", "call-1")
		c := dialRaw(t, g)
		for range 2 { // nothing is left over on the connection
			c.say("HEAD " + test.path + " HTTP/1.1\r\nHost: gateway\r\nX-Request-Id: call-1\r\n\r\n")
			head, err := http.ReadResponse(c.reader, &http.Request{Method: "HEAD"})
			if err != nil {
				t.Fatal(err)
			}
			head.Body.Close()
			if head.StatusCode != get.StatusCode || head.ContentLength != get.ContentLength && get.ContentLength > 0 ||
				head.Header.Get("Content-Type") != get.Header.Get("Content-Type") || head.Header.Get("X-Request-Id") != "call-1" {
				t.Errorf("%s: HEAD has %s %v, GET %s %v", test.path, head.Status, head.Header, get.Status, get.Header)
			}
		}
	}
	for _, r := range p.taken() {
		if r.method != "GET" {
			t.Errorf("PortOne got %s %q", r.method, r.path)
		}
	}
}
