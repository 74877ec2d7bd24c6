package front

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// receiver is a shop that gets webhooks. It answers with the statuses of its
// script, then with 200.
type receiver struct {
	t      *testing.T
	key    []byte
	script []int
	taken  chan string // types, as they are taken
	header http.Header // of the last request, once it was taken
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		r.t.Error(err)
	}
	r.verify(request.Header, body)
	if len(r.script) > 0 { // one request at a time, so no lock
		status := r.script[0]
		r.script = r.script[1:]
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	var webhook struct {
		Type string
		Data struct{ PaymentID string }
	}
	if err := json.Unmarshal(body, &webhook); err != nil {
		r.t.Errorf("%s: %v", body, err)
	}
	r.header = request.Header
	r.taken <- webhook.Type + " " + webhook.Data.PaymentID
}

// verify checks the signature as a shop does.
func (r *receiver) verify(h http.Header, body []byte) {
	sent, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if age := time.Since(time.Unix(sent, 0)); err != nil || age < -5*time.Minute || age > 5*time.Minute {
		r.t.Errorf("webhook-timestamp: %s", h.Get("webhook-timestamp"))
	}
	if h.Get("content-type") != "application/json" {
		r.t.Errorf("content-type: %s", h.Get("content-type"))
	}
	mac := hmac.New(sha256.New, r.key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if got := h.Get("webhook-signature"); got != want || h.Get("webhook-id") == "" {
		r.t.Errorf("webhook-signature: %q, want %q", got, want)
	}
}

// newReceiver starts a receiver, and a sandbox that sends to it.
func newReceiver(t *testing.T, script ...int) (*Server, *receiver) {
	r := &receiver{t: t, key: []byte("sandbox-webhook-secret-for-tests"), script: script, taken: make(chan string, 100)}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	s, err := New(Options{Clock: world.NewStoppedClock(start), WebhookURL: server.URL})
	must(t, err)
	return s, r
}

// next is what the receiver takes next.
func (r *receiver) next() string {
	select {
	case what := <-r.taken:
		return what
	case <-time.After(time.Minute):
		r.t.Fatal("no webhook comes")
		return ""
	}
}

// retry moves the clock until no webhook is tried any more.
func retry(t *testing.T, s *Server) {
	t.Helper()
	s.current().sender.Wait()
	must(t, s.Advance(6*time.Hour))
	s.current().sender.Wait()
}

// pay makes a payment by card, in process.
func pay(t *testing.T, s *Server, id string) {
	t.Helper()
	expect(t, ask(s, "POST", "/sandbox/window", fmt.Sprintf(`{"paymentId":%q,"orderName":"o","totalAmount":1000}`, id)), 200, "")
}

// webhooksNow asks the control API once.
func webhooksNow(t *testing.T, s *Server) []webhooks.Delivery {
	t.Helper()
	var answer struct{ Webhooks []webhooks.Delivery }
	must(t, json.Unmarshal(ask(s, "GET", "/sandbox/webhooks", "").Body.Bytes(), &answer))
	return answer.Webhooks
}

// webhooksOf asks the control API until all deliveries are done.
func webhooksOf(t *testing.T, s *Server) []webhooks.Delivery {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		w := ask(s, "GET", "/sandbox/webhooks", "")
		var answer struct{ Webhooks []webhooks.Delivery }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if !strings.Contains(w.Body.String(), webhooks.Pending) || time.Now().After(deadline) {
			return answer.Webhooks
		}
	}
}

// TestWebhooks has a receiver that is down at first, and expects every webhook, signed,
// those that failed once the clock got there.
func TestWebhooks(t *testing.T) {
	s, r := newReceiver(t, 500, 502)
	for _, id := range []string{"a", "b", "c"} {
		pay(t, s, id)
	}
	expect(t, ask(s, "POST", "/payments/b/cancel", `{"reason":"r"}`), 200, "")
	for i, want := range []string{
		"Transaction.Ready b", "Transaction.Paid b", "Transaction.Ready c", "Transaction.Paid c", "Transaction.Cancelled b", "Transaction.Ready a", "Transaction.Paid a",
	} {
		if i == 5 {
			retry(t, s)
		}
		if got := r.next(); got != want {
			t.Errorf("%s comes, want %s", got, want)
		}
	}
	all := webhooksOf(t, s)
	if len(all) != 7 || all[0].Attempts != 2 || all[1].Attempts != 2 || all[2].Attempts != 1 {
		t.Errorf("deliveries %+v", all)
	}
	for _, d := range all {
		if d.Status != webhooks.Delivered || d.Answer != 200 || d.Problem != "" || d.URL != s.receiver.URL {
			t.Errorf("%+v", d)
		}
	}
}

