package cashreceipt

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

const (
	invalidRequest = portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST
	noChannel      = portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND
	pgProvider     = portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER
	alreadyIssued  = portonev2.ErrorReason_ERROR_REASON_CASH_RECEIPT_ALREADY_ISSUED
	notFound       = portonev2.ErrorReason_ERROR_REASON_CASH_RECEIPT_NOT_FOUND
	notIssued      = portonev2.ErrorReason_ERROR_REASON_CASH_RECEIPT_NOT_ISSUED
)

// payments are the payments of a sandbox, all of the default store.
type payments map[string]*portonev2.Payment

func (p payments) PaymentOf(store, id string) (*portonev2.Payment, bool) {
	payment, ok := p[id]
	return payment, ok && store == world.DefaultStoreID
}

func (p payments) SetCashReceipt(store, id string, receipt *portonev2.PaymentCashReceipt) {
	payment, ok := p.PaymentOf(store, id)
	switch state := payment.GetStatus().(type) {
	case *portonev2.Payment_Paid:
		state.Paid.CashReceipt = receipt
	case *portonev2.Payment_PartialCancelled:
		state.PartialCancelled.CashReceipt = receipt
	default:
		if ok {
			panic("a receipt of a payment that was not paid: " + id)
		}
	}
}

// newStore returns a store at a stopped clock, over five payments, of which one has
// a receipt.
func newStore() *Store {
	s := New(world.New(world.NewStoppedClock(start)), payments{
		"paid":      paid("paid", 11_000, 0, nil),
		"partial":   partial("partial", 11_000, 4_000),
		"receipted": paid("receipted", 5_500, 0, issuedWithPayment()),
		"ready":     {Status: &portonev2.Payment_Ready{Ready: &portonev2.ReadyPayment{StoreId: world.Ptr(world.DefaultStoreID)}}},
	})
	for _, id := range []string{"paid", "receipted", "ready", "nothing"} {
		s.Follow(world.DefaultStoreID, id)
	}
	return s
}

func paid(id string, total, cancelled int64, receipt *portonev2.PaymentCashReceipt) *portonev2.Payment {
	via, _ := issuers.Channel("channel-key-sandbox-nice")
	return &portonev2.Payment{Status: &portonev2.Payment_Paid{Paid: &portonev2.PaidPayment{
		Id: &id, MerchantId: world.Ptr("merchant"), StoreId: world.Ptr(world.DefaultStoreID), Channel: via,
		OrderName: world.Ptr("Socks"), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		Amount:      &portonev2.PaymentAmount{Total: &total, Paid: &total, Cancelled: &cancelled, Vat: world.Ptr(total / 11)},
		CashReceipt: receipt,
	}}}
}

func partial(id string, total, cancelled int64) *portonev2.Payment {
	p := paid(id, total, cancelled, nil).GetPaid()
	return &portonev2.Payment{Status: &portonev2.Payment_PartialCancelled{PartialCancelled: &portonev2.PartialCancelledPayment{
		Id: p.Id, MerchantId: p.MerchantId, StoreId: p.StoreId, Channel: p.Channel,
		OrderName: p.OrderName, Currency: p.Currency, Amount: p.Amount,
	}}}
}

// issuedWithPayment is a receipt that a payment got a day before the start.
func issuedWithPayment() *portonev2.PaymentCashReceipt {
	return &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Issued{Issued: &portonev2.IssuedPaymentCashReceipt{
		Type: personal.Enum(), IssueNumber: world.Ptr("123456789"), TotalAmount: world.Ptr(int64(5_500)),
		TaxFreeAmount: world.Ptr(int64(0)), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		IssuedAt: world.NewStoppedClock(start.Add(-24 * time.Hour)).Timestamp(),
	}}}
}

const (
	personal  = portonev2.CashReceiptType_CASH_RECEIPT_TYPE_PERSONAL
	corporate = portonev2.CashReceiptType_CASH_RECEIPT_TYPE_CORPORATE
)

// request asks for a receipt over 11,000 won, changed by edits.
func request(payment string, edits ...func(*portonev2.IssueCashReceiptRequest)) *portonev2.IssueCashReceiptRequest {
	req := &portonev2.IssueCashReceiptRequest{
		PaymentId: &payment, ChannelKey: world.Ptr("channel-key-1"), Type: personal.Enum(), OrderName: world.Ptr("Socks"),
		Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		Amount:   &portonev2.PaymentAmountInput{Total: world.Ptr(int64(11_000))},
		Customer: &portonev2.IssueCashReceiptCustomerInput{IdentityNumber: world.Ptr("010-1234-5678")},
	}
	for _, edit := range edits {
		edit(req)
	}
	return req
}

