package shop

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// schedule is a payment by billing key for a set time.
type schedule struct {
	id     string
	status portonev2.PaymentScheduleStatus
	order  *order // as it is charged
	key    *billingKey
	charge *portonev2.PayWithBillingKeyRequest // how it is charged

	created, due, started, completed, revoked instant

	cancel func() // takes the plan back
}

// The states of a schedule, under shorter names.
const (
	scheduled         = portonev2.PaymentScheduleStatus_PAYMENT_SCHEDULE_STATUS_SCHEDULED
	started           = portonev2.PaymentScheduleStatus_PAYMENT_SCHEDULE_STATUS_STARTED
	scheduleSucceeded = portonev2.PaymentScheduleStatus_PAYMENT_SCHEDULE_STATUS_SUCCEEDED
	scheduleFailed    = portonev2.PaymentScheduleStatus_PAYMENT_SCHEDULE_STATUS_FAILED
	scheduleRevoked   = portonev2.PaymentScheduleStatus_PAYMENT_SCHEDULE_STATUS_REVOKED
	scheduleIsPending = portonev2.PaymentScheduleStatus_PAYMENT_SCHEDULE_STATUS_PENDING
)

// calendar has all schedules.
type calendar struct {
	byID      map[string]*schedule
	byTime    []*schedule                // by the time they are due
	ofPayment map[paymentKey][]*schedule // in order of creation
	open      map[*billingKey]int        // how many neither ended nor revoked
}

func newCalendar() calendar {
	return calendar{byID: make(map[string]*schedule), ofPayment: make(map[paymentKey][]*schedule), open: make(map[*billingKey]int)}
}

// add takes up a new schedule.
func (c *calendar) add(d *schedule) {
	c.byID[d.id] = d
	place, _ := slices.BinarySearchFunc(c.byTime, d.due+1, func(at *schedule, due instant) int { return cmp.Compare(at.due, due) })
	c.byTime = slices.Insert(c.byTime, place, d)
	c.ofPayment[d.order.key] = append(c.ofPayment[d.order.key], d)
	c.open[d.key]++
}

// active is the schedule of a payment that may still charge it, or nil.
func (c *calendar) active(key paymentKey) *schedule {
	for _, d := range c.ofPayment[key] {
		if d.isOpen() {
			return d
		}
	}
	return nil
}

func (d *schedule) isOpen() bool {
	return d.status == scheduled || d.status == started || d.status == scheduleIsPending
}

// end closes a schedule.
func (c *calendar) end(d *schedule, status portonev2.PaymentScheduleStatus) {
	d.status = status
	c.open[d.key]--
}

// CreatePaymentSchedule implements PaymentScheduleServiceServer.
func (s *Store) CreatePaymentSchedule(_ context.Context, req *portonev2.CreatePaymentScheduleRequest) (*portonev2.CreatePaymentScheduleResponse, error) {
	charge := chargeOf(req.PaymentId, world.Known(req.Payment))
	o, err := s.keyOrder(charge)
	if err != nil {
		return nil, err
	}
	due := instantOf(req.TimeToPay.AsTime())
	if due <= s.now() {
		return nil, world.Invalid("timeToPay has passed")
	}
	if err := s.checkUnscheduled(o); err != nil {
		return nil, err
	}
	k, err := s.keys.usable(charge.GetBillingKey(), o.key.storeID)
	if err != nil {
		return nil, err
	}
	if _, err := k.route(charge.ChannelKey); err != nil {
		return nil, world.Invalid("the billing key was not issued on channel %q", charge.GetChannelKey())
	}
	d := &schedule{id: s.w.IDs.UUID("payment schedule"), status: scheduled, order: o, key: k, charge: charge, created: s.now(), due: due}
	o.scheduleID = d.id
	d.cancel = s.w.Clock.At(due.time(), func() { s.start(d) })
	s.schedules.add(d)
	return &portonev2.CreatePaymentScheduleResponse{Schedule: &portonev2.PaymentScheduleSummary{Id: world.Ptr(d.id)}}, nil
}

