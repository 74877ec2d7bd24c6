package shop

import (
	"context"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// deliveryStatus is the state of an escrow delivery. PortOne has more: a buyer's
// rejection, which does not happen here.
type deliveryStatus int

const (
	notRegistered deliveryStatus = iota + 1
	deliveryRegistered
	delivered
	deliveryConfirmed
	deliveryCancelled
)

// deliveryNames are the cases of PaymentEscrow.
var deliveryNames = map[deliveryStatus]protoreflect.Name{
	notRegistered: "before_registered", deliveryRegistered: "registered", delivered: "delivered",
	deliveryConfirmed: "confirmed", deliveryCancelled: "cancelled",
}

// String implements fmt.Stringer.
func (s deliveryStatus) String() string { return string(deliveryNames[s]) }

// delivery is the state of an escrow payment. Replaced, not changed.
type delivery struct {
	status            deliveryStatus
	company, invoice  string
	sentAt, appliedAt *timestamppb.Timestamp
}

// deliveryMembers are the members of an escrow, in whichever state.
var deliveryMembers = members[*delivery]{
	"company":                    func(d *delivery) any { return d.company },
	"invoice_number":             func(d *delivery) any { return d.invoice },
	"sent_at":                    func(d *delivery) any { return message(d.sentAt) },
	"applied_at":                 func(d *delivery) any { return message(d.appliedAt) },
	"is_automatically_confirmed": func(*delivery) any { return false },
}

func (d *delivery) show() *portonev2.PaymentEscrow {
	if d == nil {
		return nil
	}
	shown := new(portonev2.PaymentEscrow)
	deliveryMembers.choose(shown, deliveryNames[d.status], d)
	return shown
}

// cancel is the delivery after the payment was cancelled. One that was never
// registered has no carrier that the contract's CANCELLED asks for, and stays.
func (d *delivery) cancel() *delivery {
	if d == nil || d.status == notRegistered {
		return d
	}
	ended := *d
	ended.status = deliveryCancelled
	return &ended
}

// under is the delivery once it is registered.
func (s *Store) under(in *portonev2.PaymentLogistics) *delivery {
	d := &delivery{
		status: deliveryRegistered, invoice: in.GetInvoiceNumber(), sentAt: in.SentAt, appliedAt: s.now().timestamp(),
		company: strings.TrimPrefix(in.GetCompany().String(), "PAYMENT_LOGISTICS_COMPANY_"),
	}
	if in.ReceivedAt != nil && instantOf(in.ReceivedAt.AsTime()) <= s.now() {
		d.status = delivered
	}
	return d
}

// findEscrow returns a paid escrow payment whose delivery is in one of some
// states.
func (s *Store) findEscrow(id string, storeID *string, states ...deliveryStatus) (*attempt, error) {
	a, err := s.findPaid(id, storeID)
	if err != nil {
		return nil, err
	}
	if a.delivery == nil {
		return nil, world.Invalid("payment %q is no escrow payment", id)
	}
	for _, state := range states {
		if a.delivery.status == state {
			return a, nil
		}
	}
	return nil, world.Invalid("the delivery of payment %q is %s", id, a.delivery.status)
}

// ApplyEscrowLogistics implements PaymentServiceServer.
func (s *Store) ApplyEscrowLogistics(_ context.Context, req *portonev2.ApplyEscrowLogisticsRequest) (*portonev2.ApplyEscrowLogisticsResponse, error) {
	a, err := s.findEscrow(req.PaymentId, req.StoreId, notRegistered)
	if err != nil {
		return nil, err
	}
	a.delivery = s.under(req.Logistics)
	s.touch(a)
	return &portonev2.ApplyEscrowLogisticsResponse{
		InvoiceNumber: req.Logistics.InvoiceNumber, SentAt: req.Logistics.SentAt, AppliedAt: s.now().timestamp(),
	}, nil
}

// ModifyEscrowLogistics implements PaymentServiceServer.
func (s *Store) ModifyEscrowLogistics(_ context.Context, req *portonev2.ModifyEscrowLogisticsRequest) (*portonev2.ModifyEscrowLogisticsResponse, error) {
	a, err := s.findEscrow(req.PaymentId, req.StoreId, deliveryRegistered, delivered)
	if err != nil {
		return nil, err
	}
	applied := a.delivery.appliedAt
	a.delivery = s.under(req.Logistics)
	a.delivery.appliedAt = applied
	s.touch(a)
	return &portonev2.ModifyEscrowLogisticsResponse{
		InvoiceNumber: req.Logistics.InvoiceNumber, SentAt: req.Logistics.SentAt, ModifiedAt: s.now().timestamp(),
	}, nil
}

// ConfirmEscrow implements PaymentServiceServer. Only a purchase whose delivery
// is registered can be confirmed.
func (s *Store) ConfirmEscrow(_ context.Context, req *portonev2.ConfirmEscrowRequest) (*portonev2.ConfirmEscrowResponse, error) {
	a, err := s.findEscrow(req.PaymentId, req.StoreId, deliveryRegistered, delivered)
	if err != nil {
		return nil, err
	}
	confirmed := *a.delivery
	confirmed.status = deliveryConfirmed
	a.delivery = &confirmed
	s.touch(a)
	return &portonev2.ConfirmEscrowResponse{CompletedAt: s.now().timestamp()}, nil
}
