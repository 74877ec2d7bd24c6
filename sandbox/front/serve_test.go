package front

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/auth"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

func TestAuthentication(t *testing.T) {
	s := newSandbox(t)
	var tokens struct{ AccessToken, RefreshToken string }
	w := ask(s, "POST", "/login/api-secret", `{"apiSecret":"a secret"}`, "Authorization: ")
	if err := json.Unmarshal(w.Body.Bytes(), &tokens); err != nil || tokens.AccessToken == "" {
		t.Fatalf("login: %d %s", w.Code, w.Body)
	}
	tests := []struct {
		name, header, method, target, body string
		status                             int
		typ                                string
	}{
		{"a secret", "PortOne something", "GET", "/payments", "", 200, ""},
		{"a token", "Bearer " + tokens.AccessToken, "GET", "/payments", "", 200, ""},
		{"nothing", "", "GET", "/payments", "", 401, "UNAUTHORIZED"},
		{"the invalid secret", "PortOne " + auth.InvalidSecret, "GET", "/payments", "", 401, "UNAUTHORIZED"},
		{"a PG's secret", "Basic dGVzdF9zazo=", "GET", "/payments", "", 401, "UNAUTHORIZED"},
		{"nothing, for banks", "", "GET", "/banks", "", 200, ""},
		{"nothing, for a payment session", "", "GET", "/payment-sessions/s-1", "", 200, ""},
		{"a login with the invalid secret", "", "POST", "/login/api-secret", `{"apiSecret":"` + auth.InvalidSecret + `"}`, 401, "UNAUTHORIZED"},
		{"before the request is looked at", "", "POST", "/payments/p-1/cancel", "{", 401, "UNAUTHORIZED"},
		{"before fault", "", "GET", "/payments/sandbox:status=502", "", 401, "UNAUTHORIZED"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, test.method, test.target, test.body, "Authorization: "+test.header)
			if strings.Contains(test.target, "payment-sessions") && w.Code == http.StatusNotFound {
				return // let in, and found nothing
			}
			expect(t, w, test.status, test.typ)
		})
	}
	if err := s.Advance(30 * time.Minute); err != nil {
		t.Fatal(err)
	}
	expect(t, ask(s, "GET", "/payments", "", "Authorization: Bearer "+tokens.AccessToken), 401, "UNAUTHORIZED")
	w = ask(s, "POST", "/token/refresh", `{"refreshToken":"`+tokens.RefreshToken+`"}`, "Authorization: ")
	expect(t, w, 200, "")
	expect(t, ask(s, "POST", "/token/refresh", `{"refreshToken":"`+tokens.RefreshToken+`"}`), 401, "UNAUTHORIZED")
}

