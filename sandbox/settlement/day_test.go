package settlement

import (
	"context"
	"strings"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

func weekly(days ...portonev2.DayOfWeek) *portonev2.PlatformSettlementCycleMethod {
	return &portonev2.PlatformSettlementCycleMethod{Type: &portonev2.PlatformSettlementCycleMethod_Weekly{
		Weekly: &portonev2.PlatformSettlementCycleMethodWeekly{DaysOfWeek: days}}}
}

func monthly(days ...int32) *portonev2.PlatformSettlementCycleMethod {
	return &portonev2.PlatformSettlementCycleMethod{Type: &portonev2.PlatformSettlementCycleMethod_Monthly{
		Monthly: &portonev2.PlatformSettlementCycleMethodMonthly{DaysOfMonth: days}}}
}

func yearly(month, day int32) *portonev2.PlatformSettlementCycleMethod {
	return &portonev2.PlatformSettlementCycleMethod{Type: &portonev2.PlatformSettlementCycleMethod_ManualDates{
		ManualDates: &portonev2.PlatformSettlementCycleMethodManualDates{Dates: []*portonev2.MonthDay{{Month: &month, Day: &day}}}}}
}

// TestCycle computes settlement dates. Those of July and of the weeks are the
// examples of PortOne's help pages.
func TestCycle(t *testing.T) {
	const (
		calendar = portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_CALENDAR_DAY
		before   = portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_BEFORE
		after    = portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_AFTER
	)
	tests := []struct {
		name   string
		start  string
		lag    int32
		method *portonev2.PlatformSettlementCycleMethod
		policy portonev2.PlatformSettlementCycleDatePolicy
		adjust bool
		want   string
	}{
		{"every day", "2026-03-09", 1, daily(), calendar, false, "2026-03-10"},
		{"over the end of February", "2026-02-27", 3, daily(), calendar, false, "2026-03-02"},
		{"last of June, on the 10th", "2026-06-30", 10, monthly(10), calendar, false, "2026-07-10"},
		{"first of July, on the 10th", "2026-07-01", 10, monthly(10), calendar, false, "2026-08-10"},
		{"Sunday, on Thursday", "2026-03-08", 4, weekly(portonev2.DayOfWeek_DAY_OF_WEEK_THU), calendar, false, "2026-03-12"},
		{"Monday, on Thursday", "2026-03-09", 4, weekly(portonev2.DayOfWeek_DAY_OF_WEEK_THU), calendar, false, "2026-03-19"},
		{"the nearest of two weekdays", "2026-03-09", 1, weekly(portonev2.DayOfWeek_DAY_OF_WEEK_SUN, portonev2.DayOfWeek_DAY_OF_WEEK_WED), calendar, false, "2026-03-11"},
		{"the end of the month", "2023-08-11", 2, monthly(31), before, false, "2023-08-31"},
		{"the end of February", "2026-02-02", 2, monthly(31), calendar, false, "2026-02-28"},
		{"the end of a leap February", "2028-02-02", 2, monthly(30), calendar, false, "2028-02-29"},
		{"once a year", "2026-03-09", 5, yearly(3, 13), calendar, false, "2027-03-13"},
		{"every fourth year", "2096-03-01", 1, yearly(2, 29), calendar, false, "2104-02-29"},
		{"Saturday to Friday", "2026-03-11", 3, daily(), before, false, "2026-03-13"},
		{"Saturday to Monday", "2026-03-11", 3, daily(), after, false, "2026-03-16"},
		{"Chuseok to before", "2026-09-23", 2, daily(), before, false, "2026-09-23"},
		{"Chuseok to after, adjusted", "2026-09-23", 2, daily(), before, true, "2026-09-28"},
		{"later than the start, not adjusted", "2026-09-21", 4, daily(), before, true, "2026-09-23"},
		{"a substitute holiday", "2026-10-01", 4, daily(), after, false, "2026-10-06"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMarket(t)
			m.directory.setting.AdjustSettlementDateAfterHolidayIfEarlier = &test.adjust
			m.directory.contracts["plain"].SettlementCycle = &portonev2.PlatformSettlementCycle{
				LagDays: &test.lag, DatePolicy: test.policy.Enum(), Method: test.method}
			req := external(byAmount("p", 1_000), portonev2.Currency_CURRENCY_KRW)
			req.SettlementStartDate = &test.start
			if got := m.order(req).GetSettlementDate(); got != test.want {
				t.Errorf("settled on %s, want %s", got, test.want)
			}
		})
	}
}

