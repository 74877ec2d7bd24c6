package transcode

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// unrecognized encodes an entry of the map `unrecognized`: a member whose raw text
// stands in for whatever field the message has for it. An empty text means that
// the member is absent.
func (e *encoder) unrecognized(m *Message, object, pos, end int, seen, replaced *fieldSet, constant span) (result progress, next int) {
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
		e.err.within(unrecognizedName)
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

// slow encodes a message that one pass cannot. It lets protobuf-go merge the
// pieces, takes out the fields whose members `unrecognized` has, and encodes what
// is left. That is done for all messages within it at once: if each of them came
// to it again, the time would double with every level.
func (e *encoder) slow(m *Message, pos, end int) bool {
	wire, err := normalize(m, e.in[pos:end], e.request != nil && e.depth == 1)
	if err != nil {
		return e.fail(pos, "malformed message")
	}
	outer := e.in
	e.in = wire
	result := e.fast(m, 0, len(wire))
	e.in = outer
	if result == written {
		return true
	}
	if result == again { // all else that needs a second pass is gone
		e.fail(pos, "unrecognized has the same member twice, under two names")
	}
	e.fail(pos, "malformed message")
	e.err.Offset = pos // that of the mistake is one in the merged message
	return false
}

// normalize merges the pieces of a message, so that each field of it and of the
// messages in it is in one piece, each key is in a map once, and no field has its
// member in `unrecognized` too. Names in that of a request say where they belong.
func normalize(m *Message, wire []byte, isRequest bool) (merged []byte, err error) {
	// protobuf-go's parser for types without generated code panics at a map entry
	// whose key is of another wire type (found by FuzzToJSON).
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("protobuf-go panics: %v", p)
		}
	}()
	message := newMessage(m.desc)
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(wire, message.Interface()); err != nil {
		return nil, err
	}
	if isRequest {
		m.replaceInRequest(message)
	}
	m.replace(message)
	return proto.MarshalOptions{Deterministic: true}.Marshal(message.Interface())
}

// newMessage makes a message of generated code where the type has any.
func newMessage(desc protoreflect.MessageDescriptor) protoreflect.Message {
	if known, err := protoregistry.GlobalTypes.FindMessageByName(desc.FullName()); err == nil && known.Descriptor() == desc {
		return known.New()
	}
	return dynamicpb.NewMessage(desc)
}

// replace clears the fields whose members are in `unrecognized`, in a message and
// in all within it.
func (m *Message) replace(message protoreflect.Message) {
	if fd := m.desc.Fields().ByNumber(unrecognizedNumber); m.unrecognized && message.Has(fd) {
		unrecognized := message.Get(fd).Map()
		if m.isUnion() {
			replaceInCase(message, unrecognized)
		} else {
			m.replaceFields(message, unrecognized)
		}
	}
	for i := range m.fields {
		f := &m.fields[i]
		if f.kind != kindMessage {
			continue
		}
		fd := m.desc.Fields().ByNumber(f.number)
		if !message.Has(fd) {
			continue
		}
		switch f.card {
		case single:
			f.message.replace(message.Mutable(fd).Message())
		case list:
			elements := message.Mutable(fd).List()
			for j := range elements.Len() {
				f.message.replace(elements.Get(j).Message())
			}
		case dict:
			message.Mutable(fd).Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
				f.message.replace(value.Message())
				return true
			})
		}
	}
}

func (m *Message) replaceFields(message protoreflect.Message, unrecognized protoreflect.Map) {
	unrecognized.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		if i, known := m.names.find([]byte(key.String())); known && int(i) != m.constant && m.fields[i].number != 0 {
			message.Clear(m.desc.Fields().ByNumber(m.fields[i].number))
		}
		return true
	})
}

// replaceInRequest is replaceFields for names that say where they belong.
func (m *Message) replaceInRequest(message protoreflect.Message) {
	fd := m.desc.Fields().ByNumber(unrecognizedNumber)
	if !m.unrecognized || !message.Has(fd) {
		return
	}
	message.Get(fd).Map().Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		if _, i, known := m.findInRequest([]byte(key.String())); known {
			message.Clear(m.desc.Fields().ByNumber(m.fields[i].number))
		}
		return true
	})
}

// replaceInCase moves what a union has in `unrecognized` into its case, if it has
// one: both are members of one object, and those of the union win.
func replaceInCase(union protoreflect.Message, unrecognized protoreflect.Map) {
	of := union.WhichOneof(union.Descriptor().Oneofs().Get(0))
	if of == nil {
		return
	}
	inner := union.Mutable(of).Message()
	fd := inner.Descriptor().Fields().ByNumber(unrecognizedNumber)
	if fd == nil || !fd.IsMap() {
		return
	}
	into := inner.Mutable(fd).Map()
	unrecognized.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		into.Set(key, value)
		return true
	})
	union.Clear(union.Descriptor().Fields().ByNumber(unrecognizedNumber))
}
