package transcode

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/portone-gateway/portone-gateway/contract"
)

// unrecognized encodes an entry of the map `unrecognized`: a member whose raw text
// stands in for whatever field the message has for it. An empty text means that
// the member is absent.
func (e *encoder) unrecognized(m *Message, object, pos, end int, seen, replaced *fieldSet, constant span, inCase bool) (result progress, next int) {
	start, next := e.bytes(pos, end)
	if start < 0 {
		return broken, -1
	}
	name, raw, ok := e.rawEntry(start, next)
	if !ok && e.err == nil {
		return again, -1
	}
	if !ok {
		return broken, -1
	}
	if m.isUnion() && *seen != (fieldSet{}) {
		return again, -1
	}
	key, i, known := e.in[name.start:name.stop], uint16(0), false
	if isRequest := e.request != nil && e.depth == 1; isRequest {
		key, i, known = m.findInRequest(key)
	} else {
		i, known = m.find(key)
	}
	if known {
		isConstant := int(i) == m.constant
		if seen.has(i) && !isConstant || replaced.has(i) {
			return again, -1
		}
		replaced.add(i)
		if isConstant {
			if inCase && e.request != nil { // the case that was chosen says what it is
				return e.givenTwice(m.fields[i].name, start), -1
			}
			e.cut(constant)
		}
	} else if !e.names.add(object, key) {
		return again, -1
	}
	isParameter, ok := false, true
	if e.request != nil && e.depth == 1 {
		isParameter, ok = e.rawParameter(m, name, raw)
	}
	if !isParameter {
		ok = e.rawMember(name, raw)
	}
	if !ok {
		return broken, -1
	}
	return written, next
}

// find returns the index of the field with a JSON name. A union has none: its
// members are those of its case.
func (m *Message) find(name []byte) (uint16, bool) {
	if m.isUnion() {
		return 0, false
	}
	return m.names.find(name)
}

// rawEntry reads an entry of the map `unrecognized`. It is not ok, without an
// error, if the entry has a key or value twice; see slow.
func (e *encoder) rawEntry(pos, end int) (name, raw span, ok bool) {
	seen := [3]bool{}
	for pos < end {
		number, wireType, next := e.tag(pos, end)
		if next < 0 {
			return name, raw, false
		}
		if wireType != protowire.BytesType || number > 2 {
			return name, raw, e.fail(pos, "not an entry of a map")
		}
		if seen[number] {
			return name, raw, false
		}
		seen[number] = true
		var s span
		if s.start, s.stop = e.bytes(next, end); s.start < 0 {
			return name, raw, false
		}
		if number == 1 {
			name = s
		} else {
			raw = s
		}
		pos = s.stop
	}
	return name, raw, true
}

// rawMember writes a member whose value is JSON text.
func (e *encoder) rawMember(name, raw span) bool {
	if raw.start == raw.stop { // absent
		if s := e.in[name.start:name.stop]; !utf8.Valid(s) {
			return e.fail(name.start+validPrefix(s), "not UTF-8")
		}
		return true
	}
	mark := len(e.out)
	e.comma()
	if !e.text(name.start, name.stop) {
		return false
	}
	e.out = append(e.out, ':')
	if !e.valid(raw.start, raw.stop) {
		e.err.within(string(e.in[name.start:name.stop]))
		e.err.within(contract.UnrecognizedName)
		e.out = e.out[:mark]
		return false
	}
	e.out = append(e.out, e.in[raw.start:raw.stop]...)
	return true
}

// cut takes a member out of what was written, with the comma that separates it.
func (e *encoder) cut(member span) {
	if e.out[member.start] != ',' && member.stop < len(e.out) && e.out[member.stop] == ',' {
		member.stop++ // it is the first of several
	}
	e.out = append(e.out[:member.start], e.out[member.stop:]...)
}
