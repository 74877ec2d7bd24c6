package view

import (
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	// String is text; an enum value is its bare name, as in PortOne's JSON.
	String Kind = iota
	Bool
	Int
	Enum
	Timestamp
	Message
)

// Type is a message type of the contract as JSON: its fields that can be read. It is
// made once for a descriptor, never changes, and is safe for concurrent use.
type Type struct {
	// Name is the full name of the message.
	Name string

	// Fields are those that can be read: all but `unrecognized`, free-form JSON, and
	// unions, which no request has.
	Fields []*Field

	byJSON  map[string]*Field
	byProto map[string]*Field
	known   map[string]bool // JSON names of all members, also of those that cannot be read
}

// Field is a field of a message type.
type Field struct {
	// Name is the field's name in the contract, such as payment_id.
	Name string

	// JSON is its name in PortOne's JSON, such as paymentId.
	JSON string

	Kind Kind

	// List and Map report whether there are many values. The keys of a map are text.
	List, Map bool

	// Of is the type of the values, where they are messages.
	Of *Type

	// Enum is the name of the enum, where the values are of one, and Names its values.
	Enum  string
	Names map[string]bool

	index  int
	small  bool // 32 bits
	query  bool // of a request: a query parameter
	folded string
}

// Field returns the field with a name of the contract, or nil.
func (t *Type) Field(name string) *Field { return t.byProto[name] }

// Types makes types and keeps them. The zero value is ready to use; it is safe for
// concurrent use.
type Types struct {
	mu   sync.Mutex
	made map[protoreflect.MessageDescriptor]*Type
}

// Of returns the type of a message.
func (t *Types) Of(desc protoreflect.MessageDescriptor) *Type {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil {
		t.made = make(map[protoreflect.MessageDescriptor]*Type)
	}
	return t.of(desc)
}

func (t *Types) of(desc protoreflect.MessageDescriptor) *Type {
	if made := t.made[desc]; made != nil {
		return made
	}
	made := &Type{
		Name:   string(desc.FullName()),
		byJSON: make(map[string]*Field), byProto: make(map[string]*Field), known: make(map[string]bool),
	}
	t.made[desc] = made
	for i := range desc.Fields().Len() {
		fd := desc.Fields().Get(i)
		if fd.Number() == contract.UnrecognizedNumber {
			continue
		}
		made.known[fd.JSONName()] = true
		if f := t.field(fd); f != nil {
			f.index = len(made.Fields)
			made.Fields = append(made.Fields, f)
			made.byJSON[f.JSON], made.byProto[f.Name] = f, f
		}
	}
	return made
}

// field returns nil for what cannot be read.
func (t *Types) field(fd protoreflect.FieldDescriptor) *Field {
	f := &Field{Name: string(fd.Name()), JSON: fd.JSONName(), List: fd.IsList(), Map: fd.IsMap(), folded: fold(fd.JSONName())}
	if text, _ := proto.GetExtension(fd.Options(), portonev2.E_JsonText).(bool); text {
		return nil
	}
	f.query = proto.GetExtension(fd.Options(), portonev2.E_Location) == portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY
	if fd.IsMap() {
		fd = fd.MapValue()
	}
	switch fd.Kind() {
	case protoreflect.StringKind:
		f.Kind = String
	case protoreflect.BoolKind:
		f.Kind = Bool
	case protoreflect.Int32Kind:
		f.Kind, f.small = Int, true
	case protoreflect.Int64Kind:
		f.Kind = Int
	case protoreflect.EnumKind:
		f.Kind = Enum
		f.Enum, f.Names = string(fd.Enum().FullName()), bareNames(fd.Enum())
	case protoreflect.MessageKind:
		if fd.Message().FullName() == "google.protobuf.Timestamp" {
			f.Kind = Timestamp
			return f
		}
		if isUnion(fd.Message()) {
			return nil
		}
		f.Kind, f.Of = Message, t.of(fd.Message())
	default:
		return nil
	}
	return f
}

func isUnion(desc protoreflect.MessageDescriptor) bool {
	for i := range desc.Oneofs().Len() {
		if !desc.Oneofs().Get(i).IsSynthetic() {
			return true
		}
	}
	return false
}

// bareNames are the names of an enum's values as PortOne's JSON has them.
func bareNames(enum protoreflect.EnumDescriptor) map[string]bool {
	names := make(map[string]bool)
	prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
	for i := 1; i < enum.Values().Len(); i++ {
		names[strings.TrimPrefix(string(enum.Values().Get(i).Name()), prefix)] = true
	}
	return names
}
