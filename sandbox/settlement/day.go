package settlement

import (
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// dayOf is the beginning of the day in Korea that an instant falls on.
func dayOf(t time.Time) time.Time {
	year, month, day := t.In(world.Korea).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, world.Korea)
}

// parseDay reads a day, `YYYY-MM-DD`.
func parseDay(member, text string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, world.Korea)
	if err != nil {
		return time.Time{}, world.Invalid("%s: %q is not a date, YYYY-MM-DD", member, text)
	}
	return day, nil
}

// mustDay reads a day that this package wrote.
func mustDay(text string) time.Time {
	day, err := parseDay("", text)
	if err != nil {
		panic(err) // cannot be: transfers have checked dates only
	}
	return day
}

func showDay(day time.Time) string { return day.In(world.Korea).Format(time.DateOnly) }

// checkDays refuses dates that are none.
func checkDays(start, due *string) error {
	if start != nil {
		if _, err := parseDay("settlementStartDate", *start); err != nil {
			return err
		}
	}
	if due != nil {
		if _, err := parseDay("settlementDate", *due); err != nil {
			return err
		}
	}
	return nil
}

// days returns the settlement start date, the given one or else the day of an
// instant, and the settlement date, the given one or else by the contract's cycle.
// The given ones have been checked.
func (m *mode) days(start, due *string, happened time.Time, cycle *portonev2.PlatformSettlementCycle) (from, on time.Time, err error) {
	from = dayOf(happened)
	if start != nil {
		from = mustDay(*start)
	}
	if due != nil {
		on = mustDay(*due)
	} else if on, err = m.cycleDay(from, cycle); err != nil {
		return from, on, err
	}
	if from.Year() > lastYear || on.Year() > lastYear {
		return from, on, world.Invalid("settlement is due after the year %d", lastYear)
	}
	if on.Before(from) {
		return from, on, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_DATE_EARLIER_THAN_SETTLEMENT_START_DATE,
			"settlement on %s, before its start date %s", showDay(on), showDay(from)).
			With(&portonev2.PlatformSettlementDateEarlierThanSettlementStartDateError{
				SettlementStartDate: world.Ptr(showDay(from)),
				SettlementDate:      world.Ptr(showDay(on)),
			})
	}
	return from, on, nil
}

// cycleDay is the settlement date by a cycle: the first settlement day from the
// start date plus the lag on, moved where it is a holiday. Moved backward it may
// come to lie on or before the start date; the setting
// adjustSettlementDateAfterHolidayIfEarlier then has it moved forward instead.
func (m *mode) cycleDay(start time.Time, cycle *portonev2.PlatformSettlementCycle) (time.Time, error) {
	earliest := start.AddDate(0, 0, int(cycle.GetLagDays()))
	day, ok := settlementDay(earliest, cycle.GetMethod())
	if !ok {
		return time.Time{}, world.Invalid("the contract's settlement cycle has no settlement day")
	}
	switch cycle.GetDatePolicy() {
	case portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_AFTER:
		return businessDay(day, 1), nil
	case portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_BEFORE:
		before := businessDay(day, -1)
		if !before.After(start) && m.directory.Setting(m.test).GetAdjustSettlementDateAfterHolidayIfEarlier() {
			return businessDay(day, 1), nil
		}
		return before, nil
	}
	return day, nil
}

// lastYear is the last one that a date, YYYY-MM-DD, can have.
const lastYear = 9999

// searchedDays is how far settlement days are looked for: 29 February may be eight
// years away.
const searchedDays = 8*366 + 1

// settlementDay is the first day on or after one that a cycle settles on. There is
// none if the cycle names no day, or only days that no month has.
func settlementDay(earliest time.Time, method *portonev2.PlatformSettlementCycleMethod) (time.Time, bool) {
	day := earliest
	for range searchedDays {
		if settlesOn(day, method) {
			return day, true
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// settlesOn reports whether a day is one of a cycle's settlement days. A day that a
// month does not have falls on the last one that it has, which makes 31 the last
// day of every month.
func settlesOn(day time.Time, method *portonev2.PlatformSettlementCycleMethod) bool {
	switch t := method.GetType().(type) {
	case *portonev2.PlatformSettlementCycleMethod_Daily:
		return true
	case *portonev2.PlatformSettlementCycleMethod_Weekly:
		for _, weekday := range t.Weekly.GetDaysOfWeek() { // counted from 1, Sunday
			if time.Weekday(weekday-portonev2.DayOfWeek_DAY_OF_WEEK_SUN) == day.Weekday() {
				return true
			}
		}
	case *portonev2.PlatformSettlementCycleMethod_Monthly:
		last := day.AddDate(0, 0, 1).Day() == 1
		for _, number := range t.Monthly.GetDaysOfMonth() {
			if int(number) == day.Day() || last && int(number) > day.Day() {
				return true
			}
		}
	case *portonev2.PlatformSettlementCycleMethod_ManualDates:
		for _, date := range t.ManualDates.GetDates() {
			if time.Month(date.GetMonth()) == day.Month() && int(date.GetDay()) == day.Day() {
				return true
			}
		}
	}
	return false
}
