package shop

import (
	"math"
	"strings"
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

// TestStoreReceiptAmounts registers receipts of sub-merchants for a payment of 1100
// won, and expects amounts that do not add up to be refused in words that name them.
func TestStoreReceiptAmounts(t *testing.T) {
	type item = portonev2.RegisterStoreReceiptBodyItem
	items := func(changes ...func(*item)) *portonev2.RegisterStoreReceiptRequest {
		req := subReceipts("p", make([]int64, len(changes))...)
		for i, change := range changes {
			change(req.Items[i])
		}
		return req
	}
	of := func(total int64, parts ...int64) func(*item) { // tax-free, VAT, supply; -1 is absent
		return func(i *item) {
			i.TotalAmount = &total
			for at, part := range parts {
				if part != -1 {
					*[]**int64{&i.TaxFreeAmount, &i.VatAmount, &i.SupplyAmount}[at] = &part
				}
			}
		}
	}
	tests := []struct {
		name string
		req  *portonev2.RegisterStoreReceiptRequest
		want string // in the message; empty for no refusal
	}{
		{"all parts", items(of(1100, 110, 90, 900)), ""},
		{"no parts", items(of(1100)), ""},
		{"some parts", items(of(500, 500), of(300, -1, 30), of(300, -1, -1, 270)), ""},
		{"VAT is left", items(of(1100, 100, -1, 900)), ""},
		{"nothing", items(), "items are"},
		{"no total", items(of(0)), "items[0].totalAmount"},
		{"a negative total", items(of(100), of(-1)), "items[1].totalAmount"},
		{"negative and tax-free", items(of(100, -5)), "items[0].taxFreeAmount"},
		{"negative VAT", items(of(100, -1, -5)), "items[0].vatAmount"},
		{"negative supply", items(of(100, -1, -1, math.MinInt64)), "items[0].supplyAmount"},
		{"more tax-free than there is", items(of(100, 101)), "items[0].taxFreeAmount"},
		{"more VAT than is taxed", items(of(100, 50, 51)), "items[0].vatAmount"},
		{"more supply than is left", items(of(100, 50, 5, 46)), "items[0].supplyAmount"},
		{"parts that overflow", items(of(100, 50, math.MaxInt64, math.MaxInt64)), "items[0].vatAmount"},
		{"parts that are too little", items(of(100, 50, 5, 44)), "items[0]: taxFreeAmount, vatAmount and supplyAmount are 1 less"},
		{"more than was paid", items(of(1000), of(101)), "items[1].totalAmount: the items exceed the payment's total of 1100"},
		{"totals that overflow", items(of(1), of(math.MaxInt64)), "items[1].totalAmount: the items exceed"},
	}
	s, _ := open()
	do(t, s.PayInstantly, with(byCard("p", 1100, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.ChannelKey = world.Ptr(ChannelInicis) }))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, fault := try(t, s.RegisterStoreReceipt, test.req); (fault != nil) != (test.want != "") || fault != nil && !strings.HasPrefix(fault.Message, test.want) {
				t.Errorf("%v, want %q", fault, test.want)
			}
		})
	}
}
