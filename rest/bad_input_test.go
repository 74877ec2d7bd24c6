package rest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

// patience is how long a test waits for what must happen. Nothing is measured
// against it: a test that reaches it has failed.
const patience = 30 * time.Second

const payPath = "/payments/p1/billing-key"

// newPortone makes a PortOne that takes every payment, behind a gateway.
func newPortone(t *testing.T) (*portone, *gatewaytest.Gateway) {
	t.Helper()
	p := &portone{}
	p.expect("application/json", http.StatusOK, []byte(`{"payment":{"pgTxId":"tx-1","paidAt":"2026-01-02T03:04:05Z"}}`))
	return p, gatewaytest.Start(t, gatewaytest.Options{Handler: p})
}

// taken returns the requests since the last time.
func (p *portone) taken() []*received {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests := p.requests
	p.requests = nil
	return requests
}

// rawConn is a connection to the REST port on which a test says what it likes.
type rawConn struct {
	t      *testing.T
	nc     net.Conn
	reader *bufio.Reader
}

func dialRaw(t *testing.T, g *gatewaytest.Gateway) *rawConn {
	t.Helper()
	nc, err := net.Dial("tcp", g.REST.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &rawConn{t, nc, bufio.NewReader(nc)}
}

// say sends a text. Who is refused early may find no one listening any more, so
// failures show in the answer.
func (c *rawConn) say(parts ...string) { _, _ = io.WriteString(c.nc, strings.Join(parts, "")) }

// answered is an answer, with the members that all errors have.
type answered struct {
	status int
	header http.Header
	body   string
	closes bool

	Type, Message string
	Code          codes.Code
	Details       []struct {
		Type            string `json:"@type"`
		FieldViolations []struct{ Field, Description string }
	}
}

// answer reads an answer.
func (c *rawConn) answer() *answered {
	c.t.Helper()
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		c.t.Fatalf("reading the answer: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("reading the answer: %v", err)
	}
	a := &answered{status: response.StatusCode, header: response.Header, body: string(body), closes: response.Close}
	if response.Header.Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(body, a); err != nil {
			c.t.Errorf("%v in %s", err, body)
		}
	}
	return a
}

// field is where the first violation is; empty if there is none.
func (a *answered) field() string {
	for _, detail := range a.Details {
		for _, violation := range detail.FieldViolations {
			return violation.Field
		}
	}
	return ""
}

// post is a POST with a body, whose length is announced.
func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// chunked is a POST with a body in chunks.
func chunked(path string, chunks ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n", path)
	for _, chunk := range chunks {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(chunk), chunk)
	}
	return b.String() + "0\r\n\r\n"
}

// checkNext makes good requests, on a connection if it is still open and on a new
// one.
func (c *rawConn) checkNext(g *gatewaytest.Gateway, p *portone, open bool) {
	c.t.Helper()
	for _, r := range p.taken() {
		c.t.Errorf("PortOne got %s %q", r.method, r.path)
	}
	conns := []*rawConn{dialRaw(c.t, g)}
	if open {
		conns = append(conns, c)
	}
	for _, conn := range conns {
		conn.say(post(payPath, `{}`))
		if got := conn.answer(); got.status != http.StatusOK || !strings.Contains(got.body, "tx-1") {
			c.t.Errorf("the next request is answered with %+v", got)
		}
	}
	if n := len(p.taken()); n != len(conns) {
		c.t.Errorf("%d of the next %d requests reached PortOne", n, len(conns))
	}
}

