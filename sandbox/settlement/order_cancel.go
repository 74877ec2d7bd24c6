package settlement

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// CreatePlatformOrderCancelTransfer cancels an order transfer, in full or in
// part. A cancellation cancels one transfer once, and all transfers of a PortOne
// payment that it cancels cannot come to more than it cancelled.
func (s *Store) CreatePlatformOrderCancelTransfer(_ context.Context, req *portonev2.CreatePlatformOrderCancelTransferRequest) (*portonev2.CreateOrderCancelTransferResponse, error) {
	m, req := s.in(req, req.Test), world.Known(req)
	if err := firstError(checkCancel(req, m.test), checkDays(req.SettlementStartDate, req.SettlementDate)); err != nil {
		return nil, err
	}
	original, err := m.cancelledTransfer(req)
	if err != nil {
		return nil, err
	}
	refund, err := m.refundOf(original, req)
	if err != nil {
		return nil, err
	}
	left := remainder(original)
	if err := firstError(
		checkUncancelled(original, left),
		checkFirst(original, req.GetCancellationId()),
		m.checkProperties(req.GetUserDefinedProperties()),
		m.checkUnused(req.Id),
	); err != nil {
		return nil, err
	}
	cancelled, err := left.cancel(req, m.test)
	if err != nil {
		return nil, err
	}
	if err := m.checkRefunded(original, req.GetCancellationId(), cancelled.payment(), refund); err != nil {
		return nil, err
	}
	cycle := original.order().GetContract().GetSettlementCycle()
	from, on, err := m.days(req.SettlementStartDate, req.SettlementDate, refund.at, cycle)
	if err != nil {
		return nil, err
	}
	transfer := m.orderCancelTransfer(req, original, cancelled, refund)
	transfer.SettlementStartDate, transfer.SettlementDate = world.Ptr(showDay(from)), world.Ptr(showDay(on))
	entered := newTransfer(transfer)
	entered.original = original
	m.enter(entered)
	m.world.Counters.Add("platform.transfer.cancelled")
	return &portonev2.CreateOrderCancelTransferResponse{Transfer: proto.CloneOf(transfer)}, nil
}

// orderCancelTransfer makes the transfer, but for its days.
func (m *mode) orderCancelTransfer(req *portonev2.CreatePlatformOrderCancelTransferRequest, original *transfer, cancelled order, refund refund) *portonev2.PlatformOrderCancelTransfer {
	of := original.body.(*portonev2.PlatformOrderTransfer) // what both have in common they share
	id, graphql := m.transferIDs(req.Id)
	subtract := of.GetContract().GetSubtractPaymentVatAmount()
	return &portonev2.PlatformOrderCancelTransfer{
		Id:                    &id,
		GraphqlId:             &graphql,
		Partner:               of.Partner,
		Memo:                  req.Memo,
		SettlementCurrency:    of.GetSettlementCurrency().Enum(),
		IsForTest:             &m.test,
		UserDefinedProperties: req.GetUserDefinedProperties(),
		Amount:                cancelled.message(subtract),
		Contract:              of.Contract,
		Payment:               of.Payment,
		OrderLines:            cancelled.lineMessages(subtract),
		AdditionalFees:        cancelled.feeMessages(),
		Discounts:             cancelled.discountMessages(),
		Cancellation: &portonev2.PlatformOrderTransferCancellation{
			Id:          req.CancellationId,
			CancelledAt: timestamppb.New(refund.at),
		},
		Parameters: of.Parameters,
	}
}

// cancelledTransfer finds the order transfer that a request cancels.
func (m *mode) cancelledTransfer(req *portonev2.CreatePlatformOrderCancelTransferRequest) (*transfer, error) {
	fits := func(t *transfer) bool {
		return (req.PartnerId == nil || t.GetPartner().GetId() == *req.PartnerId) &&
			(req.PaymentId == nil || paymentOf(t.order().GetPayment()).GetId() == *req.PaymentId)
	}
	if req.TransferId != nil {
		t, err := m.transfers.find(*req.TransferId)
		if err == nil && (t.kind() != portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_ORDER || !fits(t)) {
			err = transferNotFound("%q is no order transfer of that partner and payment", *req.TransferId)
		}
		return t, err
	}
	if req.PartnerId == nil || req.PaymentId == nil {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_SPECIFY_TRANSFER,
			"either transferId or both partnerId and paymentId")
	}
	return m.transferOf(*req.PaymentId, req.GetExternalCancellationDetail() != nil, fits)
}

