package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

// mergeMessages brings the messages in step.
func (m *merger) mergeMessages() {
	m.findRetypes()
	m.findMovedCases()
	for _, want := range m.want.Messages {
		m.wanted[want.Name] = true
		if _, isEnum := m.enums[want.Name]; isEnum {
			m.breaks(want.Source, "an enum", "a message", keepOut)
			continue
		}
		present, ok := m.messages[want.Name]
		if !ok {
			present = m.newMessage(want)
			m.summary.Messages.Added++
		} else {
			m.summary.Messages.Kept++
		}
		m.mergeMessage(present, want)
	}
}

func (m *merger) newMessage(want *Message) place[*descriptorpb.DescriptorProto] {
	f := m.file(want.File)
	d := &descriptorpb.DescriptorProto{Name: proto.String(want.Name)}
	p := place[*descriptorpb.DescriptorProto]{file: f, desc: d, path: []int32{fileMessage, int32(len(f.MessageType))}, new: true}
	f.MessageType = append(f.MessageType, d)
	f.locate(p.path)
	if want.Union != "" {
		d.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: proto.String(want.Union)}}
		f.locate(append(slices.Clone(p.path), messageOneof, 0))
	}
	if old := m.adopt[want.Name]; old != nil {
		// The numbers of members that only the old type has stay free for ever.
		for _, field := range old.Field {
			if !slices.ContainsFunc(want.Fields, func(w *Field) bool { return w.Name == field.GetName() }) &&
				field.GetNumber() != contract.UnrecognizedNumber {
				f.locate(append(slices.Clone(p.path), messageReservedRange, int32(len(d.ReservedRange))))
				d.ReservedRange = append(d.ReservedRange, &descriptorpb.DescriptorProto_ReservedRange{
					Start: proto.Int32(field.GetNumber()), End: proto.Int32(field.GetNumber() + 1)})
			}
		}
	}
	m.messages[want.Name] = p
	return p
}

func (m *merger) mergeMessage(present place[*descriptorpb.DescriptorProto], want *Message) {
	setDeprecated(present.desc, false)
	if !m.sameShape(present, want) {
		return
	}
	if want.Discriminator != nil {
		if present.desc.Options == nil {
			present.desc.Options = &descriptorpb.MessageOptions{}
		}
		proto.SetExtension(present.desc.Options, portonev2.E_Discriminator, want.Discriminator)
	}
	for _, field := range want.Fields {
		m.wanted[want.Name+"."+field.Name] = true
		m.mergeField(present, want, field)
	}
	m.addUnrecognized(present)
}

// sameShape reports whether a message is still a union or not, and still the same
// case of one.
func (m *merger) sameShape(present place[*descriptorpb.DescriptorProto], want *Message) bool {
	if present.new {
		return true
	}
	union := ""
	if len(present.desc.OneofDecl) > 0 {
		union = present.desc.OneofDecl[0].GetName()
	}
	if union != want.Union {
		m.breaks(want.Source, kindOf(union), kindOf(want.Union), keepOut)
		return false
	}
	was, _ := proto.GetExtension(present.desc.Options, portonev2.E_Discriminator).(*portonev2.Discriminator)
	if !proto.Equal(was, want.Discriminator) {
		m.breaks(want.Source, caseOf(was), caseOf(want.Discriminator), keepOut)
		return false
	}
	return true
}

func kindOf(union string) string {
	if union == "" {
		return "an object"
	}
	return "a union told apart by " + union
}

func caseOf(d *portonev2.Discriminator) string {
	if d == nil {
		return "no case of a union"
	}
	return fmt.Sprintf("the case of a union with %s %s", d.GetProperty(), d.GetValue())
}

