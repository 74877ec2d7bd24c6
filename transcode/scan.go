package transcode

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// The scanner checks JSON as it goes, once: syntax (RFC 8259), UTF-8, surrogates,
// depth and duplicate members. It works on offsets into the whole input, so that
// every mistake has its place.

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainEnd returns the offset of the first byte from i on that ends a run of
// plain string bytes: a quote, a backslash, or a control character; len(in) if
// there is none. It also reports whether the run has bytes beyond ASCII.
//
// It looks at eight bytes at a time: a byte of x is zero where (x-lows)&^x has
// its high bit, and the lowest such bit is exact.
func plainEnd(in []byte, i int) (end int, beyondASCII bool) {
	var high uint64
	for i+8 <= len(in) {
		w := binary.LittleEndian.Uint64(in[i:])
		if stop := plainStop(w); stop != 0 {
			n := bits.TrailingZeros64(stop) &^ 7
			high |= w & (1<<n - 1)
			return i + n>>3, high&highs != 0
		}
		high |= w
		i += 8
	}
	for ; i < len(in); i++ {
		if mustEscape[in[i]] {
			break
		}
		high |= uint64(in[i])
	}
	return i, high&highs != 0
}

// plainEndBefore is plainEnd for the piece of in that ends at stop. It may look at
// bytes behind it, so that the end of a short piece needs no loop of its own.
func plainEndBefore(in []byte, i, stop int) (end int, beyondASCII bool) {
	var high uint64
	for i < stop && i+8 <= len(in) {
		w := binary.LittleEndian.Uint64(in[i:])
		n := stop - i
		if found := plainStop(w); found != 0 {
			n = min(n, bits.TrailingZeros64(found)>>3)
		}
		if n < 8 {
			high |= w & (1<<(8*n) - 1)
			return i + n, high&highs != 0
		}
		high |= w
		i += 8
	}
	end, beyond := plainEnd(in[:stop], i)
	return end, beyond || high&highs != 0
}

// plainStop has the high bit of the first of eight bytes that is a quote, a
// backslash or a control character; bits above it may be wrong.
func plainStop(w uint64) uint64 {
	quote := w ^ '"'*lows
	backslash := w ^ '\\'*lows
	return ((quote-lows)&^quote | (backslash-lows)&^backslash | (w-' '*lows)&^w) & highs
}

// mustEscape tells which bytes cannot stand in a JSON string as they are.
var mustEscape = func() (must [256]bool) {
	for c := range ' ' {
		must[c] = true
	}
	must['"'], must['\\'] = true, true
	return must
}()

