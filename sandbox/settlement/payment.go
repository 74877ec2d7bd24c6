package settlement

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// currencies are those that partners can be settled in, by PortOne's help pages.
var currencies = map[portonev2.Currency]bool{
	portonev2.Currency_CURRENCY_KRW: true,
	portonev2.Currency_CURRENCY_USD: true,
	portonev2.Currency_CURRENCY_JPY: true,
	portonev2.Currency_CURRENCY_EUR: true,
	portonev2.Currency_CURRENCY_CNY: true,
	portonev2.Currency_CURRENCY_TWD: true,
	portonev2.Currency_CURRENCY_AUD: true,
	portonev2.Currency_CURRENCY_THB: true,
	portonev2.Currency_CURRENCY_HKD: true,
}

// checkSettles refuses a currency that partners cannot be settled in.
func checkSettles(currency portonev2.Currency) error {
	if currencies[currency] {
		return nil
	}
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED,
		"partners cannot be settled in %v", currency)
}

// paid is a PortOne payment that was paid, whether or not it was cancelled since.
type paid interface {
	GetId() string
	GetStoreId() string
	GetChannel() *portonev2.SelectedChannel
	GetOrderName() string
	GetMethod() *portonev2.PaymentMethod
	GetAmount() *portonev2.PaymentAmount
	GetCurrency() portonev2.Currency
	GetPaidAt() *timestamppb.Timestamp
	GetRequestedAt() *timestamppb.Timestamp
	GetCancellations() []*portonev2.PaymentCancellation
}

// paidPayment finds a PortOne payment. One that was not paid is as good as none.
func (m *mode) paidPayment(id string) (paid, error) {
	payment, _ := m.payments.Payment(id)
	switch p := payment.GetStatus().(type) {
	case *portonev2.Payment_Paid:
		return p.Paid, nil
	case *portonev2.Payment_PartialCancelled:
		return p.PartialCancelled, nil
	case *portonev2.Payment_Cancelled:
		if p.Cancelled.GetPaidAt() != nil { // else it was cancelled before it was paid
			return p.Cancelled, nil
		}
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PAYMENT_NOT_FOUND, "no payment %q was paid", id)
}

// paidOn is when a payment was paid; a cancelled one need not say it, and was
// requested not long before.
func paidOn(p paid) *timestamppb.Timestamp {
	if at := p.GetPaidAt(); at != nil {
		return proto.CloneOf(at)
	}
	return proto.CloneOf(p.GetRequestedAt())
}

// portOnePayment shows a PortOne payment as transfers do.
func portOnePayment(p paid) *portonev2.PlatformPayment {
	return &portonev2.PlatformPayment{Type: &portonev2.PlatformPayment_PortOne{PortOne: &portonev2.PlatformPortOnePayment{
		Id:         world.Ptr(p.GetId()),
		StoreId:    world.Ptr(p.GetStoreId()),
		ChannelKey: world.Ptr(p.GetChannel().GetKey()),
		OrderName:  world.Ptr(p.GetOrderName()),
		Method:     methodOf(p.GetMethod()),
		Currency:   p.GetCurrency().Enum(),
		PaidAt:     paidOn(p),
	}}}
}

// methodOf shows a payment method as transfers do; nil for those that they have no
// case for.
func methodOf(method *portonev2.PaymentMethod) *portonev2.PlatformPaymentMethod {
	given := &portonev2.PlatformPaymentMethodInput{}
	switch t := method.GetType().(type) {
	case *portonev2.PaymentMethod_PaymentMethodCard:
		given.Card = &portonev2.PlatformPaymentMethodCardInput{}
	case *portonev2.PaymentMethod_PaymentMethodTransfer:
		given.Transfer = &portonev2.PlatformPaymentMethodTransferInput{}
	case *portonev2.PaymentMethod_PaymentMethodVirtualAccount:
		given.VirtualAccount = &portonev2.PlatformPaymentMethodVirtualAccountInput{}
	case *portonev2.PaymentMethod_PaymentMethodGiftCertificate:
		given.GiftCertificate = &portonev2.PlatformPaymentMethodGiftCertificateInput{}
	case *portonev2.PaymentMethod_PaymentMethodMobile:
		given.Mobile = &portonev2.PlatformPaymentMethodMobileInput{}
	case *portonev2.PaymentMethod_PaymentMethodEasyPay:
		given.EasyPay = &portonev2.PlatformPaymentMethodEasyPayInput{
			Provider:   clonePtr(t.PaymentMethodEasyPay.Provider),
			MethodType: walletMethod(t.PaymentMethodEasyPay.GetEasyPayMethod()),
		}
	}
	return platformMethod(given)
}

