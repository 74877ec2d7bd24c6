package transcode

import (
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// value encodes a single value at pos and returns the offset behind it, or -1.
func (e *encoder) value(f *field, pos, end int) int {
	if f.wireType == protowire.VarintType {
		v, next := e.varint(pos, end)
		if next < 0 || !e.number(f, v, pos) {
			return -1
		}
		return next
	}
	start, stop := e.bytes(pos, end)
	if start < 0 {
		return -1
	}
	ok := false
	switch f.kind {
	case kindString:
		ok = e.text(start, stop)
	case kindMessage:
		ok = e.message(f.message, start, stop)
	case kindTimestamp:
		ok = e.timestamp(start, stop)
	case kindJSONText:
		if ok = e.valid(start, stop); ok {
			e.out = append(e.out, e.in[start:stop]...)
		}
	}
	if !ok {
		return -1
	}
	return stop
}

// number encodes a number, boolean or enum value.
func (e *encoder) number(f *field, v uint64, at int) bool {
	switch f.kind {
	case kindInt64:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case kindInt32:
		e.out = strconv.AppendInt(e.out, int64(int32(v)), 10)
	case kindBool:
		e.out = strconv.AppendBool(e.out, v != 0)
	default:
		name := f.enum.name(int32(v))
		if name == nil {
			return e.fail(at, "enum value "+strconv.Itoa(int(int32(v)))+" has no name in PortOne's API; leave the field unset, or use unrecognized")
		}
		e.out = append(e.out, name...)
	}
	return true
}

// text encodes a string.
func (e *encoder) text(start, stop int) bool {
	end, beyondASCII := plainEndBefore(e.in, start, stop)
	if beyondASCII || end < stop {
		if s := e.in[start:stop]; !utf8.Valid(s) {
			return e.fail(start+validPrefix(s), "not UTF-8")
		}
	}
	begin, after := len(e.out), len(e.out)+stop-start+2
	if end == stop && after <= cap(e.out) {
		e.out = e.out[:after]
		e.out[begin] = '"'
		copy(e.out[begin+1:], e.in[start:stop])
		e.out[after-1] = '"'
		return true
	}
	e.out = append(e.out, '"')
	e.out = appendEscaped(e.out, e.in[:stop], start, end)
	e.out = append(e.out, '"')
	return true
}

// appendEscaped appends s[begin:] as the content of a JSON string. Only what JSON
// demands is escaped; the first byte that it demands it for is at end.
func appendEscaped(dst, s []byte, begin, end int) []byte {
	const hex = "0123456789abcdef"
	for end < len(s) {
		dst = append(dst, s[begin:end]...)
		switch c := s[end]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		begin = end + 1
		end = nextEscape(s, begin)
	}
	return append(dst, s[begin:]...)
}

// nextEscape is plainEnd for text in which escapes stand close together, such as
// JSON in a string: it looks at single bytes first.
func nextEscape(s []byte, i int) int {
	for near := min(i+12, len(s)); i < near; i++ {
		if mustEscape[s[i]] {
			return i
		}
	}
	end, _ := plainEnd(s, i)
	return end
}

// appendQuoted appends valid UTF-8 as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, []byte(s), 0, nextEscape([]byte(s), 0))
	return append(dst, '"')
}

// timestamp encodes a google.protobuf.Timestamp.
func (e *encoder) timestamp(pos, end int) bool {
	var seconds int64
	var nanos int32
	at := pos
	for pos < end {
		number, wireType, next := e.tag(pos, end)
		if next < 0 {
			return false
		}
		if wireType != protowire.VarintType || number > 2 {
			return e.fail(pos, "not a timestamp")
		}
		v, after := e.varint(next, end)
		if after < 0 {
			return false
		}
		if number == 1 {
			seconds = int64(v)
		} else {
			nanos = int32(v)
		}
		pos = after
	}
	if seconds < minSeconds || seconds > maxSeconds || nanos < 0 || nanos > 999999999 {
		return e.fail(at, "the timestamp is out of range")
	}
	e.out = appendTimestamp(e.out, seconds, nanos)
	return true
}

