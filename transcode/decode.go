package transcode

import (
	"math"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

// Mode tells how strict AppendWire is.
type Mode uint8

const (
	// Strict is for answers. A known member whose value is of another JSON type
	// than its field is an error: nobody must read an amount of 0 that is not
	// there.
	Strict Mode = iota

	// Lenient is for requests. A known member of another JSON type is kept in
	// `unrecognized` and so reaches PortOne, who judges requests: its rules may be
	// newer than this program.
	Lenient
)

const (
	// maxDepth is how deep objects and lists may be nested.
	maxDepth = 100

	// maxSize is how many bytes an input may have. Callers have limits of their
	// own, which are lower; this one keeps a mistake of theirs from taking the
	// process along.
	maxSize = 64 << 20
)

const tooLarge = "the input is larger than 64 MiB"

// AppendWire appends the protobuf wire form of a JSON document to dst and returns
// the extended slice. On an error, which is always an *Error, it returns dst as it
// was.
//
// See the package comment for the mapping. The output has fields in the order of
// the document's members, lengths in their shortest form, and lists of numbers
// and enums packed.
func (m *Message) AppendWire(dst, json []byte, mode Mode) ([]byte, error) {
	if len(json) > maxSize {
		return dst, &Error{Problem: tooLarge}
	}
	d := decoders.Get().(*decoder)
	defer d.release()
	d.in, d.out, d.mode = json, dst, mode
	if cap(dst)-len(dst) < len(json)/2 {
		grown := make([]byte, len(dst), len(dst)+len(json)+64)
		copy(grown, dst)
		d.out = grown
	}
	d.pos = space(json, 0)
	if !d.document(m) {
		return dst, d.err.finish()
	}
	return d.out, nil
}

// decoder is one run of AppendWire.
type decoder struct {
	in    []byte
	pos   int
	out   []byte
	depth int
	mode  Mode
	err   *Error

	scratch []byte // content of a string with escapes
	names   nameStack
	request bool // the document is the body of a request with parameters elsewhere
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// release gives the decoder back, without what belongs to the caller.
func (d *decoder) release() {
	d.in, d.out, d.err, d.pos, d.depth, d.request = nil, nil, nil, 0, 0, false
	d.names.reset()
	if cap(d.scratch) > 1<<16 || cap(d.names.text) > 1<<16 {
		return
	}
	decoders.Put(d)
}

// fail notes the first mistake. It returns false, so that callers can return its
// result.
func (d *decoder) fail(at int, problem string) bool {
	if d.err == nil {
		d.err = &Error{Offset: at, Problem: problem}
	}
	return false
}

// failIn notes a mistake at a member.
func (d *decoder) failIn(member string, at int, problem string) bool {
	d.fail(at, problem)
	d.err.within(member)
	return false
}

// document decodes the whole input.
func (d *decoder) document(m *Message) bool {
	if d.pos >= len(d.in) || d.in[d.pos] != '{' {
		return d.fail(d.pos, "not a JSON object")
	}
	if !d.message(m) {
		return false
	}
	if end := space(d.in, d.pos); end < len(d.in) {
		return d.fail(end, "more text behind the document")
	}
	return true
}

// message decodes the object at d.pos into the fields of m.
func (d *decoder) message(m *Message) bool {
	if m.isUnion() {
		return d.union(m)
	}
	return d.object(m)
}

// object decodes an object that is no union.
func (d *decoder) object(m *Message) bool {
	if !d.enter() {
		return false
	}
	var seen fieldSet
	object := d.names.begin()
	guess := uint16(0)
	parameters := d.request && d.depth == 1 // members with their names are none of theirs
	more, ok := d.openObject()
	for more && ok {
		at := d.pos
		var f *field
		if int(guess) < len(m.fields) && !parameters && d.memberIs(m.fields[guess].key[1:]) {
			f = &m.fields[guess]
		} else {
			name, ok := d.memberName()
			if !ok {
				return false
			}
			i, known := m.names.find(name)
			if !known || parameters && m.fields[i].part != partBody {
				if !d.unknownMember(m, object, name, at) {
					return false
				}
				more, ok = d.next('}')
				if !ok {
					return false
				}
				continue
			}
			f = &m.fields[i]
		}
		if !seen.add(f.index) {
			return d.failIn(f.name, at, "the member stands twice")
		}
		guess = f.index + 1
		if !d.member(m, f) {
			d.err.within(f.name)
			return false
		}
		more, ok = d.next('}')
	}
	if !ok {
		return false
	}
	d.names.end(object)
	d.depth--
	return d.absent(m, &seen)
}

// memberIs moves behind a name and its colon if that is what comes next. Most
// documents have their members in the order of the schema and no white space.
func (d *decoder) memberIs(key []byte) bool {
	end := d.pos + len(key)
	if end >= len(d.in) || string(d.in[d.pos:end]) != string(key) || d.in[end] <= ' ' {
		return false
	}
	d.pos = end
	return true
}

// absent notes what a document must have and has not, where the message itself
// cannot tell: an absent list is not an empty one.
func (d *decoder) absent(m *Message, seen *fieldSet) bool {
	for _, i := range m.mustWrite {
		if !seen.has(i) && !d.unrecognized(m, []byte(m.fields[i].name), nil) {
			return false
		}
	}
	if m.constant >= 0 && !seen.has(uint16(m.constant)) {
		return d.unrecognized(m, []byte(m.fields[m.constant].name), nil)
	}
	return true
}

// unknownMember keeps a member that the message has no field for.
func (d *decoder) unknownMember(m *Message, object int, name []byte, at int) bool {
	if !d.names.add(object, name) {
		return d.failIn(string(name), at, "the member stands twice")
	}
	start, mine := d.pos, d.names.last()
	if !d.skipValue() {
		d.err.within(string(d.names.name(mine)))
		return false
	}
	key := d.names.name(mine)
	if d.request && d.depth == 1 {
		key = bodyMember(m, key)
	}
	if !d.unrecognized(m, key, d.in[start:d.pos]) {
		d.err.within(string(d.names.name(mine)))
		return false
	}
	return true
}

// unrecognized writes an entry of the map `unrecognized`.
func (d *decoder) unrecognized(m *Message, name, raw []byte) bool {
	if !m.unrecognized {
		return d.fail(d.pos, "the message has no place for the value")
	}
	size := 1 + protowire.SizeBytes(len(name)) + 1 + protowire.SizeBytes(len(raw))
	d.out = protowire.AppendTag(d.out, unrecognizedNumber, protowire.BytesType)
	d.out = protowire.AppendVarint(d.out, uint64(size))
	d.out = append(d.out, 1<<3|2)
	d.out = protowire.AppendBytes(d.out, name)
	d.out = append(d.out, 2<<3|2)
	d.out = protowire.AppendBytes(d.out, raw)
	return true
}

// outcome is what became of a value.
type outcome uint8

const (
	failed   outcome = iota // d.err says why
	done                    // it is written
	untyped                 // it has no typed form, see the package comment
	mistyped                // it is of another JSON type than the field
)

// member decodes the value at d.pos into a field.
func (d *decoder) member(m *Message, f *field) bool {
	start, written := d.pos, len(d.out)
	if start >= len(d.in) {
		return d.fail(start, "the document ends too early")
	}
	if f.kind == kindIgnored {
		return d.skipValue()
	}
	var result outcome
	switch f.card {
	case single:
		result = d.value(f, f.tag)
	case list:
		result = d.list(f)
	case dict:
		result = d.dict(f)
	}
	switch result {
	case done:
		return true
	case failed:
		return false
	case mistyped:
		if d.mode == Strict {
			return d.fail(start, f.mismatch())
		}
	}
	// The raw text instead. What was read of the value is read once more.
	d.out = d.out[:written]
	d.pos = start
	if !d.skipValue() {
		return false
	}
	return d.unrecognized(m, []byte(f.name), d.in[start:d.pos])
}

// mismatch says what a field's value must be.
func (f *field) mismatch() string {
	switch f.card {
	case list:
		return "the value must be a list"
	case dict:
		return "the value must be an object"
	}
	return f.kind.mismatch()
}

func (k kind) mismatch() string {
	switch k {
	case kindBool:
		return "the value must be true or false"
	case kindInt32:
		return "the value must be an integer of 32 bits"
	case kindInt64:
		return "the value must be an integer of 64 bits"
	case kindMessage:
		return "the value must be an object"
	}
	return "the value must be a string"
}

// element decodes an element of a list or a map. Unlike a member's, its mistakes
// are noted here, where its place is known.
func (d *decoder) element(f *field, tag []byte) outcome {
	at := d.pos
	result := d.value(f, tag)
	if result == mistyped && d.mode == Strict {
		d.fail(at, f.kind.mismatch())
		return failed
	}
	return result
}

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
	content, ok := d.scanString()
	if !ok {
		return failed
	}
	d.out = append(d.out, tag...)
	d.out = appendBytes(d.out, content)
	return done
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
	number, known := f.enum.byName[string(name)]
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

// list decodes a list. A list with an element that has no typed form has none.
func (d *decoder) list(f *field) outcome {
	switch d.in[d.pos] {
	case '[':
	case 'n':
		if !d.scanLiteral("null") {
			return failed
		}
		return untyped
	default:
		return mistyped
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

// emptyOutcome tells what an empty list or map is: what the message says anyway
// for a required one, since that is always written; something that protobuf
// cannot say for an optional one.
func emptyOutcome(f *field) outcome {
	if f.required {
		return done
	}
	return untyped
}

// dict decodes a map.
func (d *decoder) dict(f *field) outcome {
	switch d.in[d.pos] {
	case '{':
	case 'n':
		if !d.scanLiteral("null") {
			return failed
		}
		return untyped
	default:
		return mistyped
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
