package settlement

import (
	"time"
)

// businessDay is the nearest day from one on, itself included, on which banks are
// open, going forward (1) or back (-1).
func businessDay(day time.Time, direction int) time.Time {
	for holiday(day) {
		day = day.AddDate(0, 0, direction)
	}
	return day
}

// holiday reports whether banks are closed: on weekends, public holidays of Korea
// and their substitute days. Days that the government declares holidays for an
// occasion, such as elections, are not known, nor are the lunar holidays of years
// that lunar does not have.
func holiday(day time.Time) bool {
	return weekend(day) || publicHoliday(day) || substitute(day)
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// monthDay is a day of any year.
type monthDay struct {
	month time.Month
	day   int
}

func monthDayOf(t time.Time) monthDay { return monthDay{t.Month(), t.Day()} }

// solar has the holidays that fall on the same date every year: since which year,
// and whether one that falls on a weekend has a substitute.
var solar = map[monthDay]struct {
	since      int
	substitute bool
}{
	{time.January, 1}:   {0, false},   // New Year's Day
	{time.March, 1}:     {0, true},    // Independence Movement Day
	{time.May, 1}:       {2026, true}, // Labour Day
	{time.May, 5}:       {0, true},    // Children's Day
	{time.June, 6}:      {0, false},   // Memorial Day
	{time.July, 17}:     {2026, true}, // Constitution Day
	{time.August, 15}:   {0, true},    // Liberation Day
	{time.October, 3}:   {0, true},    // National Foundation Day
	{time.October, 9}:   {0, true},    // Hangul Day
	{time.December, 25}: {0, true},    // Christmas
}

// lunar has the holidays of the lunar calendar. New Year and Chuseok are the middle
// of three days each.
var lunar = map[int]struct{ newYear, buddha, chuseok monthDay }{
	2024: {monthDay{time.February, 10}, monthDay{time.May, 15}, monthDay{time.September, 17}},
	2025: {monthDay{time.January, 29}, monthDay{time.May, 5}, monthDay{time.October, 6}},
	2026: {monthDay{time.February, 17}, monthDay{time.May, 24}, monthDay{time.September, 25}},
	2027: {monthDay{time.February, 7}, monthDay{time.May, 13}, monthDay{time.September, 15}},
	2028: {monthDay{time.January, 27}, monthDay{time.May, 2}, monthDay{time.October, 3}},
	2029: {monthDay{time.February, 13}, monthDay{time.May, 20}, monthDay{time.September, 22}},
	2030: {monthDay{time.February, 3}, monthDay{time.May, 9}, monthDay{time.September, 12}},
	2031: {monthDay{time.January, 23}, monthDay{time.May, 28}, monthDay{time.October, 1}},
	2032: {monthDay{time.February, 11}, monthDay{time.May, 16}, monthDay{time.September, 19}},
	2033: {monthDay{time.January, 31}, monthDay{time.May, 6}, monthDay{time.September, 8}},
	2034: {monthDay{time.February, 19}, monthDay{time.May, 25}, monthDay{time.September, 27}},
	2035: {monthDay{time.February, 8}, monthDay{time.May, 15}, monthDay{time.September, 16}},
}

func solarHoliday(day time.Time) bool {
	h, ok := solar[monthDayOf(day)]
	return ok && day.Year() >= h.since
}

func buddhasBirthday(day time.Time) bool { return lunar[day.Year()].buddha == monthDayOf(day) }

// threeDays reports whether a day belongs to New Year of the lunar calendar or to
// Chuseok.
func threeDays(day time.Time) bool {
	for _, middle := range []time.Time{day.AddDate(0, 0, -1), day, day.AddDate(0, 0, 1)} {
		year := lunar[middle.Year()]
		if date := monthDayOf(middle); date == year.newYear || date == year.chuseok {
			return true
		}
	}
	return false
}

func publicHoliday(day time.Time) bool {
	return solarHoliday(day) || buddhasBirthday(day) || threeDays(day)
}

// substitute reports whether a day stands in for a holiday that fell together with a
// weekend or another holiday: the next day that is neither.
func substitute(day time.Time) bool {
	if weekend(day) || publicHoliday(day) {
		return false
	}
	// Holidays that come down to the same day share it.
	for before := day.AddDate(0, 0, -1); weekend(before) || publicHoliday(before); before = before.AddDate(0, 0, -1) {
		if substituted(before) {
			return true
		}
	}
	return false
}

// substituted reports whether a holiday has a substitute. New Year and Chuseok have
// one for Sundays only, not for Saturdays.
func substituted(day time.Time) bool {
	if threeDays(day) {
		return day.Weekday() == time.Sunday || solarHoliday(day) || buddhasBirthday(day)
	}
	if solarHoliday(day) && buddhasBirthday(day) {
		return true
	}
	return weekend(day) && (buddhasBirthday(day) || solarHoliday(day) && solar[monthDayOf(day)].substitute)
}
