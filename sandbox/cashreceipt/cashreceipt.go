// Package cashreceipt is the sandbox's CashReceiptService: Korean cash receipts,
// those that payments of the sandbox got when they were paid, and those issued by
// hand, for payments of the sandbox or for payments made elsewhere.
//
// A payment has at most one receipt in force. One that was cancelled, or that the
// PG refused to issue, does not stand in the way of another. A payment of the
// sandbox shows its receipt, whichever way it was issued. One that it got when it
// was paid is cancelled when all of the payment is; one issued by hand is not.
//
// A channel key may be anything; the keys that stand for another channel than a test
// channel of Toss Payments are "channel-key-sandbox-" and the name of a PG (nice,
// kcp, inicis, galaxia, welcome), "live" or "missing".
//
// Every PG refuses receipts in another currency than KRW, and ones whose customer
// cannot be identified by the number given: the call ends in PG_PROVIDER, and the
// attempt stays to be seen as a receipt whose issue failed.
package cashreceipt

import (
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Payments are the payments of the sandbox.
type Payments interface {
	// PaymentOf returns a payment of a store, by the id that its caller chose, and
	// whether there is one. The message is only read.
	PaymentOf(storeID, id string) (*portonev2.Payment, bool)

	// SetCashReceipt shows a receipt on a payment, in place of the one before. It
	// does nothing if there is no such payment.
	SetCashReceipt(storeID, id string, receipt *portonev2.PaymentCashReceipt)
}

// Store holds cash receipts. It is not safe for concurrent use.
type Store struct {
	portonev2.UnimplementedCashReceiptServiceServer

	world    *world.World
	payments Payments // nil if all payments are made elsewhere

	// last is the latest receipt of each payment.
	last map[key]*receipt

	// all are the receipts by the time of their issue, oldest first, which is the
	// order of lists; attempts that failed stand where they happened.
	all []*receipt
}

// key tells payments apart: stores choose their ids independently.
type key struct{ store, payment string }

// keyOf is the key of a payment in the store that a request names, if any.
func keyOf(store *string, payment string) key {
	return key{world.StoreOf(store), payment}
}

// New returns a store without receipts. With nil payments every receipt is for a
// payment made elsewhere.
func New(w *world.World, payments Payments) *Store {
	return &Store{world: w, payments: payments, last: make(map[key]*receipt)}
}

// Register registers the service.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterCashReceiptServiceServer(r, s)
}

// Dump implements world.Dumper: cashReceipts, the latest of each payment, by
// payment id.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	for _, r := range s.all {
		if s.last[r.key()] == r {
			add("cashReceipts", r.GetPaymentId(), proto.Clone(r.message))
		}
	}
}

// find returns the latest receipt of a payment.
func (s *Store) find(k key) (*receipt, error) {
	if r := s.last[k]; r != nil {
		return r, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CASH_RECEIPT_NOT_FOUND,
		"no cash receipt for payment %q", k.payment)
}

// keep stores a receipt as the latest of its payment.
func (s *Store) keep(message *portonev2.CashReceipt) *receipt {
	r := read(message)
	s.last[r.key()] = r
	at := len(s.all)
	for at > 0 && s.all[at-1].since().After(r.since()) {
		at--
	}
	s.all = slices.Insert(s.all, at, r)
	return r
}
