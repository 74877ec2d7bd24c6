package errmap

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxQuote is how much of PortOne's message a status message has, in bytes.
	maxQuote = 256

	// A message is not quoted that shares so many digits in a row with the request, as
	// a card or telephone number has, or so many bytes of letters that are not ASCII,
	// such as a name of three syllables.
	sharedDigits  = 6
	sharedLetters = 9
)

// quote is what a status message says of PortOne's own message: what is wrong in
// particular, which our sentence for the type cannot say. Status messages end in logs of
// all kinds, so it says nothing where PortOne repeats something of the request.
func (e *draft) quote() string {
	text := printable(e.message)
	if text == "" || e.call.Key != "" && strings.Contains(text, e.call.Key) {
		return ""
	}
	for _, sent := range e.call.Sent {
		if shares(text, sent) {
			return ""
		}
	}
	if len(text) > maxQuote {
		end := maxQuote
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return " (PortOne: " + text + ")"
}

// printable is a text on one line, without control characters and what else does not
// show, such as marks that turn the direction of writing.
func printable(text string) string {
	shown := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(shown), " ")
}

// shares reports whether a text has something of a request in it, see sharedDigits.
func shares(text string, sent []byte) bool {
	windows := make(map[string]bool)
	eachWindow([]byte(text), func(window []byte) bool {
		windows[string(window)] = true
		return false
	})
	return len(windows) > 0 && eachWindow(sent, func(window []byte) bool { return windows[string(window)] })
}

// eachWindow calls f for every run of sharedDigits digits, hyphens and spaces between
// them left out, and for every run of sharedLetters bytes that are not ASCII, until f
// returns true.
func eachWindow(text []byte, f func(window []byte) bool) (found bool) {
	var digits, letters []byte
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			letters = letters[:0]
			if digits = append(digits, c); len(digits) >= sharedDigits && f(digits[len(digits)-sharedDigits:]) {
				return true
			}
		case c >= utf8.RuneSelf:
			digits = digits[:0]
			if letters = append(letters, c); len(letters) >= sharedLetters && f(letters[len(letters)-sharedLetters:]) {
				return true
			}
		default:
			letters = letters[:0]
			if c != '-' && c != ' ' {
				digits = digits[:0]
			}
		}
	}
	return false
}
