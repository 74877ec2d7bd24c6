package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/faults"
)

func TestFaultGrammar(t *testing.T) {
	s := newSandbox(t)
	tests := []struct {
		name, text string
		want       faults.Fault
		problem    string
	}{
		{"an error", "error=PAYMENT_NOT_FOUND", faults.Fault{ErrorType: "PAYMENT_NOT_FOUND"}, ""},
		{"everything", "error=FORBIDDEN;latency=1.5s;half;times=2;n=1;n=2;status=418;retry-after=3",
			faults.Fault{ErrorType: "FORBIDDEN", Latency: 1500 * time.Millisecond, Cut: faults.CutHalf, Times: 2, Status: 418, RetryAfter: 3}, ""},
		{"spaces", " pg=REJECT_CARD_COMPANY ; cut=after ", faults.Fault{PGCode: "REJECT_CARD_COMPANY", Cut: faults.CutAfter}, ""},
		{"a new error", "error=NEW_TOMORROW;status=422", faults.Fault{ErrorType: "NEW_TOMORROW", Status: 422}, ""},
		{"unique only", "n=1", faults.Fault{}, ""},
		{"an unknown directive", "errror=FORBIDDEN", faults.Fault{}, `"errror" is no directive`},
		{"a semicolon too many", "cut=after;", faults.Fault{}, `"" is no directive`},
		{"twice", "cut=after;cut=before", faults.Fault{}, "cut is given more than once"},
		{"an unknown error", "error=NEW_TOMORROW", faults.Fault{}, "no error type NEW_TOMORROW"},
		{"no error type", "error=", faults.Fault{}, "error: has no value"},
		{"an odd error type", "error=not-found;status=404", faults.Fault{}, "error: "},
		{"no PG code", "pg", faults.Fault{}, "pg: has no value"},
		{"two errors", "error=FORBIDDEN;pg=X", faults.Fault{}, "do not go together"},
		{"two cuts", "cut=after;half", faults.Fault{}, "do not go together"},
		{"half of something", "half=1", faults.Fault{}, "half: takes no value"},
		{"a cut sometime", "cut=sometime", faults.Fault{}, "cut: "},
		{"a status that is none", "status=200", faults.Fault{}, "status: must be a number from 400 to 599"},
		{"a status that is no number", "status=abc", faults.Fault{}, "status: "},
		{"no latency", "latency=soon", faults.Fault{}, "latency: "},
		{"too much latency", "latency=11m", faults.Fault{}, "latency: "},
		{"negative latency", "latency=-1s", faults.Fault{}, "latency: "},
		{"never", "times=0", faults.Fault{}, "times: "},
		{"retry after nothing", "retry-after=3", faults.Fault{}, "retry-after needs"},
		{"retry after too long", "status=429;retry-after=99999", faults.Fault{}, "retry-after: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := faults.Parse(test.text)
			if err == nil {
				err = s.catalog.knows(&got)
			}
			if test.problem == "" {
				if err != nil || got != test.want {
					t.Errorf("got %+v, %v, want %+v", got, err, test.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Fatalf("error %v, want %q", err, test.problem)
			}
			for where, w := range map[string]*httptest.ResponseRecorder{
				faults.Header: ask(s, "GET", "/payments/p-1", "", faults.Header+": "+test.text),
				"paymentId":   ask(s, "GET", "/payments/"+url.PathEscape(faults.Prefix+test.text), ""),
			} {
				expect(t, w, 400, "INVALID_REQUEST")
				if _, message := errorOf(w); !strings.HasPrefix(message, where) || !strings.Contains(message, test.problem) {
					t.Errorf("%s: message %q, want %q", where, message, test.problem)
				}
			}
		})
	}
}

// TestFaultBy asks for fault in every place where it can be asked for.
func TestFaultBy(t *testing.T) {
	s := newSandbox(t)
	const forbidden = "sandbox:error=FORBIDDEN;n=1"
	tests := []struct {
		name, method, target, body, header string
		faulty                             bool
	}{
		{"a path parameter", "GET", "/payments/" + forbidden, "", "", true},
		{"an escaped path parameter", "GET", "/payments/" + url.PathEscape(forbidden), "", "", true},
		{"a query parameter", "GET", "/payments/p-1?storeId=" + url.QueryEscape(forbidden), "", "", true},
		{"a member of the body", "POST", "/payments/p-1/cancel", `{"reason":"` + forbidden + `"}`, "", true},
		{"a member of requestBody", "DELETE", "/payment-schedules?requestBody=" + url.QueryEscape(`{"billingKey":"`+forbidden+`"}`), "", "", true},
		{"an invalid request", "POST", "/payments/p-1/cancel", `{"storeId":"` + forbidden + `"}`, "", true},
		{"the header", "GET", "/payments/p-1", "", "error=FORBIDDEN", true},
		{"the header before the path", "GET", "/payments/sandbox:error=UNAUTHORIZED", "", "error=FORBIDDEN", true},
		{"the first string", "POST", "/payments/" + forbidden + "/cancel", `{"reason":"sandbox:error=UNAUTHORIZED"}`, "", true},
		{"deeper than the top level", "GET", "/payments", `{"filter":{"storeId":"` + forbidden + `"}}`, "", false},
		{"in the middle of a string", "POST", "/payments/p-1/cancel", `{"reason":"a sandbox:error=FORBIDDEN"}`, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, test.method, test.target, test.body, faults.Header+": "+test.header)
			if typ, _ := errorOf(w); (w.Code == 403 && typ == "FORBIDDEN") != test.faulty {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// TestFaultAnswers looks at answers that are asked for.
func TestFaultAnswers(t *testing.T) {
	s := newSandbox(t)
	pgStatus := s.catalog.byReason[pgProvider].status
	tests := []struct {
		name, text string
		status     int
		kind       string
		parts      []string
	}{
		{"a PG's refusal", "pg=REJECT_CARD_COMPANY", pgStatus, typeJSON, []string{`"type":"PG_PROVIDER"`, `"pgCode":"REJECT_CARD_COMPANY"`, `"pgMessage":"`}},
		{"a load balancer", "status=502", 502, typeHTML, []string{"<html>", "502 Bad Gateway"}},
		{"a status without name", "status=599", 599, typeHTML, []string{"599"}},
		{"too many requests", "status=429;retry-after=3", 429, typeHTML, []string{"429"}},
		{"a typed 503", "error=INVALID_REQUEST;status=503", 503, typeJSON, []string{`"type":"INVALID_REQUEST"`}},
		{"a new error", "error=NEW_TOMORROW;status=422", 422, typeJSON, []string{`"type":"NEW_TOMORROW"`}},
		{"an error with data of the request", "error=PLATFORM_TRANSFER_ALREADY_EXISTS", 409, typeJSON, []string{`"transferId":"`, `"transferGraphqlId":"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, "POST", "/payments/p-1/cancel", `{"reason":"r"}`, faults.Header+": "+test.text)
			if w.Code != test.status || w.Header().Get("Content-Type") != test.kind {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
			if strings.Contains(test.text, "retry-after") != (w.Header().Get("Retry-After") == "3") {
				t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
			}
			for _, part := range test.parts {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("no %s in %s", part, w.Body)
				}
			}
		})
	}
}

// TestTwoSchemas expects the operation's own schema behind a type that names
// two.
func TestTwoSchemas(t *testing.T) {
	s := newSandbox(t)
	w := ask(s, "POST", "/platform/partner-settlements/complete-payout", "", faults.Header+": error=PLATFORM_CURRENCY_NOT_SUPPORTED")
	op := s.catalog.byID["completePlatformPayoutByPartnerSettlementIds"]
	if err := s.catalog.validError(op, s.catalog.byType["PLATFORM_CURRENCY_NOT_SUPPORTED"], w.Body.Bytes()); err != nil {
		t.Errorf("%v in %s", err, w.Body)
	}
}

// TestFaultAndKeys tells which fault uses up an idempotency key.
func TestFaultAndKeys(t *testing.T) {
	tests := []struct {
		name, text string
		first      int // status
		firstType  string
		then       int
		thenType   string
		logins     int64
	}{
		{"an error is kept", "error=FORBIDDEN;times=1", 403, "FORBIDDEN", 403, "FORBIDDEN", 0},
		{"a PG's refusal is kept", "pg=X;status=400;times=1", 400, "PG_PROVIDER", 400, "PG_PROVIDER", 0},
		{"a load balancer's answer is not", "status=502;times=1", 502, "", 200, "", 1},
		{"nor that the first is outstanding", "error=IDEMPOTENCY_OUTSTANDING_REQUEST;times=1", 409, faults.Outstanding, 200, "", 1},
		{"latency changes nothing", "latency=1ms", 200, "", 200, "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSandbox(t)
			headers := []string{keyed("0123456789abcdef"), faults.Header + ": " + test.text}
			expect(t, login(s, aLogin, headers...), test.first, test.firstType)
			expect(t, login(s, aLogin, headers...), test.then, test.thenType)
			if logins(s) != test.logins {
				t.Errorf("%d logins, want %d", logins(s), test.logins)
			}
		})
	}
}

// TestFaultTimesFor expects each object, payment or idempotency key to meet the
// fault as often as asked for, however many met it before.
func TestFaultTimesFor(t *testing.T) {
	tests := []struct{ name, method, target, body, key string }{
		{"an object of the path", "GET", "/payments/p-%d", "", ""},
		{"an object of the path, whatever the key", "POST", "/payments/p-%d/cancel", `{"reason":"r"}`, ""},
		{"a payment in the body", "POST", "/platform/transfers/order", `{"partnerId":"p","paymentId":"p-%d","orderDetail":{"orderAmount":1},"discounts":[],"additionalFees":[]}`, ""},
		{"a key", "POST", "/login/api-secret", aLogin, "0123456789abcdef-%d"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSandbox(t)
			of := func(format string, i int) string {
				if strings.Contains(format, "%d") {
					return fmt.Sprintf(format, i)
				}
				return format
			}
			for run := range 3 {
				for i, want := range []bool{true, true, false} {
					headers := []string{faults.Header + ": status=502;times=2"}
					if key := of(test.key, run); key != "" {
						headers = append(headers, keyed(key))
					} else if test.method == "POST" {
						headers = append(headers, keyed(fmt.Sprintf("another-key-%d-%d", run, i)))
					}
					w := ask(s, test.method, of(test.target, run), of(test.body, run), headers...)
					if got := w.Code == 502; got != want {
						t.Errorf("run %d, request %d: %d %s", run, i, w.Code, w.Body)
					}
				}
			}
		})
	}
}

func TestFaultTimes(t *testing.T) {
	s := newSandbox(t)
	for i, status := range []int{403, 403, 200, 200} {
		if w := ask(s, "GET", "/banks", "", faults.Header+": error=FORBIDDEN;times=2"); w.Code != status {
			t.Errorf("request %d: %d", i+1, w.Code)
		}
	}
	expect(t, ask(s, "GET", "/banks", "", faults.Header+": error=FORBIDDEN;times=2;n=another"), 403, "FORBIDDEN")
}

// serve starts the sandbox on a loopback address, with a client that keeps no
// connections: net/http repeats requests on its own on those that break.
func serve(t *testing.T, s *Server, http2 bool) (*http.Client, string) {
	server := httptest.NewUnstartedServer(s)
	server.EnableHTTP2 = http2
	if http2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	client := server.Client()
	client.Transport.(*http.Transport).DisableKeepAlives = !http2
	return client, server.URL
}

// post logs in over a real connection, and returns what came back of it.
func post(client *http.Client, base, fault, key string) (status int, body string, err error) {
	return postWith(context.Background(), client, base, fault, key)
}

func postWith(ctx context.Context, client *http.Client, base, fault, key string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, "POST", base+"/login/api-secret", strings.NewReader(aLogin))
	if err != nil {
		return 0, "", err
	}
	r.GetBody = nil // not to be sent again by the client itself
	r.Header.Set(faults.Header, fault)
	if key != "" {
		r.Header.Set(idempotencyHeader, `"`+key+`"`)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// TestCuts cuts real connections.
func TestCuts(t *testing.T) {
	tests := []struct {
		name, text string
		status     int // 0 for no answer at all
		logins     int64
	}{
		{"before", "cut=before", 0, 0},
		{"after", "cut=after", 0, 1},
		{"after an error", "cut=after;error=FORBIDDEN", 0, 0},
		{"half", "half", 200, 1},
		{"half of an error", "half;error=FORBIDDEN", 403, 0},
		{"half of a load balancer's page", "half;status=502", 502, 0},
	}
	for _, http2 := range []bool{false, true} {
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", test.name, http2), func(t *testing.T) {
				s := newSandbox(t)
				client, base := serve(t, s, http2)
				status, body, err := post(client, base, test.text, "")
				if err == nil || status != test.status {
					t.Errorf("status %d, error %v; body %q", status, err, body)
				}
				if test.status != 0 && (body == "" || strings.HasSuffix(body, "}") || strings.HasSuffix(body, "</html>\r\n")) {
					t.Errorf("not half a body: %q", body)
				}
				if !http2 && test.status == 0 && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
					t.Errorf("error %v", err)
				}
				if got := logins(s); got != test.logins {
					t.Errorf("%d logins, want %d", got, test.logins)
				}
				// The server is alive, and so is the world.
				if status, _, err := post(client, base, "n=1", ""); status != 200 || err != nil {
					t.Errorf("afterwards: %d %v", status, err)
				}
			})
		}
	}
}

// TestRetryAfterCut is what the sandbox is for: an answer is lost, and asking again
// with the same key tells the outcome without doing it twice.
func TestRetryAfterCut(t *testing.T) {
	for _, fault := range []string{"cut=before;times=2", "cut=after;times=2", "half;times=2"} {
		t.Run(fault, func(t *testing.T) {
			s := newSandbox(t)
			client, base := serve(t, s, false)
			for range 2 {
				if _, body, err := post(client, base, fault, "0123456789abcdef"); err == nil {
					t.Errorf("no error; body %q", body)
				}
			}
			status, body, err := post(client, base, fault, "0123456789abcdef")
			if status != 200 || err != nil || !strings.HasSuffix(body, "}") {
				t.Errorf("%d %v %s", status, err, body)
			}
			if logins(s) != 1 {
				t.Errorf("%d logins", logins(s))
			}
		})
	}
}

// TestClientGone expects that a client which goes away does not stop the work.
func TestClientGone(t *testing.T) {
	s := newSandbox(t)
	asleep := s.asleep()
	client, base := serve(t, s, false)
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan error, 1)
	go func() {
		_, _, err := postWith(ctx, client, base, "latency=1m;times=1", "0123456789abcdef")
		left <- err
	}()
	wake := <-asleep
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if status, _, err := post(client, base, "n=1", "0123456789abcdef"); status != 409 || err != nil {
		t.Errorf("while it is worked on: %d %v", status, err)
	}
	close(wake)
	status := 409
	for deadline := time.Now().Add(10 * time.Second); status == 409 && time.Now().Before(deadline); {
		status, _, _ = post(client, base, "n=1", "0123456789abcdef")
	}
	if status != 200 || logins(s) != 1 {
		t.Errorf("afterwards: %d, %d logins", status, logins(s))
	}
}

// TestSlowOnesWaitAlone expects that latency keeps no one else waiting.
func TestSlowOnesWaitAlone(t *testing.T) {
	s := newSandbox(t)
	asleep := s.asleep()
	client, base := serve(t, s, false)
	done := make(chan error, 1)
	go func() {
		_, _, err := post(client, base, "latency=1m", "")
		done <- err
	}()
	wake := <-asleep
	for range 10 {
		if status, _, err := post(client, base, "n=1", ""); status != 200 || err != nil {
			t.Errorf("%d %v", status, err)
		}
	}
	close(wake)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// asleep makes requests with latency wait until somebody closes the channel that
// comes through the one returned. Others do not wait.
func (s *Server) asleep() <-chan chan struct{} {
	asleep := make(chan chan struct{})
	s.sleep = func(d time.Duration) {
		if d == 0 {
			return
		}
		wake := make(chan struct{})
		asleep <- wake
		<-wake
	}
	return asleep
}

// TestRealTime expects a sandbox without options to show real time.
func TestRealTime(t *testing.T) {
	s, err := New(Options{})
	must(t, err)
	if d := time.Since(s.Now()); d < 0 || d > time.Minute {
		t.Errorf("the clock is %v behind", d)
	}
	must(t, s.Advance(0))
	must(t, s.Advance(time.Hour))
	if d := time.Until(s.Now()); d < 59*time.Minute {
		t.Errorf("the clock is %v ahead", d)
	}
	must(t, s.Reset())
	if d := time.Since(s.Now()); d < 0 || d > time.Minute {
		t.Errorf("after a reset the clock is %v behind", d)
	}
}
