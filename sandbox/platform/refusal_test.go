package platform

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// refusal is a call of a furnished store with the error that it must meet.
type refusal struct {
	name string
	rpc  protoreflect.Name
	call func(*bench) error
	want string
}

// refused makes a refusal from a method and a request.
func refused[Q, R proto.Message](name string, call func(*Store, context.Context, Q) (R, error), req Q, want string) refusal {
	return refusal{name, rpcOf(req), func(b *bench) error {
		_, err := call(b.Store, context.Background(), req)
		return err
	}, want}
}

// unprovoked are the errors that no state of the sandbox brings about: it has every
// feature, no one else's data, and nothing behind it that could fail.
var unprovoked = map[string]bool{
	"FORBIDDEN":                    true,
	"UNAUTHORIZED":                 true,
	"PLATFORM_NOT_ENABLED":         true,
	"PLATFORM_BTX_NOT_ENABLED":     true,
	"PLATFORM_EXTERNAL_API_FAILED": true,
	// Connecting an archived partner has an error of its own.
	"ConnectPartnerCounterparty PLATFORM_ARCHIVED_PARTNER": true,
}

// wrongArticle is what a message says where a name is put into a sentence for others.
var wrongArticle = regexp.MustCompile(`\ba [aeio]`)

// TestRefusals makes every call that must be refused, expects the state unchanged,
// and then that every error that the contract lists was met.
func TestRefusals(t *testing.T) {
	met := make(map[string]bool)
	for _, table := range [][]refusal{
		policyRefusals(), policyInvalid(), partnerRefusals(), partnerScheduleRefusals(), partnerBatchRefusals(), partnerInvalid(), counterpartyRefusals(), memberCompanyRefusals(),
	} {
		for _, r := range table {
			met[string(r.rpc)+" "+r.want] = true
			t.Run(fmt.Sprintf("%s/%s/%s", r.rpc, r.want, r.name), func(t *testing.T) {
				b := newBench()
				b.furnish(t)
				b.useProofs(t)
				before := b.state()
				err := r.call(b)
				checkFault(t, r.rpc, err, r.want)
				if wrongArticle.MatchString(err.Error()) {
					t.Errorf("in English: %v", err)
				}
				if after := b.state(); after != before {
					t.Errorf("the state was\n%s\nand is\n%s", before, after)
				}
			})
		}
	}
	for rpc, errors := range listedErrors() {
		for name := range errors {
			key := string(rpc) + " " + name
			if !met[key] && !unprovoked[name] && !unprovoked[key] && name != "INVALID_REQUEST" {
				t.Errorf("nothing provokes %s", key)
			}
		}
	}
}

// useProofs uses the verifications "used", and defines a property.
func (b *bench) useProofs(t testing.TB) {
	t.Helper()
	used := partner("proven")
	used.Account.AccountVerificationId = world.Ptr("used")
	used.Type.Business.CompanyVerificationId = world.Ptr("used")
	b.createPartner(t, used)
	b.DefineProperties(false, "grade")
}

// state is everything that a dump shows, and the counters.
func (b *bench) state() string {
	var text strings.Builder
	b.Dump(func(kind, id string, object proto.Message) {
		bytes, _ := proto.MarshalOptions{Deterministic: true}.Marshal(object)
		fmt.Fprintf(&text, "%s %s %x\n", kind, id, bytes)
	})
	fmt.Fprintf(&text, "%v %v", b.world.Counters, b.live.proofs)
	return text.String()
}

