package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// PortOne sometimes gives a member a new schema that reads like the old one
// (createPaymentSchedule's `payment`, once the billing key payment's own input,
// got an input of its own when the other gained a member). On the wire nothing
// changes if the new message takes over the old one's numbers; source code that
// names the old type must change. So a person decides, by -accept-retype.

// describeField says what a present field is, in the words of describeWanted.
func (m *merger) describeField(d *descriptorpb.DescriptorProto, f *descriptorpb.FieldDescriptorProto) string {
	as := &Field{Type: f.GetType(), TypeName: f.GetTypeName()}
	message := f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	switch {
	case f.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		as.Card = Repeated
		for _, nested := range d.NestedType {
			if message && strings.HasSuffix(f.GetTypeName(), "."+d.GetName()+"."+nested.GetName()) && nested.GetOptions().GetMapEntry() {
				as.Card, as.Type, as.TypeName = Map, nested.Field[1].GetType(), nested.Field[1].GetTypeName()
			}
		}
	case f.OneofIndex != nil && !f.GetProto3Optional():
		as.Card = InUnion
	case message || f.GetProto3Optional():
		as.Card = Optional
	default:
		as.Card = Plain
	}
	as.Query = proto.GetExtension(f.Options, portonev2.E_Location) == portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY
	as.FreeForm, _ = proto.GetExtension(f.Options, portonev2.E_JsonText).(bool)
	return describeWanted(as)
}

// describeWanted says what a field is to callers: two fields of the same
// description can take each other's place.
func describeWanted(f *Field) string {
	typ := strings.ToLower(strings.TrimPrefix(f.Type.String(), "TYPE_"))
	if f.TypeName != "" {
		typ = strings.TrimPrefix(f.TypeName, fullName(""))
	}
	if f.FreeForm {
		typ = "a free-form object"
	}
	switch f.Card {
	case Plain:
		typ += " in the path"
	case Repeated:
		typ = "a list of " + typ
	case Map:
		typ = "a map to " + typ
	case InUnion:
		typ = "case " + typ
	}
	if f.Query {
		typ += " in the query"
	}
	return typ
}

// findRetypes lets every message that is new and only takes the place of another
// one take over its numbers, where a person has accepted that.
func (m *merger) findRetypes() {
	for _, message := range m.want.Messages {
		present, ok := m.messages[message.Name]
		if !ok {
			continue
		}
		for _, want := range message.Fields {
			for _, field := range present.desc.Field {
				if field.GetName() == want.Name && field.GetTypeName() != want.TypeName &&
					slices.Contains(m.accepted, message.Name+"."+want.Name) {
					if old, fits := m.fits(field, want); fits {
						m.adopt[typeName(want.TypeName)] = old
					}
				}
			}
		}
	}
}

func typeName(full string) string { return strings.TrimPrefix(full, fullName("")) }

// fits reports whether the message that a field gets can take the place of the one
// that it has: it is new, and all that the two have in common is the same.
func (m *merger) fits(field *descriptorpb.FieldDescriptorProto, want *Field) (old *descriptorpb.DescriptorProto, ok bool) {
	present, known := m.messages[typeName(field.GetTypeName())]
	_, exists := m.messages[typeName(want.TypeName)]
	i := slices.IndexFunc(m.want.Messages, func(w *Message) bool { return w.Name == typeName(want.TypeName) })
	if !known || exists || i < 0 || m.want.Messages[i].Union != "" || len(present.desc.OneofDecl) > 0 {
		return nil, false
	}
	common := 0
	for _, f := range m.want.Messages[i].Fields {
		for _, was := range present.desc.Field {
			if was.GetName() != f.Name {
				continue
			}
			if m.describeField(present.desc, was) != describeWanted(f) {
				return nil, false
			}
			common++
		}
	}
	return present.desc, common > 0
}

// retype reports whether a field gets the message type that the document says.
func (m *merger) retype(name string, field *descriptorpb.FieldDescriptorProto, want *Field) bool {
	return slices.Contains(m.accepted, name) && m.adopt[typeName(want.TypeName)] != nil &&
		m.adopt[typeName(want.TypeName)].GetName() == typeName(field.GetTypeName())
}

// decideRetype says what a person can do about a changed type.
func (m *merger) decideRetype(name string, field *descriptorpb.FieldDescriptorProto, want *Field) string {
	if _, fits := m.fits(field, want); fits {
		return fmt.Sprintf("the new message can take over the old one's field numbers, so that the wire does not change "+
			"but source code that names the type does: accept that with -accept-retype %s, or keep the old document", name)
	}
	return keepOut
}