// TestBadRequests sends requests that cannot be read. Nothing reaches PortOne, and
// the next request works, on the same connection where it can.
func TestBadRequests(t *testing.T) {
	const invalid = "INVALID_REQUEST"
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	over := strings.Repeat("x", 4<<20)
	get := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: gateway\r\n\r\n" }
	tests := []struct {
		name    string
		request string
		status  int
		typ     string
		field   string // at which the violation's begins
	}{
		{"half a JSON", post(payPath, `{"orderName":"x"`), 400, invalid, ""},
		{"half a string", post(payPath, `{"orderName":"x`), 400, invalid, "orderName"},
		{"no JSON", post(payPath, `orderName=x`), 400, invalid, ""},
		{"a list", post(payPath, `[]`), 400, invalid, ""},
		{"null", post(payPath, `null`), 400, invalid, ""},
		{"white space", post(payPath, " \r\n"), 400, invalid, ""},
		{"two documents", post(payPath, `{}{}`), 400, invalid, ""},
		{"a byte order mark", post(payPath, "\ufeff{}"), 400, invalid, ""},
		{"UTF-16", post(payPath, "{\x00}\x00"), 400, invalid, ""},
		{"a member twice", post(payPath, `{"orderName":"x","orderName":"x"}`), 400, invalid, "orderName"},
		{"a member twice, once escaped", post(payPath, `{"orderName":"x","order\u004eame":"x"}`), 400, invalid, "orderName"},
		{"an unknown member twice", post(payPath, `{"x":1,"x":1}`), 400, invalid, "x"},
		{"a member twice, deep", post(payPath, `{"amount":{"total":1,"total":1}}`), 400, invalid, "amount.total"},
		{"a lone high surrogate", post(payPath, `{"orderName":"\ud83d"}`), 400, invalid, "orderName"},
		{"a lone low surrogate", post(payPath, `{"orderName":"\ude00"}`), 400, invalid, "orderName"},
		{"surrogates in the wrong order", post(payPath, `{"orderName":"\ude00\ud83d"}`), 400, invalid, "orderName"},
		{"a lone surrogate in an unknown member", post(payPath, `{"x":{"y":"\ud83d"}}`), 400, invalid, "x.y"},
		{"bad UTF-8", post(payPath, "{\"orderName\":\"\xff\"}"), 400, invalid, "orderName"},
		{"a control character", post(payPath, "{\"orderName\":\"\x01\"}"), 400, invalid, "orderName"},
		{"NaN", post(payPath, `{"amount":{"total":NaN}}`), 400, invalid, "amount.total"},
		{"a number with a leading zero", post(payPath, `{"amount":{"total":01}}`), 400, invalid, "amount"},
		{"nested over 100", post(payPath, `{"x":`+deep+`}`), 400, invalid, "x"},
		{"nested a million times", post(payPath, `{"x":`+strings.Repeat("[", 1<<20)), 400, invalid, "x"},
		{"both a body and requestBody", "GET /payments?requestBody=%7B%7D HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}", 400, invalid, "?requestBody"},
		{"requestBody twice", get("/payments?requestBody=%7B%7D&requestBody=%7B%7D"), 400, invalid, "?requestBody"},
		{"requestBody that is no JSON", get("/payments?requestBody=%7B"), 400, invalid, ""},
		{"a query parameter twice", get("/platform/partners/x1?test=true&test=true"), 400, invalid, "?test"},
		{"a query that cannot be unescaped", get("/platform/partners/x1?test=%zz"), 400, invalid, ""},
		{"bad UTF-8 in the query", get("/platform/partners/x1?test=%ff"), 400, invalid, ""},
		{"bad UTF-8 in an unknown query parameter", get("/payments/p1?x=%ff"), 400, invalid, ""},
		{"bad UTF-8 in the path", get("/payments/%ff"), 400, invalid, "paymentId"},
		{"the path parameter .", get("/payments/%2e"), 400, invalid, "paymentId"},
		{"the path parameter ..", get("/payments/%2e%2E"), 400, invalid, "paymentId"},
		{"the path parameter .., plainly", get("/payments/.."), 400, invalid, "paymentId"},
		{"an empty path parameter", post("/payments//billing-key", `{}`), 400, invalid, "paymentId"},
		{"a key that is too short", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nIdempotency-Key: short\r\nContent-Length: 2\r\n\r\n{}", 400, invalid, "idempotency-key"},
		{"two keys", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nIdempotency-Key: a-key-of-sixteen\r\nIdempotency-Key: a-key-of-sixteen\r\nContent-Length: 2\r\n\r\n{}", 400, invalid, "idempotency-key"},
		{"a path that does not exist", get("/refunds/p1"), 404, "NO_SUCH_OPERATION", ""},
		{"the root", get("/"), 404, "NO_SUCH_OPERATION", ""},
		{"a path with a slash too many", get("/payments/p1/"), 404, "NO_SUCH_OPERATION", ""},
		{"a path with two slashes in front", get("//payments/p1"), 404, "NO_SUCH_OPERATION", ""},
		{"a path that cannot be unescaped in a segment", get("/payments/p1/%2F"), 404, "NO_SUCH_OPERATION", ""},
		{"another case", get("/Payments/p1"), 404, "NO_SUCH_OPERATION", ""},
		{"a gRPC path", post("/portone.v2.PaymentService/GetPayment", `{}`), 404, "NO_SUCH_OPERATION", ""},
		{"a body over 4 MiB", post(payPath, `{"customData":"`+over+`"}`), 413, "TOO_LARGE", ""},
		{"a body over 4 MiB in chunks", chunked(payPath, `{"customData":"`, over, `"}`), 413, "TOO_LARGE", ""},
		{"a body that is said to be huge", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1099511627776\r\n\r\n{", 413, "TOO_LARGE", ""},
		{"a chunk without a size", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400, invalid, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, g := newPortone(t)
			c := dialRaw(t, g)
			go c.say(test.request) // who refuses does not read it all
			got := c.answer()
			if got.status != test.status || got.Type != test.typ || got.Message == "" || got.Code == codes.OK || len(got.Details) == 0 {
				t.Errorf("%.200q is answered with %d %s", test.request, got.status, got.body)
			}
			if !strings.HasPrefix(got.field(), test.field) {
				t.Errorf("the violation is of %q, want %q", got.field(), test.field)
			}
			if got.header.Get("X-Request-Id") == "" && test.status != http.StatusNotFound {
				t.Errorf("the answer has no request id: %v", got.header)
			}
			c.checkNext(g, p, !got.closes)
			if got.closes && len(test.request) < 2000 && !strings.Contains(test.request, "1099511627776") && !strings.Contains(test.request, "chunked") {
				t.Error("the connection was closed")
			}
		})
	}
}

// TestMethods: a path that exists, asked for with another method, says which it has.
func TestMethods(t *testing.T) {
	p, g := newPortone(t)
	tests := []struct{ method, path, allow string }{
		{"GET", payPath, "POST"},
		{"PUT", "/payments/p1", "GET, HEAD"},
		{"DELETE", "/payments", "GET, HEAD"},
		{"POST", "/billing-keys/b1", "DELETE, GET, HEAD"},
		{"HEAD", payPath, "POST"}, // it changes nothing, so it must not pay
		{"OPTIONS", "/platform/partners/x1", "GET, HEAD, PATCH"},
		{"PROPFIND", "/payments/p1", "GET, HEAD"},
		{"get", "/payments/p1", "GET, HEAD"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, g.URL+test.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != test.allow {
				t.Errorf("%v, %s with Allow %q, want %q", err, response.Status, response.Header.Get("Allow"), test.allow)
			}
			if test.method != "HEAD" && !strings.Contains(string(body), `"type":"NO_SUCH_OPERATION"`) {
				t.Errorf("the body is %s", body)
			}
		})
	}
	if got := p.taken(); len(got) > 0 {
		t.Errorf("PortOne got %d requests", len(got))
	}
}

// TestPathParameters: whatever a parameter contains, and however it is escaped, it
// reaches PortOne as it was meant.
func TestPathParameters(t *testing.T) {
	p, g := newPortone(t)
	tests := []struct{ name, sent, want string }{
		{"a slash", "a%2Fb", "a/b"},
		{"a slash in lower case", "a%2fb", "a/b"},
		{"slashes at both ends", "%2Fa%2F", "/a/"},
		{"a slash alone", "%2F", "/"},
		{"an escaped slash, escaped", "a%252Fb", "a%2Fb"},
		{"a space", "a%20b", "a b"},
		{"a plus", "a+b", "a+b"},
		{"a percent sign", "100%25", "100%"},
		{"Korean", "%EC%A3%BC%EB%AC%B8-1", "주문-1"},
		{"Korean, not escaped", "주문-1", "주문-1"},
		{"an emoji", "%F0%9F%92%B3", "💳"},
		{"semicolons", "a;b=c;", "a;b=c;"},
		{"semicolons, escaped", "a%3Bb", "a;b"},
		{"a question mark", "a%3Fb", "a?b"},
		{"a hash", "a%23b", "a#b"},
		{"a colon", "a:cancel", "a:cancel"},
		{"what is plain in URLs", "-_.~!*'()", "-_.~!*'()"},
		{"what is not", "@$&=,", "@$&=,"},
		{"quotes and brackets", "%22%3C%5B%7B%7C%5C%5E%60", "\"<[{|\\^`"},
		{"three dots", "...", "..."},
		{"dots and a slash", "..%2F..%2Fetc", "../../etc"},
		{"a name that is a path too", "billing-key", "billing-key"},
		{"a line break", "a%0D%0AX-Evil:%20b", "a\r\nX-Evil: b"},
		{"a zero byte", "a%00b", "a\x00b"},
		{"a long one", strings.Repeat("a", 4000), strings.Repeat("a", 4000)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := dialRaw(t, g)
			c.say(post("/payments/"+test.sent+"/billing-key", `{}`))
			if got := c.answer(); got.status != http.StatusOK {
				t.Errorf("%q is answered with %d %s", test.sent, got.status, got.body)
			}
			got := p.taken()
			if want := []string{"", "payments", test.want, "billing-key"}; len(got) != 1 || !slices.Equal(got[0].path, want) || got[0].header.Get("X-Evil") != "" {
				for _, r := range got {
					t.Errorf("PortOne got %q", r.path)
				}
				t.Errorf("PortOne got %d requests, want one for %q", len(got), want)
			}
		})
	}
}

// TestHeaderLimits refuses headers over 64 KiB, and takes a little less.
func TestHeaderLimits(t *testing.T) {
	p, g := newPortone(t)
	many := strings.Repeat("X-Flood: "+strings.Repeat("f", 91)+"\r\n", 1000)
	for name, header := range map[string]string{
		"one":                      "X-Flood: " + strings.Repeat("f", 100<<10) + "\r\n",
		"many":                     many,
		"one whose name is all":    strings.Repeat("f", 100<<10) + ": 1\r\n",
		"a line that does not end": strings.Repeat("f", 100<<10),
	} {
		t.Run(name, func(t *testing.T) {
			c := dialRaw(t, g)
			go c.say("POST "+payPath+" HTTP/1.1\r\nHost: gateway\r\n", header, "Content-Length: 2\r\n\r\n{}")
			if got := c.answer(); got.status != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("the answer is %d %s", got.status, got.body)
			}
			c.checkNext(g, p, false)
		})
	}
	c := dialRaw(t, g)
	c.say("POST "+payPath+" HTTP/1.1\r\nHost: gateway\r\nX-Flood: ", strings.Repeat("f", 60<<10), "\r\nContent-Length: 2\r\n\r\n{}")
	if got := c.answer(); got.status != http.StatusOK {
		t.Errorf("60 KiB of headers are answered with %d %s", got.status, got.body)
	}
}

