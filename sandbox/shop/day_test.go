package shop

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestSubscription charges a customer for three months, the second of which
// fails and is paid a few days later under the same id; then the customer
// leaves.
func TestSubscription(t *testing.T) {
	s, w := open()
	key := issueKey(t, s, "4000000000000341")
	const price = 9_900

	do(t, s.PayWithBillingKey, byKey("month-1", key, price))
	look(t, s, "month-1", paid)

	second := do(t, s.CreatePaymentSchedule, later("month-2", key, price, w, 30*day)).Schedule.GetId()
	w.Clock.Advance(30*day - time.Second)
	if d := do(t, s.GetPaymentSchedule, &portonev2.GetPaymentScheduleRequest{PaymentScheduleId: second}); d.GetScheduled() == nil {
		t.Fatalf("before it is due: %v", d)
	}
	w.Clock.Advance(time.Second)
	if d := do(t, s.GetPaymentSchedule, &portonev2.GetPaymentScheduleRequest{PaymentScheduleId: second}); d.GetFailed() == nil {
		t.Fatalf("when it is due: %v", d)
	}
	if p := get(t, s, "month-2").GetFailed(); p.GetFailure().GetPgCode() != "REJECT_CARD_PAYMENT" || p.GetScheduleId() != second {
		t.Errorf("the failed month: %v", p)
	}
	w.Clock.Advance(3 * day)
	do(t, s.PayWithBillingKey, byKey("month-2", key, price))
	look(t, s, "month-2", paid)
	if tries := do(t, s.GetPaymentTransactions, &portonev2.GetPaymentTransactionsRequest{PaymentId: "month-2"}).Items; len(tries) != 2 ||
		tries[0].GetFailed() == nil || tries[1].GetPaid() == nil {
		t.Errorf("the tries: %v", tries)
	}

	third := do(t, s.CreatePaymentSchedule, later("month-3", key, price, w, 27*day)).Schedule.GetId()
	do(t, s.CreatePaymentSchedule, later("month-4", key, price, w, 57*day))
	w.Clock.Advance(40 * day)
	if d := do(t, s.GetPaymentSchedule, &portonev2.GetPaymentScheduleRequest{PaymentScheduleId: third}).GetSucceeded(); !d.GetCompletedAt().AsTime().Equal(opening.Add(60 * day)) {
		t.Errorf("the third month: %v", d)
	}

	refused(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: key}, portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_EXISTS)
	if gone := do(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{BillingKey: &key}).RevokedScheduleIds; len(gone) != 1 {
		t.Errorf("revoked: %v", gone)
	}
	do(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: key})
	w.Clock.Advance(365 * day)
	if charged := w.Counters["payment.charged"]; charged != 3 {
		t.Errorf("charged %d times", charged)
	}
	if answer := do(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{BillingKey: world.Ptr(issueKey(t, s, "4242424242424242"))}); answer.RevokedAt != nil {
		t.Errorf("nothing scheduled: %v", answer)
	}
}

// TestPartsUntilNothingIsLeft gives an order with taxed and tax-free goods back
// piece by piece.
func TestPartsUntilNothingIsLeft(t *testing.T) {
	s, w := open()
	order := byCard("basket", 13_000, "4242424242424242")
	order.Amount.TaxFree = world.Ptr(int64(3_000))
	do(t, s.PayInstantly, order)
	if a := look(t, s, "basket", paid).GetAmount(); a.GetVat() != 909 || a.GetSupply() != 9_091 || a.GetPaid() != 13_000 {
		t.Errorf("paid: %v", a)
	}

	book := cancelPart("basket", 3_000) // all of the tax-free goods
	book.TaxFreeAmount, book.CurrentCancellableAmount = world.Ptr(int64(3_000)), world.Ptr(int64(13_000))
	if c := do(t, s.CancelPayment, book).Cancellation.GetSucceeded(); c.GetVatAmount() != 0 || c.GetTaxFreeAmount() != 3_000 {
		t.Errorf("the book: %v", c)
	}
	if c := do(t, s.CancelPayment, cancelPart("basket", 5_000)).Cancellation.GetSucceeded(); c.GetVatAmount() != 455 {
		t.Errorf("half of the rest: %v", c)
	}
	if a := look(t, s, "basket", partial).GetAmount(); a.GetCancelled() != 8_000 || a.GetCancelledTaxFree() != 3_000 || a.GetPaid() != 13_000 {
		t.Errorf("after two parts: %v", a)
	}
	refused(t, s.CancelPayment, cancelPart("basket", 5_001), portonev2.ErrorReason_ERROR_REASON_CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT)
	if c := do(t, s.CancelPayment, cancelAll("basket")).Cancellation.GetSucceeded(); c.GetTotalAmount() != 5_000 || c.GetVatAmount() != 454 {
		t.Errorf("the rest: %v", c)
	}
	look(t, s, "basket", cancelled)
	refused(t, s.CancelPayment, cancelAll("basket"), portonev2.ErrorReason_ERROR_REASON_PAYMENT_ALREADY_CANCELLED)
	if n := w.Counters["payment.cancelled"]; n != 3 {
		t.Errorf("cancelled %d times", n)
	}

	events := do(t, s.GetAllPaymentEventsByCursor, &portonev2.GetAllPaymentEventsByCursorRequest{}).Items
	var moved int64
	for _, e := range events {
		moved += e.PaymentEvent.GetPaid().GetEventAmount() + e.PaymentEvent.GetPartialCancelled().GetEventAmount() + e.PaymentEvent.GetCancelled().GetEventAmount()
	}
	if len(events) != 4 || moved != 0 {
		t.Errorf("%d events that move %d", len(events), moved)
	}
}

