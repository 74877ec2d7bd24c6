package rest_test

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/internal/hosts"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/service"
)

// observer keeps how calls end.
type observer struct {
	mu   sync.Mutex
	ends []string // RPC, transport, code and reason
}

func (*observer) Begin(*contract.Method) {}

func (o *observer) End(op *contract.Method, transport string, code codes.Code, reason string, _, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ends = append(o.ends, strings.Join([]string{op.Name, transport, code.String(), reason}, " "))
}

func (o *observer) taken() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	ends := o.ends
	o.ends = nil
	return ends
}

// do makes a request with headers from names and values in turn.
func do(t *testing.T, g *gatewaytest.Gateway, method, target, body string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, g.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if request.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			request.Host = header[i+1]
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// TestUnknownIsSeen: what is no operation has a request id, and metrics and the log
// see it. The log has no part of a path that may be an id or name somebody.
func TestUnknownIsSeen(t *testing.T) {
	o, log := &observer{}, &gatewaytest.Journal{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: &portone{}, Log: log, Service: func(so *service.Options) { so.Observer = o }})
	tests := []struct {
		name, method, target string
		status               int
		asked                string
	}{
		{"no such path", "GET", "/refunds/p1?name=hong", 404, "GET /{}/{}"},
		{"the end is unknown", "POST", "/payments/hong@example.com/refund", 404, "POST /payments/{}/{}"},
		{"the end is known", "GET", "/payments/p1/p2/cancel", 404, "GET /payments/{}/{}/cancel"},
		{"another method", "PUT", "/payments/p1", 405, "PUT /payments/{}"},
		{"a method that nobody knows", "HONG", "/payments/p1", 405, "{} /payments/{}"},
		{"escaped", "GET", "/payments/p1%2Fcancel/x", 404, "GET /payments/{}/{}"},
		{"a known word, escaped", "GET", "/%70ayments/p1/x", 404, "GET /{}/{}/{}"},
		{"the root", "GET", "/", 404, "GET /"},
		{"slashes", "GET", "//payments//", 404, "GET //payments//"},
		{"many segments", "GET", strings.Repeat("/x", 1000), 404, "GET " + strings.Repeat("/{}", 16)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, id := range []string{"call-1", "", "no id"} {
				response, body := do(t, g, test.method, test.target, "", "X-Request-Id", id)
				if response.StatusCode != test.status || !strings.Contains(body, `"type":"NO_SUCH_OPERATION"`) {
					t.Errorf("the answer is %s, %s", response.Status, body)
				}
				got := response.Header.Get("X-Request-Id")
				if id == "call-1" && got != id || got == "" || got == "no id" {
					t.Errorf("the request id is %q where %q was sent", got, id)
				}
				line := log.Last(t)
				for name, want := range map[string]string{"level": "INFO", "msg": "call", "rpc": "unknown", "transport": "rest", "code": "Unimplemented",
					"reason": "NO_SUCH_OPERATION", "request_id": got, "asked": test.asked} {
					if line[name] != want {
						t.Errorf("%s is %v, want %q in %v", name, line[name], want, line)
					}
				}
				if want := []string{"unknown rest Unimplemented NO_SUCH_OPERATION"}; !slices.Equal(o.taken(), want) {
					t.Errorf("metrics do not have %q", want)
				}
			}
		})
	}
	for _, word := range []string{"hong", "refund", "p1"} {
		if strings.Contains(strings.ToLower(log.String()), word) {
			t.Errorf("the log has %s: %s", word, log.String())
		}
	}
}

