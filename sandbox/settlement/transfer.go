package settlement

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Short names of the statuses that transfers come to here.
const (
	scheduled = portonev2.PlatformTransferStatus_PLATFORM_TRANSFER_STATUS_SCHEDULED
	inProcess = portonev2.PlatformTransferStatus_PLATFORM_TRANSFER_STATUS_IN_PROCESS
	settled   = portonev2.PlatformTransferStatus_PLATFORM_TRANSFER_STATUS_SETTLED
	paidOut   = portonev2.PlatformTransferStatus_PLATFORM_TRANSFER_STATUS_PAID_OUT
)

// body is a transfer of any type.
type body interface {
	proto.Message
	GetId() string
	GetGraphqlId() string
	GetPartner() *portonev2.PlatformPartner
	GetStatus() portonev2.PlatformTransferStatus
	GetMemo() string
	GetSettlementDate() string
	GetSettlementCurrency() portonev2.Currency
	GetIsForTest() bool
	GetUserDefinedProperties() []*portonev2.PlatformUserDefinedPropertyKeyValue
}

// transfer is a transfer with what it is connected to.
type transfer struct {
	body
	number     uint64             // in the order of creation
	original   *transfer          // what an order cancel transfer cancels
	cancels    []*transfer        // what cancels an order transfer
	settlement *partnerSettlement // nil until the settlement date
	unplan     func()             // cancels the next change of status; nil without one
}

func (t *transfer) kind() portonev2.PlatformTransferType {
	switch t.body.(type) {
	case *portonev2.PlatformOrderTransfer:
		return portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_ORDER
	case *portonev2.PlatformOrderCancelTransfer:
		return portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_ORDER_CANCEL
	}
	return portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_MANUAL
}

// order is the transfer as one of an order, cancelled or not; nil for one entered
// by hand.
func (t *transfer) order() orderBody {
	o, _ := t.body.(orderBody)
	return o
}

func (t *transfer) setStatus(status portonev2.PlatformTransferStatus) {
	switch b := t.body.(type) {
	case *portonev2.PlatformOrderTransfer:
		b.Status = status.Enum()
	case *portonev2.PlatformOrderCancelTransfer:
		b.Status = status.Enum()
	case *portonev2.PlatformManualTransfer:
		b.Status = status.Enum()
	}
}

// due is the settlement amount of the transfer as it counts for the partner:
// negative where something is cancelled.
func (t *transfer) due() split {
	switch b := t.body.(type) {
	case *portonev2.PlatformManualTransfer:
		return split{b.GetSettlementAmount(), b.GetSettlementTaxFreeAmount()}
	case *portonev2.PlatformOrderCancelTransfer:
		return split{-b.GetAmount().GetSettlement(), -b.GetAmount().GetSettlementTaxFree()}
	default:
		amount := t.order().GetAmount()
		return split{amount.GetSettlement(), amount.GetSettlementTaxFree()}
	}
}

// message is a copy of the transfer to answer with.
func (t *transfer) message() *portonev2.PlatformTransfer {
	switch b := proto.Clone(t.body).(type) {
	case *portonev2.PlatformOrderTransfer:
		return &portonev2.PlatformTransfer{Type: &portonev2.PlatformTransfer_Order{Order: b}}
	case *portonev2.PlatformOrderCancelTransfer:
		return &portonev2.PlatformTransfer{Type: &portonev2.PlatformTransfer_OrderCancel{OrderCancel: b}}
	case *portonev2.PlatformManualTransfer:
		return &portonev2.PlatformTransfer{Type: &portonev2.PlatformTransfer_Manual{Manual: b}}
	}
	return nil
}

// paymentKey names a payment. One made elsewhere may have the id of a PortOne
// payment.
type paymentKey struct {
	id       string
	external bool
}

func keyOf(p *portonev2.PlatformPayment) paymentKey {
	return paymentKey{paymentOf(p).GetId(), p.GetExternal() != nil}
}

// transfers are those of a mode.
type transfers struct {
	byID  map[string]*transfer
	all   []*transfer // by number
	made  uint64
	order map[paymentKey][]*transfer // order transfers by payment
}

func newTransfers() transfers {
	return transfers{byID: make(map[string]*transfer), order: make(map[paymentKey][]*transfer)}
}

func (ts *transfers) add(t *transfer) {
	ts.made++
	t.number = ts.made
	ts.byID[t.GetId()] = t
	ts.all = append(ts.all, t)
	switch {
	case t.original != nil:
		t.original.cancels = append(t.original.cancels, t)
	case t.order() != nil:
		key := keyOf(t.order().GetPayment())
		ts.order[key] = append(ts.order[key], t)
	}
}

func (ts *transfers) remove(t *transfer) {
	delete(ts.byID, t.GetId())
	at, _ := slices.BinarySearchFunc(ts.all, t.number, func(t *transfer, number uint64) int { return cmp.Compare(t.number, number) })
	ts.all = slices.Delete(ts.all, at, at+1)
	switch {
	case t.original != nil:
		t.original.cancels = without(t.original.cancels, t)
	case t.order() != nil:
		key := keyOf(t.order().GetPayment())
		if ts.order[key] = without(ts.order[key], t); len(ts.order[key]) == 0 {
			delete(ts.order, key)
		}
	}
}

// without removes one of the elements.
func without(all []*transfer, one *transfer) []*transfer {
	return slices.DeleteFunc(all, func(t *transfer) bool { return t == one })
}

// find returns a transfer, or PLATFORM_TRANSFER_NOT_FOUND.
func (ts *transfers) find(id string) (*transfer, error) {
	if t := ts.byID[id]; t != nil {
		return t, nil
	}
	return nil, transferNotFound("no transfer %q", id)
}

func transferNotFound(format string, args ...any) error {
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND, format, args...)
}

// GetPlatformTransfer returns one transfer.
func (s *Store) GetPlatformTransfer(_ context.Context, req *portonev2.GetPlatformTransferRequest) (*portonev2.PlatformTransfer, error) {
	t, err := s.mode(req.GetTest()).transfers.find(req.GetId())
	if err != nil {
		return nil, err
	}
	return t.message(), nil
}

// DeletePlatformTransfer removes a transfer that is not settled yet, and that no
// order cancel transfer refers to.
func (s *Store) DeletePlatformTransfer(_ context.Context, req *portonev2.DeletePlatformTransferRequest) (*portonev2.DeletePlatformTransferResponse, error) {
	m := s.mode(req.GetTest())
	t, err := m.transfers.find(req.GetId())
	if err != nil {
		return nil, err
	}
	if status := t.GetStatus(); status != scheduled && status != inProcess {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NON_DELETABLE_STATUS,
			"transfer %q is settled", t.GetId())
	}
	if len(t.cancels) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCEL_ORDER_TRANSFERS_EXISTS,
			"transfer %q is cancelled by %q", t.GetId(), t.cancels[0].GetId())
	}
	m.forget(t)
	m.world.Counters.Add("platform.transfer.deleted")
	return &portonev2.DeletePlatformTransferResponse{}, nil
}

// forget removes a transfer and what was planned for it.
func (m *mode) forget(t *transfer) {
	if t.unplan != nil {
		t.unplan()
	}
	m.transfers.remove(t)
}