func policyRefusals() []refusal {
	const (
		contractMissing = "PLATFORM_CONTRACT_NOT_FOUND"
		feeMissing      = "PLATFORM_ADDITIONAL_FEE_POLICY_NOT_FOUND"
		shareMissing    = "PLATFORM_DISCOUNT_SHARE_POLICY_NOT_FOUND"
	)
	at := in(time.Hour)
	contractUpdate := &portonev2.UpdatePlatformContractBody{Name: world.Ptr("x")}
	feeUpdate := &portonev2.UpdatePlatformAdditionalFeePolicyBody{Name: world.Ptr("x")}
	shareUpdate := &portonev2.UpdatePlatformDiscountSharePolicyBody{Name: world.Ptr("x")}
	return []refusal{
		refused("unknown", (*Store).ArchivePlatformContract, &portonev2.ArchivePlatformContractRequest{Id: "none"}, contractMissing),
		refused("scheduled", (*Store).ArchivePlatformContract, &portonev2.ArchivePlatformContractRequest{Id: "scheduled"}, "PLATFORM_CANNOT_ARCHIVE_SCHEDULED_CONTRACT"),
		refused("unknown", (*Store).RecoverPlatformContract, &portonev2.RecoverPlatformContractRequest{Id: "none"}, contractMissing),
		refused("unknown", (*Store).GetPlatformContractSchedule, &portonev2.GetPlatformContractScheduleRequest{Id: "none"}, contractMissing),
		refused("not scheduled", (*Store).GetPlatformContractSchedule, &portonev2.GetPlatformContractScheduleRequest{Id: "open"}, contractMissing),
		refused("unknown", (*Store).RescheduleContract, &portonev2.RescheduleContractRequest{Id: "none", Update: contractUpdate, AppliedAt: at}, contractMissing),
		refused("not scheduled", (*Store).RescheduleContract, &portonev2.RescheduleContractRequest{Id: "open", Update: contractUpdate, AppliedAt: at}, contractMissing),
		refused("archived", (*Store).RescheduleContract, &portonev2.RescheduleContractRequest{Id: "archived", Update: contractUpdate, AppliedAt: at}, contractMissing),
		refused("unknown", (*Store).ScheduleContract, &portonev2.ScheduleContractRequest{Id: "none", Update: contractUpdate, AppliedAt: at}, contractMissing),
		refused("scheduled", (*Store).ScheduleContract, &portonev2.ScheduleContractRequest{Id: "scheduled", Update: contractUpdate, AppliedAt: at}, "PLATFORM_CONTRACT_SCHEDULE_ALREADY_EXISTS"),
		refused("archived", (*Store).ScheduleContract, &portonev2.ScheduleContractRequest{Id: "archived", Update: contractUpdate, AppliedAt: at}, "PLATFORM_ARCHIVED_CONTRACT"),
		refused("unknown", (*Store).CancelPlatformContractSchedule, &portonev2.CancelPlatformContractScheduleRequest{Id: "none"}, contractMissing),
		refused("not scheduled", (*Store).CancelPlatformContractSchedule, &portonev2.CancelPlatformContractScheduleRequest{Id: "open"}, contractMissing),
		refused("unknown", (*Store).GetPlatformContract, &portonev2.GetPlatformContractRequest{Id: "none"}, contractMissing),
		refused("of the other mode", (*Store).GetPlatformContract, &portonev2.GetPlatformContractRequest{Id: "open", Test: world.Ptr(true)}, contractMissing),
		refused("unknown", (*Store).UpdatePlatformContract, &portonev2.UpdatePlatformContractRequest{Id: "none"}, contractMissing),
		refused("archived", (*Store).UpdatePlatformContract, &portonev2.UpdatePlatformContractRequest{Id: "archived"}, "PLATFORM_ARCHIVED_CONTRACT"),
		refused("taken", (*Store).CreatePlatformContract, contract("open"), "PLATFORM_CONTRACT_ALREADY_EXISTS"),
		refused("taken by an archived one", (*Store).CreatePlatformContract, contract("archived"), "PLATFORM_CONTRACT_ALREADY_EXISTS"),

		refused("unknown", (*Store).ArchivePlatformAdditionalFeePolicy, &portonev2.ArchivePlatformAdditionalFeePolicyRequest{Id: "none"}, feeMissing),
		refused("scheduled", (*Store).ArchivePlatformAdditionalFeePolicy, &portonev2.ArchivePlatformAdditionalFeePolicyRequest{Id: "scheduled"}, "PLATFORM_CANNOT_ARCHIVE_SCHEDULED_ADDITIONAL_FEE_POLICY"),
		refused("unknown", (*Store).RecoverPlatformAdditionalFeePolicy, &portonev2.RecoverPlatformAdditionalFeePolicyRequest{Id: "none"}, feeMissing),
		refused("unknown", (*Store).GetPlatformAdditionalFeePolicySchedule, &portonev2.GetPlatformAdditionalFeePolicyScheduleRequest{Id: "none"}, feeMissing),
		refused("not scheduled", (*Store).GetPlatformAdditionalFeePolicySchedule, &portonev2.GetPlatformAdditionalFeePolicyScheduleRequest{Id: "open"}, feeMissing),
		refused("unknown", (*Store).RescheduleAdditionalFeePolicy, &portonev2.RescheduleAdditionalFeePolicyRequest{Id: "none", Update: feeUpdate, AppliedAt: at}, feeMissing),
		refused("not scheduled", (*Store).RescheduleAdditionalFeePolicy, &portonev2.RescheduleAdditionalFeePolicyRequest{Id: "open", Update: feeUpdate, AppliedAt: at}, feeMissing),
		refused("archived", (*Store).RescheduleAdditionalFeePolicy, &portonev2.RescheduleAdditionalFeePolicyRequest{Id: "archived", Update: feeUpdate, AppliedAt: at}, feeMissing),
		refused("unknown", (*Store).ScheduleAdditionalFeePolicy, &portonev2.ScheduleAdditionalFeePolicyRequest{Id: "none", Update: feeUpdate, AppliedAt: at}, feeMissing),
		refused("scheduled", (*Store).ScheduleAdditionalFeePolicy, &portonev2.ScheduleAdditionalFeePolicyRequest{Id: "scheduled", Update: feeUpdate, AppliedAt: at}, "PLATFORM_ADDITIONAL_FEE_POLICY_SCHEDULE_ALREADY_EXISTS"),
		refused("archived", (*Store).ScheduleAdditionalFeePolicy, &portonev2.ScheduleAdditionalFeePolicyRequest{Id: "archived", Update: feeUpdate, AppliedAt: at}, "PLATFORM_ARCHIVED_ADDITIONAL_FEE_POLICY"),
		refused("unknown", (*Store).CancelPlatformAdditionalFeePolicySchedule, &portonev2.CancelPlatformAdditionalFeePolicyScheduleRequest{Id: "none"}, feeMissing),
		refused("not scheduled", (*Store).CancelPlatformAdditionalFeePolicySchedule, &portonev2.CancelPlatformAdditionalFeePolicyScheduleRequest{Id: "open"}, feeMissing),
		refused("unknown", (*Store).GetPlatformAdditionalFeePolicy, &portonev2.GetPlatformAdditionalFeePolicyRequest{Id: "none"}, feeMissing),
		refused("unknown", (*Store).UpdatePlatformAdditionalFeePolicy, &portonev2.UpdatePlatformAdditionalFeePolicyRequest{Id: "none"}, feeMissing),
		refused("archived", (*Store).UpdatePlatformAdditionalFeePolicy, &portonev2.UpdatePlatformAdditionalFeePolicyRequest{Id: "archived"}, "PLATFORM_ARCHIVED_ADDITIONAL_FEE_POLICY"),
		refused("taken", (*Store).CreatePlatformAdditionalFeePolicy, fee("open"), "PLATFORM_ADDITIONAL_FEE_POLICY_ALREADY_EXISTS"),

		refused("unknown", (*Store).ArchivePlatformDiscountSharePolicy, &portonev2.ArchivePlatformDiscountSharePolicyRequest{Id: "none"}, shareMissing),
		refused("scheduled", (*Store).ArchivePlatformDiscountSharePolicy, &portonev2.ArchivePlatformDiscountSharePolicyRequest{Id: "scheduled"}, "PLATFORM_CANNOT_ARCHIVE_SCHEDULED_DISCOUNT_SHARE_POLICY"),
		refused("unknown", (*Store).RecoverPlatformDiscountSharePolicy, &portonev2.RecoverPlatformDiscountSharePolicyRequest{Id: "none"}, shareMissing),
		refused("unknown", (*Store).GetPlatformDiscountSharePolicySchedule, &portonev2.GetPlatformDiscountSharePolicyScheduleRequest{Id: "none"}, shareMissing),
		refused("not scheduled", (*Store).GetPlatformDiscountSharePolicySchedule, &portonev2.GetPlatformDiscountSharePolicyScheduleRequest{Id: "open"}, shareMissing),
		refused("unknown", (*Store).RescheduleDiscountSharePolicy, &portonev2.RescheduleDiscountSharePolicyRequest{Id: "none", Update: shareUpdate, AppliedAt: at}, shareMissing),
		refused("not scheduled", (*Store).RescheduleDiscountSharePolicy, &portonev2.RescheduleDiscountSharePolicyRequest{Id: "open", Update: shareUpdate, AppliedAt: at}, shareMissing),
		refused("archived", (*Store).RescheduleDiscountSharePolicy, &portonev2.RescheduleDiscountSharePolicyRequest{Id: "archived", Update: shareUpdate, AppliedAt: at}, shareMissing),
		refused("unknown", (*Store).ScheduleDiscountSharePolicy, &portonev2.ScheduleDiscountSharePolicyRequest{Id: "none", Update: shareUpdate, AppliedAt: at}, shareMissing),
		refused("scheduled", (*Store).ScheduleDiscountSharePolicy, &portonev2.ScheduleDiscountSharePolicyRequest{Id: "scheduled", Update: shareUpdate, AppliedAt: at}, "PLATFORM_DISCOUNT_SHARE_POLICY_SCHEDULE_ALREADY_EXISTS"),
		refused("archived", (*Store).ScheduleDiscountSharePolicy, &portonev2.ScheduleDiscountSharePolicyRequest{Id: "archived", Update: shareUpdate, AppliedAt: at}, "PLATFORM_ARCHIVED_DISCOUNT_SHARE_POLICY"),
		refused("unknown", (*Store).CancelPlatformDiscountSharePolicySchedule, &portonev2.CancelPlatformDiscountSharePolicyScheduleRequest{Id: "none"}, shareMissing),
		refused("not scheduled", (*Store).CancelPlatformDiscountSharePolicySchedule, &portonev2.CancelPlatformDiscountSharePolicyScheduleRequest{Id: "open"}, shareMissing),
		refused("unknown", (*Store).GetPlatformDiscountSharePolicy, &portonev2.GetPlatformDiscountSharePolicyRequest{Id: "none"}, shareMissing),
		refused("unknown", (*Store).UpdatePlatformDiscountSharePolicy, &portonev2.UpdatePlatformDiscountSharePolicyRequest{Id: "none"}, shareMissing),
		refused("archived", (*Store).UpdatePlatformDiscountSharePolicy, &portonev2.UpdatePlatformDiscountSharePolicyRequest{Id: "archived"}, "PLATFORM_ARCHIVED_DISCOUNT_SHARE_POLICY"),
		refused("taken", (*Store).CreatePlatformDiscountSharePolicy, share("open"), "PLATFORM_DISCOUNT_SHARE_POLICY_ALREADY_EXISTS"),
	}
}

