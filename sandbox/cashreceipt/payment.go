package cashreceipt

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// paidPayment are the members used here of payments that have been paid, whether
// or not they were cancelled later.
type paidPayment interface {
	GetId() string
	GetMerchantId() string
	GetStoreId() string
	GetChannel() *portonev2.SelectedChannel
	GetOrderName() string
	GetAmount() *portonev2.PaymentAmount
	GetCurrency() portonev2.Currency
	GetCashReceipt() *portonev2.PaymentCashReceipt
}

// payment looks up a payment of the sandbox. It is known if the sandbox has it,
// and paid is nil unless it was paid.
func (s *Store) payment(k key) (paid paidPayment, known bool) {
	if s.payments == nil {
		return nil, false
	}
	found, ok := s.payments.PaymentOf(k.store, k.payment)
	if !ok {
		return nil, false
	}
	switch state := found.GetStatus().(type) {
	case *portonev2.Payment_Paid:
		return state.Paid, true
	case *portonev2.Payment_PartialCancelled:
		return state.PartialCancelled, true
	case *portonev2.Payment_Cancelled:
		return state.Cancelled, true
	}
	return nil, true
}

// checkPayment refuses a receipt that a payment cannot carry. A payment that the
// sandbox does not have was made elsewhere, and nothing is known of it.
func (s *Store) checkPayment(k key, currency portonev2.Currency, sum amount) error {
	paid, known := s.payment(k)
	if !known {
		return nil
	}
	if paid == nil {
		return world.Invalid("payment %q is not paid", k.payment)
	}
	if paid.GetCurrency() != currency {
		return world.Invalid("payment %q is in another currency: %s", k.payment, paid.GetCurrency())
	}
	left := paid.GetAmount().GetPaid() - paid.GetAmount().GetCancelled()
	if sum.total > left {
		return world.Invalid("amount.total is %d, of payment %q are left %d", sum.total, k.payment, left)
	}
	return nil
}

// Follow brings the receipt that a payment of the sandbox has by itself in line
// with what the payment says of it. It is called when a payment was paid with a
// receipt, and when one was cancelled.
func (s *Store) Follow(storeID, paymentID string) {
	k := key{storeID, paymentID}
	paid, _ := s.payment(k)
	if paid == nil {
		return
	}
	message := &portonev2.CashReceipt{}
	switch state := paid.GetCashReceipt().GetStatus().(type) {
	case *portonev2.PaymentCashReceipt_Issued:
		message.Status = &portonev2.CashReceipt_Issued{Issued: issuedWith(paid, state.Issued)}
	case *portonev2.PaymentCashReceipt_Cancelled:
		message.Status = &portonev2.CashReceipt_Cancelled{Cancelled: cancelledWith(paid, state.Cancelled)}
	default:
		return
	}
	now := read(message)
	if known := s.last[k]; known != nil && known.number() == now.number() {
		*known = *now
		return
	}
	s.keep(message)
}

// showOnPayment has the payment of a receipt show it.
func (s *Store) showOnPayment(r *receipt) {
	if s.payments == nil {
		return
	}
	shown := &portonev2.PaymentCashReceipt{}
	switch state := r.message.GetStatus().(type) {
	case *portonev2.CashReceipt_Issued:
		m := proto.CloneOf(state.Issued)
		shown.Status = &portonev2.PaymentCashReceipt_Issued{Issued: &portonev2.IssuedPaymentCashReceipt{
			Type: m.Type, PgReceiptId: m.PgReceiptId, IssueNumber: m.IssueNumber, TotalAmount: m.Amount, TaxFreeAmount: m.TaxFreeAmount,
			Currency: m.Currency, Url: m.Url, IssuedAt: m.IssuedAt,
		}}
	case *portonev2.CashReceipt_Cancelled:
		m := proto.CloneOf(state.Cancelled)
		shown.Status = &portonev2.PaymentCashReceipt_Cancelled{Cancelled: &portonev2.CancelledPaymentCashReceipt{
			Type: m.Type, PgReceiptId: m.PgReceiptId, IssueNumber: m.IssueNumber, TotalAmount: m.Amount, TaxFreeAmount: m.TaxFreeAmount,
			Currency: m.Currency, Url: m.Url, IssuedAt: m.IssuedAt, CancelledAt: m.CancelledAt,
		}}
	}
	s.payments.SetCashReceipt(r.GetStoreId(), r.GetPaymentId(), shown)
}

// issuedWith is a payment's receipt in the form of CashReceiptService.
func issuedWith(paid paidPayment, r *portonev2.IssuedPaymentCashReceipt) *portonev2.IssuedCashReceipt {
	return &portonev2.IssuedCashReceipt{
		MerchantId:      world.Ptr(paid.GetMerchantId()),
		StoreId:         world.Ptr(paid.GetStoreId()),
		PaymentId:       world.Ptr(paid.GetId()),
		Channel:         paid.GetChannel(),
		Amount:          world.Ptr(r.GetTotalAmount()),
		TaxFreeAmount:   r.TaxFreeAmount,
		VatAmount:       paid.GetAmount().Vat,
		Currency:        r.GetCurrency().Enum(),
		OrderName:       world.Ptr(paid.GetOrderName()),
		IsManual:        world.Ptr(false),
		Type:            r.Type,
		PgReceiptId:     r.PgReceiptId,
		IssueNumber:     world.Ptr(r.GetIssueNumber()),
		Url:             r.Url,
		IssuedAt:        r.GetIssuedAt(),
		StatusUpdatedAt: r.GetIssuedAt(),
	}
}

// cancelledWith is a payment's cancelled receipt in the form of CashReceiptService.
func cancelledWith(paid paidPayment, r *portonev2.CancelledPaymentCashReceipt) *portonev2.CancelledCashReceipt {
	return cancel(issuedWith(paid, &portonev2.IssuedPaymentCashReceipt{
		Type:          r.Type,
		PgReceiptId:   r.PgReceiptId,
		IssueNumber:   r.IssueNumber,
		TotalAmount:   r.TotalAmount,
		TaxFreeAmount: r.TaxFreeAmount,
		Currency:      r.Currency,
		Url:           r.Url,
		IssuedAt:      r.IssuedAt,
	}), r.GetCancelledAt())
}
