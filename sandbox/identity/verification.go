package identity

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Short names for the states of a verification.
const (
	ready    = portonev2.IdentityVerificationStatus_IDENTITY_VERIFICATION_STATUS_READY
	verified = portonev2.IdentityVerificationStatus_IDENTITY_VERIFICATION_STATUS_VERIFIED
	failed   = portonev2.IdentityVerificationStatus_IDENTITY_VERIFICATION_STATUS_FAILED
)

// verification is one id, in its latest attempt.
type verification struct {
	key
	attempts int

	// The latest attempt.
	txID       string // by which PortOne calls it
	channel    *portonev2.SelectedChannel
	method     portonev2.IdentityVerificationMethod
	operator   portonev2.IdentityVerificationOperator
	customer   person
	customData *string
	pgTxID     string

	// The code last sent, empty for apps, and until when it can be used.
	code       string
	codeUntil  time.Time
	messages   int // SMS sent
	wrongCodes int
	lapse      func() // cancels the plan to let it fail; nil before there is one

	status      portonev2.IdentityVerificationStatus
	requestedAt time.Time
	changedAt   time.Time // when it came to its status
	updatedAt   time.Time

	// message is the verification as it is answered. A message never changes: a
	// change brings a new one.
	message *portonev2.IdentityVerification
}

// become brings the verification to a status at a time.
func (v *verification) become(status portonev2.IdentityVerificationStatus, at time.Time, failure *portonev2.IdentityVerificationFailure) {
	v.status, v.changedAt, v.updatedAt = status, at, at
	if status != ready && v.lapse != nil {
		v.lapse()
	}
	v.show(failure)
}

// show makes the message anew. The failure is that of a failed verification.
func (v *verification) show(failure *portonev2.IdentityVerificationFailure) {
	switch v.status {
	case ready:
		v.message = &portonev2.IdentityVerification{Status: &portonev2.IdentityVerification_Ready{Ready: v.asReady()}}
	case verified:
		v.message = &portonev2.IdentityVerification{Status: &portonev2.IdentityVerification_Verified{Verified: v.asVerified()}}
	case failed:
		v.message = &portonev2.IdentityVerification{Status: &portonev2.IdentityVerification_Failed{Failed: v.asFailed(failure)}}
	}
}

func (v *verification) asReady() *portonev2.ReadyIdentityVerification {
	return &portonev2.ReadyIdentityVerification{
		Id: &v.id, Channel: v.channel, RequestedCustomer: v.customer.requested(), CustomData: v.customData,
		RequestedAt:     timestamppb.New(v.requestedAt),
		UpdatedAt:       timestamppb.New(v.updatedAt),
		StatusChangedAt: timestamppb.New(v.changedAt),
		Version:         portonev2.PortOneVersion_PORT_ONE_VERSION_V2.Enum(),
		PgTxId:          world.Ptr(v.pgTxID),
	}
}

func (v *verification) asVerified() *portonev2.VerifiedIdentityVerification {
	return &portonev2.VerifiedIdentityVerification{
		Id: &v.id, Channel: v.channel, CustomData: v.customData,
		VerifiedCustomer: v.customer.known().verified(v.operator, v.channel),
		RequestedAt:      timestamppb.New(v.requestedAt),
		UpdatedAt:        timestamppb.New(v.updatedAt),
		StatusChangedAt:  timestamppb.New(v.changedAt),
		VerifiedAt:       timestamppb.New(v.changedAt),
		PgTxId:           world.Ptr(v.pgTxID),
		PgRawResponse:    world.Ptr(`{"resultCode":"0000","txId":"` + v.pgTxID + `"}`),
		Version:          portonev2.PortOneVersion_PORT_ONE_VERSION_V2.Enum(),
	}
}

func (v *verification) asFailed(failure *portonev2.IdentityVerificationFailure) *portonev2.FailedIdentityVerification {
	return &portonev2.FailedIdentityVerification{
		Id: &v.id, Channel: v.channel, RequestedCustomer: v.customer.requested(), CustomData: v.customData,
		RequestedAt:     timestamppb.New(v.requestedAt),
		UpdatedAt:       timestamppb.New(v.updatedAt),
		StatusChangedAt: timestamppb.New(v.changedAt),
		Failure:         failure,
		Version:         portonev2.PortOneVersion_PORT_ONE_VERSION_V2.Enum(),
		PgTxId:          world.Ptr(v.pgTxID),
	}
}
