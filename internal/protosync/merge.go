package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// merge changes protos so that they say what the contract wants, keeping every
// name, number, comment and position that they have. It returns a summary, or all
// reasons why the change would break callers; then protos are of no further use.
//
// accepted are the fields ("Message.field") whose new message type was looked at
// by a person: see retype.
func merge(protos Protos, want *Contract, accepted []string) (*Summary, error) {
	m := &merger{
		protos: protos, want: want, accepted: accepted,
		files: make(map[string]*file), messages: make(map[string]place[*descriptorpb.DescriptorProto]),
		enums: make(map[string]place[*descriptorpb.EnumDescriptorProto]), methods: make(map[string]method),
		adopt: make(map[string]*descriptorpb.DescriptorProto), wanted: make(map[string]bool),
	}
	m.index()
	m.mergeEnums()
	m.mergeMessages()
	m.mergeErrors()
	m.mergeServices()
	m.markGone()
	m.imports()
	if len(m.problems) > 0 {
		return nil, errors.Join(m.problems...)
	}
	for _, f := range m.files {
		f.finish()
	}
	m.summary.uncommented(protos)
	return &m.summary, nil
}

// merger is one merge.
type merger struct {
	protos   Protos
	want     *Contract
	accepted []string

	files    map[string]*file
	messages map[string]place[*descriptorpb.DescriptorProto]
	enums    map[string]place[*descriptorpb.EnumDescriptorProto]
	methods  map[string]method // by name: operationIds are unique in all services

	adopt    map[string]*descriptorpb.DescriptorProto // new message -> the one whose numbers it takes over
	wanted   map[string]bool                          // what the document has, see key functions
	problems []error
	summary  Summary
}

// place is an element of a file with the path to it, in the form of SourceCodeInfo.
type place[D any] struct {
	file *file
	desc D
	path []int32
	new  bool
}

// method is an RPC with its service.
type method struct {
	place[*descriptorpb.MethodDescriptorProto]
	service *descriptorpb.ServiceDescriptorProto
}

// Field numbers in descriptor.proto, of which SourceCodeInfo paths are made.
const (
	fileMessage, fileEnum, fileService = 4, 5, 6
	messageField, messageOneof         = 2, 8
	messageReservedRange               = 9
	enumValueTag, serviceMethod        = 2, 2
)

func (m *merger) index() {
	for _, path := range m.protos.paths() {
		if handKept[path] {
			continue
		}
		f := newFile(m.protos[path])
		m.files[path] = f
		for i, d := range f.MessageType {
			dropSyntheticOneofs(d)
			m.messages[d.GetName()] = place[*descriptorpb.DescriptorProto]{file: f, desc: d, path: []int32{fileMessage, int32(i)}}
		}
		for i, d := range f.EnumType {
			m.enums[d.GetName()] = place[*descriptorpb.EnumDescriptorProto]{file: f, desc: d, path: []int32{fileEnum, int32(i)}}
		}
		for i, s := range f.Service {
			for j, d := range s.Method {
				m.methods[d.GetName()] = method{
					place[*descriptorpb.MethodDescriptorProto]{file: f, desc: d, path: []int32{fileService, int32(i), serviceMethod, int32(j)}}, s}
			}
		}
	}
}

// file returns the file with an import path, a new one where there is none.
func (m *merger) file(path string) *file {
	if f, ok := m.files[path]; ok {
		return f
	}
	name := strings.TrimSuffix(strings.TrimPrefix(path, folder), ".proto")
	fd := &descriptorpb.FileDescriptorProto{
		Name:    proto.String(path),
		Package: proto.String(protoPackage),
		Syntax:  proto.String("proto3"),
		Options: &descriptorpb.FileOptions{
			GoPackage:          proto.String("github.com/portone-gateway/portone-gateway/gen/portone/v2;portonev2"),
			JavaMultipleFiles:  proto.Bool(true),
			JavaOuterClassname: proto.String(pascal(jsonName(name)) + "Proto"),
			JavaPackage:        proto.String("com.github.portonegateway.portone.v2"),
		},
	}
	m.protos[path] = fd
	m.files[path] = newFile(fd)
	return m.files[path]
}

