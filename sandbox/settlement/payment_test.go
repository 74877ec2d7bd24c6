package settlement

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestPaymentMethods shows payments by every method.
func TestPaymentMethods(t *testing.T) {
	wallet := func(method *portonev2.PaymentMethodEasyPayMethod) *portonev2.PaymentMethod {
		return &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodEasyPay{
			PaymentMethodEasyPay: &portonev2.PaymentMethodEasyPay{EasyPayMethod: method}}}
	}
	const none = portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_UNSPECIFIED
	for _, test := range []struct {
		name   string
		method *portonev2.PaymentMethod
		want   portonev2.PaymentMethodType
		source portonev2.EasyPayMethodType
	}{
		{"none", nil, none, 0},
		{"card", &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodCard{}},
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CARD, 0},
		{"transfer", &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodTransfer{}},
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_TRANSFER, 0},
		{"virtual account", &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodVirtualAccount{}},
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT, 0},
		{"gift certificate", &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodGiftCertificate{}},
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_GIFT_CERTIFICATE, 0},
		{"mobile", &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodMobile{}},
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_MOBILE, 0},
		{"crypto, which transfers do not know", &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodCrypto{}}, none, 0},
		{"wallet", wallet(nil), portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY, 0},
		{"wallet, by card", wallet(&portonev2.PaymentMethodEasyPayMethod{Type: &portonev2.PaymentMethodEasyPayMethod_PaymentMethodCard{}}),
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY, portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_CARD},
		{"wallet, by transfer", wallet(&portonev2.PaymentMethodEasyPayMethod{Type: &portonev2.PaymentMethodEasyPayMethod_PaymentMethodTransfer{}}),
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY, portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_TRANSFER},
		{"wallet, by charge", wallet(&portonev2.PaymentMethodEasyPayMethod{Type: &portonev2.PaymentMethodEasyPayMethod_PaymentMethodEasyPayMethodCharge{}}),
			portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY, portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_CHARGE},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, shown := methodOf(test.method), none
			if kind := methodType(got); kind != nil {
				shown = *kind
			}
			if shown != test.want || got.GetEasyPay().GetMethodType() != test.source {
				t.Errorf("shown as %v, want %v", got, test.want)
			}
		})
	}
}

// TestPaidPayment finds payments that were paid, and no others.
func TestPaidPayment(t *testing.T) {
	m := newMarket(t)
	m.pay("paid", 1, 0)
	m.pay("partly", 1_000, 0)
	m.refund("partly", "c", 1, 0)
	m.payments["cancelled"] = &portonev2.Payment{Status: &portonev2.Payment_Cancelled{Cancelled: &portonev2.CancelledPayment{PaidAt: timestamppb.New(start)}}}
	m.payments["cancelled before it was paid"] = &portonev2.Payment{Status: &portonev2.Payment_Cancelled{Cancelled: &portonev2.CancelledPayment{}}}
	m.payments["failed"] = &portonev2.Payment{Status: &portonev2.Payment_Failed{Failed: &portonev2.FailedPayment{}}}
	m.payments["waiting"] = &portonev2.Payment{Status: &portonev2.Payment_VirtualAccountIssued{VirtualAccountIssued: &portonev2.VirtualAccountIssuedPayment{}}}
	for id, want := range map[string]bool{
		"paid": true, "partly": true, "cancelled": true,
		"cancelled before it was paid": false, "failed": false, "waiting": false, "unknown": false,
	} {
		p, err := m.live.paidPayment(id)
		if (err == nil) != want || err == nil && !paidOn(p).AsTime().Equal(start) {
			t.Errorf("%s: %v, %v", id, p, err)
		}
	}
}

// TestPendingCancellation expects a cancellation to count once it has succeeded.
func TestPendingCancellation(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 1_000, 0)
	m.payments["p"].GetPaid().Cancellations = []*portonev2.PaymentCancellation{{Status: &portonev2.PaymentCancellation_Requested{
		Requested: &portonev2.RequestedPaymentCancellation{Id: world.Ptr("c")}}}}
	m.order(byAmount("p", 1_000))
	_, err := m.CreatePlatformOrderCancelTransfer(t.Context(), cancelOf("p", "c"))
	refused(t, cancelOrder, err, portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLATION_NOT_FOUND, nil)
}

// TestFreeProducts cancels products that cost nothing, one by one.
func TestFreeProducts(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 1_000, 0)
	m.refund("p", "c", 500, 0)
	m.refund("p", "d", 500, 0)
	m.order(byLines("p", lineOf("gift", 0, 2)))
	m.cancel(cancelLines("p", "c", takenPieces("gift", 1)))
	if got := m.cancel(cancelOf("p", "d")); got.GetOrderLines()[0].GetQuantity() != 1 {
		t.Errorf("took back %v", got.GetOrderLines())
	}
}

// TestRegister registers on a server, which refuses what does not fit.
func TestRegister(t *testing.T) {
	s, server := newMarket(t).Store, grpc.NewServer()
	s.Register(server)
	if n := len(server.GetServiceInfo()); n != 8 {
		t.Errorf("%d services", n)
	}
}
