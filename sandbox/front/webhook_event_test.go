package front

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestEmit sends webhooks that nothing in the sandbox sets off.
func TestEmit(t *testing.T) {
	s := newSandbox(t)
	pay(t, s, "p")
	w := ask(s, "POST", "/sandbox/window", `{"billingKey":true}`)
	var key struct{ BillingKey string }
	must(t, json.Unmarshal(w.Body.Bytes(), &key))
	const event = `{"data":{%s},"timestamp":"2026-01-31T09:00:00.000Z","type":"%s"%s}`
	tests := []struct {
		name, body string
		status     int
		sent       string // the body, or a part of the error
	}{
		{"a billing key", `{"type":"BillingKey.Updated","billingKey":"` + key.BillingKey + `"}`, 200,
			fmt.Sprintf(event, `"billingKey":"`+key.BillingKey+`","storeId":"store-sandbox"`, "BillingKey.Updated", "")},
		{"no billing key", `{"type":"BillingKey.Updated","billingKey":"k"}`, 404, "BILLING_KEY_NOT_FOUND"},
		{"of tomorrow", `{"type":"Tomorrow.Came","data":{"a":[null,1.50],"b":"<"}}`, 200, fmt.Sprintf(event, `"a":[null,1.50],"b":"<"`, "Tomorrow.Came", "")},
		{"unknown members", `{"type":"T","members":{"z":{"n":1}}}`, 200, fmt.Sprintf(event, "", "T", `,"z":{"n":1}`)},
		{"a payment", `{"type":"Transaction.Held","paymentId":"p","data":{"why":"x"}}`, 200, `"why":"x"},"timestamp"`},
		{"no payment", `{"type":"T","paymentId":"q"}`, 404, "PAYMENT_NOT_FOUND"},
		{"no type", `{"paymentId":"p"}`, 400, "type"},
		{"two objects", `{"type":"T","paymentId":"p","billingKey":"k"}`, 400, "either"},
		{"data that are none", `{"type":"T","data":1}`, 400, "body"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, "POST", "/sandbox/webhooks", test.body)
			all := webhooksNow(t, s)
			sent := string(all[len(all)-1].Body)
			if test.status != 200 {
				sent = w.Body.String()
			}
			if w.Code != test.status || !strings.Contains(sent, test.sent) {
				t.Errorf("%d %s; %s, want %s", w.Code, w.Body, sent, test.sent)
			}
		})
	}
	if shown := ask(s, "GET", "/payments/p", "").Body.String(); !strings.Contains(shown, "Transaction.Held") {
		t.Errorf("the payment does not show it: %s", shown)
	}
}

// TestDispute follows a payment that is disputed.
func TestDispute(t *testing.T) {
	s := newSandbox(t)
	expect(t, ask(s, "POST", "/sandbox/disputes", `{"paymentId":"p","reason":"r"}`), 404, "PAYMENT_NOT_FOUND")
	expect(t, ask(s, "POST", "/sandbox/window", `{"paymentId":"open","orderName":"o","totalAmount":1000,"confirm":true}`), 200, "")
	expect(t, ask(s, "POST", "/sandbox/disputes", `{"paymentId":"open","reason":"r"}`), 409, "PAYMENT_NOT_PAID")
	pay(t, s, "p")
	expect(t, ask(s, "POST", "/sandbox/disputes", `{"paymentId":"p","resolved":true}`), 400, "INVALID_REQUEST")
	expect(t, ask(s, "POST", "/sandbox/disputes", `{}`), 400, "INVALID_REQUEST")
	expect(t, ask(s, "POST", "/sandbox/disputes", `{"paymentId":"p","reason":"r","resolved":true}`), 400, "INVALID_REQUEST")
	expect(t, ask(s, "POST", "/sandbox/disputes", `{"paymentId":"p","reason":"never came"}`), 200, "")
	must(t, s.Advance(time.Hour))
	expect(t, ask(s, "POST", "/sandbox/disputes", `{"paymentId":"p","resolved":true}`), 200, "")
	var payment struct {
		Disputes []struct{ Status, Reason, CreatedAt, ResolvedAt string }
		Webhooks []struct {
			Trigger string
			Request struct{ Body string }
		}
	}
	must(t, json.Unmarshal(ask(s, "GET", "/payments/p", "").Body.Bytes(), &payment))
	if got := fmt.Sprint(payment.Disputes); got != "[{RESOLVED never came 2026-01-31T09:00:00Z 2026-01-31T10:00:00Z}]" {
		t.Errorf("disputes: %s", got)
	}
	for i, want := range []string{"DISPUTE_CREATED Transaction.DisputeCreated", "DISPUTE_RESOLVED Transaction.DisputeResolved"} {
		trigger, kind, _ := strings.Cut(want, " ")
		if h := payment.Webhooks[2+i]; h.Trigger != trigger || !strings.Contains(h.Request.Body, `"type":"`+kind+`"`) {
			t.Errorf("webhook %d: %+v", i, h)
		}
	}
}

