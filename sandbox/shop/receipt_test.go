package shop

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestReceiptOfDeposit follows the cash receipt that is issued with a deposit, and
// one that took its place, to the end of the payment.
func TestReceiptOfDeposit(t *testing.T) {
	receipted := func(id string) *portonev2.PayInstantlyRequest {
		req := byAccount(id, 11_000, 24)
		req.Method.VirtualAccount.CashReceipt = &portonev2.InstantPaymentMethodInputVirtualAccountCashReceiptInfo{
			Type: portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_CORPORATE.Enum(), CustomerIdentityNumber: world.Ptr("2208162517"),
		}
		return req
	}
	refund := func(id string, amount *int64) *portonev2.CancelPaymentRequest {
		return &portonev2.CancelPaymentRequest{
			PaymentId: id, Reason: world.Ptr("r"), Amount: amount,
			RefundAccount: &portonev2.CancelPaymentBodyRefundAccount{Bank: portonev2.Bank_BANK_KDB.Enum(), Number: world.Ptr("1"), HolderName: world.Ptr("h")},
		}
	}
	s, _ := open()
	told := 0
	s.OnCashReceipt = func(storeID, paymentID string) {
		told++
		if p, found := s.PaymentOf(storeID, paymentID); !found || p.GetPaid() == nil && p.GetCancelled() == nil {
			t.Errorf("told of %s in %s, which is %v", paymentID, storeID, p)
		}
	}
	for _, id := range []string{"own", "other"} {
		do(t, s.PayInstantly, receipted(id))
		if err := s.Deposit(id, 0); err != nil {
			t.Fatal(err)
		}
	}
	issued := get(t, s, "own").GetPaid().GetCashReceipt().GetIssued()
	if issued.GetType() != portonev2.CashReceiptType_CASH_RECEIPT_TYPE_CORPORATE || issued.GetTotalAmount() != 11_000 || told != 2 {
		t.Errorf("issued %v; told %d times", issued, told)
	}
	s.SetCashReceipt(world.DefaultStoreID, "other", &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Issued{
		Issued: &portonev2.IssuedPaymentCashReceipt{
			IssueNumber: world.Ptr("by hand"), TotalAmount: issued.TotalAmount, Currency: issued.Currency, IssuedAt: issued.IssuedAt,
		},
	}})

	do(t, s.CancelPayment, refund("own", world.Ptr(int64(1_000))))
	if get(t, s, "own").GetPartialCancelled().GetCashReceipt().GetIssued() == nil || told != 2 {
		t.Errorf("a partial cancellation cancels the receipt; told %d times", told)
	}
	do(t, s.CancelPayment, refund("own", nil))
	if got := get(t, s, "own").GetCancelled().GetCashReceipt().GetCancelled(); got.GetIssueNumber() != issued.GetIssueNumber() || told != 3 {
		t.Errorf("cancelled %v; told %d times", got, told)
	}
	do(t, s.CancelPayment, refund("other", nil))
	if got := get(t, s, "other").GetCancelled().GetCashReceipt().GetIssued(); got.GetIssueNumber() != "by hand" || told != 3 {
		t.Errorf("the receipt by hand is %v; told %d times", got, told)
	}
}
