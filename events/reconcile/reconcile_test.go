package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/reconcile"
	"github.com/portone-gateway/portone-gateway/events/signature"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

// shop is a sandbox that posts its webhooks to an intake, which can be down, and a
// gateway in front of it.
type shop struct {
	t       *testing.T
	store   *jetstream.Store
	down    atomic.Bool
	gateway *gatewaytest.Gateway
	sandbox *sandbox.Sandbox
	ahead   time.Duration // of the sandbox's clock
}

func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, store: openStore(t)}
	secret, err := signature.NewSecret("sandbox", sandbox.DefaultWebhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := intake.New(intake.Options{Secrets: signature.Static{secret}, Store: s.store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	webhooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(webhooks.Close)
	s.sandbox, err = sandbox.New(sandbox.Options{WebhookURL: webhooks.URL + intake.DefaultPath})
	if err != nil {
		t.Fatal(err)
	}
	s.gateway = gatewaytest.Start(t, gatewaytest.Options{Handler: s.sandbox})
	return s
}

func openStore(t *testing.T) *jetstream.Store {
	t.Helper()
	s, err := jetstream.Open(jetstream.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (s *shop) control(path, body string) string {
	s.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, path, strings.NewReader(body))
	s.sandbox.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// pay opens the payment window and pays: webhooks for Ready and Paid.
func (s *shop) pay(id string) {
	s.t.Helper()
	s.control("/sandbox/window", fmt.Sprintf(`{"paymentId":%q,"orderName":"o","totalAmount":1000}`, id))
}

func (s *shop) advance(d time.Duration) {
	s.t.Helper()
	if err := s.sandbox.Advance(d); err != nil {
		s.t.Fatal(err)
	}
	s.ahead += d
}

func (s *shop) reconciler(change ...func(*reconcile.Options)) *reconcile.Reconciler {
	s.t.Helper()
	opts := reconcile.Options{
		PortOne: portonev2.NewPaymentServiceClient(s.gateway.Conn), Store: s.store, Environments: []reconcile.Environment{{Label: "sandbox"}},
		Pause: time.Microsecond, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().Add(s.ahead) },
	}
	for _, c := range change {
		c(&opts)
	}
	r, err := reconcile.New(opts)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// stored are the events by id.
func stored(t *testing.T, s *jetstream.Store) map[string]*store.Record {
	t.Helper()
	page, err := s.List(t.Context(), store.Query{Limit: 100_000, Scan: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	records := make(map[string]*store.Record)
	for _, r := range page.Records {
		if records[r.ID] != nil {
			t.Errorf("%s is stored twice", r.ID)
		}
		records[r.ID] = r
	}
	return records
}

// record is PortOne's own record of webhooks, by id.
func (s *shop) record() map[string]*portonev2.PaymentWebhook {
	s.t.Helper()
	all := make(map[string]*portonev2.PaymentWebhook)
	client := portonev2.NewPaymentServiceClient(s.gateway.Conn)
	for number := int32(0); ; number++ {
		page, err := client.GetPayments(s.t.Context(), &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Number: &number, Size: proto.Int32(500)}})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, p := range page.GetItems() {
			for _, h := range append(p.GetPaid().GetWebhooks(), p.GetCancelled().GetWebhooks()...) {
				all[h.GetId()] = h
			}
		}
		if len(page.GetItems()) == 0 {
			return all
		}
	}
}

// TestADayDown has the intake away for a day on PortOne's clock: the reconciler brings
// every event, under its own id, once.
func TestADayDown(t *testing.T) {
	s := open(t)
	s.pay("before")
	for deadline := time.Now().Add(20 * time.Second); len(stored(t, s.store)) < 2; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the webhooks of before have not arrived: %v", stored(t, s.store))
		}
	}
	if added, err := s.reconciler().Once(t.Context()); err != nil || added != 0 {
		t.Fatalf("added %d, error %v where nothing was missing", added, err)
	}
	s.down.Store(true)
	for i := range 220 { // more than a page
		s.pay(fmt.Sprintf("during-%d", i))
		if i%50 == 0 {
			s.advance(4 * time.Hour)
		}
	}
	cancel := &portonev2.CancelPaymentRequest{PaymentId: "during-7", Reason: proto.String("r")}
	if _, err := portonev2.NewPaymentServiceClient(s.gateway.Conn).CancelPayment(t.Context(), cancel); err != nil {
		t.Fatal(err)
	}
	s.advance(4 * time.Hour)
	want := s.record()
	if len(want) < 400 {
		t.Fatalf("PortOne's record has %d webhooks", len(want))
	}
	added, err := s.reconciler().Once(t.Context())
	if err != nil || added != len(want)-2 {
		t.Fatalf("added %d, error %v; want %d", added, err, len(want)-2)
	}
	got := stored(t, s.store)
	for id, h := range want {
		r := got[id]
		switch {
		case r == nil:
			t.Errorf("%s is missing: %v", id, h)
		case string(r.Body) != h.GetRequest().GetBody() || r.Environment != "sandbox":
			t.Errorf("%s is stored as %+v", id, r)
		case r.Origin == eventsv1.Origin_ORIGIN_WEBHOOK && !strings.Contains(string(r.Body), `"before"`):
			t.Errorf("%s came by webhook, says the store", id)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d events are stored, want %d", len(got), len(want))
	}
	// It does not matter that the store has forgotten the ids, or the note, or that
	// another gateway looks.
	for range 2 {
		s.advance(time.Hour)
		if added, err := s.reconciler().Once(t.Context()); err != nil || added != 0 {
			t.Errorf("added %d, error %v where nothing was missing any more", added, err)
		}
	}
}

func TestPages(t *testing.T) {
	s := open(t)
	s.down.Store(true)
	for i := range 210 {
		s.pay(fmt.Sprint("p-", i))
	}
	s.advance(time.Hour)
	r := s.reconciler(func(o *reconcile.Options) { o.MaxPages = 1 })
	total := 0
	for range 3 {
		added, err := r.Once(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total += added
	}
	if total != 420 {
		t.Errorf("added %d in runs of a page each, want 420", total)
	}
}

func TestOnlyOurURLs(t *testing.T) {
	s := open(t)
	s.down.Store(true)
	s.pay("p")
	s.advance(time.Hour)
	r := s.reconciler(func(o *reconcile.Options) { o.URLs = []string{"https://elsewhere.example/"} })
	if added, err := r.Once(t.Context()); err != nil || added != 0 {
		t.Errorf("added %d, error %v", added, err)
	}
}

func TestYoungWebhooksAreOnTheirWay(t *testing.T) {
	s := open(t)
	s.down.Store(true)
	s.pay("p")
	if added, err := s.reconciler().Once(t.Context()); err != nil || added != 0 {
		t.Errorf("added %d, error %v", added, err)
	}
	s.advance(5 * time.Minute)
	if added, err := s.reconciler(func(o *reconcile.Options) { o.Every = time.Minute }).Once(t.Context()); err != nil || added != 2 {
		t.Errorf("added %d, error %v", added, err)
	}
}

// answers is a PortOne that answers what it is told.
type answers struct {
	pages []*portonev2.GetPaymentsResponse
	err   error
	asked int
}

func (a *answers) GetPayments(context.Context, *portonev2.GetPaymentsRequest, ...grpc.CallOption) (*portonev2.GetPaymentsResponse, error) {
	a.asked++
	if len(a.pages) == 0 {
		return &portonev2.GetPaymentsResponse{}, a.err
	}
	page := a.pages[0]
	a.pages = a.pages[1:]
	return page, nil
}

// TestStrangeRecords reads records without bodies, of questions, and of states that are
// unknown.
func TestStrangeRecords(t *testing.T) {
	long := timestamppb.New(time.Now().Add(-time.Hour))
	hook := func(id, body string, status portonev2.PaymentWebhookPaymentStatus) *portonev2.PaymentWebhook {
		h := &portonev2.PaymentWebhook{Id: &id, TriggeredAt: long, PaymentStatus: status.Enum()}
		if body != "" {
			h.Request = &portonev2.PaymentWebhookRequest{Body: &body}
		}
		return h
	}
	const paid = portonev2.PaymentWebhookPaymentStatus_PAYMENT_WEBHOOK_PAYMENT_STATUS_PAID
	payments := &portonev2.GetPaymentsResponse{Items: []*portonev2.Payment{
		{Unrecognized: map[string]string{"status": `"TOMORROW"`}},
		{},
		{Status: &portonev2.Payment_Paid{Paid: &portonev2.PaidPayment{
			Id: proto.String("p"), StoreId: proto.String("s"), TransactionId: proto.String("t"), StatusChangedAt: long,
			Webhooks: []*portonev2.PaymentWebhook{
				hook("no body", "", paid),
				hook("a question", `{"type":"Transaction.Confirm"}`, paid),
				hook("no JSON", "<xml>", paid),
				hook("nothing at all", "", 0),
				hook("", `{"type":"Transaction.Paid"}`, paid),
				hook("a dispute", `{"type":"Transaction.DisputeCreated","data":{"paymentId":"p"}}`, paid),
			},
		}}},
	}}
	s := openStore(t)
	r, err := reconcile.New(reconcile.Options{PortOne: &answers{pages: []*portonev2.GetPaymentsResponse{payments}}, Store: s,
		Environments: []reconcile.Environment{{Label: "live"}}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if added, err := r.Once(t.Context()); err != nil || added != 3 {
		t.Fatalf("added %d, error %v", added, err)
	}
	got := stored(t, s)
	if r := got["no body"]; r == nil || r.Type != "Transaction.Paid" || !strings.Contains(string(r.Body), `"data":{"storeId":"s","paymentId":"p","transactionId":"t"}`) {
		t.Errorf("without a body: %+v", r)
	}
	if got["no JSON"] == nil || got["a dispute"] == nil || got["a dispute"].Type != "Transaction.DisputeCreated" {
		t.Errorf("stored %v", got)
	}
}

// TestOneOfMany has several gateways look: one does.
func TestOneOfMany(t *testing.T) {
	s := openStore(t)
	portone := &answers{}
	one := func(now time.Time) (int, error) {
		r, err := reconcile.New(reconcile.Options{PortOne: portone, Store: s, Environments: []reconcile.Environment{{Label: "live"}},
			Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return r.Once(t.Context())
	}
	now := time.Now()
	if _, err := one(now); err != nil {
		t.Fatal(err)
	}
	if _, err := one(now.Add(time.Minute)); err == nil {
		t.Error("a second gateway looked right after the first")
	}
	if _, err := one(now.Add(9 * time.Minute)); err != nil {
		t.Error(err)
	}
	if portone.asked != 2 {
		t.Errorf("PortOne was asked %d times", portone.asked)
	}
}

// TestPortOneAway shows that a run that fails does not move the note.
func TestPortOneAway(t *testing.T) {
	s := open(t)
	s.down.Store(true)
	s.pay("p")
	s.advance(time.Hour)
	away := s.reconciler(func(o *reconcile.Options) { o.PortOne = &answers{err: errors.New("away")} })
	if _, err := away.Once(t.Context()); err == nil {
		t.Fatal("no error")
	}
	s.advance(100 * time.Hour)
	if added, err := s.reconciler().Once(t.Context()); err != nil || added != 2 {
		t.Errorf("added %d, error %v; want the two of before", added, err)
	}
}