// TestCrossOrigin: a page in a browser, which can send a POST of text/plain to
// localhost without asking anybody, makes no payment. Programs that are no browsers
// have none of its headers.
func TestCrossOrigin(t *testing.T) {
	guard, err := hosts.New(hosts.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, log := &observer{}, &gatewaytest.Journal{}
	p := &portone{}
	p.expect("application/json", http.StatusOK, []byte(`{"payment":{}}`))
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Log: log, REST: rest.Options{Hosts: guard}, Service: func(so *service.Options) { so.Observer = o }})
	tests := []struct {
		name           string
		method, target string
		header         []string
		refused        bool
	}{
		{"a program", "POST", payPath, nil, false},
		{"a page", "POST", payPath, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		{"a page of the same site", "POST", payPath, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:3000"}, true},
		{"a page of an old browser", "POST", payPath, []string{"Origin", "https://evil.example"}, true},
		{"a page without an origin", "POST", payPath, []string{"Origin", "null"}, true},
		{"a page that deletes", "DELETE", "/billing-keys/b1", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"a page on a path that does not exist", "POST", "/refunds/p1", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"a page of the same origin", "POST", payPath, []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost", "Host", "localhost"}, true},
		{"a page that reads", "GET", "/payments/p1", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"a link in a page", "GET", "/payments/p1", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, body := do(t, g, test.method, test.target, `{}`, append(test.header, "Content-Type", "text/plain", "X-Request-Id", "call-1", "Accept-Language", "ko")...)
			if sent, ends := len(p.taken()), o.taken(); !test.refused {
				if response.StatusCode != http.StatusOK || sent != 1 {
					t.Errorf("the answer is %s %s, %d requests were made", response.Status, body, sent)
				}
				return
			} else if want := []string{"unknown rest PermissionDenied CROSS_ORIGIN"}; sent != 0 || !slices.Equal(ends, want) {
				t.Errorf("%d requests were made, metrics have %q, want %q", sent, ends, want)
			}
			if response.StatusCode != http.StatusForbidden || response.Header.Get("Content-Type") != "application/json" ||
				!strings.Contains(body, `"type":"CROSS_ORIGIN"`) || !strings.Contains(body, `"code":7`) || !strings.Contains(body, "브라우저") {
				t.Errorf("the answer is %s, %s", response.Status, body)
			}
			if got := response.Header.Get("X-PortOne-Gateway-Outcome"); (got == "none") != (test.method != "GET") {
				t.Errorf("the outcome is %q", got)
			}
			if line := log.Last(t); response.Header.Get("X-Request-Id") != "call-1" || line["request_id"] != "call-1" || line["reason"] != "CROSS_ORIGIN" || line["level"] != slog.LevelInfo.String() {
				t.Errorf("the header is %v, the log has %v", response.Header, line)
			}
		})
	}
}

// TestRebound: a page whose name has become an address of this machine is of the
// gateway's own origin for its browser. It neither pays nor reads.
func TestRebound(t *testing.T) {
	guard, err := hosts.New(hosts.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, log, p := &observer{}, &gatewaytest.Journal{}, &portone{}
	p.expect("application/json", http.StatusOK, []byte(`{"payment":{}}`))
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Log: log, REST: rest.Options{Hosts: guard}, Service: func(so *service.Options) { so.Observer = o }})
	for _, method := range []string{"GET", "POST"} {
		target := map[string]string{"GET": "/payments/hong", "POST": payPath}[method]
		response, body := do(t, g, method, target, "{}", "Host", "evil.example:8080", "Origin", "http://evil.example:8080")
		if response.StatusCode != http.StatusMisdirectedRequest || !strings.Contains(body, `"type":"HOST_NOT_ALLOWED"`) || !strings.Contains(body, "--allowed-hosts") {
			t.Errorf("%s is answered with %s %s", method, response.Status, body)
		}
		if ends := o.taken(); len(p.taken()) > 0 || !slices.Equal(ends, []string{"unknown rest PermissionDenied HOST_NOT_ALLOWED"}) {
			t.Errorf("%s reached PortOne, or metrics have %q", method, ends)
		}
	}
	if strings.Contains(log.String(), "evil") {
		t.Errorf("the log has what a stranger sent: %s", log.String())
	}
}
