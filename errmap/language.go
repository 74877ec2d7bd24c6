package errmap

import (
	"strconv"
	"strings"
)

// Language is the language of the texts for people in a status.
type Language uint8

const (
	// English is the language of callers who ask for none that we have.
	English Language = iota
	// Korean is the other one.
	Korean

	languages = 2
)

// Tag is the language's BCP 47 tag, as google.rpc.LocalizedMessage wants it.
func (l Language) Tag() string {
	if l == Korean {
		return "ko-KR"
	}
	return "en-US"
}

// ParseLanguage chooses by an Accept-Language header (RFC 9110, section 12.5.4):
// the first language listed that we have and that is not refused by q=0. Weights
// otherwise do not count; callers list what they prefer first.
func ParseLanguage(accept string) Language {
	for part := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(part, ";")
		if isZero(params) {
			continue
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		switch primary {
		case "ko":
			return Korean
		case "en", "*":
			return English
		}
	}
	return English
}

// isZero says whether a weight is 0, however it is written.
func isZero(params string) bool {
	name, weight, _ := strings.Cut(params, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
	return strings.EqualFold(strings.TrimSpace(name), "q") && err == nil && q == 0
}
