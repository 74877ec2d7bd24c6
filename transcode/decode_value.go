package transcode

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// value decodes a single value, and writes it behind tag.
func (d *decoder) value(f *field, tag []byte) outcome {
	if d.pos >= len(d.in) {
		d.fail(d.pos, "the document ends too early")
		return failed
	}
	if d.in[d.pos] == 'n' {
		if !d.scanLiteral("null") {
			return failed
		}
		return untyped
	}
	switch f.kind {
	case kindString:
		return d.stringValue(tag)
	case kindInt64:
		return d.intValue(tag, math.MinInt64, math.MaxInt64)
	case kindInt32:
		return d.intValue(tag, math.MinInt32, math.MaxInt32)
	case kindBool:
		return d.boolValue(tag)
	case kindEnum:
		return d.enumValue(f, tag)
	case kindTimestamp:
		return d.timestampValue(tag)
	case kindMessage:
		return d.messageValue(f, tag)
	case kindConstant:
		return d.constantValue(f)
	default:
		return d.textValue(tag)
	}
}

func (d *decoder) stringValue(tag []byte) outcome {
	if d.in[d.pos] != '"' {
		return mistyped
	}
	content, rest, ok := d.scanPlain()
	if !ok {
		return failed
	}
	d.out = append(d.out, tag...)
	if rest < 0 {
		d.out = appendBytes(d.out, content)
		return done
	}
	mark := d.openLength()
	d.halves = false
	if d.out, ok = d.unescape(append(d.out, content...), rest); !ok {
		return failed
	}
	if d.halves {
		return untyped
	}
	d.closeLength(mark)
	return done
}

// plainString decodes a string without escapes, which is what most members are. It
// returns false, and has done nothing, where the value is anything else, or wrong.
func (d *decoder) plainString(f *field) bool {
	if !f.isText || d.pos >= len(d.in) || d.in[d.pos] != '"' {
		return false
	}
	start := d.pos + 1
	end, beyondASCII := plainEnd(d.in, start)
	if end >= len(d.in) || d.in[end] != '"' {
		return false
	}
	content := d.in[start:end]
	if beyondASCII && !validUTF8(content) {
		return false
	}
	d.pos = end + 1
	d.out = append(d.out, f.tag...)
	d.out = appendBytes(d.out, content)
	return true
}

// appendBytes appends a length and bytes.
func appendBytes(dst, b []byte) []byte {
	if len(b) < 1<<7 {
		dst = append(dst, byte(len(b)))
	} else {
		dst = protowire.AppendVarint(dst, uint64(len(b)))
	}
	return append(dst, b...)
}

// textValue keeps the JSON text of a free-form value.
func (d *decoder) textValue(tag []byte) outcome {
	start := d.pos
	if !d.skipValue() {
		return failed
	}
	d.out = append(d.out, tag...)
	d.out = appendBytes(d.out, d.in[start:d.pos])
	return done
}

func (d *decoder) boolValue(tag []byte) outcome {
	var v byte
	switch d.in[d.pos] {
	case 't':
		if !d.scanLiteral("true") {
			return failed
		}
		v = 1
	case 'f':
		if !d.scanLiteral("false") {
			return failed
		}
	default:
		return mistyped
	}
	d.out = append(append(d.out, tag...), v)
	return done
}

func (d *decoder) intValue(tag []byte, least, most int64) outcome {
	v, result := d.integer()
	if result != done {
		return result
	}
	if v < least || v > most {
		return mistyped
	}
	d.out = append(d.out, tag...)
	d.out = protowire.AppendVarint(d.out, uint64(v))
	return done
}

// integer reads a number that is an integer of 64 bits, however it is written.
func (d *decoder) integer() (v int64, result outcome) {
	in, i := d.in, d.pos
	negative := in[i] == '-'
	if negative {
		i++
	}
	first := i
	var n uint64
	for i < len(in) && in[i] >= '0' && in[i] <= '9' {
		n = n*10 + uint64(in[i]-'0')
		i++
	}
	digits := i - first
	fraction := i < len(in) && (in[i] == '.' || in[i] == 'e' || in[i] == 'E')
	if digits == 0 || digits > 1 && in[first] == '0' || digits > 18 || fraction {
		return d.unusualInteger()
	}
	d.pos = i
	if negative {
		return -int64(n), done
	}
	return int64(n), done
}

func (d *decoder) enumValue(f *field, tag []byte) outcome {
	number, result := d.enumNumber(f)
	if result == done {
		d.out = append(d.out, tag...)
		d.out = protowire.AppendVarint(d.out, uint64(number))
	}
	return result
}

