// Package domains puts the domains of the sandbox together: a cash receipt shows on
// its payment, a partner that is connected becomes a counterparty, a look-up of an
// account serves as proof for a partner.
package domains

import (
	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/sandbox/auth"
	"github.com/portone-gateway/portone-gateway/sandbox/b2b"
	"github.com/portone-gateway/portone-gateway/sandbox/bank"
	"github.com/portone-gateway/portone-gateway/sandbox/cashreceipt"
	"github.com/portone-gateway/portone-gateway/sandbox/checkout"
	"github.com/portone-gateway/portone-gateway/sandbox/identity"
	"github.com/portone-gateway/portone-gateway/sandbox/platform"
	"github.com/portone-gateway/portone-gateway/sandbox/settlement"
	"github.com/portone-gateway/portone-gateway/sandbox/shop"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Domain is a part of PortOne that keeps state.
type Domain interface {
	world.Dumper

	// Register registers the services that the domain implements. RPCs that it
	// leaves unimplemented are answered with examples.
	Register(r grpc.ServiceRegistrar)
}

// Stores are the domains of a world.
type Stores struct {
	Auth        *auth.Store
	Banks       *bank.Store
	Payments    *shop.Store
	Receipts    *cashreceipt.Store
	Checkout    *checkout.Store
	Identities  *identity.Store
	Business    *b2b.Store
	Partners    *platform.Store
	Settlements *settlement.Store
}

// New makes the domains of a world in which nothing has happened yet. A new domain is
// a field, a line here, and what it has to know of the others.
func New(w *world.World) *Stores {
	s := &Stores{
		Auth: auth.New(w), Banks: bank.New(), Payments: shop.New(w), Identities: identity.New(w), Business: b2b.New(w),
	}
	s.Receipts = cashreceipt.New(w, s.Payments)
	s.Payments.OnCashReceipt = s.Receipts.Follow
	s.Checkout = checkout.New(w, s.Payments)
	s.Partners = platform.New(w, s.Business)
	s.Settlements = settlement.New(w, s.Partners, s.Payments, s.Business)
	s.Partners.UseLookups(platform.Lookups{
		Account: s.Settlements.AccountHolders.Account,
		Company: s.Settlements.Companies.StateVerification,
	})
	return s
}

// All are the domains, in any order.
func (s *Stores) All() []Domain {
	return []Domain{s.Auth, s.Banks, s.Payments, s.Receipts, s.Checkout, s.Identities, s.Business, s.Partners, s.Settlements}
}
