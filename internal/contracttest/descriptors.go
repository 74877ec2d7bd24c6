// Package contracttest makes and compares JSON documents as PortOne would send
// them, from nothing but the descriptors of the contract. It is for tests only.
//
// It knows the mapping between contract and JSON by itself and shares no code with
// the package transcode, so that the two check each other.
package contracttest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

const (
	contractPackage   = "portone.v2"
	errorDetail       = "portone.v2.PortOneError"
	timestampName     = "google.protobuf.Timestamp"
	unrecognizedField = 1000 // the same number in every message
)

// Messages returns every top-level message of the contract that has a form in
// PortOne's JSON, sorted by name. They have the field `unrecognized`, which no
// other has but PortOneError, the gateway's own envelope around an error.
func Messages() []protoreflect.MessageDescriptor {
	var all []protoreflect.MessageDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(contractPackage, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			md := file.Messages().Get(i)
			if md.Fields().ByNumber(unrecognizedField) != nil && md.FullName() != errorDetail {
				all = append(all, md)
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b protoreflect.MessageDescriptor) int { return cmp.Compare(a.FullName(), b.FullName()) })
	return all
}

// Methods returns every RPC of the contract, sorted by full name.
func Methods() []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(contractPackage, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				all = append(all, methods.Get(j))
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b protoreflect.MethodDescriptor) int { return cmp.Compare(a.FullName(), b.FullName()) })
	return all
}

// shape is what a message type looks like as JSON. A union has cases and no
// fields of its own; any other message has fields and perhaps a constant.
type shape struct {
	name   protoreflect.FullName
	fields []*field
	byName map[string]*field

	property string // the discriminator, of a union as of a case; "" without one
	constant string // of a case: its value of the property

	cases   []protoreflect.MessageDescriptor // of a union
	byValue map[string]protoreflect.MessageDescriptor
}

func (s *shape) isUnion() bool { return s.cases != nil }

// field is a member that a message has a place for.
type field struct {
	fd       protoreflect.FieldDescriptor
	name     string // in JSON
	value    protoreflect.FieldDescriptor
	required bool
	plural   bool // a list or a map
	jsonText bool
	presence bool
	enum     []string // bare names of an enum's values, without the zero
}

func (f *field) isTimestamp() bool {
	return f.value.Message() != nil && f.value.Message().FullName() == timestampName
}

func (f *field) isMessage() bool { return f.value.Message() != nil && !f.isTimestamp() }

// shapes keeps what was read of descriptors, which takes much longer than making
// a document: shapeOf fills it.
var shapes sync.Map // protoreflect.MessageDescriptor -> *shape

// shapeOf reads a descriptor. It does not follow fields and cases to their
// message types, which may refer to themselves. It panics on what no message of
// the contract has: the tests could not say anything about it.
func shapeOf(md protoreflect.MessageDescriptor) *shape {
	if s, ok := shapes.Load(md); ok {
		return s.(*shape)
	}
	s := &shape{name: md.FullName(), byName: map[string]*field{}}
	s.property, s.constant = discriminatorOf(md)
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		oneof := fd.ContainingOneof()
		switch {
		case fd.Number() == unrecognizedField:
		case oneof != nil && !oneof.IsSynthetic():
			s.addCase(fd.Message())
		default:
			f := fieldOf(fd)
			s.fields = append(s.fields, f)
			s.byName[f.name] = f
		}
	}
	shapes.Store(md, s)
	return s
}

func (s *shape) addCase(md protoreflect.MessageDescriptor) {
	if s.byValue == nil {
		s.byValue = map[string]protoreflect.MessageDescriptor{}
	}
	property, constant := discriminatorOf(md)
	s.property = property
	s.cases = append(s.cases, md)
	s.byValue[constant] = md
}

func fieldOf(fd protoreflect.FieldDescriptor) *field {
	options := &descriptorpb.FieldOptions{}
	retype(fd.Options(), options)
	behaviors, _ := proto.GetExtension(options, annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	f := &field{
		fd: fd, value: fd, name: fd.JSONName(),
		required: slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED),
		plural:   fd.Cardinality() == protoreflect.Repeated,
		presence: fd.HasPresence(),
		jsonText: proto.GetExtension(options, portonev2.E_JsonText).(bool),
	}
	if fd.IsMap() {
		f.value = fd.MapValue()
	}
	if enum := f.value.Enum(); enum != nil {
		prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
		for i := 1; i < enum.Values().Len(); i++ {
			f.enum = append(f.enum, strings.TrimPrefix(string(enum.Values().Get(i).Name()), prefix))
		}
	}
	return f
}

func discriminatorOf(md protoreflect.MessageDescriptor) (property, value string) {
	options := &descriptorpb.MessageOptions{}
	retype(md.Options(), options)
	d := proto.GetExtension(options, portonev2.E_Discriminator).(*portonev2.Discriminator)
	return d.GetProperty(), d.GetValue()
}

// retype copies options by their bytes: in descriptors that were not generated,
// but compiled or sent, extensions are unknown fields or dynamic messages.
func retype(from, to proto.Message) {
	raw, err := proto.Marshal(from)
	if err == nil {
		err = proto.Unmarshal(raw, to)
	}
	if err != nil {
		panic(fmt.Sprintf("contracttest: options of a descriptor: %v", err))
	}
}
