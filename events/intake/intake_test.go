package intake_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/signature"
	"github.com/portone-gateway/portone-gateway/events/store"
)

const (
	paid     = `{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.000Z","data":{"storeId":"store-1","paymentId":"p","transactionId":"t"}}`
	question = `{"type":"Transaction.Confirm","timestamp":"2024-04-25T10:00:00.000Z","data":{"paymentId":"p","transactionId":"t","totalAmount":1000}}`
)

func secret(t testing.TB, label, key string) signature.Secret {
	t.Helper()
	s, err := signature.NewSecret(label, base64.StdEncoding.EncodeToString([]byte(key)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fixture is an intake on loopback.
type fixture struct {
	t          testing.TB
	store      *jetstream.Store
	url        string
	live, test signature.Secret
	seen       *outcomes
	log        *syncBuffer
}

type outcomes struct {
	mu   sync.Mutex
	list []string
}

func (o *outcomes) Received(outcome intake.Outcome, environment string, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, strings.TrimSpace(string(outcome)+" "+environment))
	if took < 0 {
		o.list = append(o.list, "it took less than nothing")
	}
}

// take returns what was seen since.
func (o *outcomes) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.list
	o.list = nil
	return list
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func start(t testing.TB, change ...func(*intake.Options)) *fixture {
	t.Helper()
	s, err := jetstream.Open(jetstream.Options{Dir: t.TempDir(), MaxBytes: 4 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	f := &fixture{t: t, store: s, live: secret(t, "live", "the key of live"), test: secret(t, "test", "the key of test"), seen: &outcomes{}, log: &syncBuffer{}}
	opts := intake.Options{Secrets: signature.Static{f.live, f.test}, Store: s, Observer: f.seen,
		Logger: slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, c := range change {
		c(&opts)
	}
	handler, err := intake.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := intake.NewServer(handler, opts.Logger)
	go func() { _ = server.Serve(intake.Limit(listener)) }()
	t.Cleanup(func() { _ = server.Close() })
	f.url = "http://" + listener.Addr().String()
	return f
}

// request makes a webhook that is right in every respect.
func (f *fixture) request(id, body string) *http.Request {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.url+intake.DefaultPath, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	signature.Sign(f.live, r.Header, id, time.Now(), []byte(body))
	return r
}

// send returns status and body of the answer.
func (f *fixture) send(r *http.Request) (int, string) {
	f.t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// stored are ids and types of all events.
func (f *fixture) stored() []string {
	f.t.Helper()
	page, err := f.store.List(f.t.Context(), store.Query{Limit: 1000, Scan: 1000})
	if err != nil {
		f.t.Fatal(err)
	}
	list := []string{}
	for _, r := range page.Records {
		list = append(list, r.ID+" "+r.Type+" "+r.Environment)
	}
	return list
}

func TestIntake(t *testing.T) {
	f := start(t)
	sign := func(r *http.Request, s signature.Secret, at time.Time, body string) *http.Request {
		signature.Sign(s, r.Header, r.Header.Get("Webhook-Id"), at, []byte(body))
		return r
	}
	changed := func(id, body string, change func(*http.Request)) *http.Request {
		r := f.request(id, body)
		change(r)
		return r
	}
	stranger := secret(t, "live", "a stranger's key")
	long := `{"type":"Transaction.Paid","x":"` + strings.Repeat("x", 256<<10) + `"}`
	tests := []struct {
		name    string
		request *http.Request
		status  int
		outcome string
	}{
		{"a webhook", f.request("1", paid), 200, "stored live"},
		{"the same again", f.request("1", paid), 200, "duplicate live"},
		{"the same event under another id", f.request("2", paid), 200, "stored live"},
		{"of the other environment", sign(f.request("3", paid), f.test, time.Now(), paid), 200, "stored test"},
		{"a type of tomorrow", f.request("4", `{"type":"Payout.Sent","data":{"a":1}}`), 200, "stored live"},
		{"version 2024-01-01", f.request("5", `{"payment_id":"p","tx_id":"t","status":"Cancelled"}`), 200, "stored live"},
		{"version 2024-01-01 as a form", changed("6", "payment_id=p&tx_id=t&status=Failed", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}), 200, "stored live"},
		{"no type, as a test call may have it", f.request("7", `{"hello":"world"}`), 200, "stored live"},
		{"a stranger's", sign(f.request("8", paid), stranger, time.Now(), paid), 401, "bad_signature"},
		{"signed for another body", sign(f.request("9", paid), f.live, time.Now(), "{}"), 401, "bad_signature"},
		{"old", sign(f.request("10", paid), f.live, time.Now().Add(-6*time.Minute), paid), 401, "old_timestamp"},
		{"of the future", sign(f.request("11", paid), f.live, time.Now().Add(6*time.Minute), paid), 401, "old_timestamp"},
		{"unsigned", changed("12", paid, func(r *http.Request) { r.Header.Del("Webhook-Signature") }), 400, "bad_headers"},
		{"an id twice", changed("13", paid, func(r *http.Request) { r.Header.Add("Webhook-Id", "14") }), 400, "bad_headers"},
		{"no JSON", f.request("14", "hello"), 400, "unreadable live"},
		{"a member twice", f.request("15", `{"type":"Transaction.Paid","type":"Transaction.Confirm"}`), 400, "unreadable live"},
		{"too large", f.request("16", long), 413, "too_large"},
		{"a question", f.request("17", question), 403, "question live"},
		{"a question of version 2024-01-01", f.request("18", `{"payment_id":"p","tx_id":"t","total_amount":1}`), 403, "question live"},
		{"an unsigned question", changed("19", question, func(r *http.Request) { r.Header.Set("Webhook-Signature", "v1,") }), 401, "bad_signature"},
		{"another path", changed("20", paid, func(r *http.Request) { r.URL.Path = "/" }), 404, "not_found"},
		{"a longer path", changed("21", paid, func(r *http.Request) { r.URL.Path += "/" }), 404, "not_found"},
		{"another method", changed("22", paid, func(r *http.Request) { r.Method = http.MethodPut }), 405, "not_found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f.seen.take()
			status, text := f.send(test.request)
			if status != test.status {
				t.Errorf("status %d with %q, want %d", status, text, test.status)
			}
			if diff := cmp.Diff([]string{test.outcome}, f.seen.take()); diff != "" {
				t.Errorf("the observer saw (-want +got):\n%s", diff)
			}
		})
	}
	want := []string{"1 Transaction.Paid live", "2 Transaction.Paid live", "3 Transaction.Paid test", "4 Payout.Sent live", "5 Transaction.Cancelled live",
		"6 Transaction.Failed live", "7  live"}
	if diff := cmp.Diff(want, f.stored()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	for _, leak := range []string{"paymentId", "payment_id", "store-1", "hello", "v1,", "the key of"} {
		if strings.Contains(f.log.String(), leak) {
			t.Errorf("the log shows %q:\n%s", leak, f.log.String())
		}
	}
}

func TestTolerance(t *testing.T) {
	f := start(t, func(o *intake.Options) { o.Tolerance = -1 })
	r := f.request("1", paid)
	signature.Sign(f.live, r.Header, "1", time.Now().Add(-24*time.Hour), []byte(paid))
	if status, text := f.send(r); status != 200 {
		t.Errorf("status %d with %q", status, text)
	}
}

// failing is a store that cannot store.
type failing struct{ err error }

func (s failing) Append(context.Context, *store.Record) (bool, error) { return false, s.err }
func (s failing) Problem() error                                      { return s.err }

func TestNotStored(t *testing.T) {
	t.Run("a closed store", func(t *testing.T) {
		f := start(t)
		f.store.Close()
		if status, _ := f.send(f.request("1", paid)); status != 503 {
			t.Errorf("status %d", status)
		}
		if status, _ := f.get("/readyz"); status != 503 {
			t.Errorf("/readyz: %d", status)
		}
		if got := f.seen.take(); cmp.Diff([]string{"store_failed live"}, got) != "" {
			t.Errorf("seen %v", got)
		}
	})
	t.Run("a full store", func(t *testing.T) {
		f := start(t)
		for i := 0; ; i++ {
			body := `{"type":"Transaction.Paid","x":"` + strings.Repeat("x", 200<<10) + `"}`
			if status, _ := f.send(f.request(fmt.Sprint(i), body)); status == 503 {
				break
			}
			if i > 50 {
				t.Fatal("it is never full")
			}
		}
		if got := f.seen.take(); got[len(got)-1] != "store_full live" {
			t.Errorf("seen %v", got)
		}
		if status, _ := f.get("/readyz"); status != 200 { // it may have room again, and every other replica has none either
			t.Errorf("/readyz: %d", status)
		}
	})
	t.Run("an error that nobody knows", func(t *testing.T) {
		f := start(t, func(o *intake.Options) { o.Store = failing{errors.New("strange")} })
		if status, _ := f.send(f.request("1", paid)); status != 503 {
			t.Errorf("status %d", status)
		}
	})
}

func (f *fixture) get(path string) (int, string) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.url+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.send(r)
}

// slow is a store that waits until it is told to go on.
type slow struct {
	begun chan struct{}
	goOn  chan struct{}
}

func (s slow) Append(context.Context, *store.Record) (bool, error) {
	s.begun <- struct{}{}
	<-s.goOn
	return false, nil
}
func (s slow) Problem() error { return nil }

func TestOverload(t *testing.T) {
	s := slow{make(chan struct{}, 2), make(chan struct{})}
	f := start(t, func(o *intake.Options) { o.Store, o.MaxInFlight = s, 2 })
	statuses := make(chan int, 2)
	for _, id := range []string{"1", "2"} {
		r := f.request(id, paid)
		go func() {
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				statuses <- 0
				return
			}
			response.Body.Close()
			statuses <- response.StatusCode
		}()
		<-s.begun
	}
	if status, _ := f.send(f.request("3", paid)); status != 503 {
		t.Errorf("the third: %d", status)
	}
	close(s.goOn)
	if a, b := <-statuses, <-statuses; a != 200 || b != 200 {
		t.Errorf("the first two: %d, %d", a, b)
	}
}

func TestConfirm(t *testing.T) {
	t.Run("approve", func(t *testing.T) {
		f := start(t, func(o *intake.Options) { o.Confirm = intake.Approve })
		if status, _ := f.send(f.request("1", question)); status != 200 {
			t.Errorf("status %d", status)
		}
		if got := f.stored(); len(got) != 0 {
			t.Errorf("a question was stored: %v", got)
		}
	})
	t.Run("refuse", func(t *testing.T) {
		f := start(t)
		if status, text := f.send(f.request("1", question)); status != 403 || !strings.HasPrefix(text, `{"errorMessage":"`) {
			t.Errorf("status %d with %s", status, text)
		}
	})
	t.Run("forward", func(t *testing.T) {
		var got []string
		verdict := http.StatusOK
		decides := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			v, err := signature.Verify([]signature.Secret{secret(t, "live", "the key of live")}, r.Header, body, time.Now(), time.Minute)
			got = append(got, fmt.Sprint(v.ID, err, string(body) == question, len(r.Header["Cookie"])))
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(verdict)
			_, _ = io.WriteString(w, `{"errorMessage":"sold out"}`)
		}))
		defer decides.Close()
		f := start(t, func(o *intake.Options) { o.Confirm = intake.Forward(decides.URL) })
		ask := f.request("1", question)
		ask.Header.Set("Cookie", "x=y")
		if status, _ := f.send(ask); status != 200 {
			t.Errorf("approved: status %d", status)
		}
		verdict = http.StatusConflict
		if status, text := f.send(f.request("2", question)); status != 409 || text != `{"errorMessage":"sold out"}` {
			t.Errorf("refused: status %d with %s", status, text)
		}
		verdict = http.StatusFound
		if status, _ := f.send(f.request("3", question)); status != 302 {
			t.Errorf("a redirect: status %d", status)
		}
		if diff := cmp.Diff([]string{"1<nil>true0", "2<nil>true0", "3<nil>true0"}, []string{
			strings.ReplaceAll(got[0], " ", ""), strings.ReplaceAll(got[1], " ", ""), strings.ReplaceAll(got[2], " ", "")}); diff != "" {
			t.Errorf("who decides got (-want +got):\n%s", diff)
		}
		decides.Close()
		if status, text := f.send(f.request("4", question)); status != 502 || !strings.HasPrefix(text, `{"errorMessage":"`) {
			t.Errorf("nobody decides: status %d with %s", status, text)
		}
	})
	t.Run("forward, and half an answer", func(t *testing.T) {
		decides := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		}))
		defer decides.Close()
		f := start(t, func(o *intake.Options) { o.Confirm = intake.Forward(decides.URL) })
		if status, _ := f.send(f.request("1", question)); status != 502 {
			t.Errorf("status %d", status)
		}
	})
}

// TestMany sends webhooks from many senders at a time, each twice.
func TestMany(t *testing.T) {
	f := start(t)
	const senders, each = 16, 20
	var group sync.WaitGroup
	for sender := range senders {
		group.Go(func() {
			for i := range each {
				for range 2 {
					r := f.request(fmt.Sprintf("%d-%d", sender, i), paid)
					response, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Error(err)
						return
					}
					response.Body.Close()
					if response.StatusCode != 200 {
						t.Errorf("status %d", response.StatusCode)
					}
				}
			}
		})
	}
	group.Wait()
	if got := f.stored(); len(got) != senders*each {
		t.Errorf("%d events are stored, want %d", len(got), senders*each)
	}
	counts := map[string]int{}
	for _, outcome := range f.seen.take() {
		counts[outcome]++
	}
	if counts["stored live"] != senders*each || counts["duplicate live"] != senders*each {
		t.Errorf("outcomes %v", counts)
	}
}