// issue issues a receipt that nothing speaks against.
func issue(t *testing.T, s *Store, payment string, edits ...func(*portonev2.IssueCashReceiptRequest)) {
	t.Helper()
	answer, err := s.IssueCashReceipt(context.Background(), request(payment, edits...))
	if err != nil {
		t.Fatalf("issue for %s: %v", payment, err)
	}
	worldtest.Complete(t, answer)
}

// undo cancels the receipt of a payment.
func undo(s *Store, payment string) (*portonev2.CancelCashReceiptResponse, error) {
	return s.CancelCashReceiptByPaymentId(context.Background(), &portonev2.CancelCashReceiptByPaymentIdRequest{PaymentId: payment})
}

// get returns the receipt of a payment.
func get(t *testing.T, s *Store, payment string) *portonev2.CashReceipt {
	t.Helper()
	answer, err := s.GetCashReceiptByPaymentId(context.Background(), &portonev2.GetCashReceiptByPaymentIdRequest{PaymentId: payment})
	if err != nil {
		t.Fatalf("get for %s: %v", payment, err)
	}
	worldtest.Complete(t, answer)
	return answer
}

// expect fails the test unless err is a fault with a reason.
func expect(t *testing.T, err error, want portonev2.ErrorReason) *world.Refusal {
	t.Helper()
	var fault *world.Refusal
	if !errors.As(err, &fault) || fault.Reason != want {
		t.Fatalf("error %v, want %v", err, want)
	}
	return fault
}

// TestRefusals provokes every typed error of the four operations.
func TestRefusals(t *testing.T) {
	type edit = func(*portonev2.IssueCashReceiptRequest)
	kind := func(k portonev2.IssueCashReceiptCustomerInputIdentityNumberType, number string) edit {
		return func(r *portonev2.IssueCashReceiptRequest) {
			r.Customer.IdentityNumberType, r.Customer.IdentityNumber = &k, &number
		}
	}
	sum := func(total int64, taxFree, vat *int64) edit {
		return func(r *portonev2.IssueCashReceiptRequest) {
			r.Amount = &portonev2.PaymentAmountInput{Total: &total, TaxFree: taxFree, Vat: vat}
		}
	}
	via := func(key string) edit {
		return func(r *portonev2.IssueCashReceiptRequest) { r.ChannelKey = &key }
	}
	tests := []struct {
		name    string
		payment string
		edit    edit
		want    portonev2.ErrorReason
	}{
		{"unknown channel", "x", via("channel-key-sandbox-missing"), noChannel},
		{"no payment id", "", nil, invalidRequest},
		{"no order name", "x", func(r *portonev2.IssueCashReceiptRequest) { r.OrderName = world.Ptr("") }, invalidRequest},
		{"paid later", "x", func(r *portonev2.IssueCashReceiptRequest) { r.PaidAt = timestamppb.New(start.AddDate(0, 1, 0)) }, invalidRequest},
		{"nothing", "x", sum(0, nil, nil), invalidRequest},
		{"negative", "x", sum(-1, nil, nil), invalidRequest},
		{"more tax-free than all", "x", sum(100, world.Ptr(int64(101)), nil), invalidRequest},
		{"negative tax-free", "x", sum(100, world.Ptr(int64(-1)), nil), invalidRequest},
		{"more VAT than is taxed", "x", sum(100, world.Ptr(int64(90)), world.Ptr(int64(11))), invalidRequest},
		{"negative VAT", "x", sum(100, nil, world.Ptr(int64(-1))), invalidRequest},
		{"Galaxia needs the kind of number", "x", via("channel-key-sandbox-galaxia"), invalidRequest},
		{"payment not paid", "ready", nil, invalidRequest},
		{"more than was paid", "paid", sum(11_001, nil, nil), invalidRequest},
		{"more than is left", "partial", sum(7_001, nil, nil), invalidRequest},
		{"another currency than the payment", "paid", func(r *portonev2.IssueCashReceiptRequest) {
			r.Currency = portonev2.Currency_CURRENCY_USD.Enum()
		}, invalidRequest},
		{"issued with the payment", "receipted", nil, alreadyIssued},
		{"not in won", "x", func(r *portonev2.IssueCashReceiptRequest) {
			r.Currency = portonev2.Currency_CURRENCY_USD.Enum()
		}, pgProvider},
		{"no number", "x", func(r *portonev2.IssueCashReceiptRequest) {
			r.Customer.IdentityNumber = world.Ptr("nobody")
		}, pgProvider},
		{"not a phone number", "x", kind(1, "1234567890"), pgProvider},
		{"not a card number", "x", kind(2, "0101234567"), pgProvider},
		{"not a business number", "x", kind(3, "123-45-678901"), pgProvider},
		{"a number of no known kind", "x", kind(99, "1234567890"), pgProvider},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStore()
			req := request(test.payment)
			if test.edit != nil {
				test.edit(req)
			}
			_, err := s.IssueCashReceipt(context.Background(), req)
			fault := expect(t, err, test.want)
			if test.want == pgProvider {
				worldtest.Complete(t, fault.Data)
				if get(t, s, test.payment).GetIssueFailed() == nil {
					t.Error("the failed attempt is not kept")
				}
			} else if len(s.all) != 1 {
				t.Errorf("kept %v", s.all[1].message)
			}
			if s.world.Counters["cash_receipt.issued"] != 0 {
				t.Error("counted as issued")
			}
		})
	}
}