// walletMethod is what a wallet was paid from; nil if that is not known.
func walletMethod(method *portonev2.PaymentMethodEasyPayMethod) *portonev2.EasyPayMethodType {
	switch method.GetType().(type) {
	case *portonev2.PaymentMethodEasyPayMethod_PaymentMethodCard:
		return portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_CARD.Enum()
	case *portonev2.PaymentMethodEasyPayMethod_PaymentMethodTransfer:
		return portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_TRANSFER.Enum()
	case *portonev2.PaymentMethodEasyPayMethod_PaymentMethodEasyPayMethodCharge:
		return portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_CHARGE.Enum()
	}
	return nil
}

// externalPayment shows a payment made elsewhere.
func externalPayment(id string, detail *portonev2.CreatePlatformOrderTransferBodyExternalPaymentDetail) *portonev2.PlatformPayment {
	return &portonev2.PlatformPayment{Type: &portonev2.PlatformPayment_External{External: &portonev2.PlatformExternalPayment{
		Id:        &id,
		OrderName: detail.OrderName,
		Currency:  detail.Currency,
		Method:    platformMethod(detail.GetMethod()),
		PaidAt:    detail.GetPaidAt(),
	}}}
}

// platformMethod turns the method given for a payment into the one shown; nil if
// none is given.
func platformMethod(given *portonev2.PlatformPaymentMethodInput) *portonev2.PlatformPaymentMethod {
	switch {
	case given.GetCard() != nil:
		return &portonev2.PlatformPaymentMethod{Type: &portonev2.PlatformPaymentMethod_Card{Card: &portonev2.PlatformPaymentMethodCard{}}}
	case given.GetTransfer() != nil:
		return &portonev2.PlatformPaymentMethod{Type: &portonev2.PlatformPaymentMethod_Transfer{Transfer: &portonev2.PlatformPaymentMethodTransfer{}}}
	case given.GetVirtualAccount() != nil:
		return &portonev2.PlatformPaymentMethod{Type: &portonev2.PlatformPaymentMethod_VirtualAccount{VirtualAccount: &portonev2.PlatformPaymentMethodVirtualAccount{}}}
	case given.GetGiftCertificate() != nil:
		return &portonev2.PlatformPaymentMethod{Type: &portonev2.PlatformPaymentMethod_GiftCertificate{GiftCertificate: &portonev2.PlatformPaymentMethodGiftCertificate{}}}
	case given.GetMobile() != nil:
		return &portonev2.PlatformPaymentMethod{Type: &portonev2.PlatformPaymentMethod_Mobile{Mobile: &portonev2.PlatformPaymentMethodMobile{}}}
	case given.GetEasyPay() != nil:
		return &portonev2.PlatformPaymentMethod{Type: &portonev2.PlatformPaymentMethod_EasyPay{EasyPay: &portonev2.PlatformPaymentMethodEasyPay{
			Provider: given.GetEasyPay().Provider, MethodType: given.GetEasyPay().MethodType}}}
	}
	return nil
}

// methodType is the kind of a payment method, as lists show it; nil if there is
// none.
func methodType(method *portonev2.PlatformPaymentMethod) *portonev2.PaymentMethodType {
	switch method.GetType().(type) {
	case *portonev2.PlatformPaymentMethod_Card:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CARD.Enum()
	case *portonev2.PlatformPaymentMethod_Transfer:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_TRANSFER.Enum()
	case *portonev2.PlatformPaymentMethod_VirtualAccount:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT.Enum()
	case *portonev2.PlatformPaymentMethod_GiftCertificate:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_GIFT_CERTIFICATE.Enum()
	case *portonev2.PlatformPaymentMethod_Mobile:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_MOBILE.Enum()
	case *portonev2.PlatformPaymentMethod_EasyPay:
		return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY.Enum()
	}
	return nil
}

// cancellation finds a cancellation of a PortOne payment that succeeded. One that
// is only requested may still fail.
func cancellation(p paid, id string) (*portonev2.SucceededPaymentCancellation, error) {
	for _, c := range p.GetCancellations() {
		if s := c.GetSucceeded(); s != nil && s.GetId() == id {
			return s, nil
		}
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLATION_NOT_FOUND,
		"payment %q has no cancellation %q that succeeded", p.GetId(), id)
}

// cancelledOn is when the money of a cancellation went back.
func cancelledOn(c *portonev2.SucceededPaymentCancellation) time.Time {
	if at := c.GetCancelledAt(); at != nil {
		return at.AsTime()
	}
	return c.GetRequestedAt().AsTime()
}

// paymentOf has what both kinds of payment have in common.
func paymentOf(p *portonev2.PlatformPayment) interface {
	GetId() string
	GetOrderName() string
	GetMethod() *portonev2.PlatformPaymentMethod
} {
	if external := p.GetExternal(); external != nil {
		return external
	}
	return p.GetPortOne()
}