// TestInvalid has requests that are wrong whatever the state; each says where.
func TestInvalid(t *testing.T) {
	s := newSandbox(t)
	const vatReport = "/payment-reconciliations/settlements/vat-report"
	tests := []struct {
		name, method, target, body string
		problem                    string
	}{
		{"no JSON", "POST", "/payments/p-1/cancel", `{"reason":`, "byte 10"},
		{"no object", "POST", "/payments/p-1/cancel", `[]`, "byte 0"},
		{"a member twice", "POST", "/payments/p-1/cancel", `{"reason":"a","reason":"b"}`, "reason"},
		{"a required member missing", "POST", "/payments/p-1/cancel", `{}`, "reason: required"},
		{"a required member null", "POST", "/payments/p-1/cancel", `{"reason":null}`, "reason: required"},
		{"no body where one is required", "POST", "/payments/p-1/cancel", ``, "body is missing"},
		{"a text for a number", "POST", "/payments/p-1/cancel", `{"reason":"a","amount":"1000"}`, "amount: not a value of its type"},
		{"a fraction", "POST", "/payments/p-1/cancel", `{"reason":"a","amount":10.5}`, "amount: not a value of its type"},
		{"beyond int64", "POST", "/payments/p-1/cancel", `{"reason":"a","amount":9223372036854775808}`, "amount: not a value of its type"},
		{"an unknown enum value", "POST", "/payments/p-1/cancel", `{"reason":"a","requester":"NOBODY"}`, "requester: not a value of its enum"},
		{"an unknown enum value in a list", "GET", "/payments", `{"filter":{"status":["PAID","NEW"]}}`, "filter.status: has a value that is not one of its enum"},
		{"null in a list", "GET", "/payments", `{"filter":{"status":[null]}}`, "filter.status: has a value that is not one of its enum"},
		{"an object for a list", "GET", "/payments", `{"filter":{"status":{}}}`, "filter.status: not a value of its type"},
		{"a date-time that is none", "GET", "/payments", `{"filter":{"from":"yesterday"}}`, "filter.from: not a date-time"},
		{"deep in a list", "POST", "/payments/p-1/schedule",
			`{"payment":{"billingKey":"b","orderName":"o","amount":{"total":1},"currency":"KRW","products":[{"id":"a","name":"n","amount":1,"quantity":1},{"id":"a","name":"n","amount":"x","quantity":1}]},"timeToPay":"2026-03-01T00:00:00Z"}`,
			"payment.products[1].amount"},
		{"a query parameter of another type", "GET", "/platform/partners/p-1?test=maybe", "", "test: not a value of its type"},
		{"a query parameter twice", "GET", "/platform/partners/p-1?test=true&test=true", "", "test"},
		{"an enum in the path", "GET", "/platform/bank-accounts/NOBANK/1/holder", "", "bank"},
		{"dots in the path", "GET", "/payments/%2e%2e", "", "paymentId"},
		{"a path that is not UTF-8", "GET", "/payments/%ff", "", "paymentId"},
		{"body and requestBody", "GET", "/payments?requestBody=%7B%7D", `{}`, "requestBody"},
		{"requestBody that is no JSON", "GET", "/payments?requestBody=%7B", ``, "byte 1"},
		{"a body where only requestBody is read", "GET", vatReport, `{}`, "requestBody"},
		{"no requestBody where it is required", "GET", "/platform/transfer-summaries/sheet-file", ``, "body is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, test.method, test.target, test.body)
			expect(t, w, 400, "INVALID_REQUEST")
			if _, message := errorOf(w); !strings.Contains(message, test.problem) {
				t.Errorf("the message does not say %q: %s", test.problem, message)
			}
		})
	}
}

// TestTolerated has requests that look odd and are valid.
func TestTolerated(t *testing.T) {
	s := newSandbox(t)
	for _, test := range []struct{ name, method, target, body string }{
		{"a GET with a body", "GET", "/payments", `{"page":{"size":1}}`},
		{"a GET with requestBody", "GET", "/payments?requestBody=%7B%22page%22%3A%7B%22size%22%3A1%7D%7D", ""},
		{"unknown members", "GET", "/payments", `{"tomorrow":{"a":[1]},"page":{"size":1,"new":null}}`},
		{"unknown query parameters", "GET", "/payments?utm=1", ""},
		{"null for an optional member", "GET", "/payments", `{"page":null,"filter":{"status":null}}`},
		{"an empty list", "GET", "/payments", `{"filter":{"status":[ ]}}`},
		{"an empty requestBody", "GET", "/platform/transfer-summaries/sheet-file?requestBody=%7B%7D", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, ask(s, test.method, test.target, test.body), 200, "")
		})
	}
}

func TestOutsideTheAPI(t *testing.T) {
	s := newSandbox(t)
	tests := []struct {
		name, method, target, body string
		status                     int
		allow                      string
	}{
		{"no such path", "GET", "/v1/payments", "", 404, ""},
		{"an empty parameter", "GET", "/payments/", "", 404, ""},
		{"another method", "PUT", "/payments/p-1/cancel", "", 405, "POST"},
		{"another method of several", "PUT", "/billing-keys/k-1", "", 405, "DELETE, GET, HEAD"},
		{"a body that is too long", "POST", "/payments/p-1/cancel", `{"reason":"` + strings.Repeat("a", maxBody) + `"}`, 413, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, test.method, test.target, test.body)
			expect(t, w, test.status, "")
			if got := w.Header().Get("Allow"); got != test.allow {
				t.Errorf("Allow: %q, want %q", got, test.allow)
			}
			if strings.Contains(w.Header().Get("Content-Type"), "json") {
				t.Errorf("the answer is JSON: %s", w.Body)
			}
		})
	}
	// Exactly as long as allowed.
	body := `{"reason":"` + strings.Repeat("a", maxBody-len(`{"reason":""}`)) + `"}`
	if w := ask(s, "POST", "/payments/p-1/cancel", body); w.Code == http.StatusRequestEntityTooLarge {
		t.Errorf("a body of %d bytes: %d", len(body), w.Code)
	}
}