// TestLife follows a receipt through all its states.
func TestLife(t *testing.T) {
	s := newStore()
	ctx := context.Background()
	_, err := undo(s, "x")
	expect(t, err, notFound)
	_, err = s.GetCashReceiptByPaymentId(ctx, &portonev2.GetCashReceiptByPaymentIdRequest{PaymentId: "x"})
	expect(t, err, notFound)

	_, err = s.IssueCashReceipt(ctx, request("x", func(r *portonev2.IssueCashReceiptRequest) { r.Customer.IdentityNumber = world.Ptr("1") }))
	expect(t, err, pgProvider)
	_, err = undo(s, "x")
	expect(t, err, notIssued)

	s.world.Clock.Advance(time.Hour)
	issue(t, s, "x")
	first := get(t, s, "x")
	if got := first.GetIssued(); got.GetVatAmount() != 1_000 || !got.GetIsManual() || !got.GetIssuedAt().AsTime().Equal(start.Add(time.Hour)) {
		t.Errorf("issued: %v", got)
	}
	_, err = s.IssueCashReceipt(ctx, request("x"))
	expect(t, err, alreadyIssued)

	s.world.Clock.Advance(time.Hour)
	answer, err := undo(s, "x")
	if err != nil || answer.GetCancelledAmount() != 11_000 || !answer.GetCancelledAt().AsTime().Equal(start.Add(2*time.Hour)) {
		t.Fatalf("cancelled: %v, %v", answer, err)
	}
	worldtest.Complete(t, answer)
	if got := get(t, s, "x").GetCancelled(); got.GetIssueNumber() != first.GetIssued().GetIssueNumber() || first.GetIssued() == nil {
		t.Errorf("the cancelled receipt is %v, was %v", got, first)
	}
	_, err = undo(s, "x")
	expect(t, err, notIssued)

	issue(t, s, "x")
	if again := get(t, s, "x").GetIssued(); again.GetIssueNumber() == first.GetIssued().GetIssueNumber() {
		t.Error("the second receipt has the number of the first")
	}
	if got := s.world.Counters; got["cash_receipt.issued"] != 2 || got["cash_receipt.cancelled"] != 1 {
		t.Errorf("counters: %v", got)
	}
	if len(s.all) != 4 {
		t.Errorf("%d receipts: want one that failed, one cancelled, one issued, and the one of a payment", len(s.all))
	}
}

// TestReceiptOfPayment cancels a receipt that a payment got when it was paid.
func TestReceiptOfPayment(t *testing.T) {
	s := newStore()
	if got := get(t, s, "receipted").GetIssued(); got.GetIsManual() || got.GetMerchantId() != "merchant" || got.GetAmount() != 5_500 {
		t.Errorf("issued: %v", got)
	}
	issue(t, s, "x")
	if answer, err := undo(s, "receipted"); err != nil || answer.GetCancelledAmount() != 5_500 {
		t.Fatalf("cancelled: %v, %v", answer, err)
	}
	if got := get(t, s, "receipted").GetCancelled(); got.GetIsManual() {
		t.Errorf("cancelled: %v", got)
	}
	if s.all[0].GetPaymentId() != "receipted" {
		t.Error("the receipt issued first is not the first in order")
	}
	_, err := undo(s, "receipted")
	expect(t, err, notIssued)
	issue(t, s, "receipted", func(r *portonev2.IssueCashReceiptRequest) { r.Amount.Total = world.Ptr(int64(5_500)) })
}

// TestOnPayment expects payments to show the receipts that are issued for them.
func TestOnPayment(t *testing.T) {
	s := newStore()
	shown := func(id string) *portonev2.PaymentCashReceipt {
		p, _ := s.payments.PaymentOf(world.DefaultStoreID, id)
		return p.GetPaid().GetCashReceipt()
	}
	issue(t, s, "paid")
	if got, want := shown("paid").GetIssued(), get(t, s, "paid").GetIssued(); got.GetIssueNumber() != want.GetIssueNumber() || got.GetTotalAmount() != 11_000 {
		t.Errorf("the payment shows %v, not %v", got, want)
	}
	s.world.Clock.Advance(time.Hour)
	for _, id := range []string{"paid", "receipted"} {
		if _, err := undo(s, id); err != nil {
			t.Fatal(err)
		}
		got := shown(id)
		worldtest.Complete(t, got)
		if !got.GetCancelled().GetCancelledAt().AsTime().Equal(start.Add(time.Hour)) {
			t.Errorf("payment %s shows %v", id, got)
		}
	}
}

