package shop

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// parcel is a delivery to register.
var parcel = &portonev2.PaymentLogistics{
	Company: portonev2.PaymentLogisticsCompany_PAYMENT_LOGISTICS_COMPANY_POST.Enum(), InvoiceNumber: world.Ptr("1"), SentAt: instantOf(opening).timestamp(),
}

// paidFaults are those of what is done to a paid payment.
var paidFaults = []faultCase{
	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.CapturePayment, &portonev2.CapturePaymentRequest{PaymentId: "nothing"})
	}},
	{"PAYMENT_NOT_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.CapturePayment, &portonev2.CapturePaymentRequest{PaymentId: "issued"})
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		do(t, s.CapturePayment, &portonev2.CapturePaymentRequest{PaymentId: "paid"})
		return calling(t, s.CapturePayment, &portonev2.CapturePaymentRequest{PaymentId: "paid"})
	}},

	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.CloseVirtualAccount, &portonev2.CloseVirtualAccountRequest{PaymentId: "nothing"})
	}},
	{"PAYMENT_NOT_WAITING_FOR_DEPOSIT", func(t *testing.T, s *stock) call {
		return calling(t, s.CloseVirtualAccount, &portonev2.CloseVirtualAccountRequest{PaymentId: "paid"})
	}},

	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ApplyEscrowLogistics, &portonev2.ApplyEscrowLogisticsRequest{PaymentId: "nothing", Logistics: parcel})
	}},
	{"PAYMENT_NOT_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.ApplyEscrowLogistics, &portonev2.ApplyEscrowLogisticsRequest{PaymentId: "open", Logistics: parcel})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.ApplyEscrowLogistics, &portonev2.ApplyEscrowLogisticsRequest{PaymentId: "paid", Logistics: parcel})
	}},
	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ModifyEscrowLogistics, &portonev2.ModifyEscrowLogisticsRequest{PaymentId: "nothing", Logistics: parcel})
	}},
	{"PAYMENT_NOT_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.ModifyEscrowLogistics, &portonev2.ModifyEscrowLogisticsRequest{PaymentId: "open", Logistics: parcel})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.ModifyEscrowLogistics, &portonev2.ModifyEscrowLogisticsRequest{PaymentId: "paid", Logistics: parcel})
	}},
	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmEscrow, &portonev2.ConfirmEscrowRequest{PaymentId: "nothing"})
	}},
	{"PAYMENT_NOT_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmEscrow, &portonev2.ConfirmEscrowRequest{PaymentId: "cancelled"})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmEscrow, &portonev2.ConfirmEscrowRequest{PaymentId: "paid"})
	}},

	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.RegisterStoreReceipt, &portonev2.RegisterStoreReceiptRequest{PaymentId: "nothing"})
	}},
	{"PAYMENT_NOT_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.RegisterStoreReceipt, &portonev2.RegisterStoreReceiptRequest{PaymentId: "failed"})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { // not of KG Inicis
		return calling(t, s.RegisterStoreReceipt, &portonev2.RegisterStoreReceiptRequest{PaymentId: "paid"})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { // more than was paid
		do(t, s.PayInstantly, with(byCard("inicis", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.ChannelKey = world.Ptr(ChannelInicis) }))
		return calling(t, s.RegisterStoreReceipt, subReceipts("inicis", 60, 41))
	}},

	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "nothing"})
	}},
	{"WEBHOOK_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "paid", WebhookId: world.Ptr("x")})
	}},
	{"MAX_WEBHOOK_RETRY_COUNT_REACHED", func(t *testing.T, s *stock) call {
		for range MaxResends {
			do(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "paid"})
		}
		return calling(t, s.ResendWebhook, &portonev2.ResendWebhookRequest{PaymentId: "paid"})
	}},
}

// subReceipts is the request to register parts of a payment.
func subReceipts(id string, amounts ...int64) *portonev2.RegisterStoreReceiptRequest {
	req := &portonev2.RegisterStoreReceiptRequest{PaymentId: id}
	for _, amount := range amounts {
		req.Items = append(req.Items, &portonev2.RegisterStoreReceiptBodyItem{
			StoreBusinessRegistrationNumber: world.Ptr("1234567890"), StoreName: world.Ptr("seller"), TotalAmount: &amount,
			Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		})
	}
	return req
}

// keyFaults are those of billing keys.
var keyFaults = []faultCase{
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) { r.Method.Card = nil }))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) { r.Method.Card.Credential.ExpiryMonth = world.Ptr("13") }))
	}},
	{"CHANNEL_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) { r.ChannelKey = world.Ptr(ChannelMissing) }))
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call { return calling(t, s.IssueBillingKey, keyFor("4000000000000101")) }},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call { // expired
		return calling(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) { r.Method.Card.Credential.ExpiryYear = world.Ptr("25") }))
	}},
	{"CHANNEL_SPECIFIC", func(t *testing.T, s *stock) call {
		return calling(t, s.IssueBillingKey, with(keyFor("4000000000000101"), func(r *portonev2.IssueBillingKeyRequest) {
			r.ChannelKey, r.ChannelGroupId = nil, world.Ptr("group")
		}))
	}},

	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: world.Ptr("guessed")})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &s.payToken})
	}},
	{"INFORMATION_MISMATCH", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &s.keyToken, IsTest: world.Ptr(false)})
	}},
	{"BILLING_KEY_ALREADY_ISSUED", func(t *testing.T, s *stock) call {
		do(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &s.keyToken})
		return calling(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &s.keyToken})
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		_, token, _ := s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true, Card: credential("4000000000000101")})
		return calling(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &token})
	}},

	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: world.Ptr("guessed")})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &s.keyToken})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { // paid in another way meanwhile
		do(t, s.PayInstantly, byCard("first", 9_900, goodNumber))
		return calling(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &s.payToken})
	}},
	{"INFORMATION_MISMATCH", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &s.payToken, TotalAmount: world.Ptr(int64(1))})
	}},
	{"BILLING_KEY_ALREADY_ISSUED", func(t *testing.T, s *stock) call {
		do(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &s.payToken})
		return calling(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &s.payToken})
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		_, token, _ := s.IssueBillingKeyInWindow(WindowBillingKey{
			Confirm: true, Card: credential("4000000000009987"), Payment: &WindowPayment{PaymentID: "new", OrderName: "new", Amount: won(100)},
		})
		return calling(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &token})
	}},

	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: "nothing"})
	}},
	{"BILLING_KEY_NOT_ISSUED", func(t *testing.T, s *stock) call {
		return calling(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: s.unconfirmed})
	}},
	{"BILLING_KEY_ALREADY_DELETED", func(t *testing.T, s *stock) call {
		return calling(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: s.deleted})
	}},
	{"PAYMENT_SCHEDULE_ALREADY_EXISTS", func(t *testing.T, s *stock) call {
		return calling(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: s.key})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		key := do(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) { r.ChannelKey = world.Ptr(ChannelNaverPay) }))
		return calling(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: key.BillingKeyInfo.GetBillingKey()})
	}},
}

