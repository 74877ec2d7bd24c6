package checkout

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
)

const (
	invalidRequest  = portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST
	ttlExceeded     = portonev2.ErrorReason_ERROR_REASON_MAX_TTL_EXCEEDED
	sessionNotFound = portonev2.ErrorReason_ERROR_REASON_SESSION_NOT_FOUND
	sessionExpired  = portonev2.ErrorReason_ERROR_REASON_SESSION_EXPIRED
	profileNotFound = portonev2.ErrorReason_ERROR_REASON_PROFILE_SETTINGS_NOT_FOUND
	channelNotFound = portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND
	paymentNotFound = portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND
)

// transactions are those of a sandbox.
type transactions []string

func (t transactions) HasTransaction(id string) bool { return slices.Contains(t, id) }

func newStore() *Store {
	return New(world.New(world.NewStoppedClock(start)), transactions{"tx-1", "tx-2"})
}

// expect fails the test unless err is a fault with a reason.
func expect(t *testing.T, err error, want portonev2.ErrorReason) {
	t.Helper()
	var fault *world.Refusal
	if !errors.As(err, &fault) || fault.Reason != want {
		t.Fatalf("error %v, want %v", err, want)
	}
}

// request asks for a session, changed by edits.
func request(edits ...func(*portonev2.CreatePaymentSessionRequest)) *portonev2.CreatePaymentSessionRequest {
	req := &portonev2.CreatePaymentSessionRequest{
		StoreId: world.Ptr("store-a"), PaymentId: world.Ptr("payment-1"), ProfileKey: world.Ptr("profile-1"),
		Country: korea.Enum(), Currency: krw.Enum(), TotalAmount: world.Ptr(int64(11_000)), OrderName: world.Ptr("Socks"),
		CustomData: world.Ptr("mine"),
		Products: []*portonev2.PaymentSessionProduct{{
			Name: world.Ptr("Sock"), UnitPrice: world.Ptr(int64(5_500)), Quantity: world.Ptr(int32(2)),
			StartDate: world.Ptr("2026-01-01"), EndDate: world.Ptr("2026-12-31"),
		}, {
			Name: world.Ptr("Gift wrap"), UnitPrice: world.Ptr(int64(0)), Quantity: world.Ptr(int32(1)),
		}},
		Colors: &portonev2.PaymentSessionColors{Primary: world.Ptr("#123456")},
	}
	for _, edit := range edits {
		edit(req)
	}
	return req
}

// create creates a session that nothing speaks against.
func create(t *testing.T, s *Store, edits ...func(*portonev2.CreatePaymentSessionRequest)) *portonev2.CreatePaymentSessionResponse {
	t.Helper()
	answer, err := s.CreatePaymentSession(ctx, request(edits...))
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, answer)
	return answer
}

func getSession(s *Store, id string) (*portonev2.PaymentSession, error) {
	return s.GetPaymentSession(ctx, &portonev2.GetPaymentSessionRequest{SessionId: id})
}

func closeSession(s *Store, id string) (*portonev2.ClosePaymentSessionResponse, error) {
	return s.ClosePaymentSession(ctx, &portonev2.ClosePaymentSessionRequest{SessionId: id})
}

func TestSessionRefusals(t *testing.T) {
	type edit = func(*portonev2.CreatePaymentSessionRequest)
	product := func(change func(*portonev2.PaymentSessionProduct)) edit {
		return func(r *portonev2.CreatePaymentSessionRequest) { change(r.Products[0]) }
	}
	ttl := func(seconds int64) edit {
		return func(r *portonev2.CreatePaymentSessionRequest) { r.TtlSeconds = &seconds }
	}
	tests := []struct {
		name string
		edit edit
		want portonev2.ErrorReason
	}{
		{"no store", func(r *portonev2.CreatePaymentSessionRequest) { r.StoreId = world.Ptr("") }, invalidRequest},
		{"no payment id", func(r *portonev2.CreatePaymentSessionRequest) { r.PaymentId = world.Ptr("") }, invalidRequest},
		{"no order name", func(r *portonev2.CreatePaymentSessionRequest) { r.OrderName = world.Ptr("") }, invalidRequest},
		{"nothing to pay", func(r *portonev2.CreatePaymentSessionRequest) { r.TotalAmount = world.Ptr(int64(0)) }, invalidRequest},
		{"no such profile", func(r *portonev2.CreatePaymentSessionRequest) { r.ProfileKey = world.Ptr(ProfileMissing) }, invalidRequest},
		{"a method that is not on offer", func(r *portonev2.CreatePaymentSessionRequest) {
			r.PaymentMethod = portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_PAY_PAL.Enum()
		}, invalidRequest},
		{"a product without name", product(func(p *portonev2.PaymentSessionProduct) { p.Name = world.Ptr("") }), invalidRequest},
		{"a negative price", product(func(p *portonev2.PaymentSessionProduct) { p.UnitPrice = world.Ptr(int64(-1)) }), invalidRequest},
		{"none of a product", product(func(p *portonev2.PaymentSessionProduct) { p.Quantity = world.Ptr(int32(0)) }), invalidRequest},
		{"not a day", product(func(p *portonev2.PaymentSessionProduct) { p.EndDate = world.Ptr("2026-02-30") }), invalidRequest},
		{"days the wrong way round", product(func(p *portonev2.PaymentSessionProduct) { p.StartDate = world.Ptr("2027-01-01") }), invalidRequest},
		{"no time", ttl(0), invalidRequest},
		{"too long", ttl(24*60*60 + 1), ttlExceeded},
		{"longer than a time.Duration", ttl(1 << 62), ttlExceeded},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStore()
			_, err := s.CreatePaymentSession(ctx, request(test.edit))
			expect(t, err, test.want)
			if len(s.sessions) != 0 {
				t.Error("a session was created")
			}
		})
	}
}

