package shop

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// WindowPayment is what a buyer does in the payment window, which PortOne's
// browser SDK opens.
type WindowPayment struct {
	PaymentID string
	StoreID   string // world.DefaultStoreID if empty

	// ChannelKey is ChannelDefault if empty.
	ChannelKey string

	OrderName string
	Amount    *portonev2.PaymentAmountInput
	Currency  portonev2.Currency // KRW if unspecified
	Customer  *portonev2.CustomerInput

	// Method is what the buyer chooses; unspecified is a card. With Triple-A it
	// is always cryptocurrency.
	Method portonev2.PaymentMethodType

	// Card is the card for Method CARD; nil is one that approves.
	Card *portonev2.CardCredential

	// VirtualAccount is the account for Method VIRTUAL_ACCOUNT; nil is one of
	// Shinhan Bank for 24 hours.
	VirtualAccount *portonev2.InstantPaymentMethodInputVirtualAccount

	// EasyPay is the wallet for Method EASY_PAY; unspecified is Toss Pay.
	EasyPay portonev2.EasyPayProvider

	Escrow      bool
	PromotionID string
	CustomData  string
	Products    []*portonev2.PaymentProduct
	NoticeURLs  []string
	UserAgent   string
	Mobile      bool // a phone rather than a computer

	// Confirm leaves the payment READY until ConfirmPayment is called with the
	// token.
	Confirm bool

	// Closed means that the buyer closes the window without paying.
	Closed bool
}

// confirmation is an attempt that the buyer has authenticated and the server has
// to confirm.
type confirmation struct {
	attempt *attempt
	opened  instant
}

// PayInWindow imitates a buyer who pays in the payment window. The payment is
// PAID, VIRTUAL_ACCOUNT_ISSUED or PAY_PENDING then, or with Confirm READY and to
// be confirmed with the token. An error is what the window would show; after
// PG_PROVIDER the payment is FAILED.
func (s *Store) PayInWindow(in WindowPayment) (token string, err error) {
	o, r, m, err := s.windowOrder(in)
	if err != nil {
		return "", err
	}
	a := s.begin(o, r, m)
	s.notify(a, transactionReady, nil, 0)
	switch {
	case in.Closed:
		closed := r.says(declineWindowClosed)
		s.fail(a, closed.failure(), 0)
		return "", closed.err()
	case in.Confirm:
		token = s.w.IDs.UUID("payment token")
		s.waiting[token] = &confirmation{a, s.now()}
		return token, nil
	}
	if refusal := s.settle(a, nil); refusal != nil {
		return "", refusal.err()
	}
	return "", nil
}

// windowOrder checks what is to be paid in the window.
func (s *Store) windowOrder(in WindowPayment) (*order, route, *means, error) {
	o, err := s.readWindow(in)
	if err != nil {
		return nil, route{}, nil, err
	}
	if err := s.admit(o); err != nil {
		return nil, route{}, nil, err
	}
	if in.ChannelKey == "" {
		in.ChannelKey = ChannelDefault
	}
	routes, err := s.channels.routes(&in.ChannelKey, nil)
	if err != nil {
		return nil, route{}, nil, err
	}
	if routes[0].through(portonev2.PgProvider_PG_PROVIDER_TRIPLE_A) {
		in.Method = portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CRYPTO
	}
	m, err := s.windowMeans(in)
	if err != nil {
		return nil, route{}, nil, err
	}
	return o, routes[0], m, s.discount(o, m.card)
}

func (s *Store) readWindow(in WindowPayment) (*order, error) {
	if in.PaymentID == "" {
		return nil, world.Invalid("paymentId is required")
	}
	if in.StoreID == "" {
		in.StoreID = world.DefaultStoreID
	}
	if in.Currency == portonev2.Currency_CURRENCY_UNSPECIFIED {
		in.Currency = portonev2.Currency_CURRENCY_KRW
	}
	bill, err := newBill(in.Amount)
	if err != nil {
		return nil, err
	}
	promotion, err := s.promotionOf(stringOrNil(in.PromotionID))
	if err != nil {
		return nil, err
	}
	return &order{
		key: paymentKey{in.StoreID, in.PaymentID}, name: in.OrderName, bill: bill, currency: in.Currency,
		customer: customerOf(in.Customer), customData: stringOrNil(in.CustomData), escrow: in.Escrow, products: in.Products,
		promotion: promotion, noticeURLs: in.NoticeURLs, origin: in.origin(),
	}, nil
}

// origin is the buyer's device.
func (in WindowPayment) origin() *portonev2.PaymentOrigin {
	platform := portonev2.PaymentOriginPlatformType_PAYMENT_ORIGIN_PLATFORM_TYPE_PC
	if in.Mobile {
		platform = portonev2.PaymentOriginPlatformType_PAYMENT_ORIGIN_PLATFORM_TYPE_MOBILE
	}
	return &portonev2.PaymentOrigin{PlatformType: platform.Enum(), UserAgent: stringOrNil(in.UserAgent), IpAddress: world.Ptr("127.0.0.1")}
}

