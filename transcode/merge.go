package transcode

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/portone-gateway/portone-gateway/contract"
)

// slow encodes a message that one pass cannot. It lets protobuf-go merge the
// pieces, takes out the fields whose members `unrecognized` has, and encodes what
// is left. That is done for all messages within it at once: if each of them came
// to it again, the time would double with every level.
func (e *encoder) slow(m *Message, pos, end int, inCase bool) bool {
	wire, err := normalize(m, e.in[pos:end], e.request != nil, e.request != nil && e.depth == 1)
	var conflict *Error
	if errors.As(err, &conflict) {
		conflict.Offset = pos
		e.err = conflict
		return false
	}
	if err != nil {
		return e.fail(pos, "malformed message")
	}
	outer := e.in
	e.in, e.inCase = wire, inCase
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

// bothWays is what is wrong with a request that gives a member as a field and in
// `unrecognized`: one of the two would be dropped, and whoever checked that one would
// have checked for nothing.
const bothWays = "given as a field and in unrecognized at once"

// givenTwice notes a member that is.
func (e *encoder) givenTwice(member string, at int) progress {
	e.fail(at, bothWays)
	e.err.within(member)
	return broken
}

// normalize merges the pieces of a message, so that each field of it and of the
// messages in it is in one piece, each key is in a map once, and no field has its
// member in `unrecognized` too. In a request, or a part of one, that is an error, an
// *Error, for a field that is no list or map. Names in `unrecognized` of the request
// itself, which is whole, say where they belong.
func normalize(m *Message, wire []byte, request, whole bool) (merged []byte, err error) {
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
	r := replacement{request: request}
	if whole {
		r.parts(m, message)
	}
	r.message(m, message)
	if r.conflict != nil {
		return nil, r.conflict
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(message.Interface())
}

// newMessage makes a message of generated code where the type has any.
func newMessage(desc protoreflect.MessageDescriptor) protoreflect.Message {
	if known, err := protoregistry.GlobalTypes.FindMessageByName(desc.FullName()); err == nil && known.Descriptor() == desc {
		return known.New()
	}
	return dynamicpb.NewMessage(desc)
}

// replacement clears the fields whose members are in `unrecognized`.
type replacement struct {
	request  bool
	path     []string // to the message that it is at, outermost first
	conflict *Error   // of a request: the first member that is given more than once
}

// clear clears a field whose member is in `unrecognized`.
func (r *replacement) clear(f *field, message protoreflect.Message) {
	fd := message.Descriptor().Fields().ByNumber(f.number)
	if fd == nil { // a discriminator's constant
		return
	}
	if r.request && f.card == single && message.Has(fd) {
		r.twice(f.name, bothWays)
	}
	message.Clear(fd)
}

// twice notes a member that is given more than once.
func (r *replacement) twice(member, problem string) {
	if r.conflict != nil {
		return
	}
	r.conflict = &Error{Problem: problem, segments: []string{member}}
	for _, segment := range slices.Backward(r.path) {
		r.conflict.within(segment)
	}
}

// message clears fields in a message and in all within it.
func (r *replacement) message(m *Message, message protoreflect.Message) {
	if fd := m.desc.Fields().ByNumber(contract.UnrecognizedNumber); m.unrecognized && message.Has(fd) {
		unrecognized := message.Get(fd).Map()
		if m.isUnion() {
			r.unionCase(m, message, unrecognized)
		} else {
			r.fields(m, message, unrecognized)
		}
	}
	for i := range m.fields {
		f := &m.fields[i]
		if f.kind != kindMessage {
			continue
		}
		if fd := m.desc.Fields().ByNumber(f.number); message.Has(fd) {
			r.within(f, message.Mutable(fd))
		}
	}
}

// within clears fields in the messages that a field holds.
func (r *replacement) within(f *field, value protoreflect.Value) {
	depth := len(r.path)
	r.path = append(r.path, f.name)
	switch f.card {
	case single:
		r.message(f.message, value.Message())
	case list:
		for i := range value.List().Len() {
			r.path = append(r.path[:depth+1], fmt.Sprintf("[%d]", i))
			r.message(f.message, value.List().Get(i).Message())
		}
	case dict:
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			r.path = append(r.path[:depth+1], key.String())
			r.message(f.message, value.Message())
			return true
		})
	}
	r.path = r.path[:depth]
}

func (r *replacement) fields(m *Message, message protoreflect.Message, unrecognized protoreflect.Map) {
	unrecognized.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		if i, known := m.names.find([]byte(key.String())); known {
			r.clear(&m.fields[i], message)
		}
		return true
	})
}

// parts is fields for names that say where in a request they belong.
func (r *replacement) parts(m *Message, message protoreflect.Message) {
	fd := m.desc.Fields().ByNumber(contract.UnrecognizedNumber)
	if !m.unrecognized || !message.Has(fd) {
		return
	}
	message.Get(fd).Map().Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		if _, i, known := m.findInRequest([]byte(key.String())); known {
			r.clear(&m.fields[i], message)
		}
		return true
	})
}

// unionCase moves what a union has in `unrecognized` into its case, if it has
// one: both are members of one object, and those of the union win.
func (r *replacement) unionCase(m *Message, union protoreflect.Message, unrecognized protoreflect.Map) {
	of := union.WhichOneof(union.Descriptor().Oneofs().Get(0))
	if of == nil {
		return
	}
	inner := union.Mutable(of).Message()
	fd := inner.Descriptor().Fields().ByNumber(contract.UnrecognizedNumber)
	if fd == nil || !fd.IsMap() {
		return
	}
	r.path = append(r.path, of.JSONName())
	defer func() { r.path = r.path[:len(r.path)-1] }()
	into := inner.Mutable(fd).Map()
	unrecognized.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		switch {
		case r.request && key.String() == m.property:
			r.twice(m.property, bothWays)
		case r.request && into.Has(key):
			r.twice(key.String(), "in unrecognized of a union and in that of its case")
		}
		into.Set(key, value)
		return true
	})
	union.Clear(union.Descriptor().Fields().ByNumber(contract.UnrecognizedNumber))
}
