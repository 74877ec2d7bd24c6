// Package settlement is the sandbox's settlement with partners: transfers (what is
// owed for one order, deducted for a cancelled one, or entered by hand), the
// partner settlements they are gathered in, and the payouts of these. It also
// looks up account holders and businesses, which are made up.
//
// Days are days of Korea. A transfer is SCHEDULED until its settlement start date,
// IN_PROCESS until its settlement date, and SETTLED from then on. That day it joins
// the partner settlement of its partner, contract, type, date and currency, which
// is ready to be paid out at once (PAYOUT_PREPARED). Completing a payout takes both
// to PAID_OUT. The other statuses belong to steps that PortOne offers in its
// console only.
//
// Amounts of order cancel transfers are positive, as PortOne's are; payouts deduct
// them. How the amounts of an order follow from contract and policies is told at
// amounts.
//
// Test mode and live mode are two worlds that share nothing but the clock, the
// payments, and the businesses and accounts that can be looked up.
package settlement

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Directory has the partners, the terms that orders are settled by, and the
// settings of the platform, each for one mode. Objects that are archived are
// found too, and marked so. Messages are only read.
type Directory interface {
	Partner(id string, test bool) (*portonev2.PlatformPartner, bool)
	Contract(id string, test bool) (*portonev2.PlatformContract, bool)
	AdditionalFeePolicy(id string, test bool) (*portonev2.PlatformAdditionalFeePolicy, bool)
	DiscountSharePolicy(id string, test bool) (*portonev2.PlatformDiscountSharePolicy, bool)
	Setting(test bool) *portonev2.PlatformSetting

	// PropertyDefined reports whether a user-defined property may have the key.
	PropertyDefined(key string, test bool) bool
}

// Payments finds the payments of the sandbox.
type Payments interface {
	// Payment returns a payment by the id that its caller chose, and whether
	// there is one. The message is only read.
	Payment(id string) (*portonev2.Payment, bool)
}

// BusinessInfos hears of the registration data that were looked up, by the id of
// the lookup: counterparties can be made from them.
type BusinessInfos interface {
	AddBusinessInfo(verificationID string, info *portonev2.B2BBusinessInfo, test bool)
}

// Store keeps the transfers, partner settlements and payouts of both modes. It is
// not safe for concurrent use.
type Store struct {
	portonev2.UnimplementedPlatformTransferServiceServer
	portonev2.UnimplementedPlatformPartnerSettlementServiceServer
	portonev2.UnimplementedPlatformPayoutServiceServer
	portonev2.UnimplementedPlatformBulkPayoutServiceServer
	portonev2.UnimplementedPlatformAccountTransferServiceServer
	portonev2.UnimplementedPlatformBulkAccountTransferServiceServer

	// AccountHolders and Companies are the services of the lookups.
	AccountHolders *AccountHolders
	Companies      *Companies

	live, test *mode
}

// New makes an empty store. Nil infos: not needed.
func New(w *world.World, directory Directory, payments Payments, infos BusinessInfos) *Store {
	return &Store{
		AccountHolders: NewAccountHolders(w),
		Companies:      NewCompanies(w, infos),
		live:           newMode(w, directory, payments, false),
		test:           newMode(w, directory, payments, true),
	}
}

// Register registers the services that s implements, and those of the lookups.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPlatformTransferServiceServer(r, s)
	portonev2.RegisterPlatformPartnerSettlementServiceServer(r, s)
	portonev2.RegisterPlatformPayoutServiceServer(r, s)
	portonev2.RegisterPlatformBulkPayoutServiceServer(r, s)
	portonev2.RegisterPlatformAccountTransferServiceServer(r, s)
	portonev2.RegisterPlatformBulkAccountTransferServiceServer(r, s)
	s.AccountHolders.Register(r)
	s.Companies.Register(r)
}

// Dump implements world.Dumper: platformTransfers, platformPayouts and so on, see
// mode.dump.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	s.live.dump(add)
	s.test.dump(world.InTestMode(add))
}

// DefineParameters adds to the names that settlement parameters of orders may
// have, which at PortOne is done in the console. As long as a mode has none, every
// name is taken as defined. Parameters are kept with the transfer, but the sandbox
// has no formulas of the merchant's own that would use them.
func (s *Store) DefineParameters(test bool, names ...string) {
	for _, name := range names {
		s.mode(test).parameters[name] = true
	}
}

func (s *Store) mode(test bool) *mode {
	if test {
		return s.test
	}
	return s.live
}

// in is the mode that a request is for, which it may name twice: `test`, of the
// query, wins over `isForTest`, which is in the body or its filter.
func (s *Store) in(body interface{ GetIsForTest() bool }, test *bool) *mode {
	if test != nil {
		return s.mode(*test)
	}
	return s.mode(body.GetIsForTest())
}
