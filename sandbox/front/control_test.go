package front

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/control"
	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/faults"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// till is a domain that has objects to show.
type till map[string]int64

func (till) Register(grpc.ServiceRegistrar) {}

func (d till) Dump(add func(kind, id string, object proto.Message)) {
	for id, amount := range d { // in any order
		add("deposits", id, &portonev2.PaymentAmount{Total: &amount})
		add("accounts", id, &portonev2.BankInfo{Bank: portonev2.Bank_BANK_KDB.Enum()})
	}
}

func TestControl(t *testing.T) {
	s := newSandbox(t)
	for _, id := range []string{"p-1", "p-2", "p-3"} {
		expect(t, ask(s, "POST", "/sandbox/window", `{"paymentId":"`+id+`","orderName":"o","totalAmount":1000,"payMethod":"VIRTUAL_ACCOUNT"}`), 200, "")
	}
	tests := []struct {
		name, method, path, body string
		status                   int
		answer                   string
	}{
		{"what there is", "GET", "", "", 200, "POST"},
		{"without a slash", "GET", "-", "", 200, "POST"},
		{"the clock", "GET", "clock", "", 200, `{"now":"2026-01-31T09:00:00Z"}`},
		{"a deposit of what is due", "POST", "deposits", `{"paymentId":"p-1"}`, 200, `{}`},
		{"a deposit of another amount", "POST", "deposits", `{"paymentId":"p-2","amount":500}`, 400, `"INVALID_REQUEST"`},
		{"a deposit of nothing", "POST", "deposits", `{"paymentId":"p-3","amount":0}`, 400, "amount"},
		{"a deposit without a payment", "POST", "deposits", `{}`, 400, "paymentId"},
		{"a deposit to no payment", "POST", "deposits", `{"paymentId":"p-9"}`, 404, `"PAYMENT_NOT_FOUND"`},
		{"counters", "GET", "counters", "", 200, `"payment.charged":1`},
		{"the clock moved", "POST", "clock", `{"advance":"24h"}`, 200, `{"now":"2026-02-01T09:00:00Z"}`},
		{"the clock set", "POST", "clock", `{"now":"2026-03-01T09:00:00.5+09:00"}`, 200, `{"now":"2026-03-01T00:00:00.5Z"}`},
		{"the clock set back", "POST", "clock", `{"now":"2026-01-01T00:00:00Z"}`, 400, "does not go back"},
		{"the clock moved back", "POST", "clock", `{"advance":"-1s"}`, 400, "does not go back"},
		{"the clock, nothing said", "POST", "clock", `{}`, 400, "either"},
		{"the clock, both said", "POST", "clock", `{"advance":"1h","now":"2026-03-01T09:00:00Z"}`, 400, "either"},
		{"the clock, no duration", "POST", "clock", `{"advance":"a day"}`, 400, "advance"},
		{"the clock, an unknown member", "POST", "clock", `{"forward":"1h"}`, 400, "forward"},
		{"the clock, no JSON", "POST", "clock", ``, 400, "the body"},
		{"the clock, more than JSON", "POST", "clock", `{"advance":"0s"} {}`, 400, "behind"},
		{"the clock run and moved", "POST", "clock", `{"run":true,"advance":"1h"}`, 400, "either"},
		{"the clock not run", "POST", "clock", `{"run":false}`, 400, "either"},
		{"the clock stopped in the past", "POST", "clock", `{"stop":"2026-01-01T00:00:00Z"}`, 400, "does not go back"},
		{"reset to a time without a future", "POST", "reset", `{"stop":"2098-12-31T23:59:59-01:00"}`, 400, "2000 to 2098"},
		{"reset to a time without a past", "POST", "reset", `{"stop":"0001-01-01T00:00:00Z"}`, 400, "2000 to 2098"},
		{"reset with something else", "POST", "reset", `{"now":"2026-01-01T00:00:00Z"}`, 400, "now"},
		{"the clock beyond RFC 3339", "POST", "clock", `{"now":"9999-12-31T23:59:59Z"}`, 200, "9999"},
		{"the clock far beyond it", "POST", "clock", `{"advance":"1s"}`, 400, "9999"},
		{"a body that is too long", "POST", "deposits", strings.Repeat(" ", maxBody+1), 413, "too long"},
		{"a path that is none", "GET", "nothing", "", 404, `"NOT_FOUND"`},
		{"another method", "GET", "reset", "", 405, `"METHOD_NOT_ALLOWED"`},
		{"reset", "POST", "reset", "", 200, `{}`},
		{"the clock after it", "GET", "clock", "", 200, `{"now":"2026-01-31T09:00:00Z"}`},
		{"counters after it", "GET", "counters", "", 200, `{}`},
		{"reset in another time", "POST", "reset", `{"stop":"2050-01-01T09:00:00+09:00"}`, 200, `{}`},
		{"the clock in it", "GET", "clock", "", 200, `{"now":"2050-01-01T00:00:00Z"}`},
		{"the clock stopped further on", "POST", "clock", `{"stop":"2900-01-01T00:00:00Z"}`, 200, `{"now":"2900-01-01T00:00:00Z"}`},
		{"the clock run", "POST", "clock", `{"run":true}`, 200, `{"now":"2900-01-01T00:00:00.`},
		{"reset to the first time", "POST", "reset", ` `, 200, `{}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := control.Prefix + test.path
			if test.path == "-" {
				path = "/sandbox"
			}
			w := ask(s, test.method, path, test.body, "Authorization: ")
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.answer) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.answer)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("no JSON: %s", w.Body)
			}
			if typ, message := errorOf(w); w.Code != 200 && (typ == "" || message == "") {
				t.Errorf("no error: %s", w.Body)
			}
		})
	}
}

// TestControlPanic has something planned that panics, and expects the control API to
// answer all the same, and to go on.
func TestControlPanic(t *testing.T) {
	s := newSandbox(t)
	s.state.world.Clock.At(start.Add(time.Hour), func() { panic("at night") })
	expect(t, ask(s, "POST", "/sandbox/clock", `{"advance":"2h"}`), 500, "INTERNAL")
	expect(t, ask(s, "POST", "/sandbox/clock", `{"advance":"2h"}`), 200, "")
}

// TestCodes asks for one-time codes that were not sent.
func TestCodes(t *testing.T) {
	s := newSandbox(t)
	expect(t, ask(s, "POST", "/sandbox/codes", `{"identityVerificationId":"v-1"}`), 404, "IDENTITY_VERIFICATION_NOT_FOUND")
	expect(t, ask(s, "POST", "/sandbox/codes", `{"id":"v-1"}`), 400, "INVALID_REQUEST")
	expect(t, ask(s, "POST", "/sandbox/definitions", `{"keys":["grade"]}`), 400, "INVALID_REQUEST")
}

// TestListing expects what there is to control and to use to be listed.
func TestListing(t *testing.T) {
	w := ask(newSandbox(t), "GET", "/sandbox/", "")
	for _, part := range []string{"4242424242424242", "channel-key-sandbox-live", "0000000006", "POST", "/sandbox/webhooks", "invalid-secret", `"faults":"header X-Portone-Sandbox`, `"trouble":"header X-Portone-Sandbox`} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s in %s", part, w.Body)
		}
	}
}

func TestDump(t *testing.T) {
	s := newSandbox(t)
	s.state.domains = []domains.Domain{till{"b": 2, "a": 1, "가": 3}}
	w := ask(s, "GET", "/sandbox/dump", "")
	want := `{"objects":[` +
		`{"kind":"accounts","id":"a","object":{"bank":"KDB"}},{"kind":"accounts","id":"b","object":{"bank":"KDB"}},{"kind":"accounts","id":"가","object":{"bank":"KDB"}},` +
		`{"kind":"deposits","id":"a","object":{"total":1}},{"kind":"deposits","id":"b","object":{"total":2}},{"kind":"deposits","id":"가","object":{"total":3}}]}` + "\n"
	if w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d %s\nwant %s", w.Code, w.Body, want)
	}
}

// TestDumpForm expects a dump to be JSON as encoding/json writes it, to the byte,
// whatever texts objects have.
func TestDumpForm(t *testing.T) {
	s, err := New(Options{Clock: world.NewStoppedClock(start), Demo: true})
	must(t, err)
	expect(t, ask(s, "POST", "/sandbox/window", `{"paymentId":"<&>\u2028","orderName":"\u2029 </b> \"","totalAmount":1000}`), 200, "")
	w := ask(s, "GET", "/sandbox/dump", "")
	if got := w.Header().Get("Content-Type"); got != typeJSON || w.Code != 200 {
		t.Errorf("%d, %s", w.Code, got)
	}
	objects, err := s.objects()
	must(t, err)
	shown := make([]shownObject, len(objects))
	for i, o := range objects {
		text, err := s.catalog.wireJSON(o.desc, o.wire)
		must(t, err)
		shown[i] = shownObject{o.kind, o.id, text}
	}
	want, err := json.Marshal(map[string]any{"objects": shown})
	must(t, err)
	if got := w.Body.String(); got != string(want)+"\n" {
		t.Errorf("%s\nwant %s", got, want)
	}
	s.state.domains = nil
	if got := ask(s, "GET", "/sandbox/dump", "").Body.String(); got != "{\"objects\":[]}\n" {
		t.Errorf("of nothing: %s", got)
	}
}

// TestReset expects nothing of the old world in the new one, not even of a request
// that was on its way.
func TestReset(t *testing.T) {
	s := newSandbox(t)
	asleep := s.asleep()
	var working sync.WaitGroup
	working.Go(func() {
		expect(t, login(s, aLogin, keyed("0123456789abcdef"), faults.Header+": latency=1m"), 200, "")
	})
	wake := <-asleep
	must(t, s.Reset())
	expect(t, login(s, `{"apiSecret":"b"}`, keyed("0123456789abcdef")), 200, "")
	close(wake)
	working.Wait()
	if logins(s) != 1 {
		t.Errorf("%d logins", logins(s))
	}
}

// TestStoppedRuns makes the same calls over HTTP to two sandboxes that began in real
// time, one after the other, and expects the same state to the byte.
func TestStoppedRuns(t *testing.T) {
	run := func() (seen string) {
		s, err := New(Options{Demo: true})
		must(t, err)
		server := httptest.NewServer(s)
		defer server.Close()
		send := func(method, path, body string) string {
			r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
			must(t, err)
			r.Header.Set("Authorization", "PortOne test-secret")
			response, err := server.Client().Do(r)
			must(t, err)
			defer func() { _ = response.Body.Close() }()
			answer, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%s %s: %d %s, %v", method, path, response.StatusCode, answer, err)
			}
			return path + " " + string(answer)
		}
		time.Sleep(2 * time.Millisecond)
		send("POST", "/sandbox/reset", `{"stop":"2026-01-01T00:00:00Z"}`)
		seen += send("POST", "/sandbox/window", `{"paymentId":"p-1","orderName":"o","totalAmount":1000}`)
		seen += send("POST", "/payments/demo-payment-1/cancel", `{"reason":"r"}`)
		seen += send("POST", "/sandbox/clock", `{"advance":"721h"}`) // the demo's schedules fall due
		seen += send("POST", "/sandbox/window", `{"paymentId":"p-2","orderName":"o","totalAmount":1000,"payMethod":"VIRTUAL_ACCOUNT"}`)
		seen += send("POST", "/sandbox/deposits", `{"paymentId":"p-2"}`)
		for _, path := range []string{"clock", "dump", "counters", "webhooks"} {
			seen += send("GET", control.Prefix+path, "")
		}
		return seen
	}
	if first, second := run(), run(); first != second {
		t.Errorf("%s\n%s", first, second)
	}
}

// TestFarResets begins anew as early and as late as can be, demo and all.
func TestFarResets(t *testing.T) {
	s, err := New(Options{Demo: true})
	must(t, err)
	for _, at := range []string{"2000-01-01T00:00:00Z", "2098-12-31T23:59:59.999999999Z"} {
		expect(t, ask(s, "POST", "/sandbox/reset", `{"stop":"`+at+`"}`), 200, "")
		if w := ask(s, "GET", "/sandbox/clock", ""); w.Body.String() != `{"now":"`+at+`"}`+"\n" {
			t.Errorf("%s: %s", at, w.Body)
		}
		expect(t, ask(s, "GET", "/sandbox/dump", ""), 200, "")
		expect(t, ask(s, "GET", "/payments", ""), 200, "")
	}
}

// TestWindow imitates customers in the browser.
func TestWindow(t *testing.T) {
	s := newSandbox(t)
	tests := []struct {
		name, body string
		status     int
		answer     string
		then       string // a payment, and what its status must be
	}{
		{"paid", `{"paymentId":"p-1","orderName":"o","totalAmount":1000,"currency":"KRW"}`, 200, `{}`, "p-1 PAID"},
		{"in dollars", `{"paymentId":"p-2","orderName":"o","totalAmount":1000,"currency":"CURRENCY_USD","payMethod":"CARD"}`, 200, `{}`, "p-2 PAID"},
		{"a virtual account", `{"paymentId":"p-3","orderName":"o","totalAmount":1000,"payMethod":"VIRTUAL_ACCOUNT"}`, 200, `{}`, "p-3 VIRTUAL_ACCOUNT_ISSUED"},
		{"to be confirmed", `{"paymentId":"p-4","orderName":"o","totalAmount":1000,"confirm":true}`, 200, `{"token":"`, "p-4 READY"},
		{"closed", `{"paymentId":"p-5","orderName":"o","totalAmount":1000,"closed":true}`, 502, `"type":"PG_PROVIDER"`, "p-5 FAILED"},
		{"a card that is declined", `{"paymentId":"p-6","orderName":"o","totalAmount":1000,"cardNumber":"4000000000000002"}`, 502, `REJECT_CARD_COMPANY`, "p-6 FAILED"},
		{"paid twice", `{"paymentId":"p-1","orderName":"o","totalAmount":1000}`, 409, `"type":"ALREADY_PAID"`, "p-1 PAID"},
		{"a billing key", `{"billingKey":true}`, 200, `{"billingKey":"`, ""},
		{"a billing key and a payment", `{"billingKey":true,"paymentId":"p-7","orderName":"o","totalAmount":1000,"confirm":true}`, 200, `{"token":"`, ""},
		{"no payment id", `{"totalAmount":1000}`, 400, `paymentId`, ""},
		{"no amount", `{"paymentId":"p-8"}`, 400, `INVALID_REQUEST`, ""},
		{"no currency", `{"paymentId":"p-8","totalAmount":1000,"currency":"WON"}`, 400, `currency`, ""},
		{"no payment method", `{"paymentId":"p-8","totalAmount":1000,"payMethod":"SHELLS"}`, 400, `payMethod`, ""},
		{"an unknown member", `{"paymentID":"p-8","amount":1000}`, 400, `amount`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, "POST", "/sandbox/window", test.body)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.answer) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.answer)
			}
			if id, status, found := strings.Cut(test.then, " "); found {
				w := ask(s, "GET", "/payments/"+id, "")
				if !strings.Contains(w.Body.String(), `"status":"`+status+`"`) {
					t.Errorf("the payment is %s, want %s", w.Body, status)
				}
			}
		})
	}
	expect(t, ask(s, "POST", "/sandbox/deposits", `{"paymentId":"p-3"}`), 200, "")
	if w := ask(s, "GET", "/payments/p-3", ""); !strings.Contains(w.Body.String(), `"status":"PAID"`) {
		t.Errorf("after the deposit: %s", w.Body)
	}
}
