package shop

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// condition is one that payments of a list have to meet.
type condition func(*entry) bool

// conditions are what a filter asks for. What is absent or empty does not
// restrict.
func (l *ledger) conditions(f *portonev2.PaymentFilterInput) []condition {
	if f == nil {
		return nil
	}
	var all []condition
	when := func(present bool, c condition) {
		if present {
			all = append(all, c)
		}
	}
	never := func(*entry) bool { return false }
	when(f.MerchantId != nil && *f.MerchantId != world.MerchantID, never)
	when(f.Version != nil && *f.Version != portonev2.PortOneVersion_PORT_ONE_VERSION_V2, never)
	store := l.stores[f.GetStoreId()]
	when(f.StoreId != nil, func(e *entry) bool { return e.store == store })
	when(len(f.Status) > 0, func(e *entry) bool { return slices.Contains(f.Status, portonev2.PaymentStatus(e.status)) })
	when(len(f.Methods) > 0, func(e *entry) bool { return slices.Contains(f.Methods, portonev2.PaymentMethodType(e.method)) })
	when(len(f.PgProvider) > 0, func(e *entry) bool { return slices.Contains(f.PgProvider, portonev2.PgProvider(e.pg)) })
	when(f.Currency != nil, func(e *entry) bool { return portonev2.Currency(e.currency) == *f.Currency })
	when(f.PlatformType != nil, func(e *entry) bool { return portonev2.PaymentClientType(e.platform) == *f.PlatformType })
	when(f.CardBrand != nil, func(e *entry) bool { return portonev2.CardBrand(e.cardBrand) == *f.CardBrand })
	when(f.CardType != nil, func(e *entry) bool { return portonev2.CardType(e.cardType) == *f.CardType })
	when(f.CardOwnerType != nil, func(e *entry) bool { return portonev2.CardOwnerType(e.cardOwner) == *f.CardOwnerType })
	when(f.IsTest != nil, func(e *entry) bool { return (e.flags&isTest != 0) == *f.IsTest })
	when(f.IsScheduled != nil, func(e *entry) bool { return (e.flags&isScheduled != 0) == *f.IsScheduled })
	when(f.IsEscrow != nil, func(e *entry) bool { return (e.flags&isEscrow != 0) == *f.IsEscrow })
	when(f.WebhookStatus != nil, func(e *entry) bool { return portonev2.PaymentWebhookStatus(e.webhook) == *f.WebhookStatus })
	when(f.EscrowStatus != nil, func(e *entry) bool { return portonev2.PaymentFilterInputEscrowStatus(e.escrow) == *f.EscrowStatus })
	when(f.GiftCertificateType != nil, func(e *entry) bool {
		return portonev2.PaymentMethodGiftCertificateType(e.gift) == *f.GiftCertificateType
	})
	when(f.CashReceiptType != nil, func(e *entry) bool { return portonev2.CashReceiptInputType(e.receiptType) == *f.CashReceiptType })
	when(f.CashReceiptStatus != nil, func(e *entry) bool {
		return portonev2.PaymentCashReceiptStatus(e.receiptStatus) == *f.CashReceiptStatus
	})
	when(f.CashReceiptIssuedAtRange != nil, within(f.CashReceiptIssuedAtRange, func(e *entry) instant { return e.receiptIssued }))
	when(f.CashReceiptCancelledAtRange != nil, within(f.CashReceiptCancelledAtRange, func(e *entry) instant { return e.receiptCancelled }))
	for _, search := range f.TextSearch {
		all = append(all, l.texts.condition(search, len(l.entries)))
	}
	return all
}

// within is met by payments for which something happened in a period.
func within(r *portonev2.DateTimeRange, at func(*entry) instant) condition {
	if r == nil {
		return nil
	}
	when := period{instantOf(r.From.AsTime()), instantOf(r.Until.AsTime())}
	return func(e *entry) bool { return at(e) != 0 && when.has(at(e)) }
}

// meets says whether a payment meets all conditions.
func (e *entry) meets(conditions []condition) bool {
	for _, met := range conditions {
		if !met(e) {
			return false
		}
	}
	return true
}
