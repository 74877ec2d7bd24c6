package transcode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Message transcodes one message type. It is compiled once from the type's
// descriptor, never changes, and is safe for concurrent use.
type Message struct {
	desc   protoreflect.MessageDescriptor
	fields []field
	names  nameTable // JSON name -> index in fields

	byNumber    []uint16   // number -> index in fields + 1; 0 where there is no field
	mustWrite   []uint16   // required lists and maps: written even when empty
	constant    int        // index of the discriminator's constant in fields, or -1
	cases       *nameTable // of a union: value of the discriminator -> index in fields; else nil
	property    string     // of a union: the JSON member that tells the cases apart
	propertyKey []byte     // ... as `"property":`

	unrecognized bool // the message has the map of that name
}

// field is one field of a message, or the constant that a case of a union has in
// place of a field.
type field struct {
	name     string // in JSON
	key      []byte // the name as it begins a member that is not the first: `,"name":`
	number   protowire.Number
	tag      []byte // number and wire type of one value, encoded
	kind     kind
	card     card
	index    uint16
	required bool
	isText   bool // a single string

	// The first and the last eight bytes of the key without its comma, which is all of
	// it where it has 8 to 16.
	keyFirst, keyLast uint64

	part     part           // where in an HTTP request
	wireType protowire.Type // of one value

	message *Message // kindMessage
	enum    *enum    // kindEnum

	constant []byte // kindConstant: the member as it is written, `"status":"PAID"`
	value    string // kindConstant: the bare value
}

// kind is what a value is, on the wire and in JSON together.
type kind uint8

const (
	kindString kind = iota
	kindJSONText
	kindBool
	kindInt32
	kindInt64
	kindEnum
	kindTimestamp
	kindMessage
	kindConstant
	kindIgnored // read over, see Ignoring
)

// card is how many values a field has.
type card uint8

const (
	single card = iota
	list
	dict
)

// part is the part of an HTTP request that a field travels in.
type part uint8

const (
	partBody part = iota
	partQuery
	partPath
)

// enum has the bare names of an enum's values.
type enum struct {
	names   nameTable        // bare name -> index in numbers
	numbers []int32          // in the order of the declaration, without UNSPECIFIED
	quoted  map[int32][]byte // number -> `"NAME"`
	dense   [][]byte         // quoted for small numbers
}

const (
	maxFields = 256 // in one message, the constant included
)

// Cache compiles message types and keeps the result, so that types that use each
// other share it. The zero value is ready to use. It is safe for concurrent use.
type Cache struct {
	mu       sync.Mutex
	messages map[protoreflect.MessageDescriptor]*Message
	enums    map[protoreflect.EnumDescriptor]*enum
}

// Message returns the compiled form of a message type. The type may come from
// generated code or be dynamic: only its descriptor counts. It is an error if the
// type, or one that it uses, has something without a form in PortOne's JSON, such
// as a float or a second oneof.
func (c *Cache) Message(desc protoreflect.MessageDescriptor) (*Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.messages[desc]; m != nil {
		return m, nil
	}
	if c.messages == nil {
		c.messages = make(map[protoreflect.MessageDescriptor]*Message)
		c.enums = make(map[protoreflect.EnumDescriptor]*enum)
	}
	compiler := compiler{made: make(map[protoreflect.MessageDescriptor]*Message), known: c.messages, enums: c.enums}
	m, err := compiler.message(desc)
	if err != nil {
		return nil, err
	}
	for d, made := range compiler.made {
		c.messages[d] = made
	}
	return m, nil
}

// Descriptor returns the descriptor that m was compiled from.
func (m *Message) Descriptor() protoreflect.MessageDescriptor { return m.desc }

// compiler compiles a type and all that it uses. What it makes is complete only
// when all of it succeeded.
type compiler struct {
	known map[protoreflect.MessageDescriptor]*Message
	made  map[protoreflect.MessageDescriptor]*Message
	enums map[protoreflect.EnumDescriptor]*enum
}

func (c *compiler) message(desc protoreflect.MessageDescriptor) (*Message, error) {
	if m := c.known[desc]; m != nil {
		return m, nil
	}
	if m := c.made[desc]; m != nil { // complete, or a type that uses itself
		return m, nil
	}
	m := &Message{desc: desc, constant: -1}
	c.made[desc] = m
	var unions []protoreflect.OneofDescriptor
	for i := range desc.Oneofs().Len() {
		if oneof := desc.Oneofs().Get(i); !oneof.IsSynthetic() {
			unions = append(unions, oneof)
		}
	}
	var err error
	switch {
	case len(unions) == 0:
		err = c.object(m)
	case len(unions) == 1:
		err = c.union(m, unions[0])
	default:
		err = errors.New("has more than one oneof")
	}
	if err != nil {
		return nil, fmt.Errorf("transcode: %s: %w", desc.FullName(), err)
	}
	return m, nil
}

