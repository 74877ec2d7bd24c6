package settlement

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
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

// verifiedAccount is what the lookup of an account holder found.
type verifiedAccount struct {
	bank           portonev2.Bank
	number, holder string
}

// AccountHolders looks up who holds a bank account. Every account has a made-up
// holder, always the same one.
type AccountHolders struct {
	portonev2.UnimplementedPlatformAccountServiceServer

	world    *world.World
	verified map[string]verifiedAccount // by the id of the lookup
}

// NewAccountHolders makes the service.
func NewAccountHolders(w *world.World) *AccountHolders {
	return &AccountHolders{world: w, verified: make(map[string]verifiedAccount)}
}

// Register registers the service.
func (a *AccountHolders) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPlatformAccountServiceServer(r, a)
}

// Account returns what account a lookup was for, the number in digits only, and
// what holder it found, by the id that it answered with.
func (a *AccountHolders) Account(id string) (bank portonev2.Bank, number, holder string, ok bool) {
	v, ok := a.verified[id]
	return v.bank, v.number, v.holder, ok
}

// GetPlatformAccountHolder looks up the holder of an account. A business is assumed
// where a business registration number is given, a person otherwise.
func (a *AccountHolders) GetPlatformAccountHolder(_ context.Context, req *portonev2.GetPlatformAccountHolderRequest) (*portonev2.PlatformAccountHolder, error) {
	number := req.GetAccountNumber()
	if number == "" || !registry.IsDigits(number) {
		return nil, world.Invalid("accountNumber: digits only")
	}
	if req.Birthdate != nil && req.BusinessRegistrationNumber != nil {
		return nil, world.Invalid("either birthdate or businessRegistrationNumber")
	}
	if req.Birthdate != nil && !isBirthdate(req.GetBirthdate()) {
		return nil, world.Invalid("birthdate: no date as YYYY-MM-DD, YYYYMMDD or YYMMDD")
	}
	if brn := req.BusinessRegistrationNumber; brn != nil && !registry.IsBRN(*brn) {
		return nil, world.Invalid("businessRegistrationNumber: not of ten digits")
	}
	if err := refuseAccount(req.GetBank(), number); err != nil {
		return nil, err
	}
	holder := registry.Person(req.GetBank().String() + number)
	if req.BusinessRegistrationNumber != nil {
		holder = registry.Find(*req.BusinessRegistrationNumber).Name()
	}
	id := a.world.IDs.UUID("platform-account-verification")
	a.verified[id] = verifiedAccount{req.GetBank(), number, holder}
	a.world.Counters.Add("platform.account.looked_up")
	return &portonev2.PlatformAccountHolder{HolderName: &holder, AccountVerificationId: &id}, nil
}

// isBirthdate reports whether a text is a date. PortOne does not say in which form; all
// are taken that are usual.
func isBirthdate(text string) bool {
	return slices.ContainsFunc([]string{time.DateOnly, "20060102", "060102"}, func(layout string) bool {
		_, err := time.Parse(layout, text)
		return err == nil
	})
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
