package checkout

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// PortOne has such limits, but does not publish them.
const (
	// DefaultTTL is how long a session lives for which no time is asked.
	DefaultTTL = 30 * time.Minute

	// MaxTTL is the longest that can be asked for (MAX_TTL_EXCEEDED).
	MaxTTL = 24 * time.Hour
)

// session is a payment session. The message never changes.
type session struct {
	message *portonev2.PaymentSession
	end     time.Time // when it expires, or was closed
}

// CreatePaymentSession creates a session. MAX_TTL_EXCEEDED: it would live longer
// than MaxTTL. A profile without settings, and a method that the profile does not
// offer for the order, are INVALID_REQUEST.
func (s *Store) CreatePaymentSession(_ context.Context, req *portonev2.CreatePaymentSessionRequest) (*portonev2.CreatePaymentSessionResponse, error) {
	if err := checkSession(req); err != nil {
		return nil, err
	}
	ttl, err := readTTL(req.TtlSeconds)
	if err != nil {
		return nil, err
	}
	now := s.world.Clock.Now()
	message := newSession(world.Known(proto.CloneOf(req)))
	message.Id = world.Ptr(s.world.IDs.UUID("payment session"))
	message.CreatedAt = timestamppb.New(now)
	message.ExpiresAt = timestamppb.New(now.Add(ttl))
	s.sessions[message.GetId()] = &session{message: message, end: now.Add(ttl)}
	s.world.Counters.Add("payment_session.created")
	return &portonev2.CreatePaymentSessionResponse{
		SessionId: world.Ptr(message.GetId()),
		Url:       world.Ptr("https://sandbox.invalid/payment-sessions/" + message.GetId()),
		ExpiresAt: timestamppb.New(now.Add(ttl)),
	}, nil
}

// newSession is the session of a request, apart from what PortOne adds. It takes
// over the request's members.
func newSession(req *portonev2.CreatePaymentSessionRequest) *portonev2.PaymentSession {
	return &portonev2.PaymentSession{
		StoreId: req.StoreId, PaymentId: req.PaymentId, ProfileKey: req.ProfileKey, PaymentMethod: req.PaymentMethod,
		Country: req.Country, Currency: req.Currency, TotalAmount: req.TotalAmount, OrderName: req.OrderName,
		RedirectUrl: req.RedirectUrl, Products: req.Products,
		CustomerName: req.CustomerName, CustomerEmail: req.CustomerEmail, StoreName: req.StoreName,
		Agreements: req.Agreements, OrderImageUrl: req.OrderImageUrl, CustomData: req.CustomData, Colors: req.Colors,
	}
}

// checkSession refuses a session that could not be paid.
func checkSession(req *portonev2.CreatePaymentSessionRequest) error {
	for _, member := range []struct{ name, value string }{
		{"storeId", req.GetStoreId()},
		{"paymentId", req.GetPaymentId()},
		{"profileKey", req.GetProfileKey()},
		{"orderName", req.GetOrderName()},
	} {
		if member.value == "" {
			return world.Invalid("%s must not be empty", member.name)
		}
	}
	if req.GetTotalAmount() <= 0 {
		return world.Invalid("totalAmount must be positive: %d", req.GetTotalAmount())
	}
	if req.GetProfileKey() == ProfileMissing {
		return world.Invalid("no settings for profile %q", req.GetProfileKey())
	}
	if req.PaymentMethod != nil && !offered(req.GetPaymentMethod(), order{req.GetCountry(), req.GetCurrency(), req.GetTotalAmount()}) {
		return world.Invalid("the profile does not offer %s for the order", req.GetPaymentMethod())
	}
	for i, product := range req.GetProducts() {
		if err := checkProduct(product); err != nil {
			return world.Invalid("products[%d]: %v", i, err)
		}
	}
	return nil
}

// readTTL reads how long a session is to live.
func readTTL(seconds *int64) (time.Duration, error) {
	switch {
	case seconds == nil:
		return DefaultTTL, nil
	case *seconds <= 0:
		return 0, world.Invalid("ttlSeconds must be positive: %d", *seconds)
	case *seconds > int64(MaxTTL/time.Second):
		return 0, world.Refuse(portonev2.ErrorReason_ERROR_REASON_MAX_TTL_EXCEEDED,
			"ttlSeconds may be at most %d: %d", MaxTTL/time.Second, *seconds)
	}
	return time.Duration(*seconds) * time.Second, nil
}

// GetPaymentSession returns a session. SESSION_EXPIRED: its time is over, or it was
// closed. SESSION_NOT_FOUND: there was none.
func (s *Store) GetPaymentSession(_ context.Context, req *portonev2.GetPaymentSessionRequest) (*portonev2.PaymentSession, error) {
	found, err := s.find(req.GetSessionId())
	if err != nil {
		return nil, err
	}
	if found.over(s.world.Clock.Now()) {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_SESSION_EXPIRED, "session %q has expired", req.GetSessionId())
	}
	return proto.CloneOf(found.message), nil
}

// ClosePaymentSession ends a session. One that has ended stays as it is, and the
// answer tells when that was. SESSION_NOT_FOUND: there was none.
func (s *Store) ClosePaymentSession(_ context.Context, req *portonev2.ClosePaymentSessionRequest) (*portonev2.ClosePaymentSessionResponse, error) {
	found, err := s.find(req.GetSessionId())
	if err != nil {
		return nil, err
	}
	if now := s.world.Clock.Now(); !found.over(now) {
		found.end = now
		s.world.Counters.Add("payment_session.closed")
	}
	return &portonev2.ClosePaymentSessionResponse{ClosedAt: timestamppb.New(found.end)}, nil
}

// find returns a session, or SESSION_NOT_FOUND.
func (s *Store) find(id string) (*session, error) {
	if found := s.sessions[id]; found != nil {
		return found, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_SESSION_NOT_FOUND, "no session %q", id)
}

// over reports whether the session has ended.
func (s *session) over(now time.Time) bool { return !now.Before(s.end) }
