package main

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Contract is what proto/ must say for a document, without the numbers: those
// are proto/'s own.
//
//   - An operation is an RPC of its domain's service, called after its
//     operationId. Its request is a message of its own with path parameters, query
//     parameters and the members of the body; its response is the schema that it
//     answers with.
//   - An object schema is a message; a member is a field of it.
//   - A union is a message with one oneof, called after its discriminator, with a
//     field for each case, called after the discriminator's value.
//   - A map schema is no message: its users have a map field.
//   - The body of a request is no message, unless something else needs it too.
//   - An error is a value of ErrorReason; one with data of its own is a message
//     with that data, and a case of PortOneError.
type Contract struct {
	Services []*Service
	Messages []*Message
	Enums    []*Enum
	Reasons  []*Reason
}

// Service is the RPCs of one domain.
type Service struct {
	Name    string
	File    string
	Methods []*Method
}

// Method is one RPC.
type Method struct {
	Name       string
	Request    string // full name
	Response   string // full name
	CSV        bool   // the response is a stream
	HTTPMethod string
	HTTPPath   string // in the form of google.api.http
	Operation  *portonev2.Operation
	Deprecated bool
}

// Message is a message.
type Message struct {
	Name          string
	File          string
	Fields        []*Field
	Union         string // name of the oneof that holds all fields; empty if there is none
	Discriminator *portonev2.Discriminator
	FirstNumber   int32  // where the numbers of new fields begin; 0 means 1
	Source        string // what it is made from, for messages to people
}

// Field is a field.
type Field struct {
	Name       string
	JSONName   string
	Type       descriptorpb.FieldDescriptorProto_Type
	TypeName   string // full name, of messages and enums; of the values, for a map
	Card       Cardinality
	Required   bool
	Query      bool // a query parameter
	FreeForm   bool // JSON text
	Deprecated bool
}

// Cardinality tells how often a field may be there.
type Cardinality int

const (
	Optional Cardinality = iota // with presence
	Plain                       // without presence: a path parameter, which is always there
	Repeated
	Map // from string to what the type says
	InUnion
)

// Enum is an enum.
type Enum struct {
	Name   string
	File   string
	Values []string // in PortOne's form, without prefix
}

// Reason is an error type of PortOne.
type Reason struct {
	Type       string
	HTTPStatus int32
	Schema     string
	Data       string // full name of the message with its data; empty if it has none
}

const (
	protoPackage = "portone.v2"
	folder       = "portone/v2/"
	commonFile   = folder + "common.proto"
	errorFile    = folder + "error.proto"

	timestampName = ".google.protobuf.Timestamp"
	httpBodyName  = ".google.api.HttpBody"
)

func fullName(name string) string { return "." + protoPackage + "." + name }

// newContract derives the contract from a document.
func newContract(doc *Document) (*Contract, error) {
	b := &builder{doc: doc, contract: &Contract{}, users: make(map[string][]string), errors: make(map[string]string)}
	if err := b.discriminators(); err != nil {
		return nil, err
	}
	if err := b.findUsers(); err != nil {
		return nil, err
	}
	if err := b.newReasons(); err != nil {
		return nil, err
	}
	made := make(map[string]bool)
	for _, op := range doc.Operations {
		b.method(op)
		b.needMembers(op.Parameters, made)
		if op.Body.Schema != "" {
			b.needMembers(doc.Schemas[op.Body.Schema].Members, made)
		}
		if op.Answer.Schema != "" {
			b.need(op.Answer.Schema, made)
		}
	}
	for _, reason := range b.contract.Reasons {
		if reason.Data != "" {
			b.need(reason.Schema, made)
		}
	}
	return b.contract, b.checkNames()
}

// builder makes a Contract.
type builder struct {
	doc       *Document
	contract  *Contract
	constants map[string]*portonev2.Discriminator // of each schema that is a case of a union
	users     map[string][]string                 // schema -> files of the domains that need it
	errors    map[string]string                   // schema of an error -> its type
}

// discriminators finds the constant of every schema that is a case of a union.
func (b *builder) discriminators() error {
	b.constants = make(map[string]*portonev2.Discriminator)
	for _, name := range b.doc.Order {
		union := b.doc.Schemas[name]
		for _, c := range union.Cases {
			constant := &portonev2.Discriminator{Property: union.Property, Value: c.Value}
			known := b.constants[c.Schema]
			if known != nil && (known.Property != constant.Property || known.Value != constant.Value) {
				return fmt.Errorf("schema %s is the case %s=%s of one union and %s=%s of %s: it would need two messages",
					c.Schema, known.Property, known.Value, constant.Property, constant.Value, name)
			}
			b.constants[c.Schema] = constant
		}
	}
	return nil
}

// findUsers fills b.users, and with it decides the file of new messages: that of
// the only domain which needs it, or common.proto.
func (b *builder) findUsers() error {
	for _, op := range b.doc.Operations {
		domain, err := b.domainOf(op)
		if err != nil {
			return err
		}
		file := domain.file()
		for _, p := range op.Parameters {
			b.use(p.Type.Ref, file)
		}
		if op.Body.Schema != "" {
			for _, m := range b.doc.Schemas[op.Body.Schema].Members {
				b.use(m.Type.Ref, file)
			}
		}
		b.use(op.Answer.Schema, file)
		for _, c := range b.doc.Schemas[op.Errors].Cases {
			for _, m := range b.doc.Schemas[c.Schema].Members {
				b.use(m.Type.Ref, errorFile)
			}
		}
	}
	return nil
}

