package shop

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// ledger has all payments, by id and in the two orders in which they are listed.
// What most filters ask for stands in the lists themselves, so that a list call
// reads 100,000 entries in a row instead of visiting as many objects.
type ledger struct {
	byID    map[string]*payment
	created []entry           // in order of creation
	changed []entry           // in order of the last change of state; see changedStatus
	gone    int               // empty entries of changed
	stores  map[string]uint32 // numbers for store ids
}

// entry is a payment in a list, by its latest attempt; without one, it was moved
// on.
type entry struct {
	attempt *attempt
	created instant
	changed instant
	facets
}

// facets are the members of a payment that filters ask for most.
type facets struct {
	id       string
	texts    string // see steadyTexts
	store    uint32
	currency uint16
	status   uint8
	method   uint8
	pg       uint8
	platform uint8
	flags    uint8

	cardBrand, cardType, cardOwner uint8
}

const (
	isTest = 1 << iota
	isScheduled
	isEscrow
)

func newLedger() ledger {
	return ledger{byID: make(map[string]*payment), stores: make(map[string]uint32)}
}

func (l *ledger) find(key paymentKey) *payment {
	for p := l.byID[key.id]; p != nil; p = p.elsewhere {
		if p.storeID == key.storeID {
			return p
		}
	}
	return nil
}

// add takes up a new payment, whose first attempt changedStatus notes.
func (l *ledger) add(p *payment) {
	p.elsewhere = l.byID[p.id]
	l.byID[p.id] = p
	p.inCreated, p.inChanged = len(l.created), -1
	l.created = append(l.created, entry{})
}

// changedStatus moves a payment to the end of the list by change of state. Its
// place before stays empty until there are more empty places than taken ones.
func (l *ledger) changedStatus(p *payment) {
	if p.inChanged >= 0 {
		l.changed[p.inChanged].attempt = nil
		l.gone++
	}
	a := p.current()
	e := entry{attempt: a, created: p.created, changed: a.changedAt, facets: l.facetsOf(a)}
	l.created[p.inCreated] = e
	p.inChanged = len(l.changed)
	l.changed = append(l.changed, e)
	if l.gone > len(l.changed)/2 {
		l.closeGaps()
	}
}

func (l *ledger) closeGaps() {
	kept := l.changed[:0]
	for _, e := range l.changed {
		if e.attempt != nil {
			e.attempt.payment.inChanged = len(kept)
			kept = append(kept, e)
		}
	}
	clear(l.changed[len(kept):])
	l.changed, l.gone = kept, 0
}

func (l *ledger) facetsOf(a *attempt) facets {
	card := a.shownCard()
	f := facets{
		id: a.payment.id, texts: a.steadyTexts(), store: l.storeNumber(a.payment.storeID), currency: uint16(a.currency), status: uint8(a.status),
		method: uint8(methodType(a.method)), pg: uint8(a.route.channel.GetPgProvider()),
		platform: uint8(platforms[a.origin.GetPlatformType()]), cardBrand: uint8(card.GetBrand()), cardType: uint8(card.GetType()),
		cardOwner: uint8(card.GetOwnerType()),
	}
	if a.route.test() {
		f.flags |= isTest
	}
	if a.scheduleID != "" {
		f.flags |= isScheduled
	}
	if a.escrow {
		f.flags |= isEscrow
	}
	return f
}

func (l *ledger) storeNumber(id string) uint32 {
	number, known := l.stores[id]
	if !known {
		number = uint32(len(l.stores) + 1)
		l.stores[id] = number
	}
	return number
}

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
