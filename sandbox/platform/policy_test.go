package platform

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// ids joins the ids of objects.
func ids[O object](objects []O) string {
	var texts []string
	for _, o := range objects {
		texts = append(texts, o.GetId())
	}
	return strings.Join(texts, " ")
}

// TestCreateContract expects what was given, with what PortOne adds.
func TestCreateContract(t *testing.T) {
	b := newBench()
	req := contract("c")
	req.Test = world.Ptr(true)
	req.Memo = world.Ptr("memo")
	req.GetSettlementCycle().Method = &portonev2.PlatformSettlementCycleMethodInput{
		ManualDates: &portonev2.PlatformSettlementCycleMethodManualDatesInput{Dates: []*portonev2.MonthDay{
			{Month: world.Ptr[int32](2), Day: world.Ptr[int32](29)}, {Month: world.Ptr[int32](12), Day: world.Ptr[int32](31)}}}}
	got := do(t, b.CreatePlatformContract, req).GetContract()
	want := &portonev2.PlatformContract{
		Id:        world.Ptr("c"),
		GraphqlId: world.Ptr(world.GraphQLID("PlatformContract", true, "c")),
		Name:      world.Ptr("Contract c"),
		Memo:      world.Ptr("memo"),
		PlatformFee: &portonev2.PlatformFee{Type: &portonev2.PlatformFee_FixedRate{
			FixedRate: &portonev2.PlatformFixedRateFee{Rate: world.Ptr[int32](3500)}}},
		SettlementCycle: &portonev2.PlatformSettlementCycle{
			LagDays:    world.Ptr[int32](2),
			DatePolicy: portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_AFTER.Enum(),
			Method: &portonev2.PlatformSettlementCycleMethod{Type: &portonev2.PlatformSettlementCycleMethod_ManualDates{
				ManualDates: &portonev2.PlatformSettlementCycleMethodManualDates{Dates: []*portonev2.MonthDay{
					{Month: world.Ptr[int32](2), Day: world.Ptr[int32](29)}, {Month: world.Ptr[int32](12), Day: world.Ptr[int32](31)}}}}},
		},
		PlatformFeeVatPayer:      portonev2.PlatformPayer_PLATFORM_PAYER_PARTNER.Enum(),
		SubtractPaymentVatAmount: world.Ptr(false),
		IsArchived:               world.Ptr(false),
		AppliedAt:                in(0),
		IsForTest:                world.Ptr(true),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if again, ok := b.Contract("c", true); !ok || !cmp.Equal(again, got, protocmp.Transform()) {
		t.Errorf("the copy for others is %v", again)
	}
	if _, ok := b.Contract("c", false); ok {
		t.Error("live mode has a contract of test mode")
	}
}

// TestUpdateContract changes the fee to its other form and the cycle to another
// method, and nothing else.
func TestUpdateContract(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("c"))
	updated := do(t, b.UpdatePlatformContract, &portonev2.UpdatePlatformContractRequest{
		Id:          "c",
		PlatformFee: &portonev2.PlatformFeeInput{FixedAmount: world.Ptr[int64](0)},
		SettlementCycle: &portonev2.PlatformSettlementCycleInput{
			LagDays:    world.Ptr[int32](10),
			DatePolicy: portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_CALENDAR_DAY.Enum(),
			Method: &portonev2.PlatformSettlementCycleMethodInput{
				Weekly: &portonev2.PlatformSettlementCycleMethodWeeklyInput{DaysOfWeek: []portonev2.DayOfWeek{portonev2.DayOfWeek_DAY_OF_WEEK_FRI}}},
		},
		SubtractPaymentVatAmount: world.Ptr(true),
	}).GetContract()
	if amount := updated.GetPlatformFee().GetFixedAmount(); amount == nil || amount.GetAmount() != 0 || updated.GetPlatformFee().GetFixedRate() != nil {
		t.Errorf("fee %v", updated.GetPlatformFee())
	}
	days := updated.GetSettlementCycle().GetMethod().GetWeekly().GetDaysOfWeek()
	if !slices.Equal(days, []portonev2.DayOfWeek{portonev2.DayOfWeek_DAY_OF_WEEK_FRI}) || updated.GetSettlementCycle().GetLagDays() != 10 {
		t.Errorf("cycle %v", updated.GetSettlementCycle())
	}
	if !updated.GetSubtractPaymentVatAmount() || updated.GetName() != "Contract c" {
		t.Errorf("contract %v", updated)
	}
}

// TestUnnamed makes objects without an id of the caller's.
func TestUnnamed(t *testing.T) {
	b := newBench()
	unnamed := share("")
	unnamed.Id = nil
	first := do(t, b.CreatePlatformDiscountSharePolicy, unnamed).GetDiscountSharePolicy()
	second := do(t, b.CreatePlatformDiscountSharePolicy, unnamed).GetDiscountSharePolicy()
	if first.GetId() == "" || first.GetId() == second.GetId() {
		t.Errorf("ids %q and %q", first.GetId(), second.GetId())
	}
	if got := do(t, b.GetPlatformDiscountSharePolicy, &portonev2.GetPlatformDiscountSharePolicyRequest{Id: first.GetId()}); got.GetName() != "Share " {
		t.Errorf("got %v", got)
	}
}