// valid checks that in[start:stop] is one JSON value.
func (e *encoder) valid(start, stop int) bool {
	c := &e.check
	c.in, c.pos, c.depth, c.err = e.in[:stop], start, e.depth, nil
	c.pos = space(c.in, c.pos)
	ok := c.skipValue()
	if ok {
		if end := space(c.in, c.pos); end < stop {
			ok = c.fail(end, "more text behind the value")
		}
	}
	if !ok {
		e.err = c.err
	}
	return ok
}

// list encodes a run of elements of a list, from its first tag at start.
func (e *encoder) list(f *field, start, end int) int {
	e.out = append(e.out, '[')
	pos := start
	for i := 0; pos < end; {
		number, wireType, next := e.tag(pos, end)
		if next < 0 {
			return -1
		}
		if number != f.number {
			break
		}
		if wireType == protowire.BytesType && f.wireType == protowire.VarintType {
			pos, i = e.packed(f, next, end, i)
		} else if wireType != f.wireType {
			e.fail(pos, "the field is of another wire type")
			return -1
		} else {
			e.comma()
			if pos = e.value(f, next, end); pos < 0 && e.err != nil {
				e.err.withinIndex(i)
			}
			i++
		}
		if pos < 0 {
			return -1
		}
	}
	e.out = append(e.out, ']')
	return pos
}

// packed encodes a run of numbers under one tag.
func (e *encoder) packed(f *field, pos, end, i int) (next, count int) {
	pos, stop := e.bytes(pos, end)
	if pos < 0 {
		return -1, i
	}
	for pos < stop {
		v, after := e.varint(pos, stop)
		if after < 0 {
			return -1, i
		}
		e.comma()
		if !e.number(f, v, pos) {
			e.err.withinIndex(i)
			return -1, i
		}
		pos = after
		i++
	}
	return pos, i
}

// dict encodes a run of entries of a map, from its first tag at start.
func (e *encoder) dict(f *field, start, end int) int {
	e.out = append(e.out, '{')
	object := e.names.begin()
	pos := start
	for pos < end {
		number, wireType, next := e.tag(pos, end)
		if next < 0 {
			return -1
		}
		if number != f.number {
			break
		}
		if wireType != protowire.BytesType {
			e.fail(pos, "the field is of another wire type")
			return -1
		}
		entry, stop := e.bytes(next, end)
		if entry < 0 {
			return -1
		}
		k, ok := e.entry(f, entry, stop)
		if !ok {
			return -1
		}
		if !e.names.add(object, e.in[k.start:k.stop]) {
			return -1 // without an error: the last entry of a name counts, see slow
		}
		pos = stop
	}
	e.names.end(object)
	e.out = append(e.out, '}')
	return pos
}

// span is a piece of the input.
type span struct{ start, stop int }

// entry encodes an entry of a map and returns where its key is. It is not ok,
// without an error, if the entry has a key or value twice; see slow.
func (e *encoder) entry(f *field, pos, end int) (key span, ok bool) {
	value := -1
	hasKey := false
	for pos < end {
		number, wireType, next := e.tag(pos, end)
		if next < 0 {
			return key, false
		}
		switch {
		case number == 1 && hasKey || number == 2 && value >= 0:
			return key, false
		case number == 1 && wireType == protowire.BytesType:
			hasKey = true
			if key.start, key.stop = e.bytes(next, end); key.start < 0 {
				return key, false
			}
			pos = key.stop
		case number == 2 && wireType == f.wireType:
			value = next
			if pos = e.skip(number, wireType, next, end); pos < 0 {
				return key, false
			}
		default:
			return key, e.fail(pos, "not an entry of a map")
		}
	}
	e.comma()
	if !e.text(key.start, key.stop) {
		return key, false
	}
	e.out = append(e.out, ':')
	if value < 0 {
		return key, e.zero(f)
	}
	if e.value(f, value, end) < 0 {
		if e.err != nil {
			e.err.within(string(e.in[key.start:key.stop]))
		}
		return key, false
	}
	return key, true
}

// zero encodes the value of a map entry that has none on the wire.
func (e *encoder) zero(f *field) bool {
	switch f.kind {
	case kindString:
		e.out = append(e.out, '"', '"')
	case kindBool, kindInt32, kindInt64, kindEnum:
		return e.number(f, 0, 0)
	case kindMessage:
		return e.message(f.message, 0, 0)
	case kindTimestamp:
		e.out = appendTimestamp(e.out, 0, 0)
	}
	return true
}
