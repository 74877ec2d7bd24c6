package settlement

import (
	"context"
	"crypto/sha256"
	"strings"

	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// ReservedAccount is an account number that brings about an error when its holder
// is looked up, at whichever bank.
type ReservedAccount struct {
	Number string
	Reason portonev2.ErrorReason
}

// ReservedAccounts has them all. Besides, the central bank has no accounts that can
// be looked up.
var ReservedAccounts = []ReservedAccount{
	{"0000000001", portonev2.ErrorReason_ERROR_REASON_PLATFORM_EXTERNAL_API_FAILED},
	{"0000000002", portonev2.ErrorReason_ERROR_REASON_PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED},
	{"0000000003", portonev2.ErrorReason_ERROR_REASON_PLATFORM_NOT_SUPPORTED_BANK},
}

// AccountVerification is what the lookup of an account holder found.
type AccountVerification struct {
	Bank   portonev2.Bank
	Number string // digits only
	Holder string
}

// AccountHolders looks up who holds a bank account. Every account has a made-up
// holder, always the same one.
type AccountHolders struct {
	portonev2.UnimplementedPlatformAccountServiceServer

	world    *world.World
	verified map[string]AccountVerification // by the id of the lookup
}

// NewAccountHolders makes the service.
func NewAccountHolders(w *world.World) *AccountHolders {
	return &AccountHolders{world: w, verified: make(map[string]AccountVerification)}
}

// Register registers the service.
func (a *AccountHolders) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPlatformAccountServiceServer(r, a)
}

// Verification returns what a lookup found, by the id that it answered with.
func (a *AccountHolders) Verification(id string) (AccountVerification, bool) {
	v, ok := a.verified[id]
	return v, ok
}

// GetPlatformAccountHolder looks up the holder of an account. A business is assumed
// where a business registration number is given, a person otherwise.
func (a *AccountHolders) GetPlatformAccountHolder(_ context.Context, req *portonev2.GetPlatformAccountHolderRequest) (*portonev2.PlatformAccountHolder, error) {
	number := req.GetAccountNumber()
	if number == "" || !digits(number) {
		return nil, invalid("accountNumber: digits only")
	}
	if req.Birthdate != nil && req.BusinessRegistrationNumber != nil {
		return nil, invalid("either birthdate or businessRegistrationNumber")
	}
	if brn := req.BusinessRegistrationNumber; brn != nil && !validBRN(*brn) {
		return nil, invalid("businessRegistrationNumber: not of ten digits")
	}
	if err := refuseAccount(req.GetBank(), number); err != nil {
		return nil, err
	}
	holder := personOf(req.GetBank().String() + number)
	if req.BusinessRegistrationNumber != nil {
		holder = companyName(*req.BusinessRegistrationNumber)
	}
	id := a.world.IDs.UUID("platform-account-verification")
	a.verified[id] = AccountVerification{req.GetBank(), number, holder}
	a.world.Counters.Add("platform.account.looked_up")
	return &portonev2.PlatformAccountHolder{HolderName: &holder, AccountVerificationId: &id}, nil
}

func refuseAccount(bank portonev2.Bank, number string) error {
	if bank == portonev2.Bank_BANK_BANK_OF_KOREA {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_NOT_SUPPORTED_BANK, "accounts at the central bank cannot be looked up")
	}
	for _, reserved := range ReservedAccounts {
		if reserved.Number == number {
			return world.Refuse(reserved.Reason, "the account %s is reserved for this error", number)
		}
	}
	return nil
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

var (
	surnames   = []string{"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황"}
	givenNames = []string{"민준", "서연", "도윤", "하은", "시우", "지우", "주원", "서현", "지호", "수아", "예준", "지민", "준서", "은서", "건우", "채원"}
	trades     = []string{"한빛", "새벽", "가온", "누리", "다올", "라온", "미르", "바른", "온새", "아람", "자람", "초롱", "큰솔", "타래", "푸른", "해솔"}
)

// pick makes up a choice that is always the same for a text.
func pick(text string, names ...[]string) string {
	sum, made := sha256.Sum256([]byte(text)), ""
	for i, from := range names {
		made += from[int(sum[i])%len(from)]
	}
	return made
}

// personOf makes up a name for whatever a text identifies.
func personOf(text string) string { return pick(text, surnames, givenNames) }

// companyName makes up the trade name of a business.
func companyName(brn string) string {
	return pick(brn, trades, []string{"상사", "상회", "유통", "식품"})
}
