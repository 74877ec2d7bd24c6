package transcode

import (
	"strconv"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/portone-gateway/portone-gateway/contract"
)

// AppendJSON appends the JSON document of a message in protobuf's wire form to dst
// and returns the extended slice. On an error, which is always an *Error with
// field names in its path, it returns dst as it was.
//
// See the package comment for the mapping. Members come in the order of the
// fields on the wire, without white space. Any valid wire form will do, also a
// message in pieces that have to be merged; fields that the message type does not
// have are an error, since they could not reach the other side.
func (m *Message) AppendJSON(dst, wire []byte) ([]byte, error) {
	if len(wire) > maxSize {
		return dst, &Error{Problem: tooLarge}
	}
	e := encoders.Get().(*encoder)
	defer e.release()
	e.in, e.out, e.check.takesHalves = wire, dst, true
	if cap(dst)-len(dst) < 2*len(wire) {
		grown := make([]byte, len(dst), len(dst)+2*len(wire)+len(wire)/2+64)
		copy(grown, dst)
		e.out = grown
	}
	if !e.message(m, 0, len(wire)) {
		return dst, e.err.finish()
	}
	return e.out, nil
}

// encoder is one run of AppendJSON. It works on offsets into the whole input, so
// that every mistake has its place.
type encoder struct {
	in    []byte
	out   []byte
	depth int
	err   *Error
	names nameStack // of unrecognized members
	check decoder   // of raw JSON text

	request *Request // where parameters go; nil where they are members like others
	inCase  bool     // the message that is next is the case of a union
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

func (e *encoder) release() {
	e.in, e.out, e.err, e.depth, e.request, e.inCase = nil, nil, nil, 0, nil, false
	e.check.in, e.check.err, e.check.takesHalves = nil, nil, false
	e.names.reset()
	e.check.names.reset()
	if e.names.large() || e.check.names.large() || cap(e.check.scratch) > 1<<16 {
		return
	}
	encoders.Put(e)
}

func (e *encoder) fail(at int, problem string) bool {
	if e.err == nil {
		e.err = &Error{Offset: at, Problem: problem}
	}
	return false
}

// message encodes the message at in[pos:end] as an object.
func (e *encoder) message(m *Message, pos, end int) bool {
	if e.depth++; e.depth > maxDepth {
		return e.fail(pos, "nested too deep")
	}
	e.out = append(e.out, '{')
	if !e.members(m, pos, end) {
		return false
	}
	e.out = append(e.out, '}')
	e.depth--
	return true
}

// member begins a member: a comma if it is not the first, its name and the colon.
func (e *encoder) member(f *field) {
	if e.out[len(e.out)-1] == '{' {
		e.out = append(e.out, f.key[1:]...)
	} else {
		e.out = append(e.out, f.key...)
	}
}

// comma separates a member from the one before it, if there is one.
func (e *encoder) comma() {
	if last := e.out[len(e.out)-1]; last != '{' && last != '[' {
		e.out = append(e.out, ',')
	}
}

// members encodes the fields of a message as members of the object that is open.
func (e *encoder) members(m *Message, pos, end int) bool {
	mark, inCase := len(e.out), e.inCase
	object := e.names.begin()
	result := e.fast(m, pos, end)
	e.names.end(object)
	if result == again {
		e.out = e.out[:mark]
		if e.request != nil && e.depth == 1 {
			e.request.forget()
		}
		return e.slow(m, pos, end, inCase)
	}
	return result == written
}

// progress is what became of a message.
type progress uint8

const (
	broken  progress = iota // e.err says why
	written                 // all of it
	again                   // it needs more than one pass, see slow
)

// fast encodes a message as encoders write it: each field in one piece. Whatever
// is rarer it leaves to slow: a field in several pieces, or a member in
// `unrecognized` that takes the place of a field written already.
func (e *encoder) fast(m *Message, pos, end int) progress {
	var seen, replaced fieldSet
	var constant span
	inCase := e.inCase
	e.inCase = false
	object := e.names.begin()
	if m.constant >= 0 {
		constant.start = len(e.out)
		e.comma()
		e.out = append(e.out, m.fields[m.constant].constant...)
		constant.stop = len(e.out)
		seen.add(uint16(m.constant))
	}
	for pos < end {
		start := pos
		number, wireType, next := e.tag(pos, end)
		if next < 0 {
			return broken
		}
		if number == contract.UnrecognizedNumber && m.unrecognized && wireType == protowire.BytesType {
			result, next := e.unrecognized(m, object, next, end, &seen, &replaced, constant, inCase)
			if result != written {
				return result
			}
			pos = next
			continue
		}
		f := m.byTag(number)
		if f == nil {
			e.fail(start, "field "+strconv.Itoa(int(number))+" is not one of "+string(m.desc.FullName()))
			return broken
		}
		if m.isUnion() && (seen != (fieldSet{}) || e.names.begin() > object) || !seen.add(f.index) || replaced.has(f.index) {
			return again
		}
		if f.card == single && f.part == partBody && wireType == f.wireType && !m.isUnion() {
			e.member(f)
			pos = e.value(f, next, end)
		} else {
			pos = e.field(m, f, wireType, start, next, end)
		}
		if pos < 0 {
			if e.err == nil {
				return again
			}
			e.err.within(f.name)
			return broken
		}
	}
	for _, i := range m.mustWrite {
		if !seen.has(i) && !replaced.has(i) {
			e.emptyMember(&m.fields[i])
		}
	}
	return written
}

// emptyMember writes a required list or map that has nothing in it.
func (e *encoder) emptyMember(f *field) {
	e.member(f)
	if f.card == list {
		e.out = append(e.out, "[]"...)
	} else {
		e.out = append(e.out, "{}"...)
	}
}

// tag reads a tag; next is -1 if it is malformed.
func (e *encoder) tag(pos, end int) (number protowire.Number, wireType protowire.Type, next int) {
	if c := e.in[pos]; c < 0x80 && c >= 8 {
		return protowire.Number(c >> 3), protowire.Type(c & 7), pos + 1
	}
	number, wireType, n := protowire.ConsumeTag(e.in[pos:end])
	if n < 0 {
		e.fail(pos, "malformed tag")
		return 0, 0, -1
	}
	return number, wireType, pos + n
}

// varint reads a varint; next is -1 if it is malformed.
func (e *encoder) varint(pos, end int) (v uint64, next int) {
	if pos < end && e.in[pos] < 0x80 {
		return uint64(e.in[pos]), pos + 1
	}
	v, n := protowire.ConsumeVarint(e.in[pos:end])
	if n < 0 {
		e.fail(pos, "malformed number")
		return 0, -1
	}
	return v, pos + n
}

// bytes reads a length and returns where its content begins and ends; start is -1
// if it is malformed.
func (e *encoder) bytes(pos, end int) (start, stop int) {
	n, start := e.varint(pos, end)
	if start < 0 {
		return -1, -1
	}
	if n > uint64(end-start) {
		e.fail(pos, "the message ends within a field")
		return -1, -1
	}
	return start, start + int(n)
}

// skip moves behind the value of a field that is not written.
func (e *encoder) skip(number protowire.Number, wireType protowire.Type, pos, end int) int {
	n := protowire.ConsumeFieldValue(number, wireType, e.in[pos:end])
	if n < 0 {
		e.fail(pos, "malformed field")
		return -1
	}
	return pos + n
}

// field encodes all of a field that comes in one piece, from its first tag at
// start, whose value is at pos. It returns the offset behind it, or -1.
func (e *encoder) field(m *Message, f *field, wireType protowire.Type, start, pos, end int) int {
	if m.isUnion() {
		return e.unionCase(f, wireType, pos, end)
	}
	if f.part != partBody && e.request != nil {
		return e.parameter(f, wireType, pos, end)
	}
	e.member(f)
	switch f.card {
	case list:
		return e.list(f, start, end)
	case dict:
		return e.dict(f, start, end)
	}
	if wireType != f.wireType {
		e.fail(pos, "the field is of another wire type")
		return -1
	}
	return e.value(f, pos, end)
}

// unionCase encodes the case of a union into the union's own object.
func (e *encoder) unionCase(f *field, wireType protowire.Type, pos, end int) int {
	if wireType != protowire.BytesType {
		e.fail(pos, "the field is of another wire type")
		return -1
	}
	start, stop := e.bytes(pos, end)
	if start < 0 {
		return -1
	}
	e.inCase = true
	if !e.members(f.message, start, stop) {
		return -1
	}
	return stop
}