// TestCancelledWithPayment follows a payment whose receipt was cancelled with it.
func TestCancelledWithPayment(t *testing.T) {
	p := paid("p", 5_500, 0, &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Cancelled{Cancelled: &portonev2.CancelledPaymentCashReceipt{
		IssueNumber: world.Ptr("1"), TotalAmount: world.Ptr(int64(5_500)), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		IssuedAt: world.NewStoppedClock(start).Timestamp(), CancelledAt: world.NewStoppedClock(start).Timestamp(),
	}}}).GetPaid()
	receipt := p.CashReceipt.GetCancelled()
	all := payments{"p": paid("p", 5_500, 0, &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Issued{Issued: &portonev2.IssuedPaymentCashReceipt{
		IssueNumber: receipt.IssueNumber, TotalAmount: receipt.TotalAmount, Currency: receipt.Currency, IssuedAt: receipt.IssuedAt,
	}}})}
	s := New(world.New(world.NewStoppedClock(start)), all)
	s.Follow(world.DefaultStoreID, "p")
	if get(t, s, "p").GetIssued() == nil {
		t.Error("not issued")
	}
	all["p"] = &portonev2.Payment{Status: &portonev2.Payment_Cancelled{Cancelled: &portonev2.CancelledPayment{
		Id: p.Id, MerchantId: p.MerchantId, StoreId: p.StoreId, Channel: p.Channel, OrderName: p.OrderName, Amount: p.Amount, CashReceipt: p.CashReceipt,
	}}}
	s.Follow(world.DefaultStoreID, "p")
	if len(s.all) != 1 {
		t.Errorf("%d receipts", len(s.all))
	}
	if got := get(t, s, "p").GetCancelled(); got.GetIssueNumber() != "1" || got.TaxFreeAmount != nil {
		t.Errorf("cancelled: %v", got)
	}
	_, err := undo(s, "p")
	expect(t, err, notIssued)
}

// TestOnlyElsewhere has a sandbox without payments.
func TestOnlyElsewhere(t *testing.T) {
	s := New(world.New(world.NewStoppedClock(start)), nil)
	issue(t, s, "ready")
	if got := get(t, s, "ready").GetIssued(); got.GetStoreId() != world.DefaultStoreID || got.GetMerchantId() != world.MerchantID {
		t.Errorf("issued: %v", got)
	}
}

// TestStores has receipts for payments of the same id in two stores, and for one
// whose store is not said.
func TestStores(t *testing.T) {
	s := newStore()
	inStore := func(store string) func(*portonev2.IssueCashReceiptRequest) {
		return func(r *portonev2.IssueCashReceiptRequest) { r.StoreId = &store }
	}
	issue(t, s, "x", inStore("a"))
	issue(t, s, "x", inStore("b"))
	issue(t, s, "y")
	issue(t, s, "receipted", inStore("a")) // the sandbox's payment is in another store
	for _, test := range []struct {
		payment string
		store   *string
		found   bool
	}{
		{"x", world.Ptr("a"), true},
		{"x", world.Ptr("b"), true},
		{"x", nil, false},
		{"y", nil, true},
		{"y", world.Ptr(world.DefaultStoreID), true},
		{"y", world.Ptr("a"), false},
	} {
		got, err := s.GetCashReceiptByPaymentId(context.Background(), &portonev2.GetCashReceiptByPaymentIdRequest{PaymentId: test.payment, StoreId: test.store})
		if (err == nil) != test.found || test.found && got.GetIssued().GetStoreId() != keyOf(test.store, "").store {
			t.Errorf("payment %q in store %v: %v, %v", test.payment, test.store, got, err)
		}
	}
}

// TestAnswersAreCopies changes answers and what is dumped, and expects the store to
// stay as it is.
func TestAnswersAreCopies(t *testing.T) {
	s := newStore()
	issue(t, s, "x")
	want := get(t, s, "x")
	get(t, s, "x").GetIssued().Amount = world.Ptr(int64(1))
	get(t, s, "x").GetIssued().GetChannel().Key = nil
	dumped := 0
	s.Dump(func(kind, id string, object proto.Message) {
		dumped++
		proto.Reset(object)
		if kind != "cashReceipts" || id != "x" && id != "receipted" {
			t.Errorf("dumped %s %s", kind, id)
		}
	})
	if got := get(t, s, "x"); !proto.Equal(got, want) || dumped != 2 {
		t.Errorf("%v\nwant %v", got, want)
	}
}
