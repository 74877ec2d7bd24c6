package shop

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// The states of a payment, under shorter names.
const (
	ready     = portonev2.PaymentStatus_PAYMENT_STATUS_READY
	pending   = portonev2.PaymentStatus_PAYMENT_STATUS_PENDING
	issued    = portonev2.PaymentStatus_PAYMENT_STATUS_VIRTUAL_ACCOUNT_ISSUED
	paid      = portonev2.PaymentStatus_PAYMENT_STATUS_PAID
	failed    = portonev2.PaymentStatus_PAYMENT_STATUS_FAILED
	partial   = portonev2.PaymentStatus_PAYMENT_STATUS_PARTIAL_CANCELLED
	cancelled = portonev2.PaymentStatus_PAYMENT_STATUS_CANCELLED
)

// payment is what is known under one payment id of a store: the attempts made at
// it, of which the last is its present state.
type payment struct {
	id, storeID string
	created     instant
	attempts    []*attempt // never empty

	change    uint64 // the number of its last change of state, in the order of all
	texts     texts  // of the present, unless stale
	stale     bool
	elsewhere *payment // with the same id, of another store
}

// current is the latest attempt.
func (p *payment) current() *attempt { return p.attempts[len(p.attempts)-1] }

// paymentKey names a payment: stores choose ids for themselves.
type paymentKey struct{ storeID, id string }

// order is what is to be paid for, as all ways to pay tell it.
type order struct {
	key         paymentKey
	name        string
	bill        bill
	currency    portonev2.Currency
	customer    *portonev2.Customer
	customData  *string
	cultural    *bool
	escrow      bool
	products    []*portonev2.PaymentProduct
	count       *int32
	country     *portonev2.Country
	promotion   *promotion
	noticeURLs  []string
	skipWebhook bool // of a success
	origin      *portonev2.PaymentOrigin
	scheduleID  string
	billingKey  string
}

// attempt is one try to pay, which PortOne calls a transaction.
type attempt struct {
	payment *payment
	id      string
	status  portonev2.PaymentStatus
	*order
	bill  bill // as it develops; that of the order is as asked
	route route
	means *means
	// method is how it is paid, as shown.
	method *portonev2.PaymentMethod
	pgTxID string

	requestedAt, updatedAt, changedAt instant
	paidAt, cancelledAt, failedAt     instant

	failure       *portonev2.PaymentFailure
	cancellations []*cancellation
	retain        portonev2.PromotionDiscountRetainOption // of its partial cancellations
	delivery      *delivery                               // nil without escrow
	disputes      []*portonev2.Dispute                    // oldest first
	receipt       *portonev2.PaymentCashReceipt
	receiptIssued portonev2.CashReceiptIssuanceStatus
	receiptNumber string // of the one that it got when it was paid
	captured      bool
	webhooks      []*webhook
}

// apiOrigin is where a payment comes from that was requested through the API.
var apiOrigin = &portonev2.PaymentOrigin{
	PlatformType: portonev2.PaymentOriginPlatformType_PAYMENT_ORIGIN_PLATFORM_TYPE_API.Enum(),
	IpAddress:    world.Ptr("127.0.0.1"),
}

// find returns the payment of a request, or PAYMENT_NOT_FOUND.
func (s *Store) find(id string, storeID *string) (*payment, error) {
	if p := s.payments.find(paymentKey{world.StoreOf(storeID), id}); p != nil {
		return p, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no payment %q in store %q", id, world.StoreOf(storeID))
}

// findPaid returns the present attempt at a payment of which something is paid,
// or what PortOne refuses with if there is none.
func (s *Store) findPaid(id string, storeID *string) (*attempt, error) {
	p, err := s.find(id, storeID)
	if err != nil {
		return nil, err
	}
	if a := p.current(); a.status == paid || a.status == partial {
		return a, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_PAID, "payment %q is %s", id, p.current().status)
}

// admit reports whether an order can be paid now: its id is free and its terms are
// those registered. An account that waits for its deposit, or a payment that
// waits for its approval, counts as paid: a second one would take the money
// twice.
func (s *Store) admit(o *order) error {
	if err := s.checkFree(o.key); err != nil {
		return err
	}
	if o.scheduleID == "" && s.schedules.active(o.key) != nil {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_EXISTS, "payment %q is scheduled", o.key.id)
	}
	return s.checkTerms(o)
}

