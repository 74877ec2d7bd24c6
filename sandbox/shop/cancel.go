package shop

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// RefusedRefundAccount is the number of a refund account to which the PG refuses
// to pay.
const RefusedRefundAccount = "00000000000"

// cancellationStatus is the state of a cancellation.
type cancellationStatus int

const (
	cancelRequested cancellationStatus = iota + 1 // to be carried out later
	cancelSucceeded
	cancelFailed
)

// cancellationNames are the cases of PaymentCancellation.
var cancellationNames = map[cancellationStatus]protoreflect.Name{
	cancelRequested: "requested", cancelSucceeded: "succeeded", cancelFailed: "failed",
}

// String implements fmt.Stringer.
func (s cancellationStatus) String() string { return string(cancellationNames[s]) }

// cancellation is one attempt at a refund.
type cancellation struct {
	id, pgID string
	status   cancellationStatus
	price    parts // what it takes from the price
	discount int64 // what it takes from the discount
	money    parts // what goes back
	reason   string

	skipWebhook              bool // of a success
	requestedAt, cancelledAt instant
}

// cancellationMembers are the members of a cancellation, in whichever state.
var cancellationMembers = members[*cancellation]{
	"id":                 func(c *cancellation) any { return c.id },
	"pg_cancellation_id": func(c *cancellation) any { return c.pgID },
	"total_amount":       func(c *cancellation) any { return c.money.amount },
	"tax_free_amount":    func(c *cancellation) any { return c.money.taxFree },
	"vat_amount":         func(c *cancellation) any { return c.money.vat },
	"reason":             func(c *cancellation) any { return c.reason },
	"requested_at":       func(c *cancellation) any { return c.requestedAt },
	"cancelled_at":       func(c *cancellation) any { return c.cancelledAt },
	"receipt_url":        func(c *cancellation) any { return "https://sandbox.invalid/receipts/" + c.id },
	"trigger":            func(*cancellation) any { return portonev2.Trigger_TRIGGER_API },
}

func (c *cancellation) show() *portonev2.PaymentCancellation {
	if c == nil {
		return nil
	}
	shown := new(portonev2.PaymentCancellation)
	cancellationMembers.choose(shown, cancellationNames[c.status], c)
	return shown
}

func showCancellations(a *attempt) []proto.Message {
	shown := make([]proto.Message, len(a.cancellations))
	for i, c := range a.cancellations {
		shown[i] = c.show()
	}
	return shown
}

// CancelPayment implements PaymentServiceServer.
func (s *Store) CancelPayment(_ context.Context, req *portonev2.CancelPaymentRequest) (*portonev2.CancelPaymentResponse, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	a := p.current()
	if err := s.checkCancellable(a, req); err != nil {
		return nil, err
	}
	c, err := s.newCancellation(a, req)
	if err != nil {
		return nil, err
	}
	if err := checkRefund(a, req); err != nil {
		return nil, err
	}
	c.id, c.pgID = s.w.IDs.UUID("cancellation"), s.w.IDs.UUID("pg cancellation")
	a.cancellations = append(a.cancellations, c)
	s.touch(a)
	if refusal := a.route.says(a.refundRefusal(c, req)); refusal != nil {
		c.status = cancelFailed
		return nil, refusal.err()
	}
	if a.promotion != nil && c.price != a.bill.left {
		a.retain = retainOption(req)
	}
	a.bill.left, a.bill.leftDiscount = a.bill.left.minus(c.price), a.bill.leftDiscount-c.discount
	if a.route.through(portonev2.PgProvider_PG_PROVIDER_TRIPLE_A) {
		s.request(a, c)
	} else {
		s.refund(a, c, 0)
	}
	return &portonev2.CancelPaymentResponse{Cancellation: c.show()}, nil
}

// checkCancellable says why a payment cannot be cancelled at all.
func (s *Store) checkCancellable(a *attempt, req *portonev2.CancelPaymentRequest) error {
	switch id := a.payment.id; {
	case a.status == cancelled:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_ALREADY_CANCELLED, "payment %q is cancelled", id)
	case a.status != paid && a.status != partial:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_PAID, "payment %q is %s", id, a.status)
	case len(a.cancellations) >= MaxCancellations:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_MAX_CANCEL_COUNT_REACHED, "cancelling payment %q was tried %d times", id, len(a.cancellations))
	case req.CurrentCancellableAmount != nil && *req.CurrentCancellableAmount != a.bill.left.amount:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN,
			"%d left to cancel, not %d", a.bill.left.amount, *req.CurrentCancellableAmount)
	}
	return nil
}

// retainOption is what becomes of the discount; PortOne's default is RELEASE.
func retainOption(req *portonev2.CancelPaymentRequest) portonev2.PromotionDiscountRetainOption {
	if req.PromotionDiscountRetainOption == nil {
		return portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RELEASE
	}
	return *req.PromotionDiscountRetainOption
}

