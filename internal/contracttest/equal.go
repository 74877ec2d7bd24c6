package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Equal compares two JSON documents of a message type as documents. The order of
// members does not count, nor how strings are escaped; numbers are compared as
// decimals of any size, without rounding (1.0 equals 1); date-times that the
// message type has as Timestamps as instants, if both are RFC 3339. What else the
// documents have, known to the message type or not, must be there in both. A
// member that stands twice is an error.
//
// The error names the first difference by its path and both values.
func Equal(md protoreflect.MessageDescriptor, want, got []byte) error {
	return equal(md, want, got, false)
}

// EqualRaw is Equal, but numbers for which the message type has no field (in
// unknown members, in free-form objects) must have the same text: 1.0 is not 1.
func EqualRaw(md protoreflect.MessageDescriptor, want, got []byte) error {
	return equal(md, want, got, true)
}

func equal(md protoreflect.MessageDescriptor, want, got []byte, raw bool) error {
	w, err := parse(want)
	if err != nil {
		return fmt.Errorf("the wanted document: %w", err)
	}
	g, err := parse(got)
	if err != nil {
		return fmt.Errorf("the document got: %w", err)
	}
	c := comparison{raw: raw}
	if w.kind != '{' || g.kind != '{' {
		return c.untyped("$", w, g)
	}
	return c.message("$", shapeOf(md), w, g)
}

// node is a JSON value.
type node struct {
	kind    byte   // { [ " 0 t (for either bool) n
	text    string // content of a string, or the value as it is written
	source  string // the value as it is written
	members map[string]*node
	list    []*node
}

// String cuts long values short, for errors.
func (n *node) String() string {
	if n == nil {
		return "nothing"
	}
	const most = 200
	if len(n.source) > most {
		return strings.ToValidUTF8(n.source[:most], "") + "..."
	}
	return n.source
}

// parse reads a whole document.
func parse(document []byte) (*node, error) {
	if !utf8.Valid(document) {
		return nil, errors.New("not valid UTF-8")
	}
	if !json.Valid(document) {
		return nil, fmt.Errorf("not valid JSON: %q", document)
	}
	p := parser{document: document, decoder: json.NewDecoder(bytes.NewReader(document))}
	p.decoder.UseNumber()
	return p.value("$")
}

type parser struct {
	document []byte
	decoder  *json.Decoder
}

func (p *parser) value(path string) (*node, error) {
	start := p.decoder.InputOffset()
	token, err := p.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	n := &node{}
	switch v := token.(type) {
	case json.Delim:
		n.kind = byte(v)
		if n.kind == '{' {
			err = p.object(n, path)
		} else {
			err = p.list(n, path)
		}
		if err != nil {
			return nil, err
		}
		_, err = p.decoder.Token() // the closing bracket
	case string:
		n.kind, n.text = '"', v
	case json.Number:
		n.kind, n.text = '0', v.String()
	case bool:
		n.kind, n.text = 't', fmt.Sprint(v)
	case nil:
		n.kind = 'n'
	}
	n.source = strings.TrimLeft(string(p.document[start:p.decoder.InputOffset()]), " \t\r\n,:")
	return n, err
}

