package transcode

import (
	"encoding/binary"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/portone-gateway/portone-gateway/contract"
)

// Mode tells how strict AppendWire is.
type Mode uint8

const (
	// Strict is for answers. A known member whose value is of another JSON type
	// than its field is an error: no one must read an amount of 0 that is not
	// there. A text with half of a surrogate pair, as servers make that cut texts
	// in the middle of an emoji, has no typed form and is kept as it is written: it
	// must not hide the payment that it is in.
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
	d.takesHalves = mode == Strict
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

	// takesHalves lets strings have halves of surrogate pairs, which protobuf's
	// strings cannot, and halves tells that the last one had any.
	takesHalves, halves bool
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// release gives the decoder back, without what belongs to the caller.
func (d *decoder) release() {
	d.in, d.out, d.err, d.pos, d.depth, d.request, d.takesHalves = nil, nil, nil, 0, 0, false, false
	d.names.reset()
	if cap(d.scratch) > 1<<16 || d.names.large() {
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
		if int(guess) < len(m.fields) && !parameters && d.memberIs(&m.fields[guess]) {
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
		if !d.plainString(f) && !d.member(m, f) {
			d.err.within(f.name)
			return false
		}
		if i := d.pos; len(d.in)-i >= 2 && d.in[i] == ',' && d.in[i+1] > ' ' {
			d.pos++ // next, as it is without white space
			continue
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

// memberIs moves behind the name of a field and its colon if that is what comes next.
// Most documents have their members in the order of the schema and no white space.
func (d *decoder) memberIs(f *field) bool {
	key := f.key[1:]
	rest := d.in[d.pos:]
	n := len(key)
	if len(rest) <= n || rest[n] <= ' ' {
		return false
	}
	if n >= 8 && n <= 16 {
		if binary.LittleEndian.Uint64(rest) != f.keyFirst || binary.LittleEndian.Uint64(rest[n-8:]) != f.keyLast {
			return false
		}
	} else if string(rest[:n]) != string(key) {
		return false
	}
	d.pos += n
	return true
}

// absent records in `unrecognized` which required lists, maps and discriminators a
// document left out; otherwise absent and empty would look alike.
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
	d.out = protowire.AppendTag(d.out, contract.UnrecognizedNumber, protowire.BytesType)
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
