package shop

import (
	"cmp"
	"context"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// statusAt is when a schedule came into its present state, or will leave it.
func (d *schedule) statusAt() instant {
	return cmp.Or(d.revoked, d.completed, d.due)
}

// scheduleOrders are the times that schedules are sorted by. TIME_TO_PAY is the
// order in which they are kept.
var scheduleOrders = map[portonev2.PaymentScheduleSortBy]func(*schedule) instant{
	portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_CREATED_AT:       func(d *schedule) instant { return d.created },
	portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_COMPLETED_AT:     func(d *schedule) instant { return d.completed },
	portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_STATUS_TIMESTAMP: (*schedule).statusAt,
}

// GetPaymentSchedule implements PaymentScheduleServiceServer.
func (s *Store) GetPaymentSchedule(_ context.Context, req *portonev2.GetPaymentScheduleRequest) (*portonev2.PaymentSchedule, error) {
	d := s.schedules.byID[req.PaymentScheduleId]
	if d == nil || d.order.key.storeID != world.StoreOf(req.StoreId) {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_NOT_FOUND, "no schedule %q in store %q", req.PaymentScheduleId, world.StoreOf(req.StoreId))
	}
	return showSchedule(d), nil
}

// GetPaymentSchedules implements PaymentScheduleServiceServer.
func (s *Store) GetPaymentSchedules(_ context.Context, req *portonev2.GetPaymentSchedulesRequest) (*portonev2.GetPaymentSchedulesResponse, error) {
	when, err := s.periodOf(req.Filter.GetFrom(), req.Filter.GetUntil())
	if err != nil {
		return nil, err
	}
	var found []*schedule
	for _, d := range s.schedules.in(when) {
		if d.fits(req.Filter) {
			found = append(found, d)
		}
	}
	if by := scheduleOrders[req.Sort.GetBy()]; by != nil {
		slices.SortStableFunc(found, func(a, b *schedule) int { return cmp.Compare(by(a), by(b)) })
	}
	if req.Sort.GetOrder() != portonev2.SortOrder_SORT_ORDER_ASC {
		slices.Reverse(found)
	}
	page, info, err := world.Page(found, req.Page)
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPaymentSchedulesResponse{Page: info}
	for _, d := range page {
		answer.Items = append(answer.Items, showSchedule(d))
	}
	return answer, nil
}

// in is what is due in a period.
func (c *calendar) in(when period) []*schedule {
	byDue := func(d *schedule, at instant) int { return cmp.Compare(d.due, at) }
	first, _ := slices.BinarySearchFunc(c.byTime, when.from, byDue)
	behind, _ := slices.BinarySearchFunc(c.byTime, when.until+1, byDue)
	return c.byTime[first:behind]
}

// fits reports whether a schedule meets all conditions but the time range.
func (d *schedule) fits(f *portonev2.PaymentScheduleFilterInput) bool {
	if f == nil {
		f = &portonev2.PaymentScheduleFilterInput{}
	}
	r, _ := d.key.route(d.charge.ChannelKey)
	return world.StoreOf(f.StoreId) == d.order.key.storeID &&
		(f.BillingKey == nil || *f.BillingKey == d.key.key) &&
		among(f.Status, d.status) &&
		(f.IsForTest == nil || *f.IsForTest == r.test())
}
