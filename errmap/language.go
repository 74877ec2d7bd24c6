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

// ParseLanguage chooses by an Accept-Language header (RFC 9110, section 12.5.4): the
// language with the greatest weight, the first of several; * is English.
func ParseLanguage(accept string) Language {
	best, chosen := 0.0, English
	for part := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(part, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		language := English
		switch primary {
		case "ko":
			language = Korean
		case "en", "*":
		default:
			continue
		}
		if w := weight(params); w > best {
			best, chosen = w, language
		}
	}
	return chosen
}

// weight reads the q of a language, which is 1 where there is none.
func weight(params string) float64 {
	name, value, _ := strings.Cut(params, "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 1
	}
	return q
}