// transferOf finds the only transfer that fits of a payment. A payment of the other
// kind, PortOne's or not, is found where there is none of the right one.
func (m *mode) transferOf(payment string, external bool, fits func(*transfer) bool) (*transfer, error) {
	for _, key := range []paymentKey{{payment, external}, {payment, !external}} {
		var found []*transfer
		for _, t := range m.transfers.order[key] {
			if fits(t) {
				found = append(found, t)
			}
		}
		switch {
		case len(found) > 1:
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_SPECIFY_TRANSFER,
				"payment %q has several transfers to the partner", payment)
		case len(found) == 1:
			return found[0], nil
		}
	}
	if !external {
		if _, err := m.paidPayment(payment); err != nil {
			return nil, err
		}
	}
	return nil, transferNotFound("payment %q has no transfer to the partner", payment)
}

// refund is the cancellation of a payment.
type refund struct {
	at     time.Time
	amount *split // nil for a payment made elsewhere
}

// refundOf finds the cancellation that a request names, or takes the one that is
// described.
func (m *mode) refundOf(original *transfer, req *portonev2.CreatePlatformOrderCancelTransferRequest) (refund, error) {
	payment, detail := original.order().GetPayment(), req.GetExternalCancellationDetail()
	if (payment.GetExternal() != nil) != (detail != nil) {
		return refund{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLATION_AND_PAYMENT_TYPE_MISMATCHED,
			"externalCancellationDetail belongs to payments made elsewhere, and to no others")
	}
	if detail != nil {
		at := m.world.Clock.Now()
		if detail.GetCancelledAt() != nil {
			at = detail.GetCancelledAt().AsTime()
		}
		return refund{at: at}, nil
	}
	p, err := m.paidPayment(payment.GetPortOne().GetId())
	if err != nil {
		return refund{}, err
	}
	c, err := cancellation(p, req.GetCancellationId())
	if err != nil {
		return refund{}, err
	}
	return refund{at: cancelledOn(c), amount: &split{c.GetTotalAmount(), c.GetTaxFreeAmount()}}, nil
}

// checkUncancelled refuses an order of which nothing is left.
func checkUncancelled(original *transfer, left order) error {
	if len(original.cancels) == 0 || left.amounts != (amounts{}) {
		return nil
	}
	for _, l := range left.lines {
		if l.quantity > 0 { // pieces that cost nothing
			return nil
		}
	}
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ORDER_TRANSFER_ALREADY_CANCELLED,
		"transfer %q is cancelled as a whole", original.GetId())
}

// checkFirst refuses a cancellation that took back the transfer already.
func checkFirst(original *transfer, cancellation string) error {
	for _, t := range original.cancels {
		if cancellationID(t) == cancellation {
			return alreadyExists(t)
		}
	}
	return nil
}

func cancellationID(t *transfer) string {
	return t.body.(*portonev2.PlatformOrderCancelTransfer).GetCancellation().GetId()
}

// checkRefunded refuses what would cancel more for a PortOne cancellation than
// it cancelled.
func (m *mode) checkRefunded(original *transfer, cancellation string, requested split, refund refund) error {
	if refund.amount == nil {
		return nil
	}
	var registered split
	for _, t := range m.transfers.order[keyOf(original.order().GetPayment())] {
		for _, c := range t.cancels {
			if cancellationID(c) == cancellation {
				registered = registered.plus(readAmounts(c.order().GetAmount()).payment())
			}
		}
	}
	for _, part := range []struct {
		kind                            portonev2.PlatformPortOnePaymentCancelAmountType
		registered, requested, refunded int64
	}{
		{portonev2.PlatformPortOnePaymentCancelAmountType_PLATFORM_PORT_ONE_PAYMENT_CANCEL_AMOUNT_TYPE_SUPPLY_WITH_VAT,
			registered.taxed(), requested.taxed(), refund.amount.taxed()},
		{portonev2.PlatformPortOnePaymentCancelAmountType_PLATFORM_PORT_ONE_PAYMENT_CANCEL_AMOUNT_TYPE_TAX_FREE,
			registered.taxFree, requested.taxFree, refund.amount.taxFree},
	} {
		if part.registered+part.requested > part.refunded {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_CANCEL_AMOUNT_EXCEEDED_PORT_ONE_CANCEL,
				"%d would be cancelled of %d", part.registered+part.requested, part.refunded).
				With(&portonev2.PlatformSettlementCancelAmountExceededPortOneCancelError{
					RegisteredSettlementCancelAmount: &part.registered,
					RequestSettlementCancelAmount:    &part.requested,
					PortOneCancelAmount:              &part.refunded,
					AmountType:                       part.kind.Enum(),
				})
		}
	}
	return nil
}
