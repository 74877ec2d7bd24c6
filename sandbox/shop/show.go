package shop

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// statusNames are the cases of payments and attempts.
var statusNames = map[portonev2.PaymentStatus]protoreflect.Name{
	ready: "ready", pending: "pay_pending", issued: "virtual_account_issued", paid: "paid",
	failed: "failed", partial: "partial_cancelled", cancelled: "cancelled",
}

// attemptMembers are the members of a payment attempt, in whichever state.
var attemptMembers = members[*attempt]{
	"id":                           func(a *attempt) any { return a.id },
	"payment_id":                   func(a *attempt) any { return a.payment.id },
	"merchant_id":                  func(*attempt) any { return world.MerchantID },
	"store_id":                     func(a *attempt) any { return a.payment.storeID },
	"method":                       func(a *attempt) any { return message(a.method) },
	"channel":                      func(a *attempt) any { return message(a.route.channel) },
	"channel_group":                func(a *attempt) any { return message(a.route.group) },
	"version":                      func(*attempt) any { return portonev2.PortOneVersion_PORT_ONE_VERSION_V2 },
	"schedule_id":                  func(a *attempt) any { return text(a.scheduleID) },
	"billing_key":                  func(a *attempt) any { return text(a.billingKey) },
	"webhooks":                     func(a *attempt) any { return showWebhooks(a) },
	"requested_at":                 func(a *attempt) any { return a.requestedAt },
	"updated_at":                   func(a *attempt) any { return a.updatedAt },
	"status_changed_at":            func(a *attempt) any { return a.changedAt },
	"order_name":                   func(a *attempt) any { return a.name },
	"amount":                       func(a *attempt) any { return a.bill.amount() },
	"currency":                     func(a *attempt) any { return a.currency },
	"customer":                     func(a *attempt) any { return a.customer },
	"promotion_id":                 func(a *attempt) any { return a.promotion.id() },
	"is_cultural_expense":          func(a *attempt) any { return given(a.cultural) },
	"escrow":                       func(a *attempt) any { return message(a.delivery.show()) },
	"products":                     func(a *attempt) any { return messages(a.products) },
	"product_count":                func(a *attempt) any { return given(a.count) },
	"custom_data":                  func(a *attempt) any { return given(a.customData) },
	"country":                      func(a *attempt) any { return given(a.country) },
	"origin":                       func(a *attempt) any { return a.origin },
	"paid_at":                      func(a *attempt) any { return a.paidAt },
	"pg_tx_id":                     func(a *attempt) any { return a.pgTxID },
	"cash_receipt":                 func(a *attempt) any { return message(a.receipt) },
	"cash_receipt_issuance_status": func(a *attempt) any { return a.showReceiptIssued() },
	"receipt_url":                  func(a *attempt) any { return receiptURL(a) },
	"cancellations":                func(a *attempt) any { return showCancellations(a) },
	"cancelled_at":                 func(a *attempt) any { return a.cancelledAt },
	"failed_at":                    func(a *attempt) any { return a.failedAt },
	"disputes":                     func(a *attempt) any { return messages(a.disputes) },
	"failure":                      func(a *attempt) any { return message(a.failure) },
}

// paymentMembers are those of a payment, which stands for its latest attempt.
var paymentMembers = attemptMembers.with(members[*attempt]{
	"id":             func(a *attempt) any { return a.payment.id },
	"transaction_id": func(a *attempt) any { return a.id },
	"requested_at":   func(a *attempt) any { return a.payment.created },
})

// showPayment is a payment in its present state.
func showPayment(p *payment) *portonev2.Payment {
	a, shown := p.current(), new(portonev2.Payment)
	paymentMembers.choose(shown, statusNames[a.status], a)
	return shown
}

// showTransaction is one attempt at a payment.
func showTransaction(a *attempt) *portonev2.PaymentTransaction {
	shown := new(portonev2.PaymentTransaction)
	attemptMembers.choose(shown, statusNames[a.status], a)
	return shown
}

// showReceiptIssued is nil for what has no cash receipts, such as cards.
func (a *attempt) showReceiptIssued() any {
	if a.receiptIssued == 0 {
		return nil
	}
	return a.receiptIssued
}

// receiptURL is an address that leads nowhere (RFC 2606).
func receiptURL(a *attempt) string { return "https://sandbox.invalid/receipts/" + a.id }
