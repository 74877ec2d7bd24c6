package platform

import (
	"slices"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// wholeRate is 100 % in PortOne's unit of rates, 10^-5.
const wholeRate = 100_000

// validRate refuses a rate that is negative or more than the whole.
func validRate(name string, rate int32) error {
	if rate < 0 || rate > wholeRate {
		return world.Invalid("%s: %d is not between 0 and %d", name, rate, wholeRate)
	}
	return nil
}

// validFee refuses a fee that is not either a rate or an amount. Nil is no fee to
// refuse.
func validFee(name string, fee *portonev2.PlatformFeeInput) error {
	switch {
	case fee == nil:
		return nil
	case (fee.FixedRate == nil) == (fee.FixedAmount == nil):
		return world.Invalid("%s: either fixedRate or fixedAmount must be given", name)
	case fee.GetFixedAmount() < 0:
		return world.Invalid("%s.fixedAmount: %d is negative", name, fee.GetFixedAmount())
	}
	return validRate(name+".fixedRate", fee.GetFixedRate())
}

// newFee is a valid fee as an object has it.
func newFee(input *portonev2.PlatformFeeInput) *portonev2.PlatformFee {
	if input.FixedRate != nil {
		rate := &portonev2.PlatformFixedRateFee{Rate: world.Ptr(input.GetFixedRate())}
		return &portonev2.PlatformFee{Type: &portonev2.PlatformFee_FixedRate{FixedRate: rate}}
	}
	amount := &portonev2.PlatformFixedAmountFee{Amount: world.Ptr(input.GetFixedAmount())}
	return &portonev2.PlatformFee{Type: &portonev2.PlatformFee_FixedAmount{FixedAmount: amount}}
}

// longestLag is the largest n of D+n.
const longestLag = 10

// validCycle refuses a settlement cycle by which no date could be computed. Nil
// is no cycle to refuse.
func validCycle(cycle *portonev2.PlatformSettlementCycleInput) error {
	if cycle == nil {
		return nil
	}
	if lag := cycle.GetLagDays(); lag < 1 || lag > longestLag {
		return world.Invalid("settlementCycle.lagDays: %d is not between 1 and %d", lag, longestLag)
	}
	method := cycle.GetMethod()
	if n := count(method.GetDaily() != nil, method.GetWeekly() != nil, method.GetMonthly() != nil, method.GetManualDates() != nil); n != 1 {
		return world.Invalid("settlementCycle.method: exactly one member must be given, not %d", n)
	}
	return validDays(method)
}

// validDays refuses a method of settlement without days, or with days that no
// calendar has.
func validDays(method *portonev2.PlatformSettlementCycleMethodInput) error {
	weekly, monthly, dates := method.GetWeekly(), method.GetMonthly(), method.GetManualDates()
	switch {
	case weekly != nil && len(weekly.GetDaysOfWeek()) == 0:
		return world.Invalid("settlementCycle.method.weekly.daysOfWeek: no days are given")
	case monthly != nil && len(monthly.GetDaysOfMonth()) == 0:
		return world.Invalid("settlementCycle.method.monthly.daysOfMonth: no days are given")
	case slices.ContainsFunc(monthly.GetDaysOfMonth(), func(day int32) bool { return day < 1 || day > 31 }):
		return world.Invalid("settlementCycle.method.monthly.daysOfMonth: a day is not between 1 and 31")
	case dates != nil && len(dates.GetDates()) == 0:
		return world.Invalid("settlementCycle.method.manualDates.dates: no dates are given")
	case !slices.ContainsFunc(dates.GetDates(), notADate):
		return nil
	}
	return world.Invalid("settlementCycle.method.manualDates.dates: a date is in no year")
}

// notADate reports whether there is no such day even in a leap year.
func notADate(day *portonev2.MonthDay) bool {
	const leapYear = 2028
	date := time.Date(leapYear, time.Month(day.GetMonth()), int(day.GetDay()), 0, 0, 0, 0, time.UTC)
	return date.Year() != leapYear || date.Month() != time.Month(day.GetMonth()) || date.Day() != int(day.GetDay())
}

// count counts what is true.
func count(conditions ...bool) (n int) {
	for _, condition := range conditions {
		if condition {
			n++
		}
	}
	return n
}

// cycleType names the method of a settlement cycle.
func cycleType(cycle *portonev2.PlatformSettlementCycle) portonev2.PlatformSettlementCycleType {
	switch cycle.GetMethod().GetType().(type) {
	case *portonev2.PlatformSettlementCycleMethod_Daily:
		return portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_DAILY
	case *portonev2.PlatformSettlementCycleMethod_Weekly:
		return portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_WEEKLY
	case *portonev2.PlatformSettlementCycleMethod_Monthly:
		return portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_MONTHLY
	case *portonev2.PlatformSettlementCycleMethod_ManualDates:
		return portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_MANUAL_DATES
	}
	return portonev2.PlatformSettlementCycleType_PLATFORM_SETTLEMENT_CYCLE_TYPE_UNSPECIFIED
}
