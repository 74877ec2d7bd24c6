// Package identity is the sandbox's IdentityVerificationService: verifications
// that are sent and confirmed from the server.
//
// # Codes
//
// No SMS is sent. The code of one is told by Store.Code, and AnyCode is right
// whenever that is. A code can be used for CodeLife; another one comes with every
// resend. The MaxWrongCodes-th wrong code ends the verification as failed.
//
// # Apps
//
// A customer who is asked in an app approves at once, apart from the customers
// below, and ConfirmIdentityVerification needs no code.
//
// # Customers
//
// Anyone can be verified, and is who the request says, apart from two phone
// numbers that no one has: PhoneSilent and PhoneUnknown.
//
// # Channels
//
// A channel key may be anything, and is a test channel of Danal, apart from the
// keys "channel-key-sandbox-" and "inicis", "kcp", "live" or "missing".
//
// # Limits
//
// A verification that is not confirmed within RequestLife fails. One that failed
// can be sent again under its id, as another attempt, MaxAttempts times in all.
// PortOne and the carriers have limits like these, but do not publish them all.
package identity

import (
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// AnyCode is a code that is as good as the one sent.
	AnyCode = "000000"

	// CodeLife is how long a code sent by SMS can be used.
	CodeLife = 3 * time.Minute

	// RequestLife is how long after it was sent a verification can be confirmed.
	RequestLife = 10 * time.Minute

	// MaxWrongCodes is how many wrong codes make a verification fail. A resend does
	// not begin the count anew.
	MaxWrongCodes = 5

	// MaxMessages is how many SMS are sent for one attempt, the first included.
	MaxMessages = 5

	// MaxAttempts is how often a verification can be sent under one id
	// (MAX_TRANSACTION_COUNT_REACHED).
	MaxAttempts = 5

	// PhoneSilent is the number of a customer who never approves in the app.
	PhoneSilent = "01000000001"

	// PhoneUnknown is a number that the carrier has for somebody else: sending
	// fails.
	PhoneUnknown = "01000000002"
)

// Store holds identity verifications. It is not safe for concurrent use.
type Store struct {
	portonev2.UnimplementedIdentityVerificationServiceServer

	world *world.World
	byKey map[key]*verification

	// all are the verifications by the time of the latest request, oldest first,
	// which is the order of lists.
	all []*verification
}

// key tells verifications apart: stores choose their ids independently.
type key struct{ store, id string }

// keyOf is the key of a verification in the store that a request names, if any.
func keyOf(store *string, id string) key {
	return key{world.StoreOf(store), id}
}

// New returns a store without verifications.
func New(w *world.World) *Store {
	return &Store{world: w, byKey: make(map[key]*verification)}
}

// Register registers the service.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterIdentityVerificationServiceServer(r, s)
}

// Dump implements world.Dumper: identityVerifications, by id.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	for _, v := range s.all {
		add("identityVerifications", v.id, proto.Clone(v.message))
	}
}

// Code returns the code that was last sent by SMS for a verification that waits to
// be confirmed, and whether there is one. Where stores chose the same id, it is
// that of the verification requested last.
func (s *Store) Code(id string) (string, bool) {
	for _, v := range slices.Backward(s.all) {
		if v.id == id && v.status == ready && v.code != "" {
			return v.code, true
		}
	}
	return "", false
}

// find returns a verification, or IDENTITY_VERIFICATION_NOT_FOUND.
func (s *Store) find(k key) (*verification, error) {
	if v := s.byKey[k]; v != nil {
		return v, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_NOT_FOUND,
		"no identity verification %q", k.id)
}

// findSent returns a verification that waits to be confirmed. One that is verified
// is refused with IDENTITY_VERIFICATION_ALREADY_VERIFIED, one that failed with
// IDENTITY_VERIFICATION_NOT_SENT.
func (s *Store) findSent(k key) (*verification, error) {
	v, err := s.find(k)
	if err != nil {
		return nil, err
	}
	switch v.status {
	case verified:
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_ALREADY_VERIFIED,
			"identity verification %q is verified", k.id)
	case failed:
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_NOT_SENT,
			"identity verification %q failed", k.id)
	}
	return v, nil
}
