package shop

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// condition is one that payments of a list have to meet.
type condition func(*attempt) bool

// paymentConditions are what a filter asks for. What is absent or empty does not
// restrict.
func paymentConditions(f *portonev2.PaymentFilterInput) []condition {
	if f == nil {
		return nil
	}
	var all []condition
	when := func(present bool, c condition) {
		if present {
			all = append(all, c)
		}
	}
	never := func(*attempt) bool { return false }
	when(f.MerchantId != nil && *f.MerchantId != world.MerchantID, never)
	when(f.Version != nil && *f.Version != portonev2.PortOneVersion_PORT_ONE_VERSION_V2, never)
	when(f.StoreId != nil, func(a *attempt) bool { return a.payment.storeID == *f.StoreId })
	when(len(f.Status) > 0, func(a *attempt) bool { return slices.Contains(f.Status, a.status) })
	when(len(f.Methods) > 0, func(a *attempt) bool { return slices.Contains(f.Methods, methodType(a.method)) })
	when(len(f.PgProvider) > 0, func(a *attempt) bool { return slices.Contains(f.PgProvider, a.route.channel.GetPgProvider()) })
	when(f.Currency != nil, func(a *attempt) bool { return a.currency == *f.Currency })
	when(f.PlatformType != nil, func(a *attempt) bool { return platforms[a.origin.GetPlatformType()] == *f.PlatformType })
	when(f.CardBrand != nil, func(a *attempt) bool { return a.shownCard().GetBrand() == *f.CardBrand })
	when(f.CardType != nil, func(a *attempt) bool { return a.shownCard().GetType() == *f.CardType })
	when(f.CardOwnerType != nil, func(a *attempt) bool { return a.shownCard().GetOwnerType() == *f.CardOwnerType })
	when(f.IsTest != nil, func(a *attempt) bool { return a.route.test() == *f.IsTest })
	when(f.IsScheduled != nil, func(a *attempt) bool { return (a.scheduleID != "") == *f.IsScheduled })
	when(f.IsEscrow != nil, func(a *attempt) bool { return a.escrow == *f.IsEscrow })
	when(f.WebhookStatus != nil, func(a *attempt) bool { return a.webhookStatus() == *f.WebhookStatus })
	when(f.EscrowStatus != nil, func(a *attempt) bool { return a.escrowStatus() == *f.EscrowStatus })
	when(f.GiftCertificateType != nil, func(a *attempt) bool {
		return a.method.GetPaymentMethodGiftCertificate().GetGiftCertificateType() == *f.GiftCertificateType
	})
	when(f.CashReceiptType != nil, func(a *attempt) bool { return receiptType(a.receipt) == *f.CashReceiptType })
	when(f.CashReceiptStatus != nil, func(a *attempt) bool {
		return receiptStatus(a.receipt) == *f.CashReceiptStatus
	})
	when(f.CashReceiptIssuedAtRange != nil, within(f.CashReceiptIssuedAtRange, func(a *attempt) instant { return receiptIssuedAt(a.receipt) }))
	when(f.CashReceiptCancelledAtRange != nil, within(f.CashReceiptCancelledAtRange, func(a *attempt) instant { return receiptCancelledAt(a.receipt) }))
	for _, search := range f.TextSearch {
		all = append(all, textCondition(search))
	}
	return all
}

// within is met by payments for which something happened in a period.
func within(r *portonev2.DateTimeRange, at func(*attempt) instant) condition {
	if r == nil {
		return nil
	}
	when := period{instantOf(r.From.AsTime()), instantOf(r.Until.AsTime())}
	return func(a *attempt) bool { t := at(a); return t != 0 && when.has(t) }
}

// meets reports whether a payment meets all conditions.
func (a *attempt) meets(conditions []condition) bool {
	for _, met := range conditions {
		if !met(a) {
			return false
		}
	}
	return true
}
