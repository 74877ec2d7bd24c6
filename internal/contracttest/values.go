package contracttest

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"
)

var bit = rapid.Bool()

// chance is true with a probability given in percent, and shrinks to false.
// Rapid's own ranges prefer small numbers; its single bits are even, so that they
// are compared with those of the percentage until one differs.
func (w *writer) chance(percent int) bool {
	const digits = 7
	limit := percent << digits / 100
	for i := digits - 1; i >= 0 && percent > 0 && percent < 100; i-- {
		above := !bit.Draw(w.t, "")
		if limited := limit>>i&1 == 1; above != limited {
			return limited
		}
	}
	return percent >= 100
}

// below returns a number from 0 to n-1, all of much the same probability, and
// shrinks to 0.
func (w *writer) below(n int) int {
	v := 0
	for range bits.Len(uint(n - 1)) {
		v <<= 1
		if bit.Draw(w.t, "") {
			v++
		}
	}
	return v % n
}

// sample returns one of several things, and shrinks to the first.
func sample[T any](w *writer, of []T) T { return of[w.below(len(of))] }

func (w *writer) null() { w.out = append(w.out, "null"...) }

// space writes white space, or none.
func (w *writer) space() {
	if w.spaced && w.chance(40) {
		w.out = append(w.out, sample(w, []string{" ", "\n", "\t", "\r\n", "  ", "\n\t \r"})...)
	}
}

func (w *writer) token(c byte) {
	w.space()
	w.out = append(w.out, c)
	w.space()
}

// scalar writes a value of a type that holds nothing else.
func (w *writer) scalar(kind protoreflect.Kind, zero bool) {
	switch kind {
	case protoreflect.BoolKind:
		w.out = strconv.AppendBool(w.out, !zero || w.chance(50))
	case protoreflect.Int32Kind:
		w.integer(math.MinInt32, math.MaxInt32, zero)
	case protoreflect.Int64Kind:
		w.integer(math.MinInt64, math.MaxInt64, zero)
	case protoreflect.StringKind:
		s := w.text()
		if s == "" && !zero {
			s = "0"
		}
		w.quote(s, w.chance(20))
	default:
		panic(fmt.Sprintf("contracttest: PortOne's JSON has no form for fields of kind %s", kind))
	}
}

// integer writes an integer of the range, often one of its ends, and sometimes
// the way that a writer of JSON that has nothing but floats may do it.
func (w *writer) integer(least, most int64, zero bool) {
	v := rapid.Int64Range(least, most).Draw(w.t, "")
	if w.chance(30) {
		// The last two are next to 2^53, up to where a float64 has all integers.
		v = sample(w, []int64{0, least, most, least + 1, most - 1, -1, 1, most >> 10, most>>10 + 2})
	}
	if v == 0 && !zero {
		v = 1
	}
	text := strconv.FormatInt(v, 10)
	if v != 0 && w.chance(3) {
		text = sample(w, []string{text + ".0", text + "e0", text + "E+00", text + "00e-2", text + ".00E-0"})
	}
	if v == 0 && w.chance(10) {
		text = sample(w, []string{"-0", "0.0", "0e9"})
	}
	w.out = append(w.out, text...)
}

// timestamp writes a date-time, in any of the forms of RFC 3339 that a Timestamp
// can hold: from the year 1 to the year 9999 in UTC, with up to nine digits of a
// second.
func (w *writer) timestamp() {
	if w.inject(BadDates) {
		w.quote(sample(w, badDates), false)
		return
	}
	const first, last = -62135596800, 253402300799
	seconds := rapid.Int64Range(first, last).Draw(w.t, "")
	if w.chance(70) {
		seconds = sample(w, []int64{0, -1, first, last, 1709164800, 1767225599, first + 86400, last - 86400}) + int64(w.below(2))
		seconds = min(seconds, last)
	}
	fraction := ""
	if n := w.below(10); n > 0 && w.chance(70) {
		fraction = "."
		for range n {
			fraction += strconv.Itoa(w.below(10))
		}
	}
	t, zone := w.zone(time.Unix(seconds, 0).UTC())
	layout := "2006-01-02T15:04:05"
	if w.chance(5) {
		layout = "2006-01-02t15:04:05"
	}
	w.quote(t.Format(layout)+fraction+zone, w.escaped && w.chance(10))
}

// zone chooses where the clock stands: it returns what it shows, and how RFC 3339
// writes its distance from UTC.
func (w *writer) zone(utc time.Time) (there time.Time, offset string) {
	if w.chance(60) {
		return utc, sample(w, []string{"Z", "Z", "z", "+00:00", "-00:00"})
	}
	ahead := sample(w, []time.Duration{9 * time.Hour, 5*time.Hour + 45*time.Minute, 24*time.Hour - time.Minute})
	sign, there := "+", utc.Add(ahead)
	// Abroad it may be the year 0 already, but not yet the year 10000, which
	// RFC 3339 cannot write.
	if w.chance(50) || there.Year() > 9999 {
		sign, there = "-", utc.Add(-ahead)
	}
	return there, fmt.Sprintf("%s%02d:%02d", sign, int(ahead.Hours()), int(ahead.Minutes())%60)
}

// phrases are strings that texts are made of: Korean, composed and not; planes
// above the first; what must be escaped; what some programs take for the end of a
// line or of the text.
var phrases = []string{
	"a", "order-1", "가", "강남구 테헤란로", "\u1100\u1161\u11a8", "😀", "👩‍👩‍👧", "🇰🇷", "\U0001D11E", "\U0010FFFF",
	`"`, `\`, `\u0041`, `\"`, "/", "</script>", "\x00", "\n", "\r\n", "\t", "\b", "\f", "\x1f", "\x7f",
	"\u0080", "é", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "\ud7ff", "\ue000", " ", "'", "&", "null", "{", "]",
}

// text returns any string, often the empty one.
func (w *writer) text() string {
	var b strings.Builder
	for n := w.below(7); n > 0; n-- {
		if w.chance(10) {
			b.WriteRune(rapid.Rune().Draw(w.t, ""))
			continue
		}
		b.WriteString(sample(w, phrases))
	}
	return b.String()
}

// quote writes a JSON string. Escaped says to write many characters as escapes
// that need not be.
func (w *writer) quote(s string, escaped bool) {
	w.out = append(w.out, '"')
	for _, r := range s {
		short := strings.IndexRune("\"\\/\b\f\n\r\t", r)
		must := r < ' ' || r == '"' || r == '\\'
		switch {
		case !must && !(escaped && w.chance(40)):
			w.out = utf8.AppendRune(w.out, r)
		case short >= 0 && !w.chance(20):
			w.out = append(w.out, '\\', `"\/bfnrt`[short])
		default:
			w.escape(r)
		}
	}
	w.out = append(w.out, '"')
}

// escape writes a character in hexadecimal, as two surrogates if need be.
func (w *writer) escape(r rune) {
	format := `\u%04x`
	if w.chance(50) {
		format = `\u%04X`
	}
	for _, unit := range utf16.AppendRune(nil, r) {
		w.out = fmt.Appendf(w.out, format, unit)
	}
}
