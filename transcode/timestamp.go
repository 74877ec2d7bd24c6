package transcode

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// The range of google.protobuf.Timestamp: 0001-01-01T00:00:00Z up to the last
// nanosecond of the year 9999.
const (
	minSeconds = -62135596800
	maxSeconds = 253402300799
)

// timestampValue reads an RFC 3339 date-time. A string that is none, or one that
// a Timestamp cannot hold (a leap second, ten digits of a second), has no typed
// form.
func (d *decoder) timestampValue(tag []byte) outcome {
	if d.in[d.pos] != '"' {
		return mistyped
	}
	text, ok := d.scanString()
	if !ok {
		return failed
	}
	seconds, nanos, ok := parseTimestamp(text)
	if !ok {
		return untyped
	}
	d.out = append(d.out, tag...)
	d.out = append(d.out, 0)
	mark := len(d.out)
	if seconds != 0 {
		d.out = append(d.out, 1<<3)
		d.out = protowire.AppendVarint(d.out, uint64(seconds))
	}
	if nanos != 0 {
		d.out = append(d.out, 2<<3)
		d.out = protowire.AppendVarint(d.out, uint64(nanos))
	}
	d.out[mark-1] = byte(len(d.out) - mark)
	return done
}

// parseTimestamp parses an RFC 3339 date-time, 2006-01-02T15:04:05.999999999Z
// with any offset and up to nine digits behind the second.
func parseTimestamp(s []byte) (seconds int64, nanos int32, ok bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return 0, 0, false
	}
	year := digits(s[0:4])
	month, day := digits(s[5:7]), digits(s[8:10])
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, 0, false
	}
	rest := s[19:]
	if rest[0] == '.' {
		if nanos, rest, ok = parseFraction(rest[1:]); !ok {
			return 0, 0, false
		}
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return 0, 0, false
	}
	seconds = daysBefore(year, month, day)*86400 + int64(hour*3600+minute*60+second) - offset
	return seconds, nanos, seconds >= minSeconds && seconds <= maxSeconds
}

// digits reads a number of fixed width; -1 if it is none.
func digits(s []byte) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// parseFraction reads one to nine digits.
func parseFraction(s []byte) (nanos int32, rest []byte, ok bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		nanos = nanos*10 + int32(s[n]-'0')
		if n++; n > 9 {
			return 0, nil, false
		}
	}
	for i := n; i < 9; i++ {
		nanos *= 10
	}
	return nanos, s[n:], n > 0
}

// parseOffset reads Z or the hours and minutes that a time is ahead of UTC.
func parseOffset(s []byte) (seconds int64, ok bool) {
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, true
	}
	if len(s) != len("+09:00") || s[3] != ':' {
		return 0, false
	}
	hours, minutes := digits(s[1:3]), digits(s[4:6])
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	seconds = int64(hours*3600 + minutes*60)
	switch s[0] {
	case '+':
		return seconds, true
	case '-':
		return -seconds, true
	}
	return 0, false
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	if month == 2 && isLeap(year) {
		return 29
	}
	return int([...]int8{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1])
}

// daysBefore counts the days from 1970-01-01 to a date of the Gregorian calendar.
// Years are taken to begin in March, so that the leap day ends them (Howard
// Hinnant, "chrono-Compatible Low-Level Date Algorithms").
func daysBefore(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400 // year is not negative
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era*146097+dayOfEra) - 719468
}

// civil is the inverse of daysBefore.
func civil(days int64) (year, month, day int) {
	z := int(days) + 719468 // from 0000-03-01, never negative here
	era := z / 146097
	dayOfEra := z - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153 // months from March
	day = dayOfYear - (153*shifted+2)/5 + 1
	month = shifted + 3
	year = yearOfEra + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// appendTimestamp appends a date-time in quotes, in UTC and with as many digits
// behind the second as it needs.
func appendTimestamp(dst []byte, seconds int64, nanos int32) []byte {
	days := (seconds - minSeconds) / 86400
	second := int((seconds - minSeconds) - days*86400)
	year, month, day := civil(days + minSeconds/86400)
	dst = append(dst, '"', byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-')
	dst = append(appendTwo(dst, month), '-')
	dst = append(appendTwo(dst, day), 'T')
	dst = append(appendTwo(dst, second/3600), ':')
	dst = append(appendTwo(dst, second/60%60), ':')
	dst = appendTwo(dst, second%60)
	if nanos != 0 {
		dst = append(dst, '.')
		for unit := int32(100000000); nanos > 0; unit /= 10 {
			dst = append(dst, byte('0'+nanos/unit))
			nanos %= unit
		}
	}
	return append(dst, 'Z', '"')
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
