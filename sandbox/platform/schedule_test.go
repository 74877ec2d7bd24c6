package platform

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// named is an object of any kind.
type named interface {
	object
	GetName() string
	GetMemo() string
	GetAppliedAt() *timestamppb.Timestamp
}

// subject is the object "open" of a kind, with the calls that change its name.
type subject struct {
	now, planned func() named
	schedule     func(name string, at *timestamppb.Timestamp) named
	reschedule   func(name string, at *timestamppb.Timestamp) named
	cancel       func()
	note         func(memo string)
	gone         func() // expects that there is no scheduled update
}

func subjects(t *testing.T, b *bench) map[string]subject {
	return map[string]subject{
		"contract": {
			func() named {
				return do(t, b.GetPlatformContract, &portonev2.GetPlatformContractRequest{Id: "open"})
			},
			func() named {
				return do(t, b.GetPlatformContractSchedule, &portonev2.GetPlatformContractScheduleRequest{Id: "open"})
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.ScheduleContract, &portonev2.ScheduleContractRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformContractBody{Name: &name}}).GetScheduledContract()
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.RescheduleContract, &portonev2.RescheduleContractRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformContractBody{Name: &name}}).GetScheduledContract()
			},
			func() {
				do(t, b.CancelPlatformContractSchedule, &portonev2.CancelPlatformContractScheduleRequest{Id: "open"})
			},
			func(memo string) {
				do(t, b.UpdatePlatformContract, &portonev2.UpdatePlatformContractRequest{Id: "open", Memo: &memo})
			},
			func() {
				refuse(t, b.GetPlatformContractSchedule, &portonev2.GetPlatformContractScheduleRequest{Id: "open"}, "PLATFORM_CONTRACT_NOT_FOUND")
			},
		},
		"additional fee policy": {
			func() named {
				return do(t, b.GetPlatformAdditionalFeePolicy, &portonev2.GetPlatformAdditionalFeePolicyRequest{Id: "open"})
			},
			func() named {
				return do(t, b.GetPlatformAdditionalFeePolicySchedule, &portonev2.GetPlatformAdditionalFeePolicyScheduleRequest{Id: "open"})
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.ScheduleAdditionalFeePolicy, &portonev2.ScheduleAdditionalFeePolicyRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformAdditionalFeePolicyBody{Name: &name}}).GetScheduledAdditionalFeePolicy()
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.RescheduleAdditionalFeePolicy, &portonev2.RescheduleAdditionalFeePolicyRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformAdditionalFeePolicyBody{Name: &name}}).GetScheduledAdditionalFeePolicy()
			},
			func() {
				do(t, b.CancelPlatformAdditionalFeePolicySchedule, &portonev2.CancelPlatformAdditionalFeePolicyScheduleRequest{Id: "open"})
			},
			func(memo string) {
				do(t, b.UpdatePlatformAdditionalFeePolicy, &portonev2.UpdatePlatformAdditionalFeePolicyRequest{Id: "open", Memo: &memo})
			},
			func() {
				refuse(t, b.GetPlatformAdditionalFeePolicySchedule, &portonev2.GetPlatformAdditionalFeePolicyScheduleRequest{Id: "open"}, "PLATFORM_ADDITIONAL_FEE_POLICY_NOT_FOUND")
			},
		},
		"discount share policy": {
			func() named {
				return do(t, b.GetPlatformDiscountSharePolicy, &portonev2.GetPlatformDiscountSharePolicyRequest{Id: "open"})
			},
			func() named {
				return do(t, b.GetPlatformDiscountSharePolicySchedule, &portonev2.GetPlatformDiscountSharePolicyScheduleRequest{Id: "open"})
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.ScheduleDiscountSharePolicy, &portonev2.ScheduleDiscountSharePolicyRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformDiscountSharePolicyBody{Name: &name}}).GetScheduledDiscountSharePolicy()
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.RescheduleDiscountSharePolicy, &portonev2.RescheduleDiscountSharePolicyRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformDiscountSharePolicyBody{Name: &name}}).GetScheduledDiscountSharePolicy()
			},
			func() {
				do(t, b.CancelPlatformDiscountSharePolicySchedule, &portonev2.CancelPlatformDiscountSharePolicyScheduleRequest{Id: "open"})
			},
			func(memo string) {
				do(t, b.UpdatePlatformDiscountSharePolicy, &portonev2.UpdatePlatformDiscountSharePolicyRequest{Id: "open", Memo: &memo})
			},
			func() {
				refuse(t, b.GetPlatformDiscountSharePolicySchedule, &portonev2.GetPlatformDiscountSharePolicyScheduleRequest{Id: "open"}, "PLATFORM_DISCOUNT_SHARE_POLICY_NOT_FOUND")
			},
		},
		"partner": {
			func() named { return b.partner(t, "open") },
			func() named {
				return do(t, b.GetPlatformPartnerSchedule, &portonev2.GetPlatformPartnerScheduleRequest{Id: "open"})
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.SchedulePartner, &portonev2.SchedulePartnerRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformPartnerBody{Name: &name}}).GetScheduledPartner()
			},
			func(name string, at *timestamppb.Timestamp) named {
				return do(t, b.ReschedulePartner, &portonev2.ReschedulePartnerRequest{
					Id: "open", AppliedAt: at, Update: &portonev2.UpdatePlatformPartnerBody{Name: &name}}).GetScheduledPartner()
			},
			func() {
				do(t, b.CancelPlatformPartnerSchedule, &portonev2.CancelPlatformPartnerScheduleRequest{Id: "open"})
			},
			func(memo string) {
				do(t, b.UpdatePlatformPartner, &portonev2.UpdatePlatformPartnerRequest{Id: "open", Memo: &memo})
			},
			func() {
				refuse(t, b.GetPlatformPartnerSchedule, &portonev2.GetPlatformPartnerScheduleRequest{Id: "open"}, "PLATFORM_PARTNER_NOT_FOUND")
			},
		},
	}
}