// findMovedCases stops schemas that leave one union for another: a caller that
// looks for them in the first would never see them again.
func (m *merger) findMovedCases() {
	wanted := make(map[string][]string) // type -> unions
	for _, want := range m.want.Messages {
		for _, f := range want.Fields {
			if f.Card == InUnion {
				wanted[f.TypeName] = append(wanted[f.TypeName], want.Name)
			}
		}
	}
	present := make(map[string][]string)
	for name, p := range m.messages {
		for _, f := range p.desc.Field {
			if f.OneofIndex != nil && !f.GetOptions().GetDeprecated() {
				present[f.GetTypeName()] = append(present[f.GetTypeName()], name)
			}
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(present)) {
		for _, union := range present[typ] {
			stays := slices.Contains(wanted[typ], union)
			if moved := without(wanted[typ], present[typ]); !stays && len(moved) > 0 && m.isWanted(union) {
				m.breaks("schema "+strings.TrimPrefix(typ, fullName("")), "a case of "+union, "a case of "+strings.Join(moved, ", "), keepOut)
			}
		}
	}
}

func (m *merger) isWanted(message string) bool {
	return slices.ContainsFunc(m.want.Messages, func(w *Message) bool { return w.Name == message })
}

func without(list, those []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(those, s) })
}

// mergeField brings one field in step.
func (m *merger) mergeField(present place[*descriptorpb.DescriptorProto], message *Message, want *Field) {
	i := slices.IndexFunc(present.desc.Field, func(f *descriptorpb.FieldDescriptorProto) bool { return f.GetName() == want.Name })
	if i < 0 {
		m.addField(present, message, want)
		m.summary.Fields.Added++
		return
	}
	m.summary.Fields.Kept++
	field := present.desc.Field[i]
	was, is := m.describeField(present.desc, field), describeWanted(want)
	if was != is {
		if m.retype(message.Name+"."+want.Name, field, want) {
			m.summary.Retyped = append(m.summary.Retyped, message.Name+"."+want.Name)
			field.TypeName = proto.String(want.TypeName)
		} else {
			m.breaks(fmt.Sprintf("%s: member %s (field %s.%s = %d)", message.Source, want.JSONName, message.Name, want.Name, field.GetNumber()),
				was, is, m.decideRetype(message.Name+"."+want.Name, field, want))
		}
	}
	setRequired(field, want.Required)
	setDeprecated(field, want.Deprecated)
}

func (m *merger) addField(present place[*descriptorpb.DescriptorProto], message *Message, want *Field) {
	field := newField(want)
	number := m.nextField(present.desc, message, want)
	field.Number = proto.Int32(number)
	if want.Card == Map {
		entry := newMapEntry(want)
		field.TypeName = proto.String(fullName(message.Name) + "." + entry.GetName())
		present.desc.NestedType = append(present.desc.NestedType, entry)
	}
	if want.Card == InUnion {
		field.OneofIndex = proto.Int32(0)
	}
	m.insertField(present, field)
	setRequired(field, want.Required)
	setDeprecated(field, want.Deprecated)
}

// insertField puts a new field behind the others: those of its union, whose
// declarations must not be torn apart, or all but `unrecognized`. It returns the
// field's location.
func (m *merger) insertField(present place[*descriptorpb.DescriptorProto], field *descriptorpb.FieldDescriptorProto) *descriptorpb.SourceCodeInfo_Location {
	fields := present.desc.Field
	i := len(fields)
	for i > 0 && fields[i-1].GetNumber() == contract.UnrecognizedNumber {
		i--
	}
	for j, f := range fields {
		if field.OneofIndex != nil && f.OneofIndex != nil && f.GetOneofIndex() == field.GetOneofIndex() {
			i = j + 1
		}
	}
	parent := append(slices.Clone(present.path), messageField)
	present.file.grown[present.desc] = true
	present.desc.Field = slices.Insert(fields, i, field)
	present.file.shift(parent, int32(i))
	return present.file.locate(append(parent, int32(i)))
}

// nextField is the number for a new field: in a message that takes over the
// numbers of another one, the other's; else the one after the highest that was
// ever used or reserved.
func (m *merger) nextField(d *descriptorpb.DescriptorProto, message *Message, want *Field) int32 {
	if old := m.adopt[message.Name]; old != nil {
		for _, f := range old.Field {
			if f.GetName() == want.Name {
				return f.GetNumber()
			}
		}
	}
	last := max(0, message.FirstNumber-1)
	use := func(number int32) {
		if number != contract.UnrecognizedNumber {
			last = max(last, number)
		}
	}
	for _, f := range d.Field {
		use(f.GetNumber())
	}
	for _, r := range d.ReservedRange {
		use(r.GetEnd() - 1) // exclusive, for messages
	}
	if old := m.adopt[message.Name]; old != nil {
		for _, f := range old.Field {
			use(f.GetNumber())
		}
	}
	if last+1 == contract.UnrecognizedNumber {
		return contract.UnrecognizedNumber + 1
	}
	return last + 1
}

