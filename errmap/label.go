package errmap

import "github.com/portone-gateway/portone-gateway/contract"

// OtherReason stands in logs, spans and metrics for a reason that may not stand there
// itself. It is in lower case, so that no type of PortOne's can be meant.
const OtherReason = "other"

const (
	// maxType is how long a type of an error may be, in bytes; PortOne's have at most 87.
	maxType = 96

	// maxDigits is how many digits a type may have, fewer than a birth date has.
	maxDigits = 5
)

// Label is a reason as a log or a span may have it. The type of an error is chosen by
// whoever answers in PortOne's place, and can be any text, a person's name too: one
// that the contract knows stands as it is, another one if it looks like a type, and
// all else is OtherReason. A reason of the gateway's own stands as it is. Safe for
// concurrent use.
func Label(reason string) string {
	if reason == "" || contract.IsKnownReason(reason) || looksLikeType(reason) {
		return reason
	}
	return OtherReason
}

// looksLikeType reports whether a text is like PortOne's types: words of capital letters,
// joined by underscores, with few digits.
func looksLikeType(text string) bool {
	digits := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z' || c == '_' && i > 0:
		case c >= '0' && c <= '9' && i > 0:
			digits++
		default:
			return false
		}
	}
	return len(text) <= maxType && digits <= maxDigits
}
