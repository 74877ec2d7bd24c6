package shop

import (
	"context"
	"math"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// RegisterStoreReceipt implements PaymentServiceServer. Only KG Inicis takes it
// (ChannelInicis).
func (s *Store) RegisterStoreReceipt(_ context.Context, req *portonev2.RegisterStoreReceiptRequest) (*portonev2.RegisterStoreReceiptResponse, error) {
	a, err := s.findPaid(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	if !a.route.through(portonev2.PgProvider_PG_PROVIDER_INICIS_V2) {
		return nil, invalid("only KG Inicis has receipts of sub-merchants, not %s", a.route.channel.GetPgProvider())
	}
	var total int64
	for i, item := range req.Items {
		amount := item.GetTotalAmount()
		switch {
		case amount <= 0 || amount > math.MaxInt64-total:
			return nil, invalid("items[%d].totalAmount must be positive", i)
		case item.GetCurrency() != a.currency:
			return nil, invalid("items[%d].currency is not that of the payment", i)
		}
		total += amount
	}
	if total == 0 || total > a.bill.price.amount {
		return nil, invalid("items are to make up the payment's total of %d or a part of it", a.bill.price.amount)
	}
	s.touch(a)
	return &portonev2.RegisterStoreReceiptResponse{ReceiptUrl: world.Ptr(receiptURL(a))}, nil
}

// SetCashReceipt shows a cash receipt on a payment, or none for nil. The payment
// is that of the default store, or else any of the id.
func (s *Store) SetCashReceipt(paymentID string, receipt *portonev2.PaymentCashReceipt) error {
	p := s.anywhere(paymentID)
	if p == nil {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no payment %q", paymentID)
	}
	a := p.current()
	a.receipt = proto.CloneOf(receipt)
	s.touch(a)
	return nil
}
