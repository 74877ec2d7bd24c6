package router

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/contract"
)

// found is what a router did with a request.
type found struct {
	id      string
	params  []string
	allowed []string
}

func newRouter(t testing.TB, result *found) *Router {
	t.Helper()
	router, err := New(contract.Methods(),
		func(_ http.ResponseWriter, _ *http.Request, m *contract.Method, params []string) {
			result.id, result.params = m.ID(), params
		},
		func(_ http.ResponseWriter, _ *http.Request, allowed []string) { result.allowed = allowed })
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func request(t testing.TB, method, target string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{Method: method, URL: u, Header: http.Header{}}
}

func TestRouter(t *testing.T) {
	tests := map[string]struct {
		method, target string
		want           found
	}{
		"a literal":                       {"POST", "/login/api-secret", found{id: "loginViaApiSecret"}},
		"a parameter":                     {"GET", "/payments/p-1", found{id: "getPayment", params: []string{"p-1"}}},
		"an escaped slash":                {"GET", "/payments/a%2Fb", found{id: "getPayment", params: []string{"a/b"}}},
		"an escaped percent sign":         {"GET", "/payments/a%252Fb", found{id: "getPayment", params: []string{"a%2Fb"}}},
		"escaped dots":                    {"GET", "/payments/%2E%2E", found{id: "getPayment", params: []string{".."}}},
		"a colon":                         {"GET", "/payments/sandbox:pg=X", found{id: "getPayment", params: []string{"sandbox:pg=X"}}},
		"a colon at the end of a literal": {"POST", "/payments/p/cancel:x", found{}},
		"Hangul":                          {"GET", "/payments/%EA%B2%B0%EC%A0%9C", found{id: "getPayment", params: []string{"결제"}}},
		"bytes that are no UTF-8":         {"GET", "/payments/%FF", found{id: "getPayment", params: []string{"\xff"}}},
		"an empty parameter":              {"GET", "/payments/", found{id: "getPayment", params: []string{""}}},
		"a literal over a parameter":      {"POST", "/platform/partners/member-company-connect/x", found{id: "connectPartnerMemberCompany", params: []string{"x"}}},
		"a parameter where no literal is": {"POST", "/platform/partners/x/archive", found{id: "archivePlatformPartner", params: []string{"x"}}},
		"a literal that is an id":         {"GET", "/b2b/tax-invoices/draft", found{id: "getB2bTaxInvoice", params: []string{"draft"}}},
		"another method":                  {"DELETE", "/payments/p-1", found{allowed: []string{"GET", "HEAD"}}},
		"a method of another protocol":    {"PROPFIND", "/payments/p-1", found{allowed: []string{"GET", "HEAD"}}},
		"HEAD":                            {"HEAD", "/payments/p-1", found{id: "getPayment", params: []string{"p-1"}}},
		"several methods":                 {"PUT", "/payment-schedules", found{allowed: []string{"DELETE", "GET", "HEAD"}}},
		"no such path":                    {"GET", "/nothing/here", found{}},
		"a deeper path than any":          {"GET", strings.Repeat("/a", 40), found{}},
		"the root":                        {"GET", "/", found{}},
		"a slash too many":                {"GET", "//payments/p-1", found{}},
		"a slash at the end":              {"POST", "/payments/p-1/cancel/", found{}},
		"a literal in upper case":         {"GET", "/PAYMENTS/p-1", found{}},
		"no path at all":                  {"OPTIONS", "*", found{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got found
			r := &http.Request{Method: test.method, URL: &url.URL{Path: test.target}, Header: http.Header{}}
			if test.target != "*" {
				r = request(t, test.method, test.target)
			}
			newRouter(t, &got).ServeHTTP(httptest.NewRecorder(), r)
			if got.id != test.want.id || !slices.Equal(got.params, test.want.params) || !slices.Equal(got.allowed, test.want.allowed) {
				t.Errorf("%s %s: got %+v, want %+v", test.method, test.target, got, test.want)
			}
		})
	}
}

// What a client calls reaches the method whose template it filled in, whatever the
// parameters are, unless another template has a literal there.
func TestEveryMethodIsFound(t *testing.T) {
	var got found
	router := newRouter(t, &got)
	for _, m := range contract.Methods() {
		rapid.Check(t, func(t *rapid.T) {
			params := make([]string, len(m.Params))
			target := m.Template
			for i, name := range m.Params {
				params[i] = "~" + rapid.String().Draw(t, name) // so that it is no literal
				target = strings.Replace(target, "{"+name+"}", url.PathEscape(params[i]), 1)
			}
			got = found{}
			u, err := url.ParseRequestURI(target)
			if err != nil {
				t.Fatal(err)
			}
			router.ServeHTTP(httptest.NewRecorder(), &http.Request{Method: m.HTTPMethod, URL: u, Header: http.Header{"X-Http-Method-Override": {"DELETE"}}})
			if got.id != m.ID() || !slices.Equal(got.params, params) {
				t.Fatalf("%s %s: got %+v, want %s %q", m.HTTPMethod, target, got, m.ID(), params)
			}
		})
	}
}

func TestLabel(t *testing.T) {
	tests := map[string]struct{ method, target, want string }{
		"a path with an id":    {"GET", "/payments/p-1/cancel", "GET /payments/{}/cancel"},
		"a foreign path":       {"GET", "/wp-admin/hong-gildong", "GET /{}/{}"},
		"a method of no sense": {"HONG", "/payments", "{} /payments"},
		"a long path":          {"GET", strings.Repeat("/payments", 20), "GET " + strings.Repeat("/payments", 15) + "/{}"},
	}
	router := newRouter(t, new(found))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := router.Label(request(t, test.method, test.target)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func BenchmarkRouter(b *testing.B) {
	for _, id := range []string{"getPayment", "cancelPayment", "getAllPayments", "archivePlatformPartner"} {
		m := contract.ByID(id)
		if m == nil {
			continue
		}
		b.Run(id, func(b *testing.B) {
			router := newRouter(b, new(found))
			target := m.Template
			for _, name := range m.Params {
				target = strings.Replace(target, "{"+name+"}", "an-id-of-28-characters-000001", 1)
			}
			r := request(b, m.HTTPMethod, target)
			b.ReportAllocs()
			for b.Loop() {
				router.ServeHTTP(nil, r)
			}
		})
	}
}
