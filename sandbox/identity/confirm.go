package identity

import (
	"context"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// ConfirmIdentityVerification completes a verification. Errors:
// IDENTITY_VERIFICATION_NOT_FOUND, IDENTITY_VERIFICATION_NOT_SENT for one that
// failed, IDENTITY_VERIFICATION_ALREADY_VERIFIED, and PG_PROVIDER for a code that
// is wrong or too old, and for an app in which the customer has not approved.
func (s *Store) ConfirmIdentityVerification(_ context.Context, req *portonev2.ConfirmIdentityVerificationRequest) (*portonev2.ConfirmIdentityVerificationResponse, error) {
	v, err := s.findSent(keyOf(req.StoreId, req.GetIdentityVerificationId()))
	if err != nil {
		return nil, err
	}
	if v.method == sms && req.Otp == nil {
		return nil, world.Invalid("otp is required by SMS")
	}
	if why := s.judge(v, req.GetOtp()); why != nil {
		return nil, why.err()
	}
	v.become(verified, s.world.Clock.Now(), nil)
	s.world.Counters.Add("identity_verification.verified")
	return &portonev2.ConfirmIdentityVerificationResponse{IdentityVerification: proto.CloneOf(v.message.GetVerified())}, nil
}

// judge returns why the PG does not confirm, nil if it does. It counts wrong codes.
func (s *Store) judge(v *verification, code string) *refusal {
	now := s.world.Clock.Now()
	switch {
	case v.method != sms && v.customer.phone == PhoneSilent:
		return notApproved
	case v.method != sms:
		return nil
	case !now.Before(v.codeUntil):
		return codeTooOld
	case code == v.code || code == AnyCode:
		return nil
	}
	v.wrongCodes++
	if v.wrongCodes == MaxWrongCodes {
		v.become(failed, now, tooManyWrong.failure())
		return tooManyWrong
	}
	v.updatedAt = now
	v.show(nil)
	return wrongCode
}

// GetIdentityVerification returns a verification, or
// IDENTITY_VERIFICATION_NOT_FOUND.
func (s *Store) GetIdentityVerification(_ context.Context, req *portonev2.GetIdentityVerificationRequest) (*portonev2.IdentityVerification, error) {
	v, err := s.find(keyOf(req.StoreId, req.GetIdentityVerificationId()))
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(v.message), nil
}
