package upstream

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// quoting answers with a page that has something of the request in it.
func quoting(of func(r *http.Request, body string) string) act {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer(500, "<html><pre>"+of(r, string(body))+" X-Said")(w, r)
	}
}

// unexpectedLine makes a call that gets a page, and returns what the log has.
func unexpectedLine(t *testing.T, call *Request, a act) string {
	t.Helper()
	var log bytes.Buffer
	server := httptest.NewServer(&script{acts: []act{a}})
	defer server.Close()
	c := newClient(t, server.URL, func(o *Options) { o.Logger, o.MaxAttempts = slog.New(slog.NewJSONHandler(&log, nil)), 1 })
	_, failed := c.Do(t.Context(), call)
	if failed == nil || strings.Contains(failed.Error()+fmt.Sprint(failed.Unwrap()), testSecret) {
		t.Errorf("error %v: %v", failed, failed.Unwrap())
	}
	return log.String()
}

// TestLogsNoSecret makes every kind of trouble and looks through the log: of pages
// that repeat the request, it has nothing.
func TestLogsNoSecret(t *testing.T) {
	for name, a := range map[string]act{
		"nothing":               badGateway,
		"a cut":                 cut,
		"a header":              answer(500, "trace: Authorization: PortOne x"),
		"a typed error":         notFound,
		"the header's value":    quoting(func(r *http.Request, _ string) string { return r.Header.Get("Authorization") }),
		"the secret":            quoting(func(*http.Request, string) string { return testSecret }),
		"a piece of the secret": quoting(func(*http.Request, string) string { return testSecret[:8] }),
		"the secret at the end": quoting(func(*http.Request, string) string { return strings.Repeat(" ", shown-20) + testSecret }),
		"the key":               quoting(func(r *http.Request, _ string) string { return r.Header.Get("Idempotency-Key") }),
		"the target":            quoting(func(r *http.Request, _ string) string { return r.RequestURI }),
		"the path":              quoting(func(r *http.Request, _ string) string { return r.URL.Path }),
	} {
		for callName, call := range map[string]func(testing.TB) *Request{"a read": getCall, "a mutation": cancelCall} {
			line := unexpectedLine(t, call(t), a)
			for _, word := range []string{testSecret, testSecret[:8], testKey, "p/1", "p%2F1", "X-Said", "PortOne x"} {
				if strings.Contains(line, word) {
					t.Errorf("%s, %s: %q is in the log: %s", callName, name, word, line)
				}
			}
		}
	}
}

// TestLogsNothingOfTheBody: firewalls quote what they found in a request, as it was, in
// part, or escaped.
func TestLogsNothingOfTheBody(t *testing.T) {
	const card, birth = "4242424242424242", "900101"
	pay := newRequest("PayInstantly", &portonev2.PayInstantlyRequest{PaymentId: "payment-1", Method: &portonev2.InstantPaymentMethodInput{
		Card: &portonev2.InstantPaymentMethodInputCard{Credential: &portonev2.CardCredential{
			Number: proto.String(card), BirthOrBusinessRegistrationNumber: proto.String(birth), PasswordTwoDigits: proto.String("77")}}}})
	list := newRequest("GetPayments", &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{
		TextSearch: []*portonev2.PaymentTextSearch{{Value: proto.String(card + birth)}}}})
	member := func(_ *http.Request, body string) string { // the credential alone
		_, rest, _ := strings.Cut(body, `"credential":`)
		return rest
	}
	pay.Key = testKey
	for name, quote := range map[string]func(*http.Request, string) string{
		"as it was":       func(_ *http.Request, body string) string { return body },
		"in part":         member,
		"two digits":      func(*http.Request, string) string { return "matched: " + birth[:4] + ", 77" },
		"in hexadecimal":  func(_ *http.Request, body string) string { return fmt.Sprintf("%x", body) },
		"in base64":       func(_ *http.Request, body string) string { return base64.StdEncoding.EncodeToString([]byte(body)) },
		"escaped for URL": func(r *http.Request, body string) string { return url.QueryEscape(member(r, body)) },
		"the query":       func(r *http.Request, _ string) string { return r.URL.Query().Get("requestBody") },
		"escaped for HTML": func(r *http.Request, body string) string {
			return html.EscapeString(member(r, body) + r.URL.RawQuery)
		},
		"each digit apart": func(*http.Request, string) string { return strings.Join(strings.Split(card, ""), " ") },
	} {
		for _, call := range []*Request{pay, list} {
			var line struct {
				Begin  *string `json:"begin"`
				Status int     `json:"http_status"`
			}
			text := unexpectedLine(t, call, quoting(quote))
			if err := json.Unmarshal([]byte(text), &line); err != nil || line.Status != 500 || line.Begin == nil || *line.Begin != "" {
				t.Errorf("%s, %s: %v, the log has %s", call.Method.Name, name, err, text)
			}
		}
	}
}

// TestLogsHarmlessPages: people see which server answered in PortOne's place, where
// the page cannot name anybody.
func TestLogsHarmlessPages(t *testing.T) {
	named := func(id string) *Request {
		return newRequest("GetPayment", &portonev2.GetPaymentRequest{PaymentId: id})
	}
	tests := []struct {
		name, page string
		call       *Request
		says       bool
	}{
		{"a load balancer", "<html><title>502 Bad Gateway</title>", named("payment-1"), true},
		{"the id in capitals", "<h1>no PAYMENT-1 here", named("payment-1"), false},
		{"the id without its dashes", "<h1>no pay ment 1", named("payment-1"), false},
		{"a part of the id", "<h1>no key-12345", named("billing-key-1234567890"), false},
		{"five of the id", "<h1>no ke-123", named("billing-xxx-1234567890"), true},
		{"an id too short to be found", "<h1>no entry", named("p1"), false},
		{"an id in other letters", "<h1>no entry", named("홍길동-payment"), false},
		{"JSON", `{"page":1`, named("payment-1"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			line := unexpectedLine(t, test.call, answer(502, test.page))
			var logged struct{ Begin string }
			_ = json.Unmarshal([]byte(line), &logged)
			if got := logged.Begin == test.page; got != test.says {
				t.Errorf("the page is in the log: %t, want %t: %s", got, test.says, line)
			}
		})
	}
}
