package shop

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// PreRegisterPayment implements PaymentServiceServer. What is registered again
// takes the place of what was registered before.
func (s *Store) PreRegisterPayment(_ context.Context, req *portonev2.PreRegisterPaymentRequest) (*portonev2.PreRegisterPaymentResponse, error) {
	if req.GetTotalAmount() < 0 || req.GetTaxFreeAmount() < 0 || req.TotalAmount != nil && req.GetTaxFreeAmount() > req.GetTotalAmount() {
		return nil, world.Invalid("taxFreeAmount must be part of totalAmount, neither negative")
	}
	key := paymentKey{world.StoreOf(req.StoreId), req.PaymentId}
	if p := s.payments.find(key); p != nil && p.current().status != ready && p.current().status != failed {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID, "payment %q is %s", key.id, p.current().status)
	}
	s.registered[key] = &portonev2.PreRegisterPaymentRequest{
		TotalAmount: req.TotalAmount, TaxFreeAmount: req.TaxFreeAmount, Currency: req.Currency,
	}
	return &portonev2.PreRegisterPaymentResponse{}, nil
}

// PayInstantly implements PaymentServiceServer.
func (s *Store) PayInstantly(_ context.Context, req *portonev2.PayInstantlyRequest) (*portonev2.PayInstantlyResponse, error) {
	o, err := s.instantOrder(world.Known(req))
	if err != nil {
		return nil, err
	}
	m, err := s.instantMeans(req.Method)
	if err != nil {
		return nil, err
	}
	if err := s.admit(o); err != nil {
		return nil, err
	}
	routes, err := s.channels.routes(req.ChannelKey, req.ChannelGroupId)
	if err != nil {
		return nil, err
	}
	if err := s.discount(o, m.card); err != nil {
		return nil, err
	}
	a := s.begin(o, routes[0], m)
	if refusal := s.settle(a, nil); refusal != nil {
		return nil, refusal.err()
	}
	return &portonev2.PayInstantlyResponse{Payment: &portonev2.InstantPaymentSummary{
		PgTxId: world.Ptr(a.pgTxID), PaidAt: a.changedAt.timestamp(),
	}}, nil
}

func (s *Store) instantOrder(req *portonev2.PayInstantlyRequest) (*order, error) {
	bill, err := newBill(req.Amount)
	if err != nil {
		return nil, err
	}
	promotion, err := s.promotionOf(req.PromotionId)
	if err != nil {
		return nil, err
	}
	return &order{
		key: paymentKey{world.StoreOf(req.StoreId), req.PaymentId}, name: req.GetOrderName(), bill: bill, currency: req.GetCurrency(),
		customer: customerOf(req.Customer), customData: req.CustomData, cultural: req.IsCulturalExpense, escrow: req.GetIsEscrow(),
		products: req.Products, count: req.ProductCount, country: req.Country, promotion: promotion,
		noticeURLs: req.NoticeUrls, skipWebhook: req.GetSkipWebhook(), origin: apiOrigin,
	}, nil
}

func (s *Store) instantMeans(in *portonev2.InstantPaymentMethodInput) (*means, error) {
	switch {
	case (in.GetCard() == nil) == (in.GetVirtualAccount() == nil):
		return nil, world.Invalid("method: exactly one of card and virtualAccount")
	case in.GetVirtualAccount() != nil:
		return s.accountMeans(in.GetVirtualAccount())
	}
	c, err := readCard(in.Card.Credential)
	if err != nil {
		return nil, err
	}
	if in.Card.GetInstallmentMonth() < 0 {
		return nil, world.Invalid("installmentMonth must not be negative")
	}
	return cardMeans(c, in.Card.GetInstallmentMonth(), in.Card.UseFreeInstallmentPlan, in.Card.UseCardPoint), nil
}

// PayWithBillingKey implements PaymentServiceServer.
func (s *Store) PayWithBillingKey(_ context.Context, req *portonev2.PayWithBillingKeyRequest) (*portonev2.PayWithBillingKeyResponse, error) {
	o, err := s.keyOrder(world.Known(req))
	if err != nil {
		return nil, err
	}
	if err := s.admit(o); err != nil {
		return nil, err
	}
	k, err := s.keys.usable(req.GetBillingKey(), o.key.storeID)
	if err != nil {
		return nil, err
	}
	a, refusal, err := s.chargeKey(k, o, req, nil)
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		return nil, refusal.err()
	}
	return &portonev2.PayWithBillingKeyResponse{Payment: &portonev2.BillingKeyPaymentSummary{
		PgTxId: world.Ptr(a.pgTxID), PaidAt: a.changedAt.timestamp(),
	}}, nil
}

func (s *Store) keyOrder(req *portonev2.PayWithBillingKeyRequest) (*order, error) {
	bill, err := newBill(req.Amount)
	if err != nil {
		return nil, err
	}
	promotion, err := s.promotionOf(req.PromotionId)
	if err != nil {
		return nil, err
	}
	if req.GetInstallmentMonth() < 0 {
		return nil, world.Invalid("installmentMonth must not be negative")
	}
	return &order{
		key: paymentKey{world.StoreOf(req.StoreId), req.PaymentId}, name: req.GetOrderName(), bill: bill, currency: req.GetCurrency(),
		customer: customerOf(req.Customer), customData: req.CustomData, products: req.Products, count: req.ProductCount,
		country: req.Country, promotion: promotion, noticeURLs: req.NoticeUrls, skipWebhook: req.GetSkipWebhook(),
		origin: apiOrigin, billingKey: req.GetBillingKey(),
	}, nil
}

// chargeKey charges an admitted order to a billing key that can be used. The
// refusal is the PG's, and leaves a failed payment; an error leaves nothing. For
// then see settle.
func (s *Store) chargeKey(k *billingKey, o *order, req *portonev2.PayWithBillingKeyRequest, then func()) (*attempt, *decline, error) {
	r, err := k.route(req.ChannelKey)
	if err != nil {
		return nil, nil, err
	}
	if err := s.discount(o, k.card); err != nil {
		return nil, nil, err
	}
	a := s.begin(o, r, keyMeans(k, req))
	return a, s.settle(a, then), nil
}

// keyMeans is payment by billing key.
func keyMeans(k *billingKey, req *portonev2.PayWithBillingKeyRequest) *means {
	m := cardMeans(k.card, req.GetInstallmentMonth(), req.UseFreeInterestFromMerchant, req.UseCardPoint)
	m.key = k
	return m
}

// CapturePayment implements PaymentServiceServer. Every payment can be captured
// once.
func (s *Store) CapturePayment(_ context.Context, req *portonev2.CapturePaymentRequest) (*portonev2.CapturePaymentResponse, error) {
	a, err := s.findPaid(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	if a.captured {
		return nil, declineCapturedBefore.err()
	}
	a.captured = true
	s.touch(a)
	return &portonev2.CapturePaymentResponse{}, nil
}