// checkFree says why there can be no further attempt at a payment.
func (s *Store) checkFree(key paymentKey) error {
	p := s.payments.find(key)
	if p == nil {
		return nil
	}
	switch a := p.current(); {
	case a.status != failed && a.status != ready:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID, "payment %q is %s", key.id, a.status)
	case len(p.attempts) >= MaxAttempts:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_MAX_TRANSACTION_COUNT_REACHED, "payment %q was tried %d times", key.id, len(p.attempts))
	}
	return nil
}

// checkTerms refuses an order that is not what was registered before.
func (s *Store) checkTerms(o *order) error {
	terms := s.registered[o.key]
	switch {
	case terms == nil:
		return nil
	case terms.TotalAmount != nil && *terms.TotalAmount != o.bill.price.amount,
		terms.TaxFreeAmount != nil && *terms.TaxFreeAmount != o.bill.price.taxFree,
		terms.Currency != nil && *terms.Currency != o.currency:
		return world.Invalid("payment %q was pre-registered with another amount or currency", o.key.id)
	}
	return nil
}

// begin makes an attempt, which is READY until something becomes of it.
func (s *Store) begin(o *order, r route, m *means) *attempt {
	now := s.now()
	p := s.payments.find(o.key)
	isNew := p == nil
	if isNew {
		p = &payment{id: o.key.id, storeID: o.key.storeID, created: now}
	}
	a := &attempt{
		payment: p, id: s.w.IDs.UUID("transaction"), status: ready, order: o, bill: o.bill, route: r, means: m, method: m.shown,
		pgTxID: s.w.IDs.UUID("pg transaction"), requestedAt: now, updatedAt: now, changedAt: now,
	}
	if o.escrow {
		a.delivery = &delivery{status: notRegistered}
	}
	p.attempts = append(p.attempts, a)
	if isNew {
		s.payments.add(p)
	}
	s.payments.changedStatus(p)
	return a
}

// move changes the state of an attempt.
func (s *Store) move(a *attempt, status portonev2.PaymentStatus) {
	a.status, a.changedAt, a.updatedAt = status, s.now(), s.now()
	if a == a.payment.current() {
		s.payments.changedStatus(a.payment)
	}
}

// pay completes an attempt: the money has come.
func (s *Store) pay(a *attempt, trigger portonev2.PaymentWebhookTrigger) {
	a.bill.pay()
	a.paidAt = s.now()
	s.move(a, paid)
	a.promotion.spend(a.bill.discount)
	s.w.Counters.Add("payment.charged")
	s.happened(a, paid, a.bill.paid, nil)
	if trigger != 0 || !a.skipWebhook {
		s.notify(a, transactionPaid, nil, trigger)
	}
}

// fail ends an attempt: no money comes.
func (s *Store) fail(a *attempt, failure *portonev2.PaymentFailure, trigger portonev2.PaymentWebhookTrigger) {
	a.failedAt, a.failure = s.now(), failure
	s.move(a, failed)
	s.w.Counters.Add("payment.failed")
	s.notify(a, transactionFailed, nil, trigger)
}

// wait leaves an attempt until PendingApproval is over, when it is approved, or
// refused if there is a refusal. Then calls then, which may be nil.
func (s *Store) wait(a *attempt, refusal *decline, then func()) {
	s.move(a, pending)
	s.notify(a, transactionPayPending, nil, portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_ASYNC_PAY_PENDING)
	s.w.Clock.At(s.now().time().Add(PendingApproval), func() {
		if refusal == nil {
			a.approve(s.w.IDs)
			s.pay(a, portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_ASYNC_PAY_APPROVED)
		} else {
			s.fail(a, refusal.failure(), portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_ASYNC_PAY_FAILED)
		}
		if then != nil {
			then()
		}
	})
}

// touch notes a change that is none of state.
func (s *Store) touch(a *attempt) {
	a.updatedAt = s.now()
	s.payments.touched(a.payment)
}