// checkUnscheduled says why a payment cannot be scheduled.
func (s *Store) checkUnscheduled(o *order) error {
	if p := s.payments.find(o.key); p != nil && p.current().status != failed {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID_OR_WAITING, "payment %q is %s", o.key.id, p.current().status)
	}
	if s.schedules.active(o.key) != nil {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_EXISTS, "payment %q is scheduled", o.key.id)
	}
	return s.checkTerms(o)
}

// chargeOf is a scheduled payment as PayWithBillingKey would be called for it.
func chargeOf(paymentID string, in *portonev2.BillingKeyPaymentScheduleInput) *portonev2.PayWithBillingKeyRequest {
	return &portonev2.PayWithBillingKeyRequest{
		PaymentId: paymentID, StoreId: in.StoreId, BillingKey: in.BillingKey, ChannelKey: in.ChannelKey, OrderName: in.OrderName,
		Customer: in.Customer, CustomData: in.CustomData, Amount: in.Amount, Currency: in.Currency, InstallmentMonth: in.InstallmentMonth,
		UseFreeInterestFromMerchant: in.UseFreeInterestFromMerchant, UseCardPoint: in.UseCardPoint, Country: in.Country,
		NoticeUrls: in.NoticeUrls, Products: in.Products, ProductCount: in.ProductCount, PromotionId: in.PromotionId,
	}
}

// start begins a payment that is due.
func (s *Store) start(d *schedule) {
	d.started, d.status = s.now(), started
	if d.key.card.test.does == answersLate {
		s.w.Clock.At(s.now().time().Add(LateAnswer), func() { s.carryOut(d) })
		return
	}
	s.carryOut(d)
}

// carryOut charges a payment that was started. What was possible when it was
// scheduled need not be any more: then it fails as if the PG had declined.
func (s *Store) carryOut(d *schedule) {
	d.completed = s.now()
	var a *attempt
	err := s.admit(d.order)
	if err == nil {
		a, _, err = s.chargeKey(d.key, d.order, d.charge, func() { s.finish(d) })
	}
	switch {
	case err != nil:
		s.failUncharged(d, err)
		s.schedules.end(d, scheduleFailed)
	case a.status == pending:
		d.status = scheduleIsPending
	default:
		s.finish(d)
	}
}

// failUncharged leaves a failed attempt at a payment that could not even be charged,
// for whoever waits for its webhook. A payment that is paid, or that cannot be tried
// again, stays as it is.
func (s *Store) failUncharged(d *schedule, cause error) {
	r, err := d.key.route(d.charge.ChannelKey)
	if err != nil || s.checkFree(d.order.key) != nil {
		return
	}
	reason := cause.Error()
	if refusal := new(world.Refusal); errors.As(cause, &refusal) {
		reason = refusal.Message
	}
	s.fail(s.begin(d.order, r, keyMeans(d.key, d.charge)), &portonev2.PaymentFailure{Reason: &reason}, 0)
}

// finish ends a schedule as its payment ended.
func (s *Store) finish(d *schedule) {
	d.completed = s.now()
	status := scheduleFailed
	if s.payments.find(d.order.key).current().status == paid {
		status = scheduleSucceeded
	}
	s.schedules.end(d, status)
}

// RevokePaymentSchedules implements PaymentScheduleServiceServer.
func (s *Store) RevokePaymentSchedules(_ context.Context, req *portonev2.RevokePaymentSchedulesRequest) (*portonev2.RevokePaymentSchedulesResponse, error) {
	selected, err := s.selectSchedules(req)
	if err != nil {
		return nil, err
	}
	answer := &portonev2.RevokePaymentSchedulesResponse{}
	for _, d := range selected {
		d.cancel()
		d.revoked = s.now()
		s.schedules.end(d, scheduleRevoked)
		answer.RevokedScheduleIds = append(answer.RevokedScheduleIds, d.id)
		answer.RevokedAt = s.now().timestamp()
	}
	return answer, nil
}