func stringOrNil(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

// windowMeans is what the buyer chose in the window.
func (s *Store) windowMeans(in WindowPayment) (*means, error) {
	switch in.Method {
	case portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_UNSPECIFIED, portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CARD:
		if in.Card == nil {
			in.Card = goodCard
		}
		c, err := readCard(in.Card)
		if err != nil {
			return nil, err
		}
		return cardMeans(c, 0, nil, nil), nil
	case portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT:
		if in.VirtualAccount == nil {
			in.VirtualAccount = dayAccount
		}
		return s.accountMeans(in.VirtualAccount)
	case portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_EASY_PAY:
		if in.EasyPay == portonev2.EasyPayProvider_EASY_PAY_PROVIDER_UNSPECIFIED {
			in.EasyPay = portonev2.EasyPayProvider_EASY_PAY_PROVIDER_TOSSPAY
		}
		return &means{shown: &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodEasyPay{
			PaymentMethodEasyPay: &portonev2.PaymentMethodEasyPay{Provider: in.EasyPay.Enum()},
		}}}, nil
	}
	shown := plainMethods[in.Method]
	if shown == nil {
		return nil, world.Invalid("method %s is not imitated", in.Method)
	}
	return &means{shown: shown}, nil
}

// What a buyer in the window has, unless told.
var (
	goodCard = &portonev2.CardCredential{
		Number: world.Ptr("4242424242424242"), ExpiryYear: world.Ptr("99"), ExpiryMonth: world.Ptr("12"),
	}
	dayAccount = &portonev2.InstantPaymentMethodInputVirtualAccount{
		Bank:   portonev2.Bank_BANK_SHINHAN.Enum(),
		Expiry: &portonev2.InstantPaymentMethodInputVirtualAccountExpiry{ValidHours: world.Ptr(int32(24))},
		Option: &portonev2.InstantPaymentMethodInputVirtualAccountOption{
			Type: portonev2.InstantPaymentMethodInputVirtualAccountOptionType_INSTANT_PAYMENT_METHOD_INPUT_VIRTUAL_ACCOUNT_OPTION_TYPE_NORMAL.Enum(),
		},
	}
	plainMethods = map[portonev2.PaymentMethodType]*portonev2.PaymentMethod{
		portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_TRANSFER: {Type: &portonev2.PaymentMethod_PaymentMethodTransfer{
			PaymentMethodTransfer: &portonev2.PaymentMethodTransfer{Bank: portonev2.Bank_BANK_TOSS.Enum()},
		}},
		portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_MOBILE: {Type: &portonev2.PaymentMethod_PaymentMethodMobile{
			PaymentMethodMobile: &portonev2.PaymentMethodMobile{PhoneNumber: world.Ptr("01000000000")},
		}},
		portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_GIFT_CERTIFICATE: {Type: &portonev2.PaymentMethod_PaymentMethodGiftCertificate{
			PaymentMethodGiftCertificate: &portonev2.PaymentMethodGiftCertificate{
				GiftCertificateType: portonev2.PaymentMethodGiftCertificateType_PAYMENT_METHOD_GIFT_CERTIFICATE_TYPE_CULTURELAND.Enum(),
				ApprovalNumber:      world.Ptr("00000000"),
			},
		}},
		portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CRYPTO: {Type: &portonev2.PaymentMethod_PaymentMethodCrypto{
			PaymentMethodCrypto: &portonev2.PaymentMethodCrypto{},
		}},
	}
)

// ConfirmPayment implements PaymentServiceServer.
func (s *Store) ConfirmPayment(_ context.Context, req *portonev2.ConfirmPaymentRequest) (*portonev2.ConfirmedPaymentSummary, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	a := p.current()
	if a.status != ready && a.status != failed {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID, "payment %q is %s", p.id, a.status)
	}
	waiting := s.waiting[req.GetPaymentToken()]
	if waiting == nil || waiting.attempt != a || a.status != ready {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_INVALID_PAYMENT_TOKEN, "the token is not of payment %q or used before", p.id)
	}
	if err := checkExpected(a, req); err != nil {
		return nil, err
	}
	delete(s.waiting, req.GetPaymentToken())
	o := *a.order // what the confirmation says counts, not the window
	o.skipWebhook = req.GetSkipWebhook()
	a.order = &o
	if s.now() > waiting.opened+instant(ConfirmWithin.Microseconds()) {
		over := a.route.says(declineSessionOver)
		s.fail(a, over.failure(), 0)
		return nil, over.err()
	}
	if refusal := s.settle(a, nil); refusal != nil {
		return nil, refusal.err()
	}
	return &portonev2.ConfirmedPaymentSummary{PgTxId: world.Ptr(a.pgTxID), PaidAt: a.changedAt.timestamp()}, nil
}

// checkExpected holds a payment against what the caller expects it to be.
func checkExpected(a *attempt, req *portonev2.ConfirmPaymentRequest) error {
	for _, check := range []struct {
		name    string
		differs bool
	}{
		{"txId", req.TxId != nil && *req.TxId != a.id},
		{"currency", req.Currency != nil && *req.Currency != a.currency},
		{"totalAmount", req.TotalAmount != nil && *req.TotalAmount != a.bill.price.amount},
		{"taxFreeAmount", req.TaxFreeAmount != nil && *req.TaxFreeAmount != a.bill.price.taxFree},
		{"isTest", req.IsTest != nil && *req.IsTest != a.route.test()},
	} {
		if check.differs {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_INFORMATION_MISMATCH, "%s is not that of payment %q", check.name, a.payment.id)
		}
	}
	return nil
}