func newField(want *Field) *descriptorpb.FieldDescriptorProto {
	f := &descriptorpb.FieldDescriptorProto{
		Name:     proto.String(want.Name),
		JsonName: proto.String(want.JSONName),
		Label:    descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		Type:     want.Type.Enum(),
	}
	if want.TypeName != "" {
		f.TypeName = proto.String(want.TypeName)
	}
	message := want.Type == descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	switch want.Card {
	case Repeated, Map:
		f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	case Optional:
		if !message { // messages have presence anyway
			f.Proto3Optional = proto.Bool(true)
		}
	}
	if want.Card == Map {
		f.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	}
	if want.Query || want.FreeForm {
		f.Options = &descriptorpb.FieldOptions{}
		if want.Query {
			proto.SetExtension(f.Options, portonev2.E_Location, portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY)
		}
		if want.FreeForm {
			proto.SetExtension(f.Options, portonev2.E_JsonText, true)
		}
	}
	return f
}

// newMapEntry makes the message that stands for an entry of a map field.
func newMapEntry(want *Field) *descriptorpb.DescriptorProto {
	value := &descriptorpb.FieldDescriptorProto{
		Name: proto.String("value"), JsonName: proto.String("value"), Number: proto.Int32(2),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: want.Type.Enum(),
	}
	if want.TypeName != "" {
		value.TypeName = proto.String(want.TypeName)
	}
	return &descriptorpb.DescriptorProto{
		Name:    proto.String(pascal(jsonName(want.Name)) + "Entry"),
		Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
		Field: []*descriptorpb.FieldDescriptorProto{
			{
				Name: proto.String("key"), JsonName: proto.String("key"), Number: proto.Int32(1),
				Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
				Type:  descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			},
			value,
		},
	}
}

// addUnrecognized adds the field `unrecognized`. It has no comment: what it holds is
// said once, in annotations.proto.
func (m *merger) addUnrecognized(present place[*descriptorpb.DescriptorProto]) {
	if slices.ContainsFunc(present.desc.Field, func(f *descriptorpb.FieldDescriptorProto) bool { return f.GetNumber() == contract.UnrecognizedNumber }) {
		return
	}
	want := &Field{Name: contract.UnrecognizedName, JSONName: contract.UnrecognizedName, Type: descriptorpb.FieldDescriptorProto_TYPE_STRING, Card: Map}
	field := newField(want)
	field.Number = proto.Int32(contract.UnrecognizedNumber)
	entry := newMapEntry(want)
	field.TypeName = proto.String(fullName(present.desc.GetName()) + "." + entry.GetName())
	present.desc.NestedType = append(present.desc.NestedType, entry)
	m.insertField(present, field)
}

// setRequired sets or clears google.api.field_behavior = REQUIRED, and leaves
// what else people have said of the field's behaviour.
func setRequired(field *descriptorpb.FieldDescriptorProto, required bool) {
	behaviors, _ := proto.GetExtension(field.Options, annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	if slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED) == required {
		return
	}
	behaviors = slices.DeleteFunc(slices.Clone(behaviors), func(b annotations.FieldBehavior) bool { return b == annotations.FieldBehavior_REQUIRED })
	if required {
		behaviors = append(behaviors, annotations.FieldBehavior_REQUIRED)
	}
	if field.Options == nil {
		field.Options = &descriptorpb.FieldOptions{}
	}
	proto.ClearExtension(field.Options, annotations.E_FieldBehavior)
	if len(behaviors) > 0 {
		proto.SetExtension(field.Options, annotations.E_FieldBehavior, behaviors)
	}
	dropEmptyOptions(field)
}