// newCancellation computes what a request would give back.
func (s *Store) newCancellation(a *attempt, req *portonev2.CancelPaymentRequest) (*cancellation, error) {
	price, err := a.bill.cut(req)
	if err != nil {
		return nil, err
	}
	c := &cancellation{price: price, discount: a.bill.leftDiscount, reason: req.GetReason(), skipWebhook: req.GetSkipWebhook(), requestedAt: s.now()}
	if rest := a.bill.left.amount - price.amount; a.promotion != nil && rest > 0 {
		option := retainOption(req)
		if a.retain != 0 && a.retain != option {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PROMOTION_DISCOUNT_RETAIN_OPTION_SHOULD_NOT_BE_CHANGED,
				"the parts cancelled before were with %s", a.retain)
		}
		c.discount -= a.restDiscount(rest, option)
	}
	money := price.amount - c.discount
	if money < 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_NEGATIVE_PROMOTION_ADJUSTED_CANCEL_AMOUNT,
			"what is left would cost %d more than was paid for it", -money)
	}
	// With a discount less goes back than the price. The parts stay what they
	// were, as far as they fit.
	c.money = parts{amount: money, taxFree: min(price.taxFree, money)}
	c.money.vat = min(price.vat, c.money.taxed())
	return c, nil
}

// restDiscount is the discount on what stays paid.
func (a *attempt) restDiscount(rest int64, option portonev2.PromotionDiscountRetainOption) int64 {
	if option == portonev2.PromotionDiscountRetainOption_PROMOTION_DISCOUNT_RETAIN_OPTION_RETAIN {
		return share(rest, a.bill.discount, a.bill.price.amount)
	}
	if discount := a.promotion.discountOn(rest); discount < rest {
		return discount
	}
	return 0 // a payment of that price could not have had the promotion
}

// checkRefund asks for what some ways to give money back need.
func checkRefund(a *attempt, req *portonev2.CancelPaymentRequest) error {
	switch {
	case a.means.account != nil && req.RefundAccount == nil:
		return world.Invalid("a payment by virtual account needs refundAccount")
	case a.route.through(portonev2.PgProvider_PG_PROVIDER_TRIPLE_A) && req.RefundEmail == nil:
		return world.Invalid("a payment through Triple-A needs refundEmail")
	}
	return nil
}

// refundRefusal is what the PG says to a cancellation, nil if it agrees.
func (a *attempt) refundRefusal(c *cancellation, req *portonev2.CancelPaymentRequest) *decline {
	switch {
	case a.means.card.refusesCancelling():
		return a.means.card.test.decline()
	case a.escrow && c.price != a.bill.price:
		return declinePartOfEscrow
	case req.GetRefundAccount().GetNumber() == RefusedRefundAccount:
		return declineRefundAccount
	}
	return nil
}

// request leaves a cancellation to be carried out after PendingCancellation.
func (s *Store) request(a *attempt, c *cancellation) {
	c.status = cancelRequested
	s.notify(a, transactionCancelPending, c, 0)
	s.w.Clock.At(s.now().time().Add(PendingCancellation), func() {
		if c.status == cancelRequested {
			s.refund(a, c, portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_ASYNC_CANCEL_APPROVED)
		}
	})
}

// refund carries a cancellation out. What it takes was taken from what is left
// before.
func (s *Store) refund(a *attempt, c *cancellation, trigger portonev2.PaymentWebhookTrigger) {
	c.status, c.cancelledAt, a.cancelledAt = cancelSucceeded, s.now(), s.now()
	a.bill.cancelled += c.money.amount
	a.bill.cancelledTaxFree += c.money.taxFree
	status, kind := partial, transactionPartialCancelled
	if a.bill.left.amount == 0 && !a.hasRequested() {
		status, kind = cancelled, transactionCancelled
		a.delivery = a.delivery.cancel()
	}
	a.refundAccount()
	s.move(a, status)
	if status == cancelled {
		s.cancelReceipt(a)
	}
	a.promotion.recover(c.discount)
	s.w.Counters.Add("payment.cancelled")
	s.happened(a, status, -c.money.amount, c)
	if trigger != 0 || !c.skipWebhook {
		s.notify(a, kind, c, trigger)
	}
}

// hasRequested reports whether a cancellation is still to be carried out.
func (a *attempt) hasRequested() bool {
	for _, c := range a.cancellations {
		if c.status == cancelRequested {
			return true
		}
	}
	return false
}

// StopPaymentCancellation implements PaymentServiceServer. The cancellation has
// failed then.
func (s *Store) StopPaymentCancellation(_ context.Context, req *portonev2.StopPaymentCancellationRequest) (*portonev2.StopPaymentCancellationResponse, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	a := p.current()
	for _, c := range a.cancellations {
		if c.id != req.CancellationId {
			continue
		}
		if c.status != cancelRequested {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_CANCELLATION_NOT_PENDING, "cancellation %s has %s", c.id, c.status)
		}
		c.status = cancelFailed
		a.bill.left, a.bill.leftDiscount = a.bill.left.plus(c.price), a.bill.leftDiscount+c.discount
		s.touch(a)
		return &portonev2.StopPaymentCancellationResponse{StoppedAt: s.now().timestamp()}, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_CANCELLATION_NOT_FOUND, "payment %q has no cancellation %q", p.id, req.CancellationId)
}