// enumNumber reads the name of an enum value. One that the enum does not have has
// no typed form.
func (d *decoder) enumNumber(f *field) (int32, outcome) {
	if d.in[d.pos] != '"' {
		return 0, mistyped
	}
	name, ok := d.scanString()
	if !ok {
		return 0, failed
	}
	number, known := f.enum.number(name)
	if !known {
		return 0, untyped
	}
	return number, done
}

// constantValue reads the discriminator of a case. There is nothing to write,
// unless it is another value than it must be.
func (d *decoder) constantValue(f *field) outcome {
	if d.in[d.pos] != '"' {
		return mistyped
	}
	content, ok := d.scanString()
	if !ok {
		return failed
	}
	if string(content) != f.value {
		return untyped
	}
	return done
}

func (d *decoder) messageValue(f *field, tag []byte) outcome {
	if d.in[d.pos] != '{' {
		return mistyped
	}
	d.out = append(d.out, tag...)
	mark := d.openLength()
	if !d.message(f.message) {
		return failed
	}
	d.closeLength(mark)
	return done
}

// openLength makes room for the length of what follows: two bytes, which is what
// most messages need.
func (d *decoder) openLength() (mark int) {
	d.out = append(d.out, 0, 0)
	return len(d.out)
}

// closeLength writes the length of what was written since mark.
func (d *decoder) closeLength(mark int) {
	n := len(d.out) - mark
	switch {
	case n < 1<<7:
		d.out[mark-2] = byte(n)
		copy(d.out[mark-1:], d.out[mark:])
		d.out = d.out[:len(d.out)-1]
	case n < 1<<14:
		d.out[mark-2] = byte(n) | 0x80
		d.out[mark-1] = byte(n >> 7)
	default:
		extra := protowire.SizeVarint(uint64(n)) - 2
		d.out = append(d.out, make([]byte, extra)...)
		copy(d.out[mark+extra:], d.out[mark:mark+n])
		protowire.AppendVarint(d.out[:mark-2], uint64(n))
	}
}

// opens reports whether a list or an object begins here; null has no typed form.
func (d *decoder) opens(bracket byte) outcome {
	switch d.in[d.pos] {
	case bracket:
		return done
	case 'n':
		if !d.scanLiteral("null") {
			return failed
		}
		return untyped
	}
	return mistyped
}

// list decodes a list. A list with an element that has no typed form has none.
func (d *decoder) list(f *field) outcome {
	if result := d.opens('['); result != done {
		return result
	}
	depth := d.depth
	if !d.enter() {
		return failed
	}
	packed := f.wireType == protowire.VarintType
	tag, mark, written := f.tag, 0, len(d.out)
	if packed {
		d.out = protowire.AppendTag(d.out, f.number, protowire.BytesType)
		tag, mark = nil, d.openLength()
	}
	more, ok := d.openList()
	empty := !more
	for i := 0; more && ok; i++ {
		if result := d.element(f, tag); result != done {
			if result == failed {
				d.err.withinIndex(i)
			}
			d.depth = depth
			return result
		}
		more, ok = d.next(']')
	}
	if !ok {
		return failed
	}
	d.depth = depth
	if empty {
		d.out = d.out[:written]
		return emptyOutcome(f)
	}
	if packed {
		d.closeLength(mark)
	}
	return done
}

// emptyOutcome classifies an empty list or map. A required one is always written, so
// there is nothing to record; an optional one has no protobuf form that differs from
// an absent one.
func emptyOutcome(f *field) outcome {
	if f.required {
		return done
	}
	return untyped
}

// dict decodes a map.
func (d *decoder) dict(f *field) outcome {
	if result := d.opens('{'); result != done {
		return result
	}
	depth := d.depth
	if !d.enter() {
		return failed
	}
	object := d.names.begin()
	valueTag := [1]byte{2<<3 | byte(f.wireType)}
	more, ok := d.openObject()
	empty := !more
	for more && ok {
		at := d.pos
		name, named := d.memberName()
		if !named {
			return failed
		}
		if !d.names.add(object, name) {
			d.failIn(string(name), at, "the member stands twice")
			return failed
		}
		d.out = append(d.out, f.tag...)
		mark := d.openLength()
		d.out = append(d.out, 1<<3|2)
		d.out = appendBytes(d.out, name)
		mine := d.names.last()
		if result := d.element(f, valueTag[:]); result != done {
			if result == failed {
				d.err.within(string(d.names.name(mine)))
			}
			d.names.end(object)
			d.depth = depth
			return result
		}
		d.closeLength(mark)
		more, ok = d.next('}')
	}
	if !ok {
		return failed
	}
	d.names.end(object)
	d.depth = depth
	if empty {
		return emptyOutcome(f)
	}
	return done
}
