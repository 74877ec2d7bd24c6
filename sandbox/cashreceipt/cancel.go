package cashreceipt

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// CancelCashReceiptByPaymentId cancels the whole receipt of a payment; the payment
// stays as it is. Errors: CASH_RECEIPT_NOT_FOUND, and CASH_RECEIPT_NOT_ISSUED if
// it is cancelled already or its issue failed.
func (s *Store) CancelCashReceiptByPaymentId(_ context.Context, req *portonev2.CancelCashReceiptByPaymentIdRequest) (*portonev2.CancelCashReceiptResponse, error) {
	r, err := s.find(keyOf(req.StoreId, req.GetPaymentId()))
	if err != nil {
		return nil, err
	}
	if r.status != issued {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CASH_RECEIPT_NOT_ISSUED,
			"the cash receipt of payment %q is not issued", req.GetPaymentId())
	}
	now := s.world.Clock.Timestamp()
	was := proto.CloneOf(r.message.GetIssued())
	*r = *read(&portonev2.CashReceipt{Status: &portonev2.CashReceipt_Cancelled{Cancelled: cancel(was, now)}})
	s.showOnPayment(r)
	s.world.Counters.Add("cash_receipt.cancelled")
	return &portonev2.CancelCashReceiptResponse{
		CancelledAmount: world.Ptr(was.GetAmount()),
		CancelledAt:     proto.CloneOf(now),
	}, nil
}

// GetCashReceiptByPaymentId returns the receipt of a payment, or
// CASH_RECEIPT_NOT_FOUND.
func (s *Store) GetCashReceiptByPaymentId(_ context.Context, req *portonev2.GetCashReceiptByPaymentIdRequest) (*portonev2.CashReceipt, error) {
	r, err := s.find(keyOf(req.StoreId, req.GetPaymentId()))
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(r.message), nil
}

// cancel is an issued receipt as it looks once cancelled.
func cancel(r *portonev2.IssuedCashReceipt, at *timestamppb.Timestamp) *portonev2.CancelledCashReceipt {
	return &portonev2.CancelledCashReceipt{
		MerchantId:      r.MerchantId,
		StoreId:         r.StoreId,
		PaymentId:       r.PaymentId,
		Channel:         r.Channel,
		Amount:          r.Amount,
		TaxFreeAmount:   r.TaxFreeAmount,
		VatAmount:       r.VatAmount,
		Currency:        r.Currency,
		OrderName:       r.OrderName,
		IsManual:        r.IsManual,
		Type:            r.Type,
		PgReceiptId:     r.PgReceiptId,
		IssueNumber:     r.IssueNumber,
		Url:             r.Url,
		IssuedAt:        r.IssuedAt,
		CancelledAt:     at,
		StatusUpdatedAt: at,
	}
}
