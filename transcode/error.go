package transcode

import (
	"fmt"
	"slices"
	"strings"
)

// Error says what is wrong with an input, and where.
type Error struct {
	// Path leads to the place: member names and list indexes of the JSON
	// document, or field names of the message, such as items[3].amount.total.
	// Empty for the document itself.
	Path string

	// Offset is the byte in the input at which the mistake was noticed.
	Offset int

	// Problem is what is wrong, without values of the input.
	Problem string

	segments []string // of the path, innermost first
}

// Error implements error. The text holds no values of the input, only names of
// members, which in a map or of an unknown member can be anything; see Loggable.
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s at byte %d", e.Problem, e.Offset)
	}
	return fmt.Sprintf("%s: %s at byte %d", e.Path, e.Problem, e.Offset)
}

// Loggable is the text of e for a log, in which no one's data may stand: a name that is
// not like those of PortOne's members, such as one that a caller made of a person's
// name, is only told as ?.
func (e *Error) Loggable() string {
	masked := &Error{Offset: e.Offset, Problem: e.Problem}
	for _, segment := range e.segments {
		if !isMemberName(segment) && strings.Trim(segment, "[0123456789]") != "" {
			segment = "?"
		}
		masked.segments = append(masked.segments, segment)
	}
	return masked.finish().Error()
}

// isMemberName reports whether a name is of letters and digits, and not long.
func isMemberName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// within adds the segment of the path that encloses those known so far.
func (e *Error) within(segment string) {
	const most = 200 // of a path that somebody made deep on purpose
	if len(e.segments) < most {
		e.segments = append(e.segments, segment)
	}
}

func (e *Error) withinIndex(i int) { e.within(fmt.Sprintf("[%d]", i)) }

// finish makes Path.
func (e *Error) finish() *Error {
	var b strings.Builder
	for _, segment := range slices.Backward(e.segments) {
		if b.Len() > 0 && !strings.HasPrefix(segment, "[") {
			b.WriteByte('.')
		}
		b.WriteString(printable(segment))
	}
	e.Path = b.String()
	return e
}

// printable shortens and escapes a name that came from outside.
func printable(name string) string {
	const most = 64
	if name == "" {
		return `""`
	}
	cut := name
	if len(cut) > most {
		cut = cut[:most] + "..."
	}
	if strings.ContainsFunc(cut, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
		return fmt.Sprintf("%q", cut)
	}
	return cut
}