// TestLargestBody takes a body of just the size that is allowed, either way.
func TestLargestBody(t *testing.T) {
	p, g := newPortone(t)
	body := `{"customData":"` + strings.Repeat("x", 4<<20-17) + `"}`
	for name, request := range map[string]string{"at once": post(payPath, body), "in chunks": chunked(payPath, body[:1000], body[1000:])} {
		c := dialRaw(t, g)
		c.say(request)
		if got := c.answer(); got.status != http.StatusOK || len(body) != 4<<20 {
			t.Errorf("%s: %d bytes are answered with %d %s", name, len(body), got.status, got.body)
		}
		if got := p.taken(); len(got) != 1 || string(got[0].body) != body {
			t.Errorf("%s: PortOne got another body", name)
		}
	}
}

// TestSlowClients send headers or bodies that never end: the gateway gives up after
// a while, with an answer where it can, and goes on meanwhile.
func TestSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("the gateway waits 10 s")
	}
	p, g := newPortone(t)
	tests := []struct {
		name, beginning string
		status          int // 0: it just hangs up
	}{
		{"nothing", "", 0},
		{"half a line", "POST /pay", 0},
		{"half a header", "POST " + payPath + " HTTP/1.1\r\nHost: gate", 0},
		{"half a body", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\n{", 408},
		{"no body", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\n", 408},
		{"half a chunk", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{", 408},
		{"half a body too much", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n500000\r\n" + strings.Repeat(" ", 4<<20+1), 413},
		{"half a body to a bad key", "POST " + payPath + " HTTP/1.1\r\nHost: gateway\r\nIdempotency-Key: bad\r\nContent-Length: 100\r\n\r\n{", 400},
		{"half a body to nowhere", "POST /nowhere HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\n{", 404},
	}
	conns := make([]*rawConn, len(tests))
	for i, test := range tests {
		conns[i] = dialRaw(t, g)
		go conns[i].say(test.beginning)
	}
	conns[0].checkNext(g, p, false)
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := conns[i]
			c.t = t
			if test.status != 0 {
				if got := c.answer(); got.status != test.status || got.Type == "" {
					t.Errorf("the answer is %d %s", got.status, got.body)
				}
			}
			if rest, err := io.ReadAll(c.reader); err != nil {
				t.Errorf("the gateway did not hang up: %v after %q", err, rest)
			}
			c.checkNext(g, p, false)
		})
	}
}

// TestGoneInTheMiddle: clients that hang up in the middle of a request leave
// nothing behind.
func TestGoneInTheMiddle(t *testing.T) {
	p, g := newPortone(t)
	for _, beginning := range []string{"", "POST", "POST " + payPath + " HTTP/1.1\r\nHost: g", "POST " + payPath + " HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n{"} {
		c := dialRaw(t, g)
		c.say(beginning)
		if err := c.nc.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for g.Upstream.InFlight() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	dialRaw(t, g).checkNext(g, p, false)
}

// TestPipelined answers requests that come one behind the other, good and bad.
func TestPipelined(t *testing.T) {
	_, g := newPortone(t)
	c := dialRaw(t, g)
	c.say(post(payPath, `{}`), post(payPath, `{`), "GET /nowhere HTTP/1.1\r\nHost: gateway\r\n\r\n", post("/payments/"+url.PathEscape("주문/2")+"/billing-key", `{}`))
	for i, want := range []int{200, 400, 404, 200} {
		if got := c.answer(); got.status != want {
			t.Errorf("request %d is answered with %d, want %d: %s", i+1, got.status, want, got.body)
		}
	}
}
