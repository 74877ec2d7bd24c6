package front

import (
	"sync"

	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/sandbox/b2b"
	"github.com/portone-gateway/portone-gateway/sandbox/bank"
	"github.com/portone-gateway/portone-gateway/sandbox/cashreceipt"
	"github.com/portone-gateway/portone-gateway/sandbox/checkout"
	"github.com/portone-gateway/portone-gateway/sandbox/identity"
	"github.com/portone-gateway/portone-gateway/sandbox/platform"
	"github.com/portone-gateway/portone-gateway/sandbox/settlement"
	"github.com/portone-gateway/portone-gateway/sandbox/shop"
	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// domain is a part of PortOne that keeps state.
type domain interface {
	world.Dumper

	// Register registers the services that the domain implements. RPCs that it
	// leaves unimplemented are answered with examples.
	Register(r grpc.ServiceRegistrar)
}

// domains returns the domains of a world, but for authentication, which the
// sandbox needs for itself. A new one is a line here, and what it has to know of
// the others. The sender delivers webhooks, and reports
// what came of each attempt, with the lock.
func domains(w *world.World, sender *webhooks.Sender, lock sync.Locker) []domain {
	payments := shop.New(w)
	payments.OnWebhook = sender.Take
	if url := sender.URL(); url != "" {
		payments.WebhookURL = url
	}
	sender.Tried = func(t shop.Try) {
		lock.Lock()
		defer lock.Unlock()
		payments.Tried(t)
	}
	receipts := cashreceipt.New(w, payments)
	payments.OnCashReceipt = receipts.Follow
	business := b2b.New(w)
	partners := platform.New(w, business)
	settlements := settlement.New(w, partners, payments, business)
	partners.UseLookups(platform.Lookups{
		Account: settlements.AccountHolders.Account,
		Company: settlements.Companies.StateVerification,
	})
	return []domain{
		bank.New(),
		payments,
		receipts,
		checkout.New(w, payments),
		identity.New(w),
		business,
		partners,
		settlements,
	}
}
