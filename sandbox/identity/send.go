package identity

import (
	"context"
	"net/netip"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const sms = portonev2.IdentityVerificationMethod_IDENTITY_VERIFICATION_METHOD_SMS

// SendIdentityVerification begins a verification, or another attempt at one that
// failed. Errors: CHANNEL_NOT_FOUND, IDENTITY_VERIFICATION_ALREADY_SENT,
// IDENTITY_VERIFICATION_ALREADY_VERIFIED, MAX_TRANSACTION_COUNT_REACHED, and
// PG_PROVIDER for a phone number that is somebody else's, which makes the attempt
// fail.
func (s *Store) SendIdentityVerification(_ context.Context, req *portonev2.SendIdentityVerificationRequest) (*portonev2.SendIdentityVerificationResponse, error) {
	via, err := verifiers.Channel(req.GetChannelKey())
	if err != nil {
		return nil, err
	}
	customer, err := s.checkRequest(req)
	if err != nil {
		return nil, err
	}
	v := s.byKey[keyOf(req.StoreId, req.GetIdentityVerificationId())]
	if err := checkAnother(v); err != nil {
		return nil, err
	}
	v = s.begin(v, req, via, customer)
	if customer.phone == PhoneUnknown {
		v.become(failed, v.requestedAt, notTheirs.failure())
		return nil, notTheirs.err()
	}
	v.become(ready, v.requestedAt, nil)
	v.lapse = s.world.Clock.At(v.requestedAt.Add(RequestLife), func() {
		v.become(failed, s.world.Clock.Now(), tooLate.failure())
	})
	if v.method == sms {
		s.sendCode(v)
	}
	s.world.Counters.Add("identity_verification.sent")
	return &portonev2.SendIdentityVerificationResponse{}, nil
}

// checkRequest refuses a request that is wrong in itself, and reads the customer.
func (s *Store) checkRequest(req *portonev2.SendIdentityVerificationRequest) (person, error) {
	customer := req.GetCustomer()
	if req.GetIdentityVerificationId() == "" {
		return person{}, world.Invalid("identityVerificationId must not be empty")
	}
	if req.GetMethod() == sms && customer.IdentityNumber == nil {
		return person{}, world.Invalid("customer.identityNumber is required by SMS")
	}
	if _, err := netip.ParseAddr(customer.GetIpAddress()); err != nil {
		return person{}, world.Invalid("customer.ipAddress is not an IP address")
	}
	return readPerson(customer, s.world.Clock.Now())
}

// checkAnother refuses another attempt at a verification, which may be nil.
func checkAnother(v *verification) error {
	switch {
	case v == nil:
		return nil
	case v.status == verified:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_ALREADY_VERIFIED,
			"identity verification %q is verified", v.id)
	case v.status == ready:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_ALREADY_SENT,
			"identity verification %q is sent: resend it, or choose another id", v.id)
	case v.attempts >= MaxAttempts:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_MAX_TRANSACTION_COUNT_REACHED,
			"identity verification %q was sent %d times: choose another id", v.id, v.attempts)
	}
	return nil
}

// begin stores a new attempt, in place of an old one that is not nil.
func (s *Store) begin(old *verification, req *portonev2.SendIdentityVerificationRequest, via *portonev2.SelectedChannel, customer person) *verification {
	v := &verification{
		key:         keyOf(req.StoreId, req.GetIdentityVerificationId()),
		attempts:    1,
		txID:        s.world.IDs.UUID("identity verification attempt"),
		channel:     via,
		method:      req.GetMethod(),
		operator:    req.GetOperator(),
		customer:    customer,
		pgTxID:      s.world.IDs.UUID("identity verification at PG"),
		requestedAt: s.world.Clock.Now(),
	}
	if req.CustomData != nil {
		v.customData = world.Ptr(req.GetCustomData())
	}
	if old != nil {
		v.attempts += old.attempts
		s.remove(old)
	}
	s.insert(v)
	return v
}

// sendCode makes up a code in place of the one before, if any.
func (s *Store) sendCode(v *verification) {
	v.code = s.world.IDs.Digits("identity verification code", len(AnyCode))
	v.codeUntil = s.world.Clock.Now().Add(CodeLife)
	v.messages++
	s.world.Counters.Add("identity_verification.code_sent")
}

// ResendIdentityVerification sends another code by SMS; the one before is void.
// Errors: IDENTITY_VERIFICATION_NOT_FOUND, IDENTITY_VERIFICATION_NOT_SENT for one
// that failed, IDENTITY_VERIFICATION_ALREADY_VERIFIED, and PG_PROVIDER after
// MaxMessages.
func (s *Store) ResendIdentityVerification(_ context.Context, req *portonev2.ResendIdentityVerificationRequest) (*portonev2.ResendIdentityVerificationResponse, error) {
	v, err := s.findSent(keyOf(req.StoreId, req.GetIdentityVerificationId()))
	if err != nil {
		return nil, err
	}
	if v.method != sms {
		return nil, world.Invalid("identity verification %q is not by SMS", v.id)
	}
	if v.messages >= MaxMessages {
		return nil, tooManyMessages.err()
	}
	s.sendCode(v)
	v.updatedAt = s.world.Clock.Now()
	v.show(nil)
	return &portonev2.ResendIdentityVerificationResponse{}, nil
}