// TestArchive archives and recovers, twice each.
func TestArchive(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformAdditionalFeePolicy, fee("f"))
	for range 2 {
		got := do(t, b.ArchivePlatformAdditionalFeePolicy, &portonev2.ArchivePlatformAdditionalFeePolicyRequest{Id: "f"})
		if !got.GetAdditionalFeePolicy().GetIsArchived() {
			t.Errorf("archived: %v", got)
		}
	}
	if got, ok := b.AdditionalFeePolicy("f", false); !ok || !got.GetIsArchived() {
		t.Errorf("the copy for others: %v", got)
	}
	for range 2 {
		got := do(t, b.RecoverPlatformAdditionalFeePolicy, &portonev2.RecoverPlatformAdditionalFeePolicyRequest{Id: "f"})
		if got.GetAdditionalFeePolicy().GetIsArchived() {
			t.Errorf("recovered: %v", got)
		}
	}
	if got := b.world.Counters["platform.additional_fee_policy.archived"]; got != 1 {
		t.Errorf("archived %d times", got)
	}
}

func TestContractFilter(t *testing.T) {
	b := newBench()
	for _, id := range []string{"a1", "a2", "b"} {
		do(t, b.CreatePlatformContract, contract(id))
	}
	weekly := contract("weekly")
	weekly.PlatformFeeVatPayer = portonev2.PlatformPayer_PLATFORM_PAYER_MERCHANT.Enum()
	weekly.GetSettlementCycle().DatePolicy = portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_BEFORE.Enum()
	weekly.GetSettlementCycle().Method = &portonev2.PlatformSettlementCycleMethodInput{
		Weekly: &portonev2.PlatformSettlementCycleMethodWeeklyInput{DaysOfWeek: []portonev2.DayOfWeek{portonev2.DayOfWeek_DAY_OF_WEEK_MON}}}
	do(t, b.CreatePlatformContract, weekly)
	monthly := contract("monthly")
	monthly.GetSettlementCycle().Method = &portonev2.PlatformSettlementCycleMethodInput{
		Monthly: &portonev2.PlatformSettlementCycleMethodMonthlyInput{DaysOfMonth: []int32{31}}}
	do(t, b.CreatePlatformContract, monthly)
	do(t, b.ArchivePlatformContract, &portonev2.ArchivePlatformContractRequest{Id: "b"})
	type filter = portonev2.PlatformContractFilterInput
	tests := []struct {
		name   string
		filter *filter
		want   string
	}{
		{"none", nil, "monthly weekly a2 a1"},
		{"archived", &filter{IsArchived: world.Ptr(true)}, "b"},
		{"payer", &filter{PlatformFeePayers: []portonev2.PlatformPayer{portonev2.PlatformPayer_PLATFORM_PAYER_MERCHANT}}, "weekly"},
		{"cycle", &filter{CycleTypes: []portonev2.PlatformSettlementCycleType{
			portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_WEEKLY,
			portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_MONTHLY}}, "monthly weekly"},
		{"dates", &filter{DatePolicies: []portonev2.PlatformSettlementCycleDatePolicy{
			portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_BEFORE}}, "weekly"},
		{"id", &filter{Keyword: &portonev2.PlatformContractFilterInputKeyword{Id: world.Ptr("a")}}, "a2 a1"},
		{"name", &filter{Keyword: &portonev2.PlatformContractFilterInputKeyword{Name: world.Ptr("t a1")}}, "a1"},
		{"both at once", &filter{
			CycleTypes: []portonev2.PlatformSettlementCycleType{portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_DAILY},
			Keyword:    &portonev2.PlatformContractFilterInputKeyword{Id: world.Ptr("2")}}, "a2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := do(t, b.GetPlatformContracts, &portonev2.GetPlatformContractsRequest{Filter: test.filter})
			if ids(got.GetItems()) != test.want {
				t.Errorf("%v: %s, want %s", test.filter, ids(got.GetItems()), test.want)
			}
		})
	}
	page := do(t, b.GetPlatformContracts, &portonev2.GetPlatformContractsRequest{
		Page: &portonev2.PageInput{Number: world.Ptr[int32](1), Size: world.Ptr[int32](3)}})
	if ids(page.GetItems()) != "a1" || page.GetPage().GetTotalCount() != 4 {
		t.Errorf("the second page: %v", page)
	}
}

