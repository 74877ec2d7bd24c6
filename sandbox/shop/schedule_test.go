package shop

import (
	"slices"
	"strings"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// sameIDs compares ids in order.
func sameIDs(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestScheduleStates moves the clock through every state of a schedule.
func TestScheduleStates(t *testing.T) {
	s, w := open()
	at := func(id string) *portonev2.PaymentSchedule {
		return do(t, s.GetPaymentSchedule, &portonev2.GetPaymentScheduleRequest{PaymentScheduleId: id})
	}
	plan := func(paymentID, number string) string {
		return do(t, s.CreatePaymentSchedule, later(paymentID, issueKey(t, s, number), 10_000, w, day)).Schedule.GetId()
	}
	good, slow := plan("good", goodNumber), plan("slow", "4000000000000077")
	approved, declined := plan("approved", "4000000000003220"), plan("declined", "4000000000003063")
	revoked := plan("revoked", goodNumber)
	do(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{ScheduleIds: []string{revoked}})

	w.Clock.Advance(day)
	for name, reached := range map[string]bool{
		"good": at(good).GetSucceeded() != nil, "slow": at(slow).GetStarted() != nil, "approved": at(approved).GetPending() != nil,
		"declined": at(declined).GetPending() != nil, "revoked": at(revoked).GetRevoked() != nil,
	} {
		if !reached {
			t.Errorf("%s when it is due", name)
		}
	}
	look(t, s, "approved", pending)
	refused(t, s.PayInstantly, byCard("slow", 10_000, goodNumber), portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_EXISTS)
	refused(t, s.GetPayment, &portonev2.GetPaymentRequest{PaymentId: "revoked"}, portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND)

	w.Clock.Advance(time.Hour)
	for name, reached := range map[string]bool{
		"slow": at(slow).GetSucceeded() != nil, "approved": at(approved).GetSucceeded() != nil, "declined": at(declined).GetFailed() != nil,
	} {
		if !reached {
			t.Errorf("%s an hour later", name)
		}
	}
	if d := at(slow).GetSucceeded(); d.GetCompletedAt().AsTime().Sub(d.GetStartedAt().AsTime()) != LateAnswer {
		t.Errorf("slow: %v", d)
	}
	look(t, s, "declined", failed)
}

// TestScheduleThatCannotBePaid has something in the way of a payment by the time it
// is due, which the PG does not even hear of: whoever waits for the webhook gets one.
func TestScheduleThatCannotBePaid(t *testing.T) {
	tests := []struct {
		name    string
		happens func(t *testing.T, s *Store)
	}{
		{"a promotion whose budget is gone", func(_ *testing.T, s *Store) { s.promotion(PromotionAmount).spent = 999_999 }},
		{"another amount registered", func(t *testing.T, s *Store) {
			do(t, s.PreRegisterPayment, &portonev2.PreRegisterPaymentRequest{PaymentId: "p", TotalAmount: world.Ptr(int64(1))})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, w := open()
			key := issueKey(t, s, goodNumber)
			id := do(t, s.CreatePaymentSchedule, with(later("p", key, 50_000, w, day), func(r *portonev2.CreatePaymentScheduleRequest) {
				r.Payment.PromotionId = world.Ptr(PromotionAmount)
			})).Schedule.GetId()
			test.happens(t, s)
			w.Clock.Advance(day)
			if d := do(t, s.GetPaymentSchedule, &portonev2.GetPaymentScheduleRequest{PaymentScheduleId: id}); d.GetFailed() == nil {
				t.Errorf("%v", d)
			}
			p := get(t, s, "p").GetFailed()
			if p.GetScheduleId() != id || p.GetFailure().GetReason() == "" || p.GetFailure().PgCode != nil || p.GetBillingKey() != key {
				t.Errorf("the payment is %v", p)
			}
			if hooks := p.GetWebhooks(); len(hooks) != 1 || !strings.Contains(hooks[0].GetRequest().GetBody(), transactionFailed) {
				t.Errorf("webhooks %v", hooks)
			}
			do(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: key})
		})
	}
}

// TestListSchedules finds schedules by every condition.
func TestListSchedules(t *testing.T) {
	s, w := open()
	key, live := issueKey(t, s, goodNumber), do(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) {
		r.ChannelKey = world.Ptr(ChannelLive)
	})).BillingKeyInfo.GetBillingKey()
	far := do(t, s.CreatePaymentSchedule, later("far", key, 100, w, 100*day)).Schedule.GetId()
	soon := do(t, s.CreatePaymentSchedule, later("soon", key, 100, w, day)).Schedule.GetId()
	real := do(t, s.CreatePaymentSchedule, later("real", live, 100, w, 2*day)).Schedule.GetId()
	w.Clock.Advance(3 * day)
	do(t, s.RevokePaymentSchedules, &portonev2.RevokePaymentSchedulesRequest{ScheduleIds: []string{far}})

	ahead := instantOf(opening.Add(101 * day)).timestamp()
	from := instantOf(opening).timestamp()
	by := func(by portonev2.PaymentScheduleSortBy, order portonev2.SortOrder) *portonev2.PaymentScheduleSortInput {
		return &portonev2.PaymentScheduleSortInput{By: by.Enum(), Order: order.Enum()}
	}
	tests := []struct {
		name   string
		filter *portonev2.PaymentScheduleFilterInput
		sort   *portonev2.PaymentScheduleSortInput
		want   []string
	}{
		{"what was due", nil, nil, []string{real, soon}},
		{"what is to come too", &portonev2.PaymentScheduleFilterInput{From: from, Until: ahead}, nil, []string{far, real, soon}},
		{"next first", &portonev2.PaymentScheduleFilterInput{From: from, Until: ahead}, by(portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_TIME_TO_PAY, portonev2.SortOrder_SORT_ORDER_ASC), []string{soon, real, far}},
		{"by creation", &portonev2.PaymentScheduleFilterInput{From: from, Until: ahead}, by(portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_CREATED_AT, portonev2.SortOrder_SORT_ORDER_ASC), []string{soon, real, far}},
		{"by status", &portonev2.PaymentScheduleFilterInput{From: from, Until: ahead}, by(portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_STATUS_TIMESTAMP, portonev2.SortOrder_SORT_ORDER_ASC), []string{soon, real, far}},
		{"by completion", nil, by(portonev2.PaymentScheduleSortBy_PAYMENT_SCHEDULE_SORT_BY_COMPLETED_AT, portonev2.SortOrder_SORT_ORDER_DESC), []string{real, soon}},
		{"of a key", &portonev2.PaymentScheduleFilterInput{BillingKey: &key}, nil, []string{soon}},
		{"revoked", &portonev2.PaymentScheduleFilterInput{From: from, Until: ahead, Status: []portonev2.PaymentScheduleStatus{scheduleRevoked}}, nil, []string{far}},
		{"tests", &portonev2.PaymentScheduleFilterInput{IsForTest: world.Ptr(true)}, nil, []string{soon}},
		{"of another store", &portonev2.PaymentScheduleFilterInput{StoreId: world.Ptr("other")}, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, item := range do(t, s.GetPaymentSchedules, &portonev2.GetPaymentSchedulesRequest{Filter: test.filter, Sort: test.sort}).Items {
				got = append(got, item.GetSucceeded().GetId()+item.GetRevoked().GetId())
			}
			sameIDs(t, got, test.want)
		})
	}
}
