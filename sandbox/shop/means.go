package shop

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// means is what an attempt is paid with.
type means struct {
	shown *portonev2.PaymentMethod

	card        *card // nil if it is not one
	installment int32 // months; 0 and 1 are at once
	key         *billingKey

	account *portonev2.InstantPaymentMethodInputVirtualAccount // to issue; nil if none
}

// smallestInstallment is the least that Toss Payments takes by instalments, in
// won.
const smallestInstallment = 50_000

// cardMeans is payment by card.
func cardMeans(c *card, months int32, free, points *bool) *means {
	shown := &portonev2.PaymentMethodCard{Card: c.shown, PointUsed: points}
	if months > 1 {
		shown.Installment = &portonev2.PaymentInstallment{Month: world.Ptr(months), IsInterestFree: world.Ptr(free != nil && *free)}
	}
	return &means{
		card: c, installment: months,
		shown: &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodCard{PaymentMethodCard: shown}},
	}
}

// settle brings an attempt to its end, or to what it has to wait for. It returns
// why the PG refused, and then the attempt has failed. If the attempt is left
// pending, then is called when that ends; it may be nil.
func (s *Store) settle(a *attempt, then func()) *decline {
	m := a.means
	if m.account != nil {
		s.issueAccount(a)
		return nil
	}
	if refusal := a.route.says(s.refusal(a)); refusal != nil {
		s.fail(a, refusal.failure(), 0)
		return refusal
	}
	switch {
	case a.route.through(portonev2.PgProvider_PG_PROVIDER_TRIPLE_A), m.card != nil && m.card.test.does == pends:
		s.wait(a, nil, then)
	case m.card != nil && m.card.test.does == pendsAndDeclines:
		s.wait(a, a.route.says(m.card.test.decline()), then)
	default:
		a.approve(s.w.IDs)
		s.pay(a, 0)
	}
	return nil
}

// refusal is what the PG says to a charge, nil if it approves.
func (s *Store) refusal(a *attempt) *decline {
	m := a.means
	if m.card == nil {
		return nil
	}
	nth := 1
	if m.key != nil {
		m.key.charges++
		nth = m.key.charges
	}
	switch {
	case m.installment > 12:
		return declineInstallmentMonth
	case m.installment > 1 && a.currency == portonev2.Currency_CURRENCY_KRW && a.bill.price.amount < smallestInstallment:
		return declineInstallment
	}
	return m.card.charge(s.now().time(), nth)
}

// approve gives a card payment its approval number.
func (a *attempt) approve(ids *world.IDs) {
	shown := a.method.GetPaymentMethodCard()
	if shown == nil {
		return
	}
	a.method = &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodCard{PaymentMethodCard: &portonev2.PaymentMethodCard{
		Card: shown.Card, Installment: shown.Installment, PointUsed: shown.PointUsed,
		ApprovalNumber: world.Ptr(ids.Digits("approval", 8)),
	}}}
}
