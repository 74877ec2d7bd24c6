package shop

import (
	"cmp"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// platforms are the names that filters have for where a payment came from.
var platforms = map[portonev2.PaymentOriginPlatformType]portonev2.PaymentClientType{
	portonev2.PaymentOriginPlatformType_PAYMENT_ORIGIN_PLATFORM_TYPE_PC:     portonev2.PaymentClientType_PAYMENT_CLIENT_TYPE_SDK_PC,
	portonev2.PaymentOriginPlatformType_PAYMENT_ORIGIN_PLATFORM_TYPE_MOBILE: portonev2.PaymentClientType_PAYMENT_CLIENT_TYPE_SDK_MOBILE,
	portonev2.PaymentOriginPlatformType_PAYMENT_ORIGIN_PLATFORM_TYPE_API:    portonev2.PaymentClientType_PAYMENT_CLIENT_TYPE_API,
}

// methodType is the kind of a method, as filters name it.
func methodType(m *portonev2.PaymentMethod) portonev2.PaymentMethodType {
	switch m.GetType().(type) {
	case *portonev2.PaymentMethod_PaymentMethodCard:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CARD
	case *portonev2.PaymentMethod_PaymentMethodTransfer:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_TRANSFER
	case *portonev2.PaymentMethod_PaymentMethodVirtualAccount:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT
	case *portonev2.PaymentMethod_PaymentMethodGiftCertificate:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_GIFT_CERTIFICATE
	case *portonev2.PaymentMethod_PaymentMethodMobile:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_MOBILE
	case *portonev2.PaymentMethod_PaymentMethodEasyPay:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY
	case *portonev2.PaymentMethod_PaymentMethodConvenienceStore:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CONVENIENCE_STORE
	case *portonev2.PaymentMethod_PaymentMethodCrypto:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CRYPTO
	}
	return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_UNSPECIFIED
}

// receiptType is the type of a cash receipt as requests name it.
func receiptType(receipt *portonev2.PaymentCashReceipt) portonev2.CashReceiptInputType {
	kind := receipt.GetIssued().GetType()
	if ended := receipt.GetCancelled(); ended != nil {
		kind = ended.GetType()
	}
	switch kind {
	case portonev2.CashReceiptType_CASH_RECEIPT_TYPE_PERSONAL:
		return portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_PERSONAL
	case portonev2.CashReceiptType_CASH_RECEIPT_TYPE_CORPORATE:
		return portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_CORPORATE
	}
	return portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_NO_RECEIPT
}

// receiptStatus is the state of a cash receipt as filters name it; unspecified without
// one.
func receiptStatus(receipt *portonev2.PaymentCashReceipt) portonev2.PaymentCashReceiptStatus {
	switch {
	case receipt.GetIssued() != nil:
		return portonev2.PaymentCashReceiptStatus_PAYMENT_CASH_RECEIPT_STATUS_ISSUED
	case receipt.GetCancelled() != nil:
		return portonev2.PaymentCashReceiptStatus_PAYMENT_CASH_RECEIPT_STATUS_CANCELLED
	}
	return portonev2.PaymentCashReceiptStatus_PAYMENT_CASH_RECEIPT_STATUS_UNSPECIFIED
}

func receiptIssuedAt(receipt *portonev2.PaymentCashReceipt) instant {
	if at := cmp.Or(receipt.GetIssued().GetIssuedAt(), receipt.GetCancelled().GetIssuedAt()); at != nil {
		return instantOf(at.AsTime())
	}
	return 0
}

func receiptCancelledAt(receipt *portonev2.PaymentCashReceipt) instant {
	if at := receipt.GetCancelled().GetCancelledAt(); at != nil {
		return instantOf(at.AsTime())
	}
	return 0
}

// escrowStatus is the state of a delivery as filters name it; unspecified without one.
func (a *attempt) escrowStatus() portonev2.PaymentFilterInputEscrowStatus {
	if a.delivery == nil {
		return portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_UNSPECIFIED
	}
	return escrowStatuses[a.delivery.status]
}

// escrowStatuses are the states of a delivery as filters name them.
var escrowStatuses = map[deliveryStatus]portonev2.PaymentFilterInputEscrowStatus{
	deliveryRegistered: portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_REGISTERED,
	delivered:          portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_DELIVERED,
	deliveryConfirmed:  portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_CONFIRMED,
	deliveryCancelled:  portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_CANCELLED,
}

// webhookStatus is the outcome of the latest webhook that told the present state;
// unspecified is none sent, or not tried yet.
func (a *attempt) webhookStatus() portonev2.PaymentWebhookStatus {
	for _, h := range slices.Backward(a.webhooks) {
		if h.status == a.status {
			return h.outcome.status
		}
	}
	return portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_UNSPECIFIED
}

// shownCard is the card of a payment by card, or nil.
func (a *attempt) shownCard() *portonev2.Card { return a.method.GetPaymentMethodCard().GetCard() }
