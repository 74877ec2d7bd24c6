package shop

import (
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// payFaults are those of paying.
var payFaults = []faultCase{
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.PreRegisterPayment, &portonev2.PreRegisterPaymentRequest{PaymentId: "new", TotalAmount: world.Ptr(int64(-1))})
	}},
	{"ALREADY_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.PreRegisterPayment, &portonev2.PreRegisterPaymentRequest{PaymentId: "cancelled"})
	}},

	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { return calling(t, s.PayInstantly, byCard("new", 0, goodNumber)) }},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { return calling(t, s.PayInstantly, byCard("new", 100, "4242")) }},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byCard("new", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.ChannelKey = nil }))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byCard("new", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) {
			r.Method.VirtualAccount = byAccount("", 1, 1).Method.VirtualAccount
		}))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { return calling(t, s.PayInstantly, byAccount("new", 100, -1)) }},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byAccount("new", 100, 0), func(r *portonev2.PayInstantlyRequest) {
			r.Method.VirtualAccount.Expiry.DueDate = instantOf(opening).timestamp()
		}))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { // other than what was registered
		do(t, s.PreRegisterPayment, &portonev2.PreRegisterPaymentRequest{PaymentId: "new", TotalAmount: world.Ptr(int64(200))})
		return calling(t, s.PayInstantly, byCard("new", 100, goodNumber))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { // no such promotion
		return calling(t, s.PayInstantly, with(byCard("new", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.PromotionId = world.Ptr("x") }))
	}},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { // a promotion that is over
		return calling(t, s.PayInstantly, with(byCard("new", 10_000, goodNumber), func(r *portonev2.PayInstantlyRequest) {
			r.PromotionId = world.Ptr(PromotionTerminated)
		}))
	}},
	{"SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byCard("new", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) {
			r.Amount.TaxFree, r.Amount.Vat = world.Ptr(int64(95)), world.Ptr(int64(6))
		}))
	}},
	{"CHANNEL_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byCard("new", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.ChannelKey = world.Ptr(ChannelMissing) }))
	}},
	{"ALREADY_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, byCard("paid", 30_000, goodNumber))
	}},
	{"ALREADY_PAID", func(t *testing.T, s *stock) call { return calling(t, s.PayInstantly, byCard("coin", 100, goodNumber)) }},
	{"PAYMENT_SCHEDULE_ALREADY_EXISTS", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, byCard("scheduled", 30_000, goodNumber))
	}},
	{"PROMOTION_PAY_METHOD_DOES_NOT_MATCH", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byAccount("new", 10_000, 1), func(r *portonev2.PayInstantlyRequest) { r.PromotionId = world.Ptr(PromotionAmount) }))
	}},
	{"DISCOUNT_AMOUNT_EXCEEDS_TOTAL_AMOUNT", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, with(byCard("new", 1_000, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.PromotionId = world.Ptr(PromotionAmount) }))
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		return calling(t, s.PayInstantly, byCard("new", 100, "4100000000000019"))
	}},
	{"MAX_TRANSACTION_COUNT_REACHED", func(t *testing.T, s *stock) call {
		for range MaxAttempts {
			refused(t, s.PayInstantly, byCard("new", 100, "4000000000000002"), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
		}
		return calling(t, s.PayInstantly, byCard("new", 100, goodNumber))
	}},

	{"INVALID_REQUEST", func(t *testing.T, s *stock) call { return calling(t, s.PayWithBillingKey, byKey("new", s.key, -5)) }},
	{"INVALID_REQUEST", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, with(byKey("new", s.key, 100), func(r *portonev2.PayWithBillingKeyRequest) { r.InstallmentMonth = world.Ptr(int32(-1)) }))
	}},
	{"SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, with(byKey("new", s.key, 100), func(r *portonev2.PayWithBillingKeyRequest) { r.Amount.TaxFree = world.Ptr(int64(101)) }))
	}},
	{"ALREADY_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, byKey("parts", s.key, 30_000))
	}},
	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, byKey("new", s.unconfirmed, 100))
	}},
	{"BILLING_KEY_NOT_FOUND", func(t *testing.T, s *stock) call { // of another store
		return calling(t, s.PayWithBillingKey, with(byKey("new", s.key, 100), func(r *portonev2.PayWithBillingKeyRequest) { r.StoreId = world.Ptr("other") }))
	}},
	{"BILLING_KEY_ALREADY_DELETED", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, byKey("new", s.deleted, 100))
	}},
	{"CHANNEL_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, with(byKey("new", s.key, 100), func(r *portonev2.PayWithBillingKeyRequest) { r.ChannelKey = world.Ptr(ChannelLive) }))
	}},
	{"PAYMENT_SCHEDULE_ALREADY_EXISTS", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, byKey("scheduled", s.key, 30_000))
	}},
	{"PROMOTION_PAY_METHOD_DOES_NOT_MATCH", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, with(byKey("new", s.key, 10_000), func(r *portonev2.PayWithBillingKeyRequest) { r.PromotionId = world.Ptr(PromotionPercent) }))
	}},
	{"DISCOUNT_AMOUNT_EXCEEDS_TOTAL_AMOUNT", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, with(byKey("new", s.key, 900), func(r *portonev2.PayWithBillingKeyRequest) { r.PromotionId = world.Ptr(PromotionAmount) }))
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		return calling(t, s.PayWithBillingKey, byKey("new", issueKey(t, s.Store, "4000000000009995"), 100))
	}},
	{"MAX_TRANSACTION_COUNT_REACHED", func(t *testing.T, s *stock) call {
		for range MaxAttempts {
			refused(t, s.PayInstantly, byCard("new", 100, "4000000000000002"), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
		}
		return calling(t, s.PayWithBillingKey, byKey("new", s.key, 100))
	}},

	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmPayment, &portonev2.ConfirmPaymentRequest{PaymentId: "new", PaymentToken: &s.token})
	}},
	{"ALREADY_PAID", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmPayment, &portonev2.ConfirmPaymentRequest{PaymentId: "paid", PaymentToken: &s.token})
	}},
	{"INVALID_PAYMENT_TOKEN", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmPayment, &portonev2.ConfirmPaymentRequest{PaymentId: "open", PaymentToken: world.Ptr("guessed")})
	}},
	{"INFORMATION_MISMATCH", func(t *testing.T, s *stock) call {
		return calling(t, s.ConfirmPayment, &portonev2.ConfirmPaymentRequest{PaymentId: "open", PaymentToken: &s.token, TotalAmount: world.Ptr(int64(1))})
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		s.w.Clock.Advance(time.Hour)
		return calling(t, s.ConfirmPayment, &portonev2.ConfirmPaymentRequest{PaymentId: "open", PaymentToken: &s.token})
	}},
}