func (b *builder) use(name, file string) {
	if name == "" || slices.Contains(b.users[name], file) {
		return
	}
	b.users[name] = append(b.users[name], file)
	s := b.doc.Schemas[name]
	for _, m := range s.Members {
		b.use(m.Type.Ref, file)
	}
	for _, c := range s.Cases {
		b.use(c.Schema, file)
	}
	b.use(s.Value.Ref, file)
}

func (b *builder) fileOf(schema string) string {
	if _, isError := b.errors[schema]; isError {
		return errorFile
	}
	if files := b.users[schema]; len(files) == 1 {
		return files[0]
	}
	return commonFile
}

// need makes the message or enum of a schema, and of what it refers to.
func (b *builder) need(name string, made map[string]bool) {
	if name == "" || made[name] {
		return
	}
	made[name] = true
	s := b.doc.Schemas[name]
	switch s.Kind {
	case EnumSchema:
		b.contract.Enums = append(b.contract.Enums, &Enum{Name: name, File: b.fileOf(name), Values: s.Values})
	case MapSchema:
		b.need(s.Value.Ref, made)
	case UnionSchema:
		b.contract.Messages = append(b.contract.Messages, b.union(s))
		for _, c := range s.Cases {
			b.need(c.Schema, made)
		}
	case ObjectSchema:
		b.contract.Messages = append(b.contract.Messages, b.object(s))
		b.needMembers(s.Members, made)
	}
}

func (b *builder) needMembers(members []*Member, made map[string]bool) {
	for _, m := range members {
		b.need(m.Type.Ref, made)
	}
}

func (b *builder) object(s *Schema) *Message {
	m := &Message{Name: s.Name, File: b.fileOf(s.Name), Discriminator: b.constants[s.Name], Source: "schema " + s.Name}
	_, isError := b.errors[s.Name]
	for _, member := range s.Members {
		if isError && !isErrorData(member) {
			continue
		}
		if !isError && m.Discriminator != nil && member.Name == m.Discriminator.Property {
			continue
		}
		f := b.field(member)
		if isError && member.Name == "type" {
			f.Required = false // it may be the error's own type, see isErrorData
		}
		m.Fields = append(m.Fields, f)
	}
	return m
}

func (b *builder) union(s *Schema) *Message {
	m := &Message{Name: s.Name, File: b.fileOf(s.Name), Union: lowerSnake(s.Property), Source: "schema " + s.Name}
	for _, c := range s.Cases {
		name := caseField(c.Value)
		m.Fields = append(m.Fields, &Field{
			Name: name, JSONName: jsonName(name), Card: InUnion,
			Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, TypeName: fullName(c.Schema),
		})
	}
	return m
}

// field makes the field of a member.
func (b *builder) field(m *Member) *Field {
	f := &Field{Name: lowerSnake(m.Name), JSONName: m.Name, Required: m.Required, Deprecated: m.Deprecated, Query: m.Place == InQuery}
	typ := m.Type
	if typ.Kind == Ref && b.doc.Schemas[typ.Ref].Kind == MapSchema {
		f.Card = Map
		typ = b.doc.Schemas[typ.Ref].Value
	}
	f.Type, f.TypeName = b.protoType(typ)
	f.FreeForm = typ.Kind == FreeForm
	switch {
	case typ.List:
		f.Card = Repeated
	case m.Place == InPath:
		f.Card = Plain
	}
	return f
}

func (b *builder) protoType(t Type) (descriptorpb.FieldDescriptorProto_Type, string) {
	switch t.Kind {
	case Bool:
		return descriptorpb.FieldDescriptorProto_TYPE_BOOL, ""
	case Int32:
		return descriptorpb.FieldDescriptorProto_TYPE_INT32, ""
	case Int64:
		return descriptorpb.FieldDescriptorProto_TYPE_INT64, ""
	case DateTime:
		return descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, timestampName
	case Ref:
		if b.doc.Schemas[t.Ref].Kind == EnumSchema {
			return descriptorpb.FieldDescriptorProto_TYPE_ENUM, fullName(t.Ref)
		}
		return descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, fullName(t.Ref)
	default: // String, Date, FreeForm
		return descriptorpb.FieldDescriptorProto_TYPE_STRING, ""
	}
}

// checkNames fails where two things would have one name.
func (b *builder) checkNames() error {
	seen := make(map[string]string)
	add := func(name, what string) error {
		if other, twice := seen[name]; twice {
			return fmt.Errorf("%s and %s would both be called %s", other, what, name)
		}
		seen[name] = what
		return nil
	}
	for _, s := range b.contract.Services {
		if err := add(s.Name, "the service of "+s.File); err != nil {
			return err
		}
	}
	for _, m := range b.contract.Messages {
		if err := add(m.Name, m.Source); err != nil {
			return err
		}
		for _, f := range m.Fields {
			if err := add(m.Name+"."+f.Name, fmt.Sprintf("member %s of %s", f.JSONName, m.Source)); err != nil {
				return err
			}
		}
	}
	for _, e := range b.contract.Enums {
		if err := add(e.Name, "schema "+e.Name); err != nil {
			return err
		}
		for _, v := range e.Values { // enum values share the scope of their enum
			if err := add(enumValue(e.Name, v), "a value of "+e.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func enumValue(enum, value string) string { return upperSnake(enum) + "_" + value }