// unruly is a domain with bugs, and with a download.
type unruly struct {
	portonev2.UnimplementedBankServiceServer
	portonev2.UnimplementedPlatformTransferServiceServer
	portonev2.UnimplementedPaymentServiceServer
}

func (*unruly) GetBankInfos(context.Context, *portonev2.GetBankInfosRequest) (*portonev2.GetBankInfosResponse, error) {
	panic("out of order")
}

func (*unruly) GetPayment(_ context.Context, in *portonev2.GetPaymentRequest) (*portonev2.Payment, error) {
	switch in.GetPaymentId() {
	case "nothing":
		return nil, nil
	case "error":
		return nil, context.DeadlineExceeded
	}
	return nil, &world.Refusal{Reason: 9999}
}

func (*unruly) CancelPayment(_ context.Context, in *portonev2.CancelPaymentRequest) (*portonev2.CancelPaymentResponse, error) {
	return nil, world.Refuse(pgProvider, "no").With(&portonev2.PgProviderError{PgCode: world.Ptr("X"), PgMessage: in.Reason})
}

func (*unruly) DownloadPlatformTransferSheet(in *portonev2.DownloadPlatformTransferSheetRequest, out grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	for _, field := range in.GetFields() {
		if err := out.Send(&httpbody.HttpBody{ContentType: "text/csv; charset=EUC-KR", Data: []byte(field)}); err != nil {
			return err
		}
	}
	return nil
}

// TestDomains has a domain that fails in every way, and expects the sandbox to go
// on.
func TestDomains(t *testing.T) {
	s := newSandbox(t)
	var log bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	u := new(unruly)
	s.state.handlers = make(map[string]handler)
	portonev2.RegisterBankServiceServer(s.state, u)
	portonev2.RegisterPaymentServiceServer(s.state, u)
	portonev2.RegisterPlatformTransferServiceServer(s.state, u)
	for _, test := range []struct{ method, target, body, log string }{
		{"GET", "/banks", "", "out of order"},
		{"GET", "/payments/nothing", "", "neither an answer nor an error"},
		{"GET", "/payments/error", "", "deadline"},
		{"GET", "/payments/unknown", "", "9999"},
	} {
		log.Reset()
		expect(t, ask(s, test.method, test.target, test.body), 500, "")
		if !strings.Contains(log.String(), test.log) {
			t.Errorf("%s: the log does not say %q: %s", test.target, test.log, log.String())
		}
	}
	w := ask(s, "POST", "/payments/p-1/cancel", `{"reason":"<why>"}`)
	if want := `{"type":"PG_PROVIDER","message":"no","pgCode":"X","pgMessage":"<why>"}`; w.Code != s.catalog.byReason[pgProvider].status || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = ask(s, "GET", "/platform/transfer-summaries/sheet-file", `{"fields":["a","b"]}`)
	if w.Code != 200 || w.Body.String() != "ab" || w.Header().Get("Content-Type") != "text/csv; charset=EUC-KR" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	s.state.world.Clock.At(start.Add(time.Hour), func() { panic("at night") })
	expect(t, ask(s, "POST", "/sandbox/clock", `{"advance":"2h"}`), 500, "INTERNAL")
	expect(t, ask(s, "POST", "/payments/p-1/capture", "{}"), 200, "")
}

// TestOwnRequest expects that a domain may change and keep its request.
func TestOwnRequest(t *testing.T) {
	in := &portonev2.CancelPaymentRequest{PaymentId: "p-1", Reason: world.Ptr("")}
	var got *portonev2.CancelPaymentRequest
	h := unary(func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		got = new(portonev2.CancelPaymentRequest)
		return &portonev2.CancelPaymentResponse{}, decode(got)
	}, nil)
	if _, err := h(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(in, got) || got == in {
		t.Errorf("got %v", got)
	}
}