// TestSessionExpires has a session end by the clock.
func TestSessionExpires(t *testing.T) {
	for _, test := range []struct {
		name string
		ttl  *int64
		life time.Duration
	}{
		{"default", nil, DefaultTTL},
		{"a second", world.Ptr(int64(1)), time.Second},
		{"the longest", world.Ptr(int64(24 * 60 * 60)), MaxTTL},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStore()
			made := create(t, s, func(r *portonev2.CreatePaymentSessionRequest) { r.TtlSeconds = test.ttl })
			if got := made.GetExpiresAt().AsTime(); !got.Equal(start.Add(test.life)) {
				t.Errorf("expires at %v", got)
			}
			s.world.Clock.Advance(test.life - time.Nanosecond)
			got, err := getSession(s, made.GetSessionId())
			if err != nil {
				t.Fatal(err)
			}
			worldtest.Complete(t, got)
			if got.GetCustomData() != "mine" || got.GetProducts()[0].GetQuantity() != 2 || got.GetColors().GetPrimary() != "#123456" {
				t.Errorf("session: %v", got)
			}
			s.world.Clock.Advance(time.Nanosecond)
			_, err = getSession(s, made.GetSessionId())
			expect(t, err, sessionExpired)
			closed, err := closeSession(s, made.GetSessionId())
			if err != nil || !closed.GetClosedAt().AsTime().Equal(start.Add(test.life)) || s.world.Counters["payment_session.closed"] != 0 {
				t.Errorf("closed after the end: %v, %v", closed, err)
			}
		})
	}
}

// TestSessionIsClosed closes one of two sessions, twice.
func TestSessionIsClosed(t *testing.T) {
	s := newStore()
	_, err := getSession(s, "none")
	expect(t, err, sessionNotFound)
	_, err = closeSession(s, "none")
	expect(t, err, sessionNotFound)

	one, other := create(t, s).GetSessionId(), create(t, s).GetSessionId()
	s.world.Clock.Advance(time.Minute)
	for range 2 {
		closed, err := closeSession(s, one)
		if err != nil || !closed.GetClosedAt().AsTime().Equal(start.Add(time.Minute)) {
			t.Fatalf("closed: %v, %v", closed, err)
		}
		worldtest.Complete(t, closed)
		s.world.Clock.Advance(time.Minute)
	}
	_, err = getSession(s, one)
	expect(t, err, sessionExpired)
	if _, err = getSession(s, other); err != nil {
		t.Error(err)
	}
	if c := s.world.Counters; c["payment_session.created"] != 2 || c["payment_session.closed"] != 1 {
		t.Errorf("counters: %v", c)
	}
}

// TestSessionIsACopy changes the request and answers, and expects the session to
// stay as it is, without what the contract does not know.
func TestSessionIsACopy(t *testing.T) {
	s := newStore()
	req := request(func(r *portonev2.CreatePaymentSessionRequest) {
		r.Unrecognized = map[string]string{"x": "1"}
		r.Products[0].Unrecognized = map[string]string{"x": "1"}
		r.Colors.Unrecognized = map[string]string{"x": "1"}
	})
	made, err := s.CreatePaymentSession(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	want, err := getSession(s, made.GetSessionId())
	if err != nil || want.GetProducts()[0].GetUnrecognized() != nil || want.GetColors().GetUnrecognized() != nil {
		t.Fatalf("session: %v, %v", want, err)
	}
	*req.Products[0].Name = "changed"
	changed, _ := getSession(s, made.GetSessionId())
	*changed.Products[0].Name = "changed"
	dumped := 0
	s.Dump(func(kind, id string, object proto.Message) {
		dumped++
		if kind != "paymentSessions" || id != made.GetSessionId() {
			t.Errorf("dumped %s %s", kind, id)
		}
		proto.Reset(object)
	})
	if got, _ := getSession(s, made.GetSessionId()); !proto.Equal(got, want) || dumped != 1 {
		t.Errorf("%v\nwant %v", got, want)
	}
}