// scheduleFaults are those of schedules.
var scheduleFaults = []faultCase{
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, later("new", s.key, 100, s.w, 0))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, with(later("new", s.key, 100, s.w, day), func(r *portonev2.CreatePaymentScheduleRequest) {
			r.Payment.ChannelKey = world.Ptr(ChannelLive)
		}))
	}},
	{"SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, with(later("new", s.key, 100, s.w, day), func(r *portonev2.CreatePaymentScheduleRequest) {
			r.Payment.Amount.Vat = world.Ptr(int64(101))
		}))
	}},
	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, later("new", "nothing", 100, s.w, day))
	}},
	{"BILLING_KEY_ALREADY_DELETED", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, later("new", s.deleted, 100, s.w, day))
	}},
	{"ALREADY_PAID_OR_WAITING", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, later("paid", s.key, 100, s.w, day))
	}},
	{"ALREADY_PAID_OR_WAITING", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, later("issued", s.key, 100, s.w, day))
	}},
	{"PAYMENT_SCHEDULE_ALREADY_EXISTS", func(t *testing.T, s *stock) call {
		return calling(t, s.CreatePaymentSchedule, later("scheduled", s.key, 100, s.w, day))
	}},

	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{})
	}},
	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{BillingKey: world.Ptr("nothing")})
	}},
	{"BILLING_KEY_ALREADY_DELETED", func(t *testing.T, s *stock) call {
		return calling(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{BillingKey: &s.deleted})
	}},
	{"PAYMENT_SCHEDULE_NOT_FOUND", func(t *testing.T, s *stock) call { // and the other one stays
		return calling(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{ScheduleIds: []string{s.schedule, "nothing"}})
	}},
	{"PAYMENT_SCHEDULE_NOT_FOUND", func(t *testing.T, s *stock) call { // of another key
		key := issueKey(t, s.Store, goodNumber)
		return calling(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{BillingKey: &key, ScheduleIds: []string{s.schedule}})
	}},
	{"PAYMENT_SCHEDULE_ALREADY_REVOKED", func(t *testing.T, s *stock) call {
		req := &portonev2.RevokePaymentSchedulesRequest{ScheduleIds: []string{s.schedule, s.schedule}}
		do(t, s.RevokePaymentSchedules, req)
		return calling(t, s.RevokePaymentSchedules, req)
	}},
	{"PAYMENT_SCHEDULE_ALREADY_PROCESSED", func(t *testing.T, s *stock) call {
		s.w.Clock.Advance(2 * day)
		return calling(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{ScheduleIds: []string{s.schedule}})
	}},
}

// tooFar is a page that PortOne does not serve.
var tooFar = &portonev2.PageInput{Number: world.Ptr(int32(60_000)), Size: world.Ptr(int32(10))}

// readFaults are those of reading.
var readFaults = []faultCase{
	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPayment, &portonev2.GetPaymentRequest{PaymentId: "paid", StoreId: world.Ptr("other")})
	}},
	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPaymentTransactions, &portonev2.GetPaymentTransactionsRequest{PaymentId: "nothing"})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPayments, &portonev2.GetPaymentsRequest{Page: tooFar})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPayments, &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{From: instantOf(opening.Add(day)).timestamp()}})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.GetAllPaymentsByCursor, &portonev2.GetAllPaymentsByCursorRequest{Size: world.Ptr(int32(1001))})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.GetAllPaymentEventsByCursor, &portonev2.GetAllPaymentEventsByCursorRequest{
			Cursor: do(t, s.GetAllPaymentsByCursor, &portonev2.GetAllPaymentsByCursorRequest{}).Items[0].Cursor,
		})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.GetBillingKeyInfos, &portonev2.GetBillingKeyInfosRequest{Page: tooFar})
	}},
	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.GetBillingKeyInfo, &portonev2.GetBillingKeyInfoRequest{BillingKey: s.unconfirmed})
	}},
	{"PAYMENT_SCHEDULE_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPaymentSchedule, &portonev2.GetPaymentScheduleRequest{PaymentScheduleId: "nothing"})
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPaymentSchedules, &portonev2.GetPaymentSchedulesRequest{Page: tooFar})
	}},
	{"PROMOTION_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.GetPromotion, &portonev2.GetPromotionRequest{PromotionId: "nothing"})
	}},
}