// policyInvalid are the policies that are wrong whatever the state.
func policyInvalid() []refusal {
	const invalid = "INVALID_REQUEST"
	withFee := func(fee *portonev2.PlatformFeeInput) *portonev2.UpdatePlatformContractRequest {
		return &portonev2.UpdatePlatformContractRequest{Id: "open", PlatformFee: fee}
	}
	withCycle := func(change func(*portonev2.PlatformSettlementCycleInput)) *portonev2.CreatePlatformContractRequest {
		req := contract("new")
		change(req.GetSettlementCycle())
		return req
	}
	withMethod := func(method *portonev2.PlatformSettlementCycleMethodInput) *portonev2.CreatePlatformContractRequest {
		return withCycle(func(cycle *portonev2.PlatformSettlementCycleInput) { cycle.Method = method })
	}
	withRate := func(rate int32) *portonev2.CreatePlatformDiscountSharePolicyRequest {
		req := share("new")
		req.PartnerShareRate = &rate
		return req
	}
	dates := func(month, day int32) *portonev2.PlatformSettlementCycleMethodInput {
		return &portonev2.PlatformSettlementCycleMethodInput{ManualDates: &portonev2.PlatformSettlementCycleMethodManualDatesInput{
			Dates: []*portonev2.MonthDay{{Month: &month, Day: &day}}}}
	}
	noFee := fee("new")
	noFee.Fee = &portonev2.PlatformFeeInput{}
	return []refusal{
		refused("empty id", (*Store).CreatePlatformContract, contract(""), invalid),
		refused("fee without value", (*Store).CreatePlatformAdditionalFeePolicy, noFee, invalid),
		refused("fee of both forms", (*Store).UpdatePlatformContract, withFee(&portonev2.PlatformFeeInput{
			FixedRate: world.Ptr[int32](1), FixedAmount: world.Ptr[int64](1)}), invalid),
		refused("negative rate", (*Store).UpdatePlatformContract, withFee(&portonev2.PlatformFeeInput{FixedRate: world.Ptr[int32](-1)}), invalid),
		refused("rate over 100 %", (*Store).UpdatePlatformContract, withFee(&portonev2.PlatformFeeInput{FixedRate: world.Ptr[int32](100_001)}), invalid),
		refused("negative amount", (*Store).UpdatePlatformContract, withFee(&portonev2.PlatformFeeInput{FixedAmount: world.Ptr[int64](-1)}), invalid),
		refused("negative share", (*Store).CreatePlatformDiscountSharePolicy, withRate(-1), invalid),
		refused("share over 100 %", (*Store).CreatePlatformDiscountSharePolicy, withRate(100_001), invalid),
		refused("no lag", (*Store).CreatePlatformContract, withCycle(func(c *portonev2.PlatformSettlementCycleInput) { c.LagDays = world.Ptr[int32](0) }), invalid),
		refused("too long a lag", (*Store).CreatePlatformContract, withCycle(func(c *portonev2.PlatformSettlementCycleInput) { c.LagDays = world.Ptr[int32](11) }), invalid),
		refused("no method", (*Store).CreatePlatformContract, withMethod(&portonev2.PlatformSettlementCycleMethodInput{}), invalid),
		refused("two methods", (*Store).CreatePlatformContract, withMethod(&portonev2.PlatformSettlementCycleMethodInput{
			Daily:   &portonev2.PlatformSettlementCycleMethodDailyInput{},
			Monthly: &portonev2.PlatformSettlementCycleMethodMonthlyInput{DaysOfMonth: []int32{1}}}), invalid),
		refused("no weekday", (*Store).CreatePlatformContract, withMethod(&portonev2.PlatformSettlementCycleMethodInput{
			Weekly: &portonev2.PlatformSettlementCycleMethodWeeklyInput{}}), invalid),
		refused("no day", (*Store).CreatePlatformContract, withMethod(&portonev2.PlatformSettlementCycleMethodInput{
			Monthly: &portonev2.PlatformSettlementCycleMethodMonthlyInput{}}), invalid),
		refused("day 32", (*Store).CreatePlatformContract, withMethod(&portonev2.PlatformSettlementCycleMethodInput{
			Monthly: &portonev2.PlatformSettlementCycleMethodMonthlyInput{DaysOfMonth: []int32{1, 32}}}), invalid),
		refused("no date", (*Store).CreatePlatformContract, withMethod(&portonev2.PlatformSettlementCycleMethodInput{
			ManualDates: &portonev2.PlatformSettlementCycleMethodManualDatesInput{}}), invalid),
		refused("30 February", (*Store).CreatePlatformContract, withMethod(dates(2, 30)), invalid),
		refused("month 13", (*Store).CreatePlatformContract, withMethod(dates(13, 1)), invalid),
		refused("schedule in the past", (*Store).ScheduleContract, &portonev2.ScheduleContractRequest{
			Id: "open", Update: &portonev2.UpdatePlatformContractBody{}, AppliedAt: in(-time.Second)}, invalid),
		refused("schedule for this moment", (*Store).ScheduleContract, &portonev2.ScheduleContractRequest{
			Id: "open", Update: &portonev2.UpdatePlatformContractBody{}, AppliedAt: in(ntsDelay)}, invalid),
		refused("reschedule to the past", (*Store).RescheduleAdditionalFeePolicy, &portonev2.RescheduleAdditionalFeePolicyRequest{
			Id: "scheduled", Update: &portonev2.UpdatePlatformAdditionalFeePolicyBody{}, AppliedAt: in(-time.Second)}, invalid),
		refused("reschedule with a bad fee", (*Store).RescheduleAdditionalFeePolicy, &portonev2.RescheduleAdditionalFeePolicyRequest{
			Id: "scheduled", Update: &portonev2.UpdatePlatformAdditionalFeePolicyBody{Fee: &portonev2.PlatformFeeInput{}}, AppliedAt: in(time.Hour)}, invalid),
		refused("two keywords", (*Store).GetPlatformContracts, &portonev2.GetPlatformContractsRequest{Filter: &portonev2.PlatformContractFilterInput{
			Keyword: &portonev2.PlatformContractFilterInputKeyword{Id: world.Ptr("a"), Name: world.Ptr("b")}}}, invalid),
		refused("page", (*Store).GetPlatformAdditionalFeePolicies, &portonev2.GetPlatformAdditionalFeePoliciesRequest{
			Page: &portonev2.PageInput{Number: world.Ptr[int32](-1)}}, invalid),
		refused("page", (*Store).GetPlatformDiscountSharePolicies, &portonev2.GetPlatformDiscountSharePoliciesRequest{
			Page: &portonev2.PageInput{Size: world.Ptr[int32](0)}}, invalid),
	}
}