// TestMovedBeforeStart has the holidays move a settlement to before its start.
func TestMovedBeforeStart(t *testing.T) {
	m := newMarket(t)
	m.directory.contracts["plain"].SettlementCycle.DatePolicy = portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_BEFORE.Enum()
	req := external(byAmount("p", 1_000), portonev2.Currency_CURRENCY_KRW)
	req.SettlementStartDate = world.Ptr("2026-09-24")
	_, err := m.CreatePlatformOrderTransfer(context.Background(), req)
	refused(t, createOrder, err, portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_DATE_EARLIER_THAN_SETTLEMENT_START_DATE,
		&portonev2.PlatformSettlementDateEarlierThanSettlementStartDateError{
			SettlementStartDate: world.Ptr("2026-09-24"), SettlementDate: world.Ptr("2026-09-23")})
}

// TestDaysOfKorea expects the day of a payment to be that in Korea.
func TestDaysOfKorea(t *testing.T) {
	m := newMarket(t)
	m.world.Clock.MoveTo(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)) // midnight in Korea
	m.pay("p", 1_000, 0)
	if got := m.order(byAmount("p", 1_000)).GetSettlementStartDate(); got != "2026-03-10" {
		t.Errorf("starts on %s", got)
	}
}

// weekdaysOff are the public holidays of Korea that fall on Monday to Friday, the
// substitute days among them; without those that were declared for an occasion.
var weekdaysOff = map[int]string{
	2024: "01-01 02-09 02-12 03-01 05-06 05-15 06-06 08-15 09-16 09-17 09-18 10-03 10-09 12-25",
	2025: "01-01 01-28 01-29 01-30 03-03 05-05 05-06 06-06 08-15 10-03 10-06 10-07 10-08 10-09 12-25",
	2026: "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 07-17 08-17 09-24 09-25 10-05 10-09 12-25",
	2027: "01-01 02-08 02-09 03-01 05-03 05-05 05-13 07-19 08-16 09-14 09-15 09-16 10-04 10-11 12-27",
	2028: "01-26 01-27 01-28 03-01 05-01 05-02 05-05 06-06 07-17 08-15 10-02 10-03 10-04 10-05 10-09 12-25",
	2029: "01-01 02-12 02-13 02-14 03-01 05-01 05-07 05-21 06-06 07-17 08-15 09-21 09-24 10-03 10-09 12-25",
	2030: "01-01 02-04 02-05 03-01 05-01 05-06 05-09 06-06 07-17 08-15 09-11 09-12 09-13 10-03 10-09 12-25",
	2031: "01-01 01-22 01-23 01-24 03-03 05-01 05-05 05-28 06-06 07-17 08-15 09-30 10-01 10-02 10-03 10-09 12-25",
	2032: "01-01 02-10 02-11 02-12 03-01 05-03 05-05 05-17 07-19 08-16 09-20 09-21 10-04 10-11 12-27",
	2033: "01-31 02-01 02-02 03-01 05-02 05-05 05-06 06-06 07-18 08-15 09-07 09-08 09-09 10-03 10-10 12-26",
	2034: "02-20 02-21 03-01 05-01 05-05 05-25 06-06 07-17 08-15 09-26 09-27 09-28 10-03 10-09 12-25",
	2035: "01-01 02-07 02-08 02-09 03-01 05-01 05-07 05-15 06-06 07-17 08-15 09-17 09-18 10-03 10-09 12-25",
}

func TestHolidays(t *testing.T) {
	for year, want := range weekdaysOff {
		var off []string
		for day := time.Date(year, 1, 1, 0, 0, 0, 0, world.Korea); day.Year() == year; day = day.AddDate(0, 0, 1) {
			if weekend(day) != holiday(day) {
				off = append(off, day.Format("01-02"))
			}
		}
		if got := strings.Join(off, " "); got != want {
			t.Errorf("%d: %s\nwant: %s", year, got, want)
		}
	}
}