// space skips white space from i on.
func space(in []byte, i int) int {
	for i < len(in) && in[i] <= ' ' {
		switch in[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// scanString reads the string whose opening quote is at d.in[d.pos]. It returns
// its content: a piece of the input, or of d.scratch if it has escapes; either
// is good until the next call.
func (d *decoder) scanString() (content []byte, ok bool) {
	content, end, ok := d.scanPlain()
	if end < 0 {
		return content, ok
	}
	d.scratch, ok = d.unescape(append(d.scratch[:0], content...), end)
	return d.scratch, ok
}

// scanPlain reads the string whose opening quote is at d.in[d.pos] as far as it
// says what it means: end is -1 where that is all of it, or there is a mistake, and
// else where the rest begins, for unescape.
func (d *decoder) scanPlain() (content []byte, end int, ok bool) {
	start := d.pos + 1
	end, beyondASCII := plainEnd(d.in, start)
	content = d.in[start:end]
	if beyondASCII && !validUTF8(content) {
		return nil, -1, d.fail(start+validPrefix(content), "not UTF-8")
	}
	if end < len(d.in) && d.in[end] == '"' {
		d.pos = end + 1
		return content, -1, true
	}
	return content, end, true
}

// validPrefix is the length of the part of s that is UTF-8.
func validPrefix(s []byte) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRune(s[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// unescape appends to dst what the rest of a string means, from i on, and moves
// behind the string. Eight bytes are copied at a time, and what is none of the
// string is overwritten, since in JSON that stands in a string, escapes are close
// together.
func (d *decoder) unescape(dst []byte, i int) (content []byte, ok bool) {
	in, start, written := d.in, i, len(dst)
	var high uint64
	for {
		dst = slices.Grow(dst, 16)
		out, o := dst[:cap(dst)], len(dst)
		for len(in)-i >= 9 && len(out)-o >= 8 {
			w := binary.LittleEndian.Uint64(in[i:])
			binary.LittleEndian.PutUint64(out[o:], w)
			stop := plainStop(w)
			if stop == 0 {
				high |= w
				i, o = i+8, o+8
				continue
			}
			n := bits.TrailingZeros64(stop) >> 3
			high |= w & (1<<(8*n) - 1)
			i, o = i+n, o+n
			c := unescaped[in[i+1]]
			if in[i] != '\\' || c == 0 || o >= len(out) {
				break
			}
			out[o] = c
			i, o = i+2, o+1
		}
		dst = out[:o]
		if i >= len(in) {
			return dst, d.fail(i, "the string does not end")
		}
		switch c := in[i]; {
		case c == '"':
			d.pos = i + 1
			if high&highs != 0 && !validUTF8(dst[written:]) {
				return dst, d.failUTF8(start)
			}
			return dst, true
		case c == '\\':
			if dst, i, ok = d.scanEscape(dst, i); !ok {
				return dst, false
			}
		case c < ' ':
			return dst, d.fail(i, "a control character in a string must be escaped")
		default:
			high |= uint64(c)
			dst, i = append(dst, c), i+1
		}
	}
}

// validUTF8 is utf8.Valid, and faster where most of a text is ASCII or Hangul, whose
// syllables have three bytes.
func validUTF8(s []byte) bool {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c < utf8.RuneSelf:
			if len(s)-i >= 8 && binary.LittleEndian.Uint64(s[i:])&highs == 0 {
				i += 8
				continue
			}
			i++
		case c >= 0xE1 && c <= 0xEC && len(s)-i >= 3 && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80:
			i += 3
		default:
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				return false
			}
			i += size
		}
	}
	return true
}

// failUTF8 finds the mistake in the rest of a string that is not UTF-8.
func (d *decoder) failUTF8(i int) bool {
	for i < len(d.in) {
		end, _ := plainEnd(d.in, i)
		if valid := validPrefix(d.in[i:end]); i+valid < end {
			i += valid
			break
		}
		i = end + 2 // behind the first two bytes of an escape, which are ASCII like the others
	}
	return d.fail(i, "not UTF-8")
}

// scanEscape appends to dst what the escape at i means, and returns the offset
// behind it.
func (d *decoder) scanEscape(dst []byte, i int) (content []byte, next int, ok bool) {
	if i+1 >= len(d.in) {
		return dst, 0, d.fail(i, "the string does not end")
	}
	if d.in[i+1] != 'u' {
		c := unescaped[d.in[i+1]]
		if c == 0 {
			return dst, 0, d.fail(i, "no such escape")
		}
		return append(dst, c), i + 2, true
	}
	r, ok := hex4(d.in, i+2)
	if !ok {
		return dst, 0, d.fail(i, "\\u needs four hexadecimal digits")
	}
	next = i + 6
	if utf16.IsSurrogate(r) {
		low := rune(-1)
		if next+1 < len(d.in) && d.in[next] == '\\' && d.in[next+1] == 'u' {
			low, _ = hex4(d.in, next+2)
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			if d.halves = d.takesHalves; !d.halves {
				return dst, 0, d.fail(i, halfPair)
			}
			return utf8.AppendRune(dst, r), next, true
		}
		next += 6
	}
	return utf8.AppendRune(dst, r), next, true
}

const halfPair = "half of a surrogate pair"

// unescaped maps the letter of a short escape to its meaning.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hex4 reads four hexadecimal digits.
func hex4(in []byte, i int) (r rune, ok bool) {
	if i+4 > len(in) {
		return -1, false
	}
	for _, c := range in[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// scanNumber checks the number that begins at d.pos and moves behind it.
func (d *decoder) scanNumber() bool {
	in, i := d.in, d.pos
	if i < len(in) && in[i] == '-' {
		i++
	}
	digits := func() bool {
		start := i
		for i < len(in) && in[i] >= '0' && in[i] <= '9' {
			i++
		}
		return i > start
	}
	switch {
	case i < len(in) && in[i] == '0':
		i++
	case !digits():
		return d.fail(d.pos, "not a JSON value")
	}
	if i < len(in) && in[i] == '.' {
		i++
		if !digits() {
			return d.fail(i, "a number must have digits behind its point")
		}
	}
	if i < len(in) && (in[i] == 'e' || in[i] == 'E') {
		i++
		if i < len(in) && (in[i] == '+' || in[i] == '-') {
			i++
		}
		if !digits() {
			return d.fail(i, "a number must have digits in its exponent")
		}
	}
	d.pos = i
	return true
}

// scanLiteral moves behind true, false or null.
func (d *decoder) scanLiteral(word string) bool {
	if len(d.in)-d.pos < len(word) || string(d.in[d.pos:d.pos+len(word)]) != word {
		return d.fail(d.pos, "not a JSON value")
	}
	d.pos += len(word)
	return true
}

// skipValue checks the value at d.pos, whatever it is, and moves behind it.
func (d *decoder) skipValue() bool {
	if d.pos >= len(d.in) {
		return d.fail(d.pos, "the document ends too early")
	}
	switch d.in[d.pos] {
	case '"':
		_, ok := d.scanString()
		return ok
	case '{':
		return d.skipObject()
	case '[':
		return d.skipList()
	case 't':
		return d.scanLiteral("true")
	case 'f':
		return d.scanLiteral("false")
	case 'n':
		return d.scanLiteral("null")
	}
	return d.scanNumber()
}

func (d *decoder) skipObject() bool { return d.rawMembers(nil) }

// rawMembers checks the object at d.pos and moves behind it. It calls f, unless
// that is nil, with the name and the raw text of each member; both are good until
// f returns, which may end it all by false.
func (d *decoder) rawMembers(f func(name, raw []byte) bool) bool {
	if !d.enter() {
		return false
	}
	object := d.names.begin()
	more, ok := d.openObject()
	for more && ok {
		at := d.pos
		name, named := d.memberName()
		if !named {
			return false
		}
		if !d.names.add(object, name) {
			return d.failIn(string(name), at, "the member stands twice")
		}
		start, mine := d.pos, d.names.last()
		if !d.skipValue() {
			d.err.within(string(d.names.name(mine)))
			return false
		}
		if f != nil && !f(d.names.name(mine), d.in[start:d.pos]) {
			return false
		}
		more, ok = d.next('}')
	}
	d.names.end(object)
	d.depth--
	return ok
}

func (d *decoder) skipList() bool {
	if !d.enter() {
		return false
	}
	more, ok := d.openList()
	for i := 0; more && ok; i++ {
		if !d.skipValue() {
			d.err.withinIndex(i)
			return false
		}
		more, ok = d.next(']')
	}
	d.depth--
	return ok
}

// enter counts a level of nesting.
func (d *decoder) enter() bool {
	if d.depth++; d.depth > maxDepth {
		return d.fail(d.pos, "nested too deep")
	}
	return true
}

// openObject moves behind a brace, and reports whether a member follows.
func (d *decoder) openObject() (more, ok bool) {
	d.pos = space(d.in, d.pos+1)
	if d.pos < len(d.in) && d.in[d.pos] == '}' {
		d.pos++
		return false, true
	}
	return true, true
}

// openList moves behind a bracket, and reports whether an element follows.
func (d *decoder) openList() (more, ok bool) {
	d.pos = space(d.in, d.pos+1)
	if d.pos < len(d.in) && d.in[d.pos] == ']' {
		d.pos++
		return false, true
	}
	return true, true
}

// next moves behind the comma or the closing bracket that must follow a value,
// and reports whether another value comes.
func (d *decoder) next(closing byte) (more, ok bool) {
	i := d.pos
	if i < len(d.in) && d.in[i] <= ' ' {
		i = space(d.in, i)
	}
	if i >= len(d.in) {
		return false, d.fail(i, "the document ends too early")
	}
	switch d.in[i] {
	case ',':
		i++
		if i < len(d.in) && d.in[i] <= ' ' {
			i = space(d.in, i)
		}
		d.pos = i
		return true, true
	case closing:
		d.pos = i + 1
		return false, true
	}
	return false, d.fail(i, "neither a comma nor the closing bracket")
}

// memberName reads a name and the colon behind it, and moves to the value.
func (d *decoder) memberName() (name []byte, ok bool) {
	if d.pos >= len(d.in) {
		return nil, d.fail(d.pos, "the document ends too early")
	}
	if d.in[d.pos] != '"' {
		return nil, d.fail(d.pos, "a member must begin with its name in quotes")
	}
	start := d.pos
	d.halves = false
	if name, ok = d.scanString(); !ok {
		return nil, false
	}
	if d.halves {
		return nil, d.fail(start, halfPair)
	}
	i := d.pos
	if i < len(d.in) && d.in[i] <= ' ' {
		i = space(d.in, i)
	}
	if i >= len(d.in) || d.in[i] != ':' {
		return nil, d.fail(i, "a colon must follow the name of a member")
	}
	i++
	if i < len(d.in) && d.in[i] <= ' ' {
		i = space(d.in, i)
	}
	d.pos = i
	return name, true
}