// selectSchedules finds the schedules to revoke, each of which can be. A billing
// key alone that has nothing scheduled selects none.
func (s *Store) selectSchedules(req *portonev2.RevokePaymentSchedulesRequest) ([]*schedule, error) {
	storeID := world.StoreOf(req.StoreId)
	var k *billingKey
	if req.BillingKey != nil {
		var err error
		if k, err = s.keys.usable(*req.BillingKey, storeID); err != nil {
			return nil, err
		}
	}
	if len(req.ScheduleIds) == 0 {
		if k == nil {
			return nil, world.Invalid("billingKey or scheduleIds is required")
		}
		return s.schedules.ofKey(k), nil
	}
	var selected []*schedule
	for _, id := range req.ScheduleIds {
		d := s.schedules.byID[id]
		switch {
		case d == nil, d.order.key.storeID != storeID, k != nil && d.key != k:
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_NOT_FOUND, "no schedule %q of the store and billing key", id)
		case d.status == scheduleRevoked:
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_REVOKED, "schedule %q is revoked", id)
		case d.status != scheduled:
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_PROCESSED, "schedule %q is %s", id, d.status)
		}
		if !slices.Contains(selected, d) {
			selected = append(selected, d)
		}
	}
	return selected, nil
}

// ofKey is what is still to come with a key.
func (c *calendar) ofKey(k *billingKey) []*schedule {
	var coming []*schedule
	for _, d := range c.byTime {
		if d.key == k && d.status == scheduled {
			coming = append(coming, d)
		}
	}
	return coming
}

// scheduleNames are the cases of a schedule.
var scheduleNames = map[portonev2.PaymentScheduleStatus]protoreflect.Name{
	scheduled: "scheduled", started: "started", scheduleSucceeded: "succeeded",
	scheduleFailed: "failed", scheduleRevoked: "revoked", scheduleIsPending: "pending",
}

// scheduleMembers are the members of a schedule, in whichever state.
var scheduleMembers = members[*schedule]{
	"id":                  func(d *schedule) any { return d.id },
	"merchant_id":         func(*schedule) any { return world.MerchantID },
	"store_id":            func(d *schedule) any { return d.order.key.storeID },
	"payment_id":          func(d *schedule) any { return d.order.key.id },
	"billing_key":         func(d *schedule) any { return d.key.key },
	"order_name":          func(d *schedule) any { return d.order.name },
	"is_cultural_expense": func(*schedule) any { return false },
	"is_escrow":           func(*schedule) any { return false },
	"customer":            func(d *schedule) any { return d.order.customer },
	"custom_data":         func(d *schedule) any { return d.charge.GetCustomData() },
	"total_amount":        func(d *schedule) any { return d.order.bill.price.amount },
	"tax_free_amount":     func(d *schedule) any { return d.order.bill.price.taxFree },
	"vat_amount":          func(d *schedule) any { return d.order.bill.price.vat },
	"currency":            func(d *schedule) any { return d.order.currency },
	"installment_month":   func(d *schedule) any { return given(d.charge.InstallmentMonth) },
	"notice_urls":         func(d *schedule) any { return d.order.noticeURLs },
	"products":            func(d *schedule) any { return messages(d.order.products) },
	"created_at":          func(d *schedule) any { return d.created },
	"time_to_pay":         func(d *schedule) any { return d.due },
	"started_at":          func(d *schedule) any { return d.started },
	"completed_at":        func(d *schedule) any { return d.completed },
	"revoked_at":          func(d *schedule) any { return d.revoked },
}

func showSchedule(d *schedule) *portonev2.PaymentSchedule {
	shown := new(portonev2.PaymentSchedule)
	scheduleMembers.choose(shown, scheduleNames[d.status], d)
	return shown
}