// TestVirtualAccounts has one that is paid and refunded, one that no one pays,
// and one that is closed.
func TestVirtualAccounts(t *testing.T) {
	s, w := open()
	order := byAccount("sofa", 300_000, 48)
	order.Method.VirtualAccount.CashReceipt = &portonev2.InstantPaymentMethodInputVirtualAccountCashReceiptInfo{
		Type: portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_PERSONAL.Enum(), CustomerIdentityNumber: world.Ptr("01000000000"),
	}
	do(t, s.PayInstantly, order)
	do(t, s.PayInstantly, byAccount("lamp", 40_000, 24))
	do(t, s.PayInstantly, byAccount("rug", 50_000, 24))
	if a := look(t, s, "sofa", issued); a.GetAmount().GetPaid() != 0 || len(a.GetMethod().GetPaymentMethodVirtualAccount().GetAccountNumber()) != 14 {
		t.Errorf("issued: %v", a)
	}
	refused(t, s.PayInstantly, byAccount("sofa", 300_000, 48), portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID)
	refused(t, s.CancelPayment, cancelAll("sofa"), portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_PAID)

	do(t, s.CloseVirtualAccount, &portonev2.CloseVirtualAccountRequest{PaymentId: "rug"})
	w.Clock.Advance(day)
	for _, id := range []string{"lamp", "rug"} {
		look(t, s, id, failed)
		if err := s.Deposit(id, 0); err == nil {
			t.Errorf("a deposit for %s", id)
		}
	}
	if err := s.Deposit("sofa", 299_999); err == nil {
		t.Error("a deposit that is one won short")
	}
	if err := s.Deposit("sofa", 0); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(30 * day) // the account was due meanwhile
	look(t, s, "sofa", paid)
	if p := get(t, s, "sofa").GetPaid(); p.GetCashReceipt().GetIssued().GetTotalAmount() != 300_000 ||
		p.GetCashReceiptIssuanceStatus() != portonev2.CashReceiptIssuanceStatus_CASH_RECEIPT_ISSUANCE_STATUS_ISSUED {
		t.Errorf("the receipt: %v", p)
	}

	refused(t, s.CancelPayment, cancelAll("sofa"), portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
	back := cancelAll("sofa")
	back.RefundAccount = &portonev2.CancelPaymentBodyRefundAccount{
		Bank: portonev2.Bank_BANK_KAKAO.Enum(), Number: world.Ptr(RefusedRefundAccount), HolderName: world.Ptr("홍길동"),
	}
	refused(t, s.CancelPayment, back, portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
	if p := get(t, s, "sofa").GetPaid(); len(p.GetCancellations()) != 1 || p.Cancellations[0].GetFailed() == nil {
		t.Errorf("after a refused refund: %v", p)
	}
	back.RefundAccount.Number = world.Ptr("3333000000000")
	do(t, s.CancelPayment, back)
	if m := look(t, s, "sofa", cancelled).GetMethod().GetPaymentMethodVirtualAccount(); m.GetRefundStatus() !=
		portonev2.PaymentMethodVirtualAccountRefundStatus_PAYMENT_METHOD_VIRTUAL_ACCOUNT_REFUND_STATUS_COMPLETED {
		t.Errorf("refunded: %v", m)
	}
	do(t, s.PayInstantly, byCard("lamp", 40_000, "4242424242424242")) // the customer comes back
	look(t, s, "lamp", paid)
}

// TestFixedAccounts gives the same number for the same id of the PG.
func TestFixedAccounts(t *testing.T) {
	s, _ := open()
	number := func(id string, fixed *portonev2.InstantPaymentMethodInputVirtualAccountOptionFixed) string {
		req := byAccount(id, 1_000, 1)
		req.Method.VirtualAccount.Option = &portonev2.InstantPaymentMethodInputVirtualAccountOption{
			Type:  portonev2.InstantPaymentMethodInputVirtualAccountOptionType_INSTANT_PAYMENT_METHOD_INPUT_VIRTUAL_ACCOUNT_OPTION_TYPE_FIXED.Enum(),
			Fixed: fixed,
		}
		do(t, s.PayInstantly, req)
		return look(t, s, id, issued).GetMethod().GetPaymentMethodVirtualAccount().GetAccountNumber()
	}
	a := number("a", &portonev2.InstantPaymentMethodInputVirtualAccountOptionFixed{PgAccountId: world.Ptr("kim")})
	b := number("b", &portonev2.InstantPaymentMethodInputVirtualAccountOptionFixed{PgAccountId: world.Ptr("lee")})
	again := number("c", &portonev2.InstantPaymentMethodInputVirtualAccountOptionFixed{PgAccountId: world.Ptr("kim")})
	own := number("d", &portonev2.InstantPaymentMethodInputVirtualAccountOptionFixed{AccountNumber: world.Ptr("56000000000001")})
	if a == b || a != again || own != "56000000000001" {
		t.Errorf("numbers %s, %s, %s, %s", a, b, again, own)
	}
}

// TestWindow has buyers in the payment window: one whose payment the server
// confirms, one who closes it, one who is declined and comes back, one whose
// server is late.
func TestWindow(t *testing.T) {
	s, w := open()
	do(t, s.PreRegisterPayment, &portonev2.PreRegisterPaymentRequest{
		PaymentId: "shoes", TotalAmount: world.Ptr(int64(80_000)), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
	})
	if _, err := s.PayInWindow(WindowPayment{PaymentID: "shoes", OrderName: "shoes", Amount: won(100)}); err == nil {
		t.Fatal("the browser changed the amount")
	}
	token, err := s.PayInWindow(WindowPayment{PaymentID: "shoes", OrderName: "shoes", Amount: won(80_000), Confirm: true, Mobile: true})
	if err != nil {
		t.Fatal(err)
	}
	a := look(t, s, "shoes", ready)
	confirm := &portonev2.ConfirmPaymentRequest{
		PaymentId: "shoes", PaymentToken: &token, TxId: world.Ptr(a.GetTransactionId()), TotalAmount: world.Ptr(int64(80_000)),
		Currency: portonev2.Currency_CURRENCY_KRW.Enum(), IsTest: world.Ptr(false),
	}
	refused(t, s.ConfirmPayment, confirm, portonev2.ErrorReason_ERROR_REASON_INFORMATION_MISMATCH)
	confirm.IsTest = world.Ptr(true)
	do(t, s.ConfirmPayment, confirm)
	look(t, s, "shoes", paid)
	refused(t, s.ConfirmPayment, confirm, portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID)

	if _, err := s.PayInWindow(WindowPayment{PaymentID: "hat", OrderName: "hat", Amount: won(20_000), Closed: true}); err == nil {
		t.Error("a closed window paid")
	}
	if p := get(t, s, "hat").GetFailed(); p.GetFailure().GetPgCode() != "PAY_PROCESS_CANCELED" {
		t.Errorf("a closed window: %v", p)
	}
	if _, err := s.PayInWindow(WindowPayment{PaymentID: "hat", OrderName: "hat", Amount: won(20_000), Card: credential("4000000000006975")}); err == nil {
		t.Error("a declined card paid")
	}
	if _, err := s.PayInWindow(WindowPayment{PaymentID: "hat", OrderName: "hat", Amount: won(20_000)}); err != nil {
		t.Error(err)
	}
	look(t, s, "hat", paid)
	if tries := do(t, s.GetPaymentTransactions, &portonev2.GetPaymentTransactionsRequest{PaymentId: "hat"}).Items; len(tries) != 3 {
		t.Errorf("the tries: %v", tries)
	}

	token, _ = s.PayInWindow(WindowPayment{PaymentID: "belt", OrderName: "belt", Amount: won(10_000), Confirm: true})
	w.Clock.Advance(ConfirmWithin + time.Second)
	late := &portonev2.ConfirmPaymentRequest{PaymentId: "belt", PaymentToken: &token}
	refused(t, s.ConfirmPayment, late, portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
	look(t, s, "belt", failed)
	refused(t, s.ConfirmPayment, late, portonev2.ErrorReason_ERROR_REASON_INVALID_PAYMENT_TOKEN)
}

// TestWindowMethods pays with everything that buyers have.
func TestWindowMethods(t *testing.T) {
	s, _ := open()
	for number, name := range portonev2.PaymentMethodType_name {
		method := portonev2.PaymentMethodType(number)
		_, err := s.PayInWindow(WindowPayment{PaymentID: name, OrderName: name, Amount: won(10_000), Method: method})
		switch method {
		case portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CONVENIENCE_STORE:
			if err == nil {
				t.Errorf("%s is said not to be imitated", name)
			}
			continue
		case portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT:
			look(t, s, name, issued)
		default:
			look(t, s, name, paid)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if method != 0 {
			found := do(t, s.GetPayments, &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{Methods: []portonev2.PaymentMethodType{method}}}).Page.GetTotalCount()
			if want := int32(1); found != want && method != portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CARD {
				t.Errorf("%d payments by %s", found, name)
			}
		}
	}
}

// TestCrypto waits for a payment in cryptocurrency, requests two refunds of it,
// and takes one back.
func TestCrypto(t *testing.T) {
	s, w := open()
	if _, err := s.PayInWindow(WindowPayment{PaymentID: "coin", OrderName: "coin", ChannelKey: ChannelTripleA, Amount: won(1_000), Currency: portonev2.Currency_CURRENCY_USD}); err != nil {
		t.Fatal(err)
	}
	look(t, s, "coin", pending)
	refused(t, s.PayInstantly, byCard("coin", 1_000, "4242424242424242"), portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID)
	w.Clock.Advance(PendingApproval)
	look(t, s, "coin", paid)

	refused(t, s.CancelPayment, cancelPart("coin", 400), portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
	cancel := func(amount int64) string {
		req := cancelPart("coin", amount)
		req.RefundEmail = world.Ptr("buyer@example.com")
		return do(t, s.CancelPayment, req).Cancellation.GetRequested().GetId()
	}
	first, second := cancel(400), cancel(600)
	refused(t, s.CancelPayment, cancelAll("coin"), portonev2.ErrorReason_ERROR_REASON_CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT)
	if a := look(t, s, "coin", paid).GetAmount(); a.GetCancelled() != 0 {
		t.Errorf("while it is requested: %v", a)
	}
	stop := &portonev2.StopPaymentCancellationRequest{PaymentId: "coin", CancellationId: first}
	do(t, s.StopPaymentCancellation, stop)
	refused(t, s.StopPaymentCancellation, stop, portonev2.ErrorReason_ERROR_REASON_PAYMENT_CANCELLATION_NOT_PENDING)
	w.Clock.Advance(PendingCancellation)
	if a := look(t, s, "coin", partial).GetAmount(); a.GetCancelled() != 600 {
		t.Errorf("after the refund %s: %v", second, a)
	}
	refused(t, s.StopPaymentCancellation, &portonev2.StopPaymentCancellationRequest{PaymentId: "coin", CancellationId: second}, portonev2.ErrorReason_ERROR_REASON_PAYMENT_CANCELLATION_NOT_PENDING)
	cancel(150)
	w.Clock.Advance(time.Hour)
	cancel(250)
	w.Clock.Advance(PendingCancellation - time.Hour)
	look(t, s, "coin", partial) // the last one is still to come
	w.Clock.Advance(time.Hour)
	look(t, s, "coin", cancelled)
}

// TestEscrow sends goods, corrects the tracking number, and has the purchase
// confirmed.
func TestEscrow(t *testing.T) {
	s, w := open()
	order := byCard("vase", 70_000, "4242424242424242")
	order.IsEscrow = world.Ptr(true)
	do(t, s.PayInstantly, order)
	if p := get(t, s, "vase").GetPaid(); p.GetEscrow().GetBeforeRegistered() == nil {
		t.Errorf("before: %v", p.GetEscrow())
	}
	logistics := &portonev2.PaymentLogistics{
		Company: portonev2.PaymentLogisticsCompany_PAYMENT_LOGISTICS_COMPANY_CJ.Enum(), InvoiceNumber: world.Ptr("1"), SentAt: instantOf(w.Clock.Now()).timestamp(),
	}
	apply := &portonev2.ApplyEscrowLogisticsRequest{PaymentId: "vase", Logistics: logistics}
	modify := &portonev2.ModifyEscrowLogisticsRequest{PaymentId: "vase", Logistics: logistics}
	confirm := &portonev2.ConfirmEscrowRequest{PaymentId: "vase"}
	refused(t, s.ModifyEscrowLogistics, modify, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
	refused(t, s.ConfirmEscrow, confirm, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
	do(t, s.ApplyEscrowLogistics, apply)
	refused(t, s.ApplyEscrowLogistics, apply, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
	logistics = &portonev2.PaymentLogistics{Company: logistics.Company, InvoiceNumber: world.Ptr("2"), SentAt: logistics.SentAt, ReceivedAt: logistics.SentAt}
	modify.Logistics = logistics
	do(t, s.ModifyEscrowLogistics, modify)
	if e := get(t, s, "vase").GetPaid().GetEscrow().GetDelivered(); e.GetInvoiceNumber() != "2" || e.GetCompany() != "CJ" {
		t.Errorf("delivered: %v", e)
	}
	refused(t, s.CancelPayment, cancelPart("vase", 10), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
	do(t, s.ConfirmEscrow, confirm)
	if e := get(t, s, "vase").GetPaid().GetEscrow().GetConfirmed(); e == nil {
		t.Error("not confirmed")
	}
	do(t, s.CancelPayment, cancelAll("vase"))
	if e := get(t, s, "vase").GetCancelled().GetEscrow().GetCancelled(); e == nil {
		t.Error("not cancelled")
	}
	do(t, s.PayInstantly, byCard("mug", 9_000, "4242424242424242"))
	apply.PaymentId = "mug"
	refused(t, s.ApplyEscrowLogistics, apply, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
}

// TestWebhooks follows what a shop's endpoint would be told.
func TestWebhooks(t *testing.T) {
	s, w := open()
	var sent []Webhook
	s.OnWebhook = func(h Webhook) int {
		sent = append(sent, h)
		return 0
	}
	order := byAccount("tea", 5_000, 24)
	order.NoticeUrls = []string{"https://a.example", "https://b.example"}
	do(t, s.PayInstantly, order)
	if err := s.Deposit("tea", 5_000); err != nil {
		t.Fatal(err)
	}
	p := get(t, s, "tea").GetPaid()
	if len(p.Webhooks) != 4 || len(sent) != 4 || p.Webhooks[3].GetTrigger() != portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_VIRTUAL_ACCOUNT_DEPOSIT {
		t.Fatalf("webhooks: %v", p.Webhooks)
	}
	want := `{"type":"Transaction.Paid","timestamp":"2026-01-31T09:00:00.000Z","data":{"storeId":"store-sandbox","paymentId":"tea","transactionId":"` + p.GetTransactionId() + `"}}`
	if got := sent[3].Body; got != want || p.Webhooks[3].GetRequest().GetBody() != want {
		t.Errorf("body %s\nwant %s", got, want)
	}
	w.Clock.Advance(time.Hour)
	again := do(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "tea"}).Webhook
	if sent[4].Body != want || again.GetId() != p.Webhooks[3].GetId() || again.GetCurrentExecutionCount() != 2 {
		t.Errorf("resent: %v", again)
	}
	first := &portonev2.ResendWebhookRequest{PaymentId: "tea", WebhookId: p.Webhooks[0].Id}
	for range MaxResends {
		do(t, s.ResendWebhook, first)
	}
	refused(t, s.ResendWebhook, first, portonev2.ErrorReason_ERROR_REASON_MAX_WEBHOOK_RETRY_COUNT_REACHED)

	quiet := byCard("milk", 3_000, "4242424242424242")
	quiet.SkipWebhook = world.Ptr(true)
	do(t, s.PayInstantly, quiet)
	refused(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "milk"}, portonev2.ErrorReason_ERROR_REASON_WEBHOOK_NOT_FOUND)
	cancellation := do(t, s.CancelPayment, cancelPart("milk", 1_000)).Cancellation.GetSucceeded().GetId()
	var body webhookBody
	if err := json.Unmarshal([]byte(sent[len(sent)-1].Body), &body); err != nil || body.Type != transactionPartialCancelled || body.Data.CancellationID != cancellation {
		t.Errorf("%v, %v", body, err)
	}

	key := issueKey(t, s, "4242424242424242")
	do(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: key})
	kinds := make([]string, 2)
	for i, h := range sent[len(sent)-2:] {
		if err := json.Unmarshal([]byte(h.Body), &body); err != nil || body.Data.BillingKey != key {
			t.Errorf("%s, %v", h.Body, err)
		}
		kinds[i] = body.Type
	}
	if !slices.Equal(kinds, []string{billingKeyIssued, billingKeyDeleted}) {
		t.Errorf("about the key: %v", kinds)
	}
}