// TestWebhookRefused has a receiver that never takes one, and expects the next to
// come all the same.
func TestWebhookRefused(t *testing.T) {
	s, r := newReceiver(t, 500, 200, 400, 301, 404, 500, 503)
	pay(t, s, "a")
	retry(t, s)
	if got := r.next(); got != "Transaction.Paid a" {
		t.Errorf("%s comes", got)
	}
	all := webhooksOf(t, s)
	if len(all) != 2 || all[0].Status != webhooks.Failed || all[0].Attempts != 6 || all[0].Answer != 503 || all[1].Status != webhooks.Delivered {
		t.Errorf("deliveries %+v", all)
	}
}

// shownWebhooks are status, code and count of a payment's webhooks, as getPayment
// shows them.
func shownWebhooks(t *testing.T, s *Server, id string) string {
	t.Helper()
	w := ask(s, "GET", "/payments/"+id, "")
	var payment struct {
		Webhooks []struct {
			Status                string
			Response              struct{ Code string }
			CurrentExecutionCount int
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &payment); err != nil || w.Code != 200 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return fmt.Sprint(payment.Webhooks)
}

// TestWebhookOutcomes expects payments to show what became of their webhooks.
func TestWebhookOutcomes(t *testing.T) {
	s, r := newReceiver(t, 500, 503)
	pay(t, s, "a")
	s.current().sender.Wait()
	if got := shownWebhooks(t, s, "a"); got != "[{FAILED_NOT_OK_RESPONSE {500} 1} {FAILED_NOT_OK_RESPONSE {503} 1}]" {
		t.Errorf("refused: %s", got)
	}
	r.script = []int{400, 200, 301, 404, 503, 500}
	retry(t, s)
	if got := shownWebhooks(t, s, "a"); got != "[{FAILED_NOT_OK_RESPONSE {500} 6} {SUCCEEDED {200} 2}]" {
		t.Errorf("taken at last: %s", got)
	}
	found := ask(s, "GET", "/payments?requestBody="+url.QueryEscape(`{"filter":{"webhookStatus":"SUCCEEDED"}}`), "")
	if !strings.Contains(found.Body.String(), `"totalCount":1}`) {
		t.Errorf("found: %s", found.Body)
	}

	asked, leave := make(chan struct{}, 10), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-leave
	}))
	t.Cleanup(slow.Close)
	s, err := New(Options{Clock: world.NewStoppedClock(start), WebhookURL: slow.URL, Demo: true})
	must(t, err)
	pay(t, s, "a")
	<-asked
	if got := shownWebhooks(t, s, "a"); got != "[{ {} 0} { {} 0}]" {
		t.Errorf("on its way: %s", got)
	}
	if got := shownWebhooks(t, s, "demo-payment-1"); got != "[{SUCCEEDED {200} 1}]" {
		t.Errorf("of the demo: %s", got)
	}
	close(leave)
	webhooksOf(t, s)
	if got := shownWebhooks(t, s, "a"); got != "[{SUCCEEDED {200} 1} {SUCCEEDED {200} 1}]" {
		t.Errorf("taken: %s", got)
	}
}

// TestWebhookHeaders expects payments to show the headers that were sent: the time
// there is real, whatever the sandbox's clock shows.
func TestWebhookHeaders(t *testing.T) {
	s, r := newReceiver(t, 500)
	pay(t, s, "a")
	s.current().sender.Wait()
	var payment struct {
		Webhooks []struct {
			Request struct{ Header, RequestedAt string }
		}
	}
	must(t, json.Unmarshal(ask(s, "GET", "/payments/a", "").Body.Bytes(), &payment))
	request := payment.Webhooks[1].Request
	want := "content-type: application/json\nwebhook-id: " + r.header.Get("webhook-id") + "\nwebhook-timestamp: " + r.header.Get("webhook-timestamp")
	if request.Header != want || request.RequestedAt != "2026-01-31T09:00:00Z" {
		t.Errorf("shown: %+v\nsent: %s", request, want)
	}
}

// TestWebhookSchedule expects attempts within the waits of PortOne on the sandbox's
// clock, and not before, however often the clock is moved.
func TestWebhookSchedule(t *testing.T) {
	s, _ := newReceiver(t, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500)
	pay(t, s, "a")
	s.current().sender.Wait()
	var most time.Duration
	seen := 0
	for i, wait := range s.receiver.Waits {
		most += wait
		for s.Now().Before(start.Add(most)) {
			must(t, s.Advance(min(10*time.Minute, start.Add(most).Sub(s.Now()))))
			s.current().sender.Wait()
		}
		for _, d := range webhooksNow(t, s) {
			if d.Attempts < i+2 || d.Attempts > len(s.receiver.Waits)+1 {
				t.Errorf("after %v: %d attempts", most, d.Attempts)
			}
			seen += d.Attempts
		}
	}
	if most != 341*time.Minute || seen == 0 {
		t.Errorf("the last attempt comes after at most %v", most)
	}
	for _, d := range webhooksNow(t, s) {
		if d.Status != webhooks.Failed || d.Attempts != 6 {
			t.Errorf("in the end: %s after %d attempts", d.Status, d.Attempts)
		}
	}
}

