package errmap

import "strings"

// CodeForm is what a PG's code looks like, for metrics: a code itself can be any
// text.
type CodeForm string

// The forms of codes.
const (
	FormDigits   CodeForm = "digits"   // 3011
	FormNegative CodeForm = "negative" // -780
	FormMixed    CodeForm = "mixed"    // CC61, A127
	FormWord     CodeForm = "word"     // EXPIRED_CARD, UserCancel
	FormOther    CodeForm = "other"
)

// FormOf returns the form of a code.
func FormOf(code string) CodeForm {
	rest, negative := strings.CutPrefix(code, "-")
	digits, letters, others := 0, 0, 0
	for _, c := range []byte(rest) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '_':
			letters++
		default:
			others++
		}
	}
	switch {
	case rest == "" || others > 0 || negative && letters > 0:
		return FormOther
	case negative:
		return FormNegative
	case letters == 0:
		return FormDigits
	case digits == 0:
		return FormWord
	}
	return FormMixed
}

// vague are words with which general codes begin: what is invalid or not found,
// each PG says of other things.
var vague = map[string]bool{
	"BAD": true, "COMMON": true, "ERROR": true, "FAIL": true, "FAILED": true, "FAILURE": true, "INCORRECT": true, "INTERNAL": true,
	"INVALID": true, "INVAILD": true, "MISSING": true, "NOT": true, "OTHER": true, "PROVIDER": true, "SYSTEM": true, "UNAUTHORIZED": true,
	"UNEXPECTED": true, "UNKNOWN": true, "UNPROCESSABLE": true, "VALIDATION": true, "WRONG": true,
}

// isDistinctive reports whether a code is a word that can hardly mean anything else
// at another PG: letters alone, at least three words, not beginning with one that
// general codes begin with. EXCEED_MAX_DAILY_PAYMENT_COUNT is one;
// INVALID_PASSWORD, Fail and all numbers are not.
func isDistinctive(code string) bool {
	if FormOf(code) != FormWord {
		return false
	}
	words := strings.Split(spaced(code), "_")
	if len(words) < 3 || vague[words[0]] {
		return false
	}
	for _, word := range words {
		if word == "" {
			return false
		}
	}
	return true
}

// spaced turns UserAgeLimit into USER_AGE_LIMIT. What has underscores stays as it
// is, in upper case.
func spaced(code string) string {
	if strings.Contains(code, "_") || code == strings.ToUpper(code) {
		return strings.ToUpper(code)
	}
	var b strings.Builder
	for i, c := range []byte(code) {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteByte(c)
	}
	return strings.ToUpper(b.String())
}
