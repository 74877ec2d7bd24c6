package platform

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// PortOne has the members of an object in many messages: the object itself, the
// request that creates it, the one that updates it, the body of a scheduled
// update, that of an update of many. The members have the same names in all of
// them, so what goes from one to the other goes by name.

// blank makes an empty message.
func blank[M proto.Message]() M {
	return (*new(M)).ProtoReflect().New().Interface().(M)
}

// reshape makes a message of another type with the same members, and with those
// that the request has no typed form for, such as an empty list.
func reshape[M proto.Message](from proto.Message) M {
	to := blank[M]()
	overlay(to, from)
	source, target := from.ProtoReflect(), to.ProtoReflect()
	field := source.Descriptor().Fields().ByName(unrecognized)
	if source.Has(field) {
		target.Set(target.Descriptor().Fields().ByName(unrecognized), source.Get(field))
	}
	return to
}

// unrecognized is the field of every message for what it has no place for.
const unrecognized = "unrecognized"

// overlay sets the members that are set in an update to what they are there.
// Objects within are updated in their turn; lists and maps are replaced. Members
// that the other side does not have, or has in another form, are passed over.
func overlay(onto, update proto.Message) {
	overlayMessage(onto.ProtoReflect(), world.Known(proto.Clone(update)).ProtoReflect())
}

// overlayMessage is overlay with an update that no one else has.
func overlayMessage(onto, update protoreflect.Message) {
	fields := onto.Descriptor().Fields()
	update.Range(func(from protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		to := fields.ByName(from.Name())
		switch {
		case to == nil || to.Name() == unrecognized || !sameForm(to, from):
		case to.Message() == nil || to.IsList() || to.IsMap() || to.Message() == from.Message():
			onto.Set(to, value)
		default:
			overlayMessage(onto.Mutable(to).Message(), value.Message())
		}
		return true
	})
}

func sameForm(a, b protoreflect.FieldDescriptor) bool {
	return a.Kind() == b.Kind() && a.Cardinality() == b.Cardinality()
}

// set sets a field by its name.
func set(m proto.Message, field protoreflect.Name, value any) {
	message := m.ProtoReflect()
	message.Set(message.Descriptor().Fields().ByName(field), protoreflect.ValueOf(value))
}