// object compiles a message that is a JSON object of its own.
func (c *compiler) object(m *Message) error {
	fields := m.desc.Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Number() == contract.UnrecognizedNumber && fd.Name() == contract.UnrecognizedName && fd.IsMap() {
			m.unrecognized = true
			continue
		}
		f, err := c.field(fd)
		if err != nil {
			return fmt.Errorf("field %s: %w", fd.Name(), err)
		}
		m.fields = append(m.fields, f)
	}
	discriminator, err := discriminatorOf(m.desc)
	if err != nil {
		return err
	}
	if property := discriminator.GetProperty(); property != "" && fields.ByJSONName(property) == nil {
		m.constant = len(m.fields)
		m.fields = append(m.fields, field{
			name: property, kind: kindConstant, value: discriminator.GetValue(),
			constant: appendQuoted(appendKey(nil, property), discriminator.GetValue()),
		})
	}
	return m.index()
}

// union compiles a message that is a flat JSON object, told apart by a member.
func (c *compiler) union(m *Message, oneof protoreflect.OneofDescriptor) error {
	fields := m.desc.Fields()
	var cases []string
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Number() == contract.UnrecognizedNumber && fd.Name() == contract.UnrecognizedName && fd.IsMap() {
			m.unrecognized = true
			continue
		}
		if fd.ContainingOneof() != oneof || fd.Message() == nil {
			return fmt.Errorf("field %s stands beside the cases of a union", fd.Name())
		}
		discriminator, err := discriminatorOf(fd.Message())
		if err != nil {
			return err
		}
		if discriminator.GetProperty() == "" {
			return fmt.Errorf("case %s has no discriminator", fd.Name())
		}
		if m.property == "" {
			m.property = discriminator.GetProperty()
			m.propertyKey = appendKey(nil, m.property)
		}
		if m.property != discriminator.GetProperty() {
			return fmt.Errorf("case %s is told apart by %s, others by %s", fd.Name(), discriminator.GetProperty(), m.property)
		}
		f, err := c.field(fd)
		if err != nil {
			return fmt.Errorf("case %s: %w", fd.Name(), err)
		}
		f.value = discriminator.GetValue()
		m.fields, cases = append(m.fields, f), append(cases, f.value)
	}
	table := newNameTable(cases)
	m.cases = &table
	return m.index()
}

// index makes the tables by which fields are found.
func (m *Message) index() error {
	if len(m.fields) > maxFields {
		return fmt.Errorf("has more than %d fields", maxFields)
	}
	names := make([]string, len(m.fields))
	for i := range m.fields {
		f := &m.fields[i]
		f.index = uint16(i)
		f.key = appendKey([]byte{','}, f.name)
		if bare := f.key[1:]; len(bare) >= 8 {
			f.keyFirst, f.keyLast = binary.LittleEndian.Uint64(bare), binary.LittleEndian.Uint64(bare[len(bare)-8:])
		}
		names[i] = f.name
		if f.required && f.card != single {
			m.mustWrite = append(m.mustWrite, f.index)
		}
		if f.number == 0 { // a constant, or a member that is ignored
			continue
		}
		if f.number > 1<<14 {
			return fmt.Errorf("field %s has a number over %d", f.name, 1<<14)
		}
		if grow := int(f.number) + 1 - len(m.byNumber); grow > 0 {
			m.byNumber = append(m.byNumber, make([]uint16, grow)...)
		}
		m.byNumber[f.number] = f.index + 1
	}
	if !m.isUnion() {
		m.names = newNameTable(names)
	}
	return nil
}

func (m *Message) isUnion() bool { return m.cases != nil }

// byTag returns the field with a number, or nil.
func (m *Message) byTag(number protowire.Number) *field {
	if uint64(number) >= uint64(len(m.byNumber)) {
		return nil
	}
	i := m.byNumber[number]
	if i == 0 {
		return nil
	}
	return &m.fields[i-1]
}