func (p *parser) object(n *node, path string) error {
	n.members = map[string]*node{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name := token.(string)
		at := memberPath(path, name)
		if n.members[name] != nil {
			return fmt.Errorf("%s: the member stands twice", at)
		}
		if n.members[name], err = p.value(at); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) list(n *node, path string) error {
	for p.decoder.More() {
		element, err := p.value(fmt.Sprintf("%s[%d]", path, len(n.list)))
		if err != nil {
			return err
		}
		n.list = append(n.list, element)
	}
	return nil
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`)

func memberPath(path, name string) string {
	if plainName.MatchString(name) {
		return path + "." + name
	}
	return fmt.Sprintf("%s[%q]", path, name)
}

type comparison struct{ raw bool }

func differ(path string, want, got *node) error {
	return fmt.Errorf("%s: want %v, got %v", path, want, got)
}

// message compares two objects of a message type. The case of a union is the one
// that the wanted document names; if it names none, nothing is known of its
// members.
func (c comparison) message(path string, s *shape, want, got *node) error {
	if s.isUnion() {
		var value string
		if d := want.members[s.property]; d != nil && d.kind == '"' {
			value = d.text
		}
		md := s.byValue[value]
		if md == nil {
			return c.untyped(path, want, got)
		}
		s = shapeOf(md)
	}
	return c.members(path, want, got, func(name string) comparer {
		if f := s.byName[name]; f != nil {
			return func(path string, want, got *node) error { return c.field(path, f, want, got) }
		}
		return c.untyped
	})
}

// comparer compares two values.
type comparer func(path string, want, got *node) error

// members compares two objects member by member.
func (c comparison) members(path string, want, got *node, by func(name string) comparer) error {
	for _, name := range slices.Sorted(maps.Keys(want.members)) {
		at := memberPath(path, name)
		w, g := want.members[name], got.members[name]
		if g == nil {
			return differ(at, w, nil)
		}
		if err := by(name)(at, w, g); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got.members)) {
		if want.members[name] == nil {
			return differ(memberPath(path, name), nil, got.members[name])
		}
	}
	return nil
}

// elements compares two lists.
func (c comparison) elements(path string, want, got *node, by comparer) error {
	for i := range max(len(want.list), len(got.list)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(got.list):
			return differ(at, want.list[i], nil)
		case i >= len(want.list):
			return differ(at, nil, got.list[i])
		}
		if err := by(at, want.list[i], got.list[i]); err != nil {
			return err
		}
	}
	return nil
}

// field compares two values of a field.
func (c comparison) field(path string, f *field, want, got *node) error {
	value := func(path string, want, got *node) error { return c.value(path, f, want, got) }
	switch {
	case f.fd.IsMap() && want.kind == '{' && got.kind == '{':
		return c.members(path, want, got, func(string) comparer { return value })
	case f.fd.IsList() && want.kind == '[' && got.kind == '[':
		return c.elements(path, want, got, value)
	}
	return value(path, want, got)
}

// value compares two single values of a field.
func (c comparison) value(path string, f *field, want, got *node) error {
	switch {
	case want.kind != got.kind:
		return differ(path, want, got)
	case f.isMessage() && want.kind == '{':
		return c.message(path, shapeOf(f.value.Message()), want, got)
	case f.isTimestamp() && want.kind == '"':
		w, wok := parseInstant(want.text)
		g, gok := parseInstant(got.text)
		if wok && gok && w != g {
			return differ(path, want, got)
		}
		if wok && gok {
			return nil
		}
	case want.kind == '0':
		return comparison{}.untyped(path, want, got)
	}
	return c.untyped(path, want, got)
}

// untyped compares two values of which nothing is known.
func (c comparison) untyped(path string, want, got *node) error {
	same := want.kind == got.kind
	switch {
	case !same:
	case want.kind == '{':
		return c.members(path, want, got, func(string) comparer { return c.untyped })
	case want.kind == '[':
		return c.elements(path, want, got, c.untyped)
	case want.kind == '0' && !c.raw:
		same = decimal(want.text) == decimal(got.text)
	default:
		same = want.text == got.text
	}
	if !same {
		return differ(path, want, got)
	}
	return nil
}

// decimal brings a JSON number to the one form that every number of its value
// has: digits that neither begin nor end with 0, and the power of ten that they
// are to be multiplied with. It takes no time in proportion to the exponent.
func decimal(number string) string {
	number, negative := strings.CutPrefix(number, "-")
	mantissa, exponent := number, new(big.Int)
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa = number[:i]
		exponent.SetString(strings.TrimPrefix(number[i+1:], "+"), 10)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	short := strings.TrimRight(digits, "0")
	exponent.Add(exponent, big.NewInt(int64(len(digits)-len(short)-len(fraction))))
	sign := ""
	if negative {
		sign = "-"
	}
	return fmt.Sprintf("%s%se%v", sign, short, exponent)
}

// instant is a point in time, as exact as it is written.
type instant struct {
	seconds  int64
	fraction string // digits behind the second, without zeros at the end
}

// package time alone would take a comma for the point, and offsets of 24 hours.
var rfc3339 = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`)

// parseInstant reads an RFC 3339 date-time. A leap second counts as none: it has
// no number of its own.
func parseInstant(s string) (at instant, ok bool) {
	m := rfc3339.FindStringSubmatch(s)
	if m == nil {
		return instant{}, false
	}
	t, err := time.Parse(time.RFC3339, m[1]+"T"+m[2]+strings.ToUpper(m[4]))
	if err != nil {
		return instant{}, false
	}
	return instant{t.Unix(), strings.TrimRight(m[3], "0")}, true
}
