package shop

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// members tells what the members of answers are, by their names in the contract.
// The cases of one union (a paid, failed, cancelled payment; the same as an
// attempt or an event) have most members in common; so each is said once, and
// every case takes those that it has.
//
// A value is a string, bool, integer, enum, instant, message or a slice of
// strings or messages; nil and the instant never leave the member absent.
type members[V any] map[protoreflect.Name]func(V) any

// fill sets what members are known of a message.
func (m members[V]) fill(target protoreflect.Message, v V) {
	fields := target.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if member := m[field.Name()]; member != nil {
			setMember(target, field, member(v))
		}
	}
}

// choose fills one case of a union.
func (m members[V]) choose(union proto.Message, name protoreflect.Name, v V) {
	u := union.ProtoReflect()
	m.fill(u.Mutable(u.Descriptor().Fields().ByName(name)).Message(), v)
}

// with is the members with some said otherwise.
func (m members[V]) with(others members[V]) members[V] {
	merged := make(members[V], len(m)+len(others))
	for _, some := range []members[V]{m, others} {
		for name, member := range some {
			merged[name] = member
		}
	}
	return merged
}

func setMember(target protoreflect.Message, field protoreflect.FieldDescriptor, value any) {
	switch value := value.(type) {
	case nil:
	case instant:
		if value != 0 {
			target.Set(field, protoreflect.ValueOfMessage(value.timestamp().ProtoReflect()))
		}
	case protoreflect.Enum:
		target.Set(field, protoreflect.ValueOfEnum(value.Number()))
	case proto.Message:
		target.Set(field, protoreflect.ValueOfMessage(value.ProtoReflect()))
	case []proto.Message:
		list := target.Mutable(field).List()
		for _, m := range value {
			list.Append(protoreflect.ValueOfMessage(m.ProtoReflect()))
		}
	case []string:
		list := target.Mutable(field).List()
		for _, text := range value {
			list.Append(protoreflect.ValueOfString(text))
		}
	case string, bool, int32, int64:
		target.Set(field, protoreflect.ValueOf(value))
	default:
		panic(fmt.Sprintf("shop: member %s cannot be a %T", field.FullName(), value))
	}
}

// given is the value of an optional member, or nil.
func given[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// text is nil for an empty string, where an empty one means none.
func text(value string) any {
	if value == "" {
		return nil
	}
	return value
}

// message is nil, of no type, for a nil message. It is not copied: what the store
// keeps it never changes, and receivers of answers do not either.
func message[M interface {
	comparable
	proto.Message
}](value M) any {
	var none M
	if value == none {
		return nil
	}
	return value
}

// messages is the same for a list.
func messages[M proto.Message](values []M) any {
	list := make([]proto.Message, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