// TestTaxInvoiceWebhooks follows the demo's tax invoice to the NTS.
func TestTaxInvoiceWebhooks(t *testing.T) {
	s, err := New(Options{Clock: world.NewStoppedClock(start), Demo: true})
	must(t, err)
	must(t, s.Advance(7*24*time.Hour))
	var kinds []string
	for _, d := range webhooksNow(t, s) {
		var body struct {
			Type, Timestamp string
			Data            map[string]any
		}
		must(t, json.Unmarshal(d.Body, &body))
		if !strings.HasPrefix(body.Type, "TaxInvoice.") {
			continue
		}
		kinds = append(kinds, body.Type)
		if body.Data["status"] != "SENDING_COMPLETED" || body.Data["totalAmount"] != 220000.0 || len(body.Data) != 8 || strings.Contains(body.Timestamp, ".") {
			t.Errorf("%s", d.Body)
		}
	}
	if !slices.Equal(kinds, []string{"TaxInvoice.SendingCompleted"}) {
		t.Errorf("sent: %v", kinds)
	}
}

// listener takes webhooks and notes their ids, times and signatures.
type listener struct {
	mu   sync.Mutex
	seen []http.Header
}

func (l *listener) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, r.Header)
}

// TestDelivery asks for what deliveries do besides, and for two secrets.
func TestDelivery(t *testing.T) {
	l := new(listener)
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	s, err := New(Options{Clock: world.NewStoppedClock(start), WebhookURL: server.URL, WebhookSecret: "whsec_b25l  whsec_dHdv"})
	must(t, err)
	behave := func(body string) {
		t.Helper()
		expect(t, ask(s, "POST", "/sandbox/delivery", body), 200, "")
	}
	// order are the numbers of the webhooks that came since the last time.
	order := func() (numbers []int) {
		s.current().sender.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		all := webhooksNow(t, s)
		for _, h := range l.seen {
			for i, d := range all {
				if d.ID == h.Get("webhook-id") {
					numbers = append(numbers, i)
				}
			}
		}
		return numbers
	}
	behave(`{"copies":1}`)
	pay(t, s, "a")
	if got := order(); !slices.Equal(got, []int{0, 0, 1, 1}) {
		t.Errorf("twice: %v", got)
	}
	behave(`{"hold":true}`)
	pay(t, s, "b")
	if got := order(); len(got) != 4 || shownWebhooks(t, s, "b") != "[{ {} 0} { {} 0}]" {
		t.Errorf("held: %v", got)
	}
	behave(`{"reversed":true,"age":"10m"}`)
	if got := order(); !slices.Equal(got[4:], []int{3, 2}) {
		t.Errorf("reversed: %v", got)
	}
	for i, h := range l.seen {
		sent, err := time.Parse(time.DateTime, "1970-01-01 00:00:00")
		must(t, err)
		var seconds int64
		_, err = fmt.Sscan(h.Get("webhook-timestamp"), &seconds)
		must(t, err)
		age := time.Since(sent.Add(time.Duration(seconds) * time.Second))
		if old := age > 9*time.Minute; old != (i >= 4) {
			t.Errorf("webhook %d is %v old", i, age)
		}
		if signed := strings.Fields(h.Get("webhook-signature")); len(signed) != 2 || signed[0] == signed[1] {
			t.Errorf("signatures: %v", signed)
		}
	}
	for _, body := range []string{`{"copies":-1}`, `{"copies":101}`, `{"age":"old"}`, `{"late":true}`} {
		expect(t, ask(s, "POST", "/sandbox/delivery", body), 400, "INVALID_REQUEST")
	}
	expect(t, ask(s, "POST", "/sandbox/reset", ""), 200, "")
	pay(t, s, "a")
	if s.current().sender.Wait(); len(l.seen) != 8 {
		t.Errorf("after a reset %d more came", len(l.seen)-6)
	}
}

// TestAsk has the shop's server asked before payments are approved.
func TestAsk(t *testing.T) {
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Type string
			Data struct {
				PaymentID   string
				TotalAmount int
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Type != "Transaction.Confirm" {
			return
		}
		asked <- fmt.Sprint(body.Data)
		switch body.Data.PaymentID {
		case "sold out":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"errorMessage":"The last one is sold."}`))
		case "broken":
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	s, err := New(Options{Clock: world.NewStoppedClock(start), WebhookURL: server.URL})
	must(t, err)
	for _, test := range []struct{ id, typ, status, says string }{
		{"fine", "", "PAID", ""},
		{"sold out", "PG_PROVIDER", "FAILED", "The last one is sold."},
		{"broken", "PG_PROVIDER", "FAILED", "PAY_PROCESS_CANCELED"},
	} {
		w := ask(s, "POST", "/sandbox/window", `{"paymentId":"`+test.id+`","orderName":"o","totalAmount":1000,"ask":true}`)
		if typ, _ := errorOf(w); typ != test.typ || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%s: %d %s", test.id, w.Code, w.Body)
		}
		if got, want := <-asked, "{"+test.id+" 1000}"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
		if w := ask(s, "GET", "/payments/"+strings.ReplaceAll(test.id, " ", "%20"), ""); !strings.Contains(w.Body.String(), `"status":"`+test.status+`"`) {
			t.Errorf("%s is not %s: %s", test.id, test.status, w.Body)
		}
	}
	expect(t, ask(s, "POST", "/sandbox/window", `{"paymentId":"p","orderName":"o","totalAmount":1000,"ask":true,"confirm":true}`), 400, "INVALID_REQUEST")
	expect(t, ask(newSandbox(t), "POST", "/sandbox/window", `{"paymentId":"p","orderName":"o","totalAmount":1000,"ask":true}`), 400, "INVALID_REQUEST")
}
