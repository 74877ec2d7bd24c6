package cashreceipt

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// IssueCashReceipt issues a receipt by hand. A payment of the sandbox has to be
// paid, in the same currency, and the receipt cannot be for more than what is
// left of it; else INVALID_REQUEST. Further errors: CHANNEL_NOT_FOUND,
// CASH_RECEIPT_ALREADY_ISSUED, and PG_PROVIDER as the package says.
func (s *Store) IssueCashReceipt(_ context.Context, req *portonev2.IssueCashReceiptRequest) (*portonev2.IssueCashReceiptResponse, error) {
	via, err := issuers.Channel(req.GetChannelKey())
	if err != nil {
		return nil, err
	}
	sum, err := readAmount(req.GetAmount())
	if err != nil {
		return nil, err
	}
	if err := s.checkInput(req, via); err != nil {
		return nil, err
	}
	payment := keyOf(req.StoreId, req.GetPaymentId())
	if present := s.last[payment]; present != nil && present.status == issued {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CASH_RECEIPT_ALREADY_ISSUED,
			"payment %q has a cash receipt", req.GetPaymentId())
	}
	if err := s.checkPayment(payment, req.GetCurrency(), sum); err != nil {
		return nil, err
	}
	if refused := refusal(req); refused != nil {
		s.fail(payment, req, via)
		return nil, refused
	}
	return s.issue(payment, req, via, sum), nil
}

// checkInput refuses what PortOne does not even hand on to the PG.
func (s *Store) checkInput(req *portonev2.IssueCashReceiptRequest, via *portonev2.SelectedChannel) error {
	switch {
	case req.GetPaymentId() == "":
		return world.Invalid("paymentId must not be empty")
	case req.GetOrderName() == "":
		return world.Invalid("orderName must not be empty")
	case req.PaidAt != nil && req.GetPaidAt().AsTime().After(s.world.Clock.Now()):
		return world.Invalid("paidAt is yet to come")
	case via.GetPgProvider() == portonev2.PgProvider_PG_PROVIDER_GALAXIA && req.GetCustomer().IdentityNumberType == nil:
		return world.Invalid("customer.identityNumberType is required by Galaxia Moneytree")
	}
	return nil
}

// issue carries the receipt out.
func (s *Store) issue(payment key, req *portonev2.IssueCashReceiptRequest, via *portonev2.SelectedChannel, sum amount) *portonev2.IssueCashReceiptResponse {
	now := s.world.Clock.Timestamp()
	pgID := s.world.IDs.UUID("cash-receipt")
	r := &portonev2.IssuedCashReceipt{
		MerchantId:      world.Ptr(world.MerchantID),
		StoreId:         &payment.store,
		PaymentId:       &payment.payment,
		Channel:         via,
		Amount:          &sum.total,
		TaxFreeAmount:   &sum.taxFree,
		VatAmount:       &sum.vat,
		Currency:        req.GetCurrency().Enum(),
		OrderName:       world.Ptr(req.GetOrderName()),
		IsManual:        world.Ptr(true),
		Type:            req.GetType().Enum(),
		PgReceiptId:     &pgID,
		IssueNumber:     world.Ptr(s.world.IDs.Digits("cash-receipt issue number", 9)),
		Url:             world.Ptr("https://sandbox.invalid/cash-receipts/" + pgID),
		IssuedAt:        now,
		StatusUpdatedAt: now,
	}
	s.showOnPayment(s.keep(&portonev2.CashReceipt{Status: &portonev2.CashReceipt_Issued{Issued: r}}))
	s.world.Counters.Add("cash_receipt.issued")
	return &portonev2.IssueCashReceiptResponse{CashReceipt: &portonev2.CashReceiptSummary{
		IssueNumber: world.Ptr(r.GetIssueNumber()),
		Url:         world.Ptr(r.GetUrl()),
		PgReceiptId: world.Ptr(pgID),
	}}
}

// fail records that the PG refused.
func (s *Store) fail(payment key, req *portonev2.IssueCashReceiptRequest, via *portonev2.SelectedChannel) {
	s.keep(&portonev2.CashReceipt{Status: &portonev2.CashReceipt_IssueFailed{IssueFailed: &portonev2.IssueFailedCashReceipt{
		MerchantId:      world.Ptr(world.MerchantID),
		StoreId:         &payment.store,
		PaymentId:       &payment.payment,
		Channel:         via,
		OrderName:       world.Ptr(req.GetOrderName()),
		IsManual:        world.Ptr(true),
		StatusUpdatedAt: s.world.Clock.Timestamp(),
	}}})
}
