package errmap

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// repair returns an error's JSON with U+FFFD for what no text can have: bytes that
// are not UTF-8, and halves of surrogate pairs, as servers make that cut a PG's
// message in the middle of a character. What the error is must not be lost for
// how it says it.
func repair(body []byte) []byte {
	body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' || i+1 == len(body) {
			out = append(out, body[i])
			i++
			continue
		}
		r, isUnit := unit(body[i:])
		switch low, isPair := unit(body[min(i+6, len(body)):]); {
		case !isUnit:
			out = append(out, body[i:i+2]...)
			i += 2
		case isPair && utf16.DecodeRune(r, low) != '\uFFFD':
			out = append(out, body[i:i+12]...)
			i += 12
		case utf16.IsSurrogate(r):
			out = append(out, `\ufffd`...)
			i += 6
		default:
			out = append(out, body[i:i+6]...)
			i += 6
		}
	}
	return out
}

// unit reads an escape of the form \uXXXX.
func unit(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(v), err == nil
}
