package shop

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// all says whether conditions are all met.
func all[T any](conditions []func(T) bool, v T) bool {
	for _, met := range conditions {
		if !met(v) {
			return false
		}
	}
	return true
}

// facetConditions are the conditions of a filter that the ledger's lists answer
// by themselves. What is absent or empty does not restrict.
func (s *Store) facetConditions(f *portonev2.PaymentFilterInput) []func(*facets) bool {
	if f == nil {
		return nil
	}
	var c []func(*facets) bool
	if f.MerchantId != nil && *f.MerchantId != world.MerchantID {
		c = append(c, func(*facets) bool { return false })
	}
	if f.StoreId != nil {
		number := s.payments.stores[*f.StoreId]
		c = append(c, func(e *facets) bool { return e.store == number })
	}
	if len(f.Status) > 0 {
		c = append(c, func(e *facets) bool { return slices.Contains(f.Status, portonev2.PaymentStatus(e.status)) })
	}
	if len(f.Methods) > 0 {
		c = append(c, func(e *facets) bool { return slices.Contains(f.Methods, portonev2.PaymentMethodType(e.method)) })
	}
	if len(f.PgProvider) > 0 {
		c = append(c, func(e *facets) bool { return slices.Contains(f.PgProvider, portonev2.PgProvider(e.pg)) })
	}
	if f.Currency != nil {
		c = append(c, func(e *facets) bool { return portonev2.Currency(e.currency) == *f.Currency })
	}
	if f.PlatformType != nil {
		c = append(c, func(e *facets) bool { return portonev2.PaymentClientType(e.platform) == *f.PlatformType })
	}
	if f.CardBrand != nil {
		c = append(c, func(e *facets) bool { return portonev2.CardBrand(e.cardBrand) == *f.CardBrand })
	}
	if f.CardType != nil {
		c = append(c, func(e *facets) bool { return portonev2.CardType(e.cardType) == *f.CardType })
	}
	if f.CardOwnerType != nil {
		c = append(c, func(e *facets) bool { return portonev2.CardOwnerType(e.cardOwner) == *f.CardOwnerType })
	}
	for _, search := range f.TextSearch {
		if search.GetField() == portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PAYMENT_ID {
			in := partIn(search.GetValue())
			c = append(c, func(e *facets) bool { return in(e.id) })
		}
		if field := slices.Index(steadyFields, search.GetField()); field >= 0 {
			c = append(c, steadyCondition(field, search.GetValue()))
		}
	}
	for _, flag := range []struct {
		wanted *bool
		bit    uint8
	}{{f.IsTest, isTest}, {f.IsScheduled, isScheduled}, {f.IsEscrow, isEscrow}} {
		if flag.wanted != nil {
			c = append(c, func(e *facets) bool { return (e.flags&flag.bit != 0) == *flag.wanted })
		}
	}
	return c
}

// attemptConditions are the conditions of a filter for which a payment has to be
// looked at.
func attemptConditions(f *portonev2.PaymentFilterInput) []func(*attempt) bool {
	if f == nil {
		return nil
	}
	var c []func(*attempt) bool
	if f.Version != nil && *f.Version != portonev2.PortOneVersion_PORT_ONE_VERSION_V2 {
		c = append(c, func(*attempt) bool { return false })
	}
	if f.WebhookStatus != nil {
		c = append(c, func(a *attempt) bool { return a.webhookStatus() == *f.WebhookStatus })
	}
	if f.EscrowStatus != nil {
		c = append(c, func(a *attempt) bool { return a.delivery != nil && escrowNames[*f.EscrowStatus] == a.delivery.status })
	}
	if f.GiftCertificateType != nil {
		c = append(c, func(a *attempt) bool {
			return a.method.GetPaymentMethodGiftCertificate().GetGiftCertificateType() == *f.GiftCertificateType
		})
	}
	c = append(c, receiptConditions(f)...)
	for _, search := range f.TextSearch {
		if search.GetField() != portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PAYMENT_ID && !slices.Contains(steadyFields, search.GetField()) {
			c = append(c, textCondition(search))
		}
	}
	return c
}

// receiptConditions are those about the cash receipt of a payment.
func receiptConditions(f *portonev2.PaymentFilterInput) []func(*attempt) bool {
	var c []func(*attempt) bool
	if f.CashReceiptType != nil {
		c = append(c, func(a *attempt) bool { return receiptType(a.receipt) == *f.CashReceiptType })
	}
	if f.CashReceiptStatus != nil {
		wantCancelled := *f.CashReceiptStatus == portonev2.PaymentCashReceiptStatus_PAYMENT_CASH_RECEIPT_STATUS_CANCELLED
		c = append(c, func(a *attempt) bool {
			return a.receipt.GetStatus() != nil && (a.receipt.GetCancelled() != nil) == wantCancelled
		})
	}
	if r := f.CashReceiptIssuedAtRange; r != nil {
		c = append(c, func(a *attempt) bool {
			issuedAt := a.receipt.GetIssued().GetIssuedAt()
			if gone := a.receipt.GetCancelled(); gone != nil {
				issuedAt = gone.GetIssuedAt()
			}
			return inRange(r, issuedAt)
		})
	}
	if r := f.CashReceiptCancelledAtRange; r != nil {
		c = append(c, func(a *attempt) bool { return inRange(r, a.receipt.GetCancelled().GetCancelledAt()) })
	}
	return c
}

func inRange(r *portonev2.DateTimeRange, at *timestamppb.Timestamp) bool {
	return at != nil && period{instantOf(r.From.AsTime()), instantOf(r.Until.AsTime())}.has(instantOf(at.AsTime()))
}

// receiptType is the type of a cash receipt as requests name it.
func receiptType(receipt *portonev2.PaymentCashReceipt) portonev2.CashReceiptInputType {
	kind := receipt.GetIssued().GetType()
	if gone := receipt.GetCancelled(); gone != nil {
		kind = gone.GetType()
	}
	switch kind {
	case portonev2.CashReceiptType_CASH_RECEIPT_TYPE_PERSONAL:
		return portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_PERSONAL
	case portonev2.CashReceiptType_CASH_RECEIPT_TYPE_CORPORATE:
		return portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_CORPORATE
	}
	return portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_NO_RECEIPT
}

// escrowNames are the states of a delivery as filters name them.
var escrowNames = map[portonev2.PaymentFilterInputEscrowStatus]protoreflect.Name{
	portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_REGISTERED:       "registered",
	portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_DELIVERED:        "delivered",
	portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_CONFIRMED:        "confirmed",
	portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_REJECTED:         "rejected",
	portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_CANCELLED:        "cancelled",
	portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_REJECT_CONFIRMED: "reject_confirmed",
}

// webhookStatus is the outcome of the webhook that told the present state. Every
// webhook of the sandbox is taken; unspecified is none sent.
func (a *attempt) webhookStatus() portonev2.PaymentWebhookStatus {
	for _, h := range a.webhooks {
		if h.status == a.status {
			return portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_SUCCEEDED
		}
	}
	return portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_UNSPECIFIED
}

// shownCard is the card of a payment by card, or nil.
func (a *attempt) shownCard() *portonev2.Card { return a.method.GetPaymentMethodCard().GetCard() }