// TestWebhookRunningClock expects further attempts where the clock runs and no one
// calls.
func TestWebhookRunningClock(t *testing.T) {
	r := &receiver{t: t, key: []byte("sandbox-webhook-secret-for-tests"), script: []int{500, 500}, taken: make(chan string, 100)}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	s, err := New(Options{WebhookURL: server.URL})
	must(t, err)
	s.receiver.Waits = []time.Duration{10 * time.Millisecond, 10 * time.Millisecond}
	pay(t, s, "a")
	r.next()
	r.next()
}

// TestWebhookNobody sends to an address where no one is.
func TestWebhookNobody(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	s, err := New(Options{WebhookURL: server.URL})
	must(t, err)
	s.receiver.Waits = nil
	pay(t, s, "a")
	for _, d := range webhooksOf(t, s) {
		if d.Status != webhooks.Failed || d.Problem == "" || d.Answer != 0 {
			t.Errorf("%+v", d)
		}
	}
	if got := shownWebhooks(t, s, "a"); got != "[{FAILED_UNEXPECTED_ERROR {} 1} {FAILED_UNEXPECTED_ERROR {} 1}]" {
		t.Errorf("shown: %s", got)
	}
}

// TestWebhooksHoldNobodyUp has a receiver that does not answer, and expects calls
// to go on, and a reset to drop what was to be delivered.
func TestWebhooksHoldNobodyUp(t *testing.T) {
	asked, leave := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-leave
	}))
	t.Cleanup(server.Close)
	s, err := New(Options{Clock: world.NewStoppedClock(start), WebhookURL: server.URL})
	must(t, err)
	for i := range 10 {
		pay(t, s, fmt.Sprint("p-", i))
	}
	<-asked
	old := s.current().sender
	must(t, s.Reset())
	close(leave)
	old.Wait()
	if len(asked) != 0 || len(webhooksOf(t, s)) != 0 {
		t.Errorf("%d more were sent after the reset", len(asked))
	}
}

// TestWebhooksUnsent expects webhooks to be listed where no one gets them, the
// latest of many, and none of the demo's.
func TestWebhooksUnsent(t *testing.T) {
	s, err := New(Options{Demo: true})
	must(t, err)
	if all := webhooksOf(t, s); len(all) != 0 {
		t.Errorf("the demo sent %+v", all)
	}
	for i := range webhooks.Kept + 10 {
		pay(t, s, fmt.Sprint("p-", i))
	}
	all := webhooksOf(t, s)
	last := all[len(all)-1]
	if len(all) != webhooks.Kept || last.Status != webhooks.NotSent || last.Attempts != 0 || !strings.Contains(string(last.Body), fmt.Sprint("p-", webhooks.Kept+9)) {
		t.Errorf("%d deliveries, the last %+v", len(all), last)
	}
}

// TestDocumentedSecret expects the secret that docs/sandbox.md names to be the one that
// signs.
func TestDocumentedSecret(t *testing.T) {
	text, err := os.ReadFile("../../docs/sandbox.md")
	must(t, err)
	if !strings.Contains(string(text), "`"+webhooks.DefaultSecret+"`") {
		t.Errorf("docs/sandbox.md does not name %s", webhooks.DefaultSecret)
	}
}

func TestWebhookOptions(t *testing.T) {
	for name, opts := range map[string]Options{
		"no URL":            {WebhookURL: "shop"},
		"another scheme":    {WebhookURL: "ftp://shop.invalid"},
		"no URL at all":     {WebhookURL: "http://%zz"},
		"no secret":         {WebhookSecret: "secret"},
		"no base64":         {WebhookSecret: "whsec_!"},
		"nothing in secret": {WebhookSecret: "whsec_"},
	} {
		if _, err := New(opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for given, want := range map[string]string{"": webhooks.DefaultSecret, "whsec_c2VjcmV0": "whsec_c2VjcmV0"} {
		s, err := New(Options{WebhookURL: "https://shop.invalid/hook", WebhookSecret: given})
		must(t, err)
		var listing struct{ Webhooks struct{ URL, Secret string } }
		must(t, json.Unmarshal(ask(s, "GET", "/sandbox/", "").Body.Bytes(), &listing))
		if got := listing.Webhooks; got.URL != "https://shop.invalid/hook" || got.Secret != want {
			t.Errorf("shown: %+v, want secret %s", got, want)
		}
	}
}
