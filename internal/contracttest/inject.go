package contracttest

import (
	"fmt"
	"strings"
)

// Injection is a set of things that a document may have although the contract
// does not provide for them. All of them must survive on the way through a
// message: PortOne adds to its API without notice.
type Injection uint

// The kinds of injection. Each happens at every depth.
const (
	// UnknownMembers adds members that a message has no field for, of any JSON type.
	UnknownMembers Injection = 1 << iota

	// UnknownEnums replaces names of enum values, in lists and maps too, by names
	// that the enum does not have.
	UnknownEnums

	// Nulls writes null for members of any type, optional or required.
	Nulls

	// NullElements writes null for elements of lists and values of maps.
	NullElements

	// UnknownDiscriminators replaces the value that tells the case of a union, or
	// that a case standing alone has, by another.
	UnknownDiscriminators

	// MissingDiscriminators leaves that member out.
	MissingDiscriminators

	// EmptyOptional writes optional lists and maps that have nothing in them.
	EmptyOptional

	// AbsentRequired leaves required members of any type out.
	AbsentRequired

	// BadDates writes date-times that are none by RFC 3339, or that a Timestamp
	// cannot hold.
	BadDates

	// Everything is all of the above.
	Everything Injection = 1<<iota - 1
)

// inject reports whether to inject a kind of thing here.
func (w *writer) inject(kind Injection) bool {
	return w.opts.Inject&kind != 0 && w.chance(w.opts.InjectPercent)
}

// badDates are strings that no Timestamp stands for.
var badDates = []string{
	"", "tomorrow", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00Z", "2026-01-01 00:00:00Z", "20260101T000000Z",
	"2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
	"2026-01-01T00:60:00Z", "2016-12-31T23:59:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z", "2026-01-01T0:00:00Z",
	"2026-01-01T00:00:00.1234567891Z", "2026-01-01T00:00:00.0000000000Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+09:60",
	"2026-01-01T00:00:00+0900", "2026-01-01T00:00:00+09", "0000-06-01T00:00:00Z", "0001-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01", "12026-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "２０２６-01-01T00:00:00Z", " 2026-01-01T00:00:00Z",
	"2026-01-01T00:00:00Z ", "2026-01-01T00:00:00ZZ", "1767225600",
}

// unlike returns a string that is not known, but perhaps close to one that is.
func (w *writer) unlike(name string, known func(string) bool) string {
	s := sample(w, []string{"SOMETHING_NEW", "", "UNSPECIFIED", strings.ToLower(name), name + " ", "STATUS_" + name, "새로운_값", w.text()})
	for known(s) {
		s += "_"
	}
	return s
}

// unknownMembers returns members with names that are not taken. Some are names
// from near, which is the message itself or another case of the union: as the
// field has it in the contract, or as it is in JSON.
func (w *writer) unknownMembers(near *shape, taken map[string]bool) []member {
	var members []member
	for len(members) < 3 && w.inject(UnknownMembers) {
		name := ""
		if len(near.fields) > 0 && w.chance(30) {
			f := sample(w, near.fields)
			name = sample(w, []string{string(f.fd.Name()), f.name})
		}
		if name == "" || taken[name] {
			name = w.newName(taken)
		}
		taken[name] = true
		members = append(members, member{name, func() { w.anyValue(4) }})
	}
	return members
}

// newName returns a name that is not taken yet, and takes it. It does not begin
// with a question mark, as the names of unknown query parameters do.
func (w *writer) newName(taken map[string]bool) string {
	name := strings.TrimLeft(w.text(), "?")
	if w.chance(60) {
		name = sample(w, []string{"newMember", "", "unrecognized", "type", "status", "a.b", "@type", "$ref", "__proto__", "한글", "id"})
	}
	for base, i := name, 2; taken[name]; i++ {
		name = fmt.Sprint(base, i)
	}
	taken[name] = true
	return name
}

// numbers are JSON numbers that a float64 or an int64 cannot hold, or that are
// written another way than programs write them.
var numbers = []string{
	"0", "1", "-1", "-0", "0.0", "-0.0e-0", "1.0", "1.50e+3", "1E5", "0.1", "1e-7", "100", "1e2", "9007199254740993",
	"9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "12345678901234567890123.5e-7",
	"0.30000000000000000000000000000004", "1e400", "-1E-400", "1e999999999", "3.141592653589793238462643383279502884197",
}

// anyValue writes any JSON value, nested at most so deep below, but for chains of
// lists and objects that have nothing else in them.
func (w *writer) anyValue(depth int) {
	kind := w.below(8)
	if depth == 0 {
		kind = w.below(5)
	}
	switch kind {
	case 0:
		w.null()
	case 1, 2:
		w.out = append(w.out, sample(w, numbers)...)
	case 3:
		w.quote(w.text(), w.chance(20))
	case 4:
		w.out = append(w.out, sample(w, []string{"true", "false"})...)
	case 5:
		w.sequence('[', ']', w.below(4), func(int) { w.anyValue(depth - 1) })
	case 6:
		w.anyObject(depth - 1)
	case 7:
		w.chain(1 + w.below(36))
	}
}

// anyObject writes any JSON object.
func (w *writer) anyObject(depth int) {
	var members []member
	taken := map[string]bool{}
	for range w.below(4) {
		members = append(members, member{w.newName(taken), func() { w.anyValue(depth) }})
	}
	w.members(members)
}

// chain writes lists and objects that are nested deep.
func (w *writer) chain(depth int) {
	switch {
	case depth == 0:
		w.out = append(w.out, sample(w, numbers)...)
	case depth%2 == 0:
		w.sequence('[', ']', 1, func(int) { w.chain(depth - 1) })
	default:
		w.members([]member{{"n", func() { w.chain(depth - 1) }}})
	}
}
