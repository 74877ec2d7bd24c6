package contracttest

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// survey tells what a document has, by the descriptors: the kinds of values, by
// name, and what the contract does not provide for, by path and as the injection
// that makes such documents.
type survey struct {
	has    map[string]int
	faults []string
	kinds  map[Injection]int
}

func surveyOf(md protoreflect.MessageDescriptor, document []byte) (*survey, error) {
	s := &survey{has: map[string]int{}, kinds: map[Injection]int{}}
	n, err := parse(document)
	if err == nil {
		s.message("$", shapeOf(md), n, 1)
	}
	return s, err
}

func (s *survey) fault(kind Injection, path string, what any) {
	s.kinds[kind]++
	s.faults = append(s.faults, fmt.Sprintf("%s: %v", path, what))
}

// wrong is what no injection makes.
const wrong Injection = 0

func (s *survey) message(path string, shape *shape, n *node, depth int) {
	s.has["depth "+strconv.Itoa(depth)]++
	if n.kind != '{' {
		s.fault(wrong, path, "no object")
		return
	}
	if shape.property != "" && !s.discriminated(path, shape, n) {
		return
	}
	if shape.isUnion() {
		s.has["union"]++
		shape = shapeOf(shape.byValue[n.members[shape.property].text])
	}
	for name, value := range n.members {
		at := memberPath(path, name)
		switch f := shape.byName[name]; {
		case name == shape.property:
		case f == nil:
			s.fault(UnknownMembers, at, "unknown")
		case value.kind == 'n':
			s.fault(Nulls, at, "null")
		default:
			s.field(at, f, value, depth)
		}
	}
	for _, f := range shape.fields {
		switch there := n.members[f.name] != nil; {
		case f.name == shape.property:
		case !there && f.required:
			s.fault(AbsentRequired, path, "without "+f.name)
		case there && !f.required:
			s.has["optional present"]++
		case !there:
			s.has["optional absent"]++
		}
	}
}

// discriminated reports whether it is known what members to expect.
func (s *survey) discriminated(path string, shape *shape, n *node) bool {
	d := n.members[shape.property]
	switch {
	case d == nil:
		s.fault(MissingDiscriminators, path, "without "+shape.property)
		return !shape.isUnion()
	case d.kind != '"':
		s.fault(wrong, path, "discriminator is no string")
		return false
	case shape.isUnion() && shape.byValue[d.text] == nil:
		s.fault(UnknownDiscriminators, path, d)
		return false
	case !shape.isUnion() && shape.constant != d.text:
		if own := shape.byName[shape.property]; own != nil && slices.Contains(own.enum, d.text) {
			return true
		}
		s.fault(UnknownDiscriminators, path, d)
	}
	return true
}

func (s *survey) field(path string, f *field, n *node, depth int) {
	values := n.list
	switch {
	case !f.plural:
		s.value(path, f, n, depth)
		return
	case f.fd.IsMap() != (n.kind == '{') || f.fd.IsList() != (n.kind == '['):
		s.fault(wrong, path, "no list or map")
		return
	case f.fd.IsMap():
		s.has["map"]++
		for _, value := range n.members {
			values = append(values, value)
		}
	default:
		s.has["list"]++
	}
	if len(values) == 0 && !f.required {
		s.fault(EmptyOptional, path, "empty")
	}
	if len(values) == 0 {
		s.has["empty"]++
	}
	for _, value := range values {
		if value.kind == 'n' {
			s.fault(NullElements, path, "null element")
			continue
		}
		s.value(path, f, value, depth)
	}
}

func (s *survey) value(path string, f *field, n *node, depth int) {
	name, wanted := f.value.Kind().String(), byte('"')
	switch {
	case f.isMessage():
		s.message(path, shapeOf(f.value.Message()), n, depth+1)
		return
	case f.isTimestamp():
		name = "timestamp"
	case f.jsonText:
		name, wanted = "json text", '{'
	case f.value.Kind() == protoreflect.BoolKind:
		wanted = 't'
	case f.value.Kind() == protoreflect.Int32Kind || f.value.Kind() == protoreflect.Int64Kind:
		wanted = '0'
	}
	s.has[name]++
	if n.kind != wanted {
		s.fault(wrong, path, n)
		return
	}
	switch {
	case name == "timestamp":
		s.timestamp(path, n)
	case name == "enum" && !slices.Contains(f.enum, n.text):
		s.fault(UnknownEnums, path, n)
	case wanted == '0' && !fits(n.text, name):
		s.fault(wrong, path, n)
	case !f.presence && !f.plural && n.text == "":
		s.fault(wrong, path, "zero without presence")
	}
}

func (s *survey) timestamp(path string, n *node) {
	at, ok := parseInstant(n.text)
	if !ok || at.seconds < -62135596800 || at.seconds > 253402300799 || len(at.fraction) > 9 {
		s.fault(BadDates, path, n)
	}
}

// fits reports whether a number, of any form, is an integer of a kind.
func fits(number, kind string) bool {
	v, ok := new(big.Rat).SetString(number)
	if !ok || !v.IsInt() || !v.Num().IsInt64() {
		return false
	}
	return kind == "int64" || v.Num().Int64() == int64(int32(v.Num().Int64()))
}
