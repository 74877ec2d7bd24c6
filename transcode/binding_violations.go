package transcode

import (
	"bytes"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/portone-gateway/portone-gateway/contract"
)

// Violation is a mistake in a request that the contract can tell.
type Violation struct {
	// Field leads to the member, as in Error.Path.
	Field string

	// Description says what is wrong, in English and without values.
	Description string
}

// maxViolations is how many are listed: enough to mend a request, few enough for
// the trailers of a status.
const maxViolations = 50

// Violations lists the members of a request that the contract requires and that
// are missing, and those whose value is of another type than theirs or no value of
// their enum. It is for the
// answer to a request that PortOne refused: PortOne is the judge of requests, and
// a member that the contract requires may have become optional since.
//
// A malformed message has the violations found before the place where it is.
func (b *Binding) Violations(wire []byte) []Violation {
	v := &violations{in: wire}
	v.message(b.Input, 0, len(wire), nil)
	return v.found
}

type violations struct {
	in    []byte
	found []Violation
	depth int
}

// add notes a violation at a member; path has the enclosing ones, outermost first.
func (v *violations) add(path []string, member, description string) {
	if len(v.found) == maxViolations {
		return
	}
	e := &Error{segments: []string{member}}
	for i := len(path) - 1; i >= 0; i-- {
		e.within(path[i])
	}
	v.found = append(v.found, Violation{Field: e.finish().Path, Description: description})
}

// message looks at the message at in[pos:end].
func (v *violations) message(m *Message, pos, end int, path []string) {
	if v.depth++; v.depth > maxDepth {
		return
	}
	defer func() { v.depth-- }()
	var seen fieldSet
	counts := make(map[uint16]int)
	for pos < end {
		number, wireType, n := protowire.ConsumeTag(v.in[pos:end])
		if n < 0 {
			return
		}
		size := protowire.ConsumeFieldValue(number, wireType, v.in[pos+n:end])
		if size < 0 {
			return
		}
		value, stop := pos+n, pos+n+size
		pos = stop
		if wireType == protowire.BytesType {
			_, prefix := protowire.ConsumeVarint(v.in[value:stop])
			value += prefix
		}
		if number == contract.UnrecognizedNumber && m.unrecognized {
			v.unrecognized(m, value, stop, &seen, path)
			continue
		}
		f := m.byTag(number)
		if f == nil {
			continue
		}
		seen.add(f.index)
		v.field(m, f, value, stop, path, counts)
	}
	for i := range m.fields {
		if f := &m.fields[i]; f.required && f.card == single && f.kind != kindConstant && !seen.has(f.index) {
			v.add(path, f.name, "required, but missing")
		}
	}
}

// field looks into a message that a field holds, alone, in a list or in a map.
func (v *violations) field(m *Message, f *field, value, stop int, path []string, counts map[uint16]int) {
	if f.kind != kindMessage {
		return
	}
	switch {
	case m.isUnion():
		v.message(f.message, value, stop, path)
	case f.card == list:
		index := "[" + strconv.Itoa(counts[f.index]) + "]"
		counts[f.index]++
		v.message(f.message, value, stop, append(path, f.name, index))
	case f.card == dict:
		e := encoder{in: v.in[:stop]}
		if key, inner, ok := e.rawEntry(value, stop); ok { // an entry without a value has an empty one
			v.message(f.message, inner.start, inner.stop, append(path, f.name, string(v.in[key.start:key.stop])))
		}
	case f.card == single:
		v.message(f.message, value, stop, append(path, f.name))
	}
}

// unrecognized looks at a member that has no typed form.
func (v *violations) unrecognized(m *Message, pos, end int, seen *fieldSet, path []string) {
	e := encoder{in: v.in[:end]}
	name, raw, ok := e.rawEntry(pos, end)
	if !ok {
		return
	}
	i, known := m.find(v.in[name.start:name.stop])
	if !known {
		return
	}
	f := &m.fields[i]
	if raw.start < raw.stop || f.card != single {
		seen.add(i)
	}
	if problem := f.problemOf(v.in[raw.start:raw.stop]); problem != "" {
		v.add(path, f.name, problem)
	}
}

// problemOf tells what is wrong with a member that came without a typed form: an
// empty text if nothing is. Null for an optional member is as good as absence, and
// an empty list or map is what it is.
func (f *field) problemOf(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	isText := len(raw) > 0 && raw[0] == '"'
	switch {
	case f.kind == kindConstant:
		return ""
	case len(raw) == 0 || string(raw) == "null":
		return f.problemOfNothing(len(raw) == 0)
	case f.card == list && raw[0] == '[' || f.card == dict && raw[0] == '{':
		return f.problemOfElements(raw)
	case f.card != single:
		return wrongType
	case f.kind == kindEnum && isText:
		return unknownEnum
	case f.kind == kindTimestamp && isText:
		return "not a date-time that can be read"
	}
	return wrongType
}

const (
	wrongType   = "not a value of its type"
	unknownEnum = "not a value of its enum that the contract knows"
)

func (f *field) problemOfNothing(absent bool) string {
	switch {
	case !f.required:
		return ""
	case absent:
		return "required, but missing"
	}
	return "required, but null"
}

// problemOfElements tells what is wrong with a list or map that is kept as it came.
func (f *field) problemOfElements(raw []byte) string {
	switch inner := bytes.TrimSpace(raw[1 : len(raw)-1]); {
	case len(inner) == 0:
		return ""
	case f.kind == kindEnum:
		return "has a value that is not one of its enum that the contract knows"
	}
	return wrongType
}