// cancelling changes a cancellation of part of "parts", of which 5,000 taxed and
// 10,000 tax-free are left.
func cancelling(change func(*portonev2.CancelPaymentRequest)) func(*testing.T, *stock) call {
	return func(t *testing.T, s *stock) call {
		return calling(t, s.CancelPayment, with(cancelPart("parts", 1_000), change))
	}
}

// cancelFaults are those of cancelling.
var cancelFaults = []faultCase{
	{"INVALID_REQUEST", cancelling(func(r *portonev2.CancelPaymentRequest) { r.Amount = world.Ptr(int64(0)) })},
	{"INVALID_REQUEST", cancelling(func(r *portonev2.CancelPaymentRequest) { r.Amount = world.Ptr(int64(-1 << 63)) })},
	{"INVALID_REQUEST", cancelling(func(r *portonev2.CancelPaymentRequest) { r.VatAmount = world.Ptr(int64(-1)) })},
	{"PAYMENT_NOT_FOUND", cancelling(func(r *portonev2.CancelPaymentRequest) { r.PaymentId = "nothing" })},
	{"PAYMENT_NOT_FOUND", cancelling(func(r *portonev2.CancelPaymentRequest) { r.StoreId = world.Ptr("other") })},
	{"PAYMENT_NOT_PAID", cancelling(func(r *portonev2.CancelPaymentRequest) { r.PaymentId = "failed" })},
	{"PAYMENT_NOT_PAID", cancelling(func(r *portonev2.CancelPaymentRequest) { r.PaymentId = "open" })},
	{"PAYMENT_ALREADY_CANCELLED", cancelling(func(r *portonev2.CancelPaymentRequest) { r.PaymentId = "cancelled" })},
	{"CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN", cancelling(func(r *portonev2.CancelPaymentRequest) {
		r.CurrentCancellableAmount = world.Ptr(int64(30_000))
	})},
	{"CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", cancelling(func(r *portonev2.CancelPaymentRequest) { r.Amount = world.Ptr(int64(15_001)) })},
	{"CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", cancelling(func(r *portonev2.CancelPaymentRequest) { r.Amount = world.Ptr(int64(1<<63 - 1)) })},
	{"CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT", cancelling(func(r *portonev2.CancelPaymentRequest) {
		r.Amount, r.TaxFreeAmount = world.Ptr(int64(11_000)), world.Ptr(int64(10_001))
	})},
	{"CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT", cancelling(func(r *portonev2.CancelPaymentRequest) { r.Amount = world.Ptr(int64(5_001)) })},
	{"CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT", cancelling(func(r *portonev2.CancelPaymentRequest) {
		r.VatAmount = world.Ptr(int64(500)) // 455 are left
	})},
	{"SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT", cancelling(func(r *portonev2.CancelPaymentRequest) {
		r.TaxFreeAmount, r.VatAmount = world.Ptr(int64(950)), world.Ptr(int64(51))
	})},
	{"MAX_CANCEL_COUNT_REACHED", func(t *testing.T, s *stock) call {
		for range MaxCancellations - 1 { // one was before
			do(t, s.CancelPayment, cancelPart("parts", 1))
		}
		return calling(t, s.CancelPayment, cancelPart("parts", 1))
	}},
	{"NEGATIVE_PROMOTION_ADJUSTED_CANCEL_AMOUNT", func(t *testing.T, s *stock) call {
		s.promoted(t, "discounted", 50_000)
		return calling(t, s.CancelPayment, cancelPart("discounted", 5_000))
	}},
	{"PROMOTION_DISCOUNT_RETAIN_OPTION_SHOULD_NOT_BE_CHANGED", func(t *testing.T, s *stock) call {
		s.promoted(t, "discounted", 50_000)
		do(t, s.CancelPayment, with(cancelPart("discounted", 5_000), func(r *portonev2.CancelPaymentRequest) {
			r.PromotionDiscountRetainOption = portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RETAIN.Enum()
		}))
		return calling(t, s.CancelPayment, cancelPart("discounted", 20_000))
	}},
	{"PG_PROVIDER", func(t *testing.T, s *stock) call {
		do(t, s.PayInstantly, byCard("stuck", 100, "4000000000005126"))
		return calling(t, s.CancelPayment, cancelAll("stuck"))
	}},

	{"PAYMENT_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.StopPaymentCancellation, &portonev2.StopPaymentCancellationRequest{PaymentId: "nothing", CancellationId: "x"})
	}},
	{"PAYMENT_CANCELLATION_NOT_FOUND", func(t *testing.T, s *stock) call {
		return calling(t, s.StopPaymentCancellation, &portonev2.StopPaymentCancellationRequest{PaymentId: "cancelled", CancellationId: "x"})
	}},
	{"PAYMENT_CANCELLATION_NOT_PENDING", func(t *testing.T, s *stock) call {
		id := get(t, s.Store, "cancelled").GetCancelled().GetCancellations()[0].GetSucceeded().GetId()
		return calling(t, s.StopPaymentCancellation, &portonev2.StopPaymentCancellationRequest{PaymentId: "cancelled", CancellationId: id})
	}},
}

// promoted pays with PromotionAmount.
func (s *stock) promoted(t *testing.T, id string, total int64) {
	t.Helper()
	do(t, s.PayInstantly, with(byCard(id, total, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.PromotionId = world.Ptr(PromotionAmount) }))
}