func TestFeeFilter(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformAdditionalFeePolicy, fee("amount"))
	rate := fee("rate")
	rate.Fee = &portonev2.PlatformFeeInput{FixedRate: world.Ptr[int32](5000)}
	rate.VatPayer = portonev2.PlatformPayer_PLATFORM_PAYER_PARTNER.Enum()
	do(t, b.CreatePlatformAdditionalFeePolicy, rate)
	type filter = portonev2.PlatformAdditionalFeePolicyFilterInput
	type texts = portonev2.PlatformAdditionalFeePolicyFilterInputKeyword
	tests := []struct {
		name   string
		filter *filter
		want   string
	}{
		{"none", nil, "rate amount"},
		{"payer", &filter{VatPayers: []portonev2.PlatformPayer{portonev2.PlatformPayer_PLATFORM_PAYER_PARTNER}}, "rate"},
		{"name", &filter{Keyword: &texts{Name: world.Ptr("Fee a")}}, "amount"},
		{"id", &filter{Keyword: &texts{Id: world.Ptr("rat")}}, "rate"},
		{"the whole amount", &filter{Keyword: &texts{Fee: world.Ptr("500")}}, "amount"},
		{"the whole rate", &filter{Keyword: &texts{Fee: world.Ptr("5000")}}, "rate"},
		{"part of a fee", &filter{Keyword: &texts{Fee: world.Ptr("50")}}, ""},
		{"only one text counts", &filter{Keyword: &texts{Name: world.Ptr("Fee a"), Id: world.Ptr("rate")}}, "amount"},
		{"archived", &filter{IsArchived: world.Ptr(true)}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := do(t, b.GetPlatformAdditionalFeePolicies, &portonev2.GetPlatformAdditionalFeePoliciesRequest{Filter: test.filter})
			if ids(got.GetItems()) != test.want {
				t.Errorf("%v: %s, want %s", test.filter, ids(got.GetItems()), test.want)
			}
		})
	}
}

func TestShareFilter(t *testing.T) {
	b := newBench()
	for id, rate := range map[string]int32{"none": 0, "half": 50_000, "all": 100_000, "half too": 50_000, "old": 1} {
		req := share(id)
		req.PartnerShareRate = &rate
		do(t, b.CreatePlatformDiscountSharePolicy, req)
	}
	do(t, b.ArchivePlatformDiscountSharePolicy, &portonev2.ArchivePlatformDiscountSharePolicyRequest{Id: "old"})
	type filter = portonev2.PlatformDiscountSharePolicyFilterInput
	type texts = portonev2.PlatformDiscountSharePolicyFilterInputKeyword
	tests := []struct {
		name   string
		filter *filter
		want   int
	}{
		{"none", nil, 4},
		{"rates", &filter{PartnerShareRates: []int32{0, 100_000}}, 2},
		{"id", &filter{Keyword: &texts{Id: world.Ptr("half")}}, 2},
		{"name", &filter{Keyword: &texts{Name: world.Ptr("half too")}}, 1},
		{"archived", &filter{IsArchived: world.Ptr(true)}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := do(t, b.GetPlatformDiscountSharePolicies, &portonev2.GetPlatformDiscountSharePoliciesRequest{Filter: test.filter})
			if len(got.GetItems()) != test.want {
				t.Errorf("%v: %s, want %d", test.filter, ids(got.GetItems()), test.want)
			}
		})
	}
	for archived, want := range map[bool][]int32{false: {0, 50_000, 100_000}, true: {1}} {
		options := do(t, b.GetPlatformDiscountSharePolicyFilterOptions, &portonev2.GetPlatformDiscountSharePolicyFilterOptionsRequest{IsArchived: &archived})
		if !slices.Equal(options.GetPartnerShareRates(), want) {
			t.Errorf("rates of archived=%v: %v, want %v", archived, options.GetPartnerShareRates(), want)
		}
	}
}

// TestSetting changes a few settings of one mode.
func TestSetting(t *testing.T) {
	b := newBench()
	before := do(t, b.GetPlatformSetting, &portonev2.GetPlatformSettingRequest{})
	updated := do(t, b.UpdatePlatformSetting, &portonev2.UpdatePlatformSettingRequest{
		Test:                 world.Ptr(true),
		DefaultDepositMemo:   world.Ptr("정산"),
		DeductWht:            world.Ptr(false),
		SettlementAmountType: portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_NET.Enum(),
	}).GetSetting()
	if updated.GetDefaultDepositMemo() != "정산" || updated.GetDeductWht() || !updated.GetIsForTest() || updated.DefaultWithdrawalMemo != nil ||
		updated.GetSettlementAmountType() != portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_NET {
		t.Errorf("updated: %v", updated)
	}
	if after := b.Setting(false); !cmp.Equal(before, after, protocmp.Transform()) || after.GetIsForTest() {
		t.Errorf("live settings were %v and are %v", before, after)
	}
	if got := b.Setting(true); !cmp.Equal(got, updated, protocmp.Transform()) {
		t.Errorf("test settings %v, want %v", got, updated)
	}
}