func (c *compiler) field(fd protoreflect.FieldDescriptor) (field, error) {
	f := field{name: fd.JSONName(), number: fd.Number()}
	value := fd
	switch {
	case fd.IsMap():
		f.card = dict
		if fd.MapKey().Kind() != protoreflect.StringKind {
			return f, errors.New("is a map whose keys are no strings")
		}
		value = fd.MapValue()
	case fd.IsList():
		f.card = list
	}
	options, err := fieldOptions(fd)
	if err != nil {
		return f, err
	}
	behaviors, _ := proto.GetExtension(options, annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	f.required = slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED)
	if proto.GetExtension(options, portonev2.E_Location) == portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY {
		f.part = partQuery
	}
	if err := c.value(&f, value); err != nil {
		return f, err
	}
	if text, _ := proto.GetExtension(options, portonev2.E_JsonText).(bool); text {
		if f.kind != kindString || f.card != single {
			return f, errors.New("is marked as JSON text, which only a single string can be")
		}
		f.kind = kindJSONText
	}
	f.isText = f.card == single && f.kind == kindString
	f.wireType = f.kind.wireType()
	tagType := f.wireType
	if f.card == dict {
		tagType = protowire.BytesType
	}
	f.tag = protowire.AppendTag(nil, f.number, tagType)
	return f, nil
}

// value finds the kind of a field's values.
func (c *compiler) value(f *field, fd protoreflect.FieldDescriptor) (err error) {
	switch fd.Kind() {
	case protoreflect.StringKind:
		f.kind = kindString
	case protoreflect.BoolKind:
		f.kind = kindBool
	case protoreflect.Int32Kind:
		f.kind = kindInt32
	case protoreflect.Int64Kind:
		f.kind = kindInt64
	case protoreflect.EnumKind:
		f.kind = kindEnum
		f.enum, err = c.enum(fd.Enum())
	case protoreflect.MessageKind:
		if fd.Message().FullName() == "google.protobuf.Timestamp" {
			f.kind = kindTimestamp
			return nil
		}
		f.kind = kindMessage
		f.message, err = c.message(fd.Message())
	default:
		return fmt.Errorf("is of kind %s, which PortOne's JSON has no form for", fd.Kind())
	}
	return err
}

func (k kind) wireType() protowire.Type {
	switch k {
	case kindBool, kindInt32, kindInt64, kindEnum:
		return protowire.VarintType
	}
	return protowire.BytesType
}

func (c *compiler) enum(desc protoreflect.EnumDescriptor) (*enum, error) {
	if e := c.enums[desc]; e != nil {
		return e, nil
	}
	e, err := newEnum(desc)
	if err == nil {
		c.enums[desc] = e
	}
	return e, err
}

// newEnum strips the prefix of an enum's values, which is the name of its zero
// value without UNSPECIFIED.
func newEnum(desc protoreflect.EnumDescriptor) (*enum, error) {
	values := desc.Values()
	prefix, ok := strings.CutSuffix(string(values.Get(0).Name()), "UNSPECIFIED")
	if !ok || values.Get(0).Number() != 0 {
		return nil, fmt.Errorf("enum %s does not begin with ..._UNSPECIFIED = 0", desc.FullName())
	}
	e := &enum{quoted: make(map[int32][]byte)}
	var names []string
	for i := 1; i < values.Len(); i++ {
		name := strings.TrimPrefix(string(values.Get(i).Name()), prefix)
		number := int32(values.Get(i).Number())
		names, e.numbers = append(names, name), append(e.numbers, number)
		e.quoted[number] = appendQuoted(nil, name)
		if number > 0 && number < 1<<10 {
			for int(number) >= len(e.dense) {
				e.dense = append(e.dense, nil)
			}
			e.dense[number] = e.quoted[number]
		}
	}
	e.names = newNameTable(names)
	return e, nil
}

// number returns the value with a bare name.
func (e *enum) number(name []byte) (number int32, known bool) {
	i, known := e.names.find(name)
	if !known {
		return 0, false
	}
	return e.numbers[i], true
}

// name returns the quoted name of a value, or nil.
func (e *enum) name(number int32) []byte {
	if number > 0 && int(number) < len(e.dense) {
		return e.dense[number]
	}
	return e.quoted[number]
}

// discriminatorOf reads the option portone.v2.discriminator.
func discriminatorOf(desc protoreflect.MessageDescriptor) (*portonev2.Discriminator, error) {
	options := &descriptorpb.MessageOptions{}
	if err := known(desc.Options(), options); err != nil {
		return nil, err
	}
	d, _ := proto.GetExtension(options, portonev2.E_Discriminator).(*portonev2.Discriminator)
	return d, nil
}

func fieldOptions(fd protoreflect.FieldDescriptor) (*descriptorpb.FieldOptions, error) {
	options := &descriptorpb.FieldOptions{}
	return options, known(fd.Options(), options)
}

// known copies options into typed ones whose extensions have Go types: those of
// dynamic descriptors may be unknown fields or dynamic messages.
func known(options, typed proto.Message) error {
	if options == nil || !options.ProtoReflect().IsValid() {
		return nil
	}
	raw, err := proto.Marshal(options)
	if err != nil {
		return err
	}
	return proto.Unmarshal(raw, typed)
}

func appendKey(dst []byte, name string) []byte { return append(appendQuoted(dst, name), ':') }