// breaks notes a change that would break callers.
func (m *merger) breaks(what, was, is, decide string) {
	m.problems = append(m.problems, fmt.Errorf("%s: was %s, the document says %s; %s", what, was, is, decide))
}

const (
	keepOut = "callers would break: keep the old document, or change proto/ by hand to what the document says and accept the break"
)

// mergeEnums brings the enums in step.
func (m *merger) mergeEnums() {
	for _, want := range m.want.Enums {
		m.wanted[want.Name] = true
		if _, isMessage := m.messages[want.Name]; isMessage {
			m.breaks("schema "+want.Name, "a message", "an enum", keepOut)
			continue
		}
		m.mergeEnum(want)
	}
}

func (m *merger) mergeEnum(want *Enum) place[*descriptorpb.EnumDescriptorProto] {
	present, ok := m.enums[want.Name]
	if !ok {
		present = m.newEnum(want)
	}
	setDeprecated(present.desc, false)
	for _, value := range want.Values {
		name := enumValue(want.Name, value)
		m.wanted[want.Name+"."+name] = true
		i := slices.IndexFunc(present.desc.Value, func(v *descriptorpb.EnumValueDescriptorProto) bool { return v.GetName() == name })
		if i < 0 {
			m.summary.Values.Added++
			i = len(present.desc.Value)
			present.desc.Value = append(present.desc.Value, &descriptorpb.EnumValueDescriptorProto{
				Name: proto.String(name), Number: proto.Int32(nextValue(present.desc)),
			})
			present.file.locate(append(slices.Clone(present.path), enumValueTag, int32(i)))
			continue
		}
		m.summary.Values.Kept++
		setDeprecated(present.desc.Value[i], false)
	}
	return present
}

func (m *merger) newEnum(want *Enum) place[*descriptorpb.EnumDescriptorProto] {
	f := m.file(want.File)
	d := &descriptorpb.EnumDescriptorProto{Name: proto.String(want.Name), Value: []*descriptorpb.EnumValueDescriptorProto{
		{Name: proto.String(enumValue(want.Name, "UNSPECIFIED")), Number: proto.Int32(0)},
	}}
	p := place[*descriptorpb.EnumDescriptorProto]{file: f, desc: d, path: []int32{fileEnum, int32(len(f.EnumType))}, new: true}
	f.EnumType = append(f.EnumType, d)
	f.locate(p.path)
	f.locate(append(slices.Clone(p.path), enumValueTag, 0))
	m.enums[want.Name] = p
	return p
}

// nextValue is the number for a new value of an enum: no number is used twice,
// nor one that somebody reserved.
func nextValue(e *descriptorpb.EnumDescriptorProto) int32 {
	var last int32
	for _, v := range e.Value {
		last = max(last, v.GetNumber())
	}
	for _, r := range e.ReservedRange {
		last = max(last, r.GetEnd()) // inclusive, for enums
	}
	return last + 1
}

// setDeprecated sets or clears the option `deprecated` of an element of a file,
// and reports whether that changed anything.
func setDeprecated(element proto.Message, deprecated bool) bool {
	e := element.ProtoReflect()
	optionsField := e.Descriptor().Fields().ByName("options")
	mark := optionsField.Message().Fields().ByName("deprecated")
	if e.Get(optionsField).Message().Get(mark).Bool() == deprecated {
		return false
	}
	if deprecated {
		e.Mutable(optionsField).Message().Set(mark, protoreflect.ValueOfBool(true))
		return true
	}
	e.Mutable(optionsField).Message().Clear(mark)
	dropEmptyOptions(element)
	return true
}

// dropEmptyOptions removes the options of an element if none is set, so that two
// ways to say nothing do not differ.
func dropEmptyOptions(element proto.Message) {
	e := element.ProtoReflect()
	field := e.Descriptor().Fields().ByName("options")
	if e.Has(field) && proto.Size(e.Get(field).Message().Interface()) == 0 {
		e.Clear(field)
	}
}
