package shop

import (
	"context"
	"fmt"

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
		return nil, world.Invalid("only KG Inicis has receipts of sub-merchants, not %s", a.route.channel.GetPgProvider())
	}
	left := a.bill.price.amount
	for i, item := range req.Items {
		switch problem := itemProblem(item); {
		case problem != "":
			return nil, world.Invalid("items[%d]%s", i, problem)
		case item.GetCurrency() != a.currency:
			return nil, world.Invalid("items[%d].currency is not that of the payment", i)
		case item.GetTotalAmount() > left:
			return nil, world.Invalid("items[%d].totalAmount: the items exceed the payment's total of %d", i, a.bill.price.amount)
		}
		left -= item.GetTotalAmount()
	}
	if len(req.Items) == 0 {
		return nil, world.Invalid("items are to make up the payment's total of %d or a part of it", a.bill.price.amount)
	}
	s.touch(a)
	return &portonev2.RegisterStoreReceiptResponse{ReceiptUrl: world.Ptr(receiptURL(a))}, nil
}

// itemProblem says what is wrong with the amounts of a sub-merchant's item: empty if
// nothing is. Total is what is tax-free, VAT and supply; nothing is tax-free unless
// said, and of VAT and supply one that is absent is what is left.
func itemProblem(item *portonev2.RegisterStoreReceiptBodyItem) string {
	total := item.GetTotalAmount()
	if total <= 0 {
		return ".totalAmount must be positive"
	}
	left := total
	for _, part := range []struct {
		name   string
		amount int64
	}{{"taxFreeAmount", item.GetTaxFreeAmount()}, {"vatAmount", item.GetVatAmount()}, {"supplyAmount", item.GetSupplyAmount()}} {
		if part.amount < 0 || part.amount > left {
			return fmt.Sprintf(".%s must be part of totalAmount, beside the other parts", part.name)
		}
		left -= part.amount
	}
	if item.VatAmount != nil && item.SupplyAmount != nil && left > 0 {
		return fmt.Sprintf(": taxFreeAmount, vatAmount and supplyAmount are %d less than totalAmount", left)
	}
	return ""
}

// SetCashReceipt shows a cash receipt on a payment, or none for nil. It does
// nothing if there is no such payment.
func (s *Store) SetCashReceipt(storeID, paymentID string, receipt *portonev2.PaymentCashReceipt) {
	p := s.payments.find(paymentKey{storeID, paymentID})
	if p == nil {
		return
	}
	a := p.current()
	a.receipt = proto.CloneOf(receipt)
	s.touch(a)
}

// issueReceipt issues the cash receipt that was asked for with the account of a
// payment that was just paid.
func (s *Store) issueReceipt(a *attempt) {
	a.receiptIssued = portonev2.CashReceiptIssuanceStatus_CASH_RECEIPT_ISSUANCE_STATUS_NOT_ISSUED
	kind := portonev2.CashReceiptType_CASH_RECEIPT_TYPE_PERSONAL
	switch a.means.account.CashReceipt.GetType() {
	case portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_PERSONAL:
	case portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_CORPORATE:
		kind = portonev2.CashReceiptType_CASH_RECEIPT_TYPE_CORPORATE
	default:
		return
	}
	a.receiptIssued = portonev2.CashReceiptIssuanceStatus_CASH_RECEIPT_ISSUANCE_STATUS_ISSUED
	a.receiptNumber = s.w.IDs.Digits("cash receipt", 9)
	a.receipt = &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Issued{Issued: &portonev2.IssuedPaymentCashReceipt{
		Type: kind.Enum(), PgReceiptId: world.Ptr(s.w.IDs.UUID("pg receipt")), IssueNumber: world.Ptr(a.receiptNumber),
		TotalAmount: world.Ptr(a.bill.price.amount), TaxFreeAmount: world.Ptr(a.bill.price.taxFree),
		Currency: a.currency.Enum(), IssuedAt: s.now().timestamp(),
	}}}
	s.tellReceipt(a)
}

// cancelReceipt cancels the cash receipt that a payment got when it was paid, if
// it is still in force: all of the payment went back.
func (s *Store) cancelReceipt(a *attempt) {
	r := a.receipt.GetIssued()
	if r == nil || r.GetIssueNumber() != a.receiptNumber {
		return
	}
	a.receipt = &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Cancelled{Cancelled: &portonev2.CancelledPaymentCashReceipt{
		Type: r.Type, PgReceiptId: r.PgReceiptId, IssueNumber: r.IssueNumber, TotalAmount: r.TotalAmount, TaxFreeAmount: r.TaxFreeAmount,
		Currency: r.Currency, Url: r.Url, IssuedAt: r.IssuedAt, CancelledAt: s.now().timestamp(),
	}}}
	s.tellReceipt(a)
}

func (s *Store) tellReceipt(a *attempt) {
	if s.OnCashReceipt != nil {
		s.OnCashReceipt(a.payment.storeID, a.payment.id)
	}
}