// TestSchedules takes an object of every kind through scheduled updates, with the
// clock moving.
func TestSchedules(t *testing.T) {
	for name := range subjects(t, newBench()) {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			do(t, b.CreatePlatformContract, contract("open"))
			do(t, b.CreatePlatformAdditionalFeePolicy, fee("open"))
			do(t, b.CreatePlatformDiscountSharePolicy, share("open"))
			b.createPartner(t, partner("open"))
			s := subjects(t, b)[name]
			before := s.now().GetName()
			expect := func(when string, got named, name string, applied *timestamppb.Timestamp) {
				t.Helper()
				if got.GetName() != name || !got.GetAppliedAt().AsTime().Equal(applied.AsTime()) {
					t.Errorf("%s: %q since %v, want %q since %v", when, got.GetName(), got.GetAppliedAt().AsTime(), name, applied.AsTime())
				}
			}

			expect("the answer", s.schedule("one", in(time.Hour)), "one", in(time.Hour))
			expect("as it is", s.now(), before, in(0))
			expect("as planned", s.planned(), "one", in(time.Hour))

			expect("the answer", s.reschedule("two", in(2*time.Hour)), "two", in(2*time.Hour))
			b.world.Clock.MoveTo(start.Add(90 * time.Minute))
			expect("at the time before", s.now(), before, in(0))
			s.note("in between")
			if got := s.planned().GetMemo(); got != "in between" {
				t.Errorf("the plan has memo %q", got)
			}

			b.world.Clock.MoveTo(start.Add(3 * time.Hour))
			expect("when it was due", s.now(), "two", in(2*time.Hour))
			if got := s.now().GetMemo(); got != "in between" {
				t.Errorf("the update undid memo %q", got)
			}
			s.gone()

			s.schedule("three", in(4*time.Hour))
			s.cancel()
			s.gone()
			s.schedule("four", in(5*time.Hour)) // a cancelled one is no hindrance
			b.world.Clock.MoveTo(start.Add(6 * time.Hour))
			expect("in the end", s.now(), "four", in(5*time.Hour))
		})
	}
}

// TestScheduledTypeLost schedules a change within a business that is none any more
// when it is due: the rest of the update stands.
func TestScheduledTypeLost(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	b.createPartner(t, partner("p"))
	update := businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{CompanyName: world.Ptr("x")})
	update.Name = world.Ptr("new")
	do(t, b.SchedulePartner, &portonev2.SchedulePartnerRequest{Id: "p", Update: update, AppliedAt: in(time.Hour)})
	do(t, b.UpdatePlatformPartner, &portonev2.UpdatePlatformPartnerRequest{Id: "p", Type: &portonev2.UpdatePlatformPartnerBodyType{
		NonWhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeNonWhtPayer{}}})
	b.world.Clock.Advance(time.Hour)
	got := b.partner(t, "p")
	if got.GetName() != "new" || got.GetType().GetNonWhtPayer() == nil {
		t.Errorf("partner %v", got)
	}
}

// TestSchedulePartners schedules the partners of a filter, and no one else.
func TestSchedulePartners(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	do(t, b.CreatePlatformContract, contract("better"))
	for _, id := range []string{"a", "b", "c"} {
		b.createPartner(t, partner(id))
	}
	proven := reshape[*portonev2.SchedulePlatformPartnersBodyUpdateAccount](proof("fresh", "Kim").GetAccount())
	do(t, b.SchedulePlatformPartners, &portonev2.SchedulePlatformPartnersRequest{
		Filter: &portonev2.PlatformPartnerFilterInput{Ids: []string{"a", "c"}},
		Update: &portonev2.SchedulePlatformPartnersBodyUpdate{
			DefaultContractId: world.Ptr("better"),
			Contact:           &portonev2.SchedulePlatformPartnersBodyUpdateContact{Email: world.Ptr("new@example.com")},
			Account:           proven,
		},
		AppliedAt: in(time.Hour),
	})
	b.world.Clock.Advance(time.Hour)
	for id, want := range map[string]string{"a": "better", "b": "open", "c": "better"} {
		got := b.partner(t, id)
		if got.GetDefaultContractId() != want || got.GetContact().GetName() != "Kim" || (got.GetContact().GetEmail() == "new@example.com") != (want == "better") {
			t.Errorf("partner %q: %v", id, got)
		}
	}
	again := reshapeCreate(partner("again"))
	again.Account.AccountVerificationId = world.Ptr("fresh")
	refuse(t, b.CreatePlatformPartner, again, "PLATFORM_ACCOUNT_VERIFICATION_ALREADY_USED")
	// No one selected is no one to refuse.
	do(t, b.SchedulePlatformPartners, &portonev2.SchedulePlatformPartnersRequest{
		Filter: &portonev2.PlatformPartnerFilterInput{Ids: []string{"none"}},
		Update: &portonev2.SchedulePlatformPartnersBodyUpdate{}, AppliedAt: in(2 * time.Hour)})
}
