package world

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Known takes out of a message, at every depth, what the contract has no typed form
// for, and returns the message. Domains call it for what they keep of a request:
// PortOne ignores what it does not know, so it is not to be seen later.
func Known[M proto.Message](m M) M {
	forget(m.ProtoReflect())
	return m
}

// forget clears the field `unrecognized` at every depth.
func forget(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Name() == "unrecognized":
			m.Clear(fd)
		case fd.IsMap() && fd.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
				forget(value.Message())
				return true
			})
		case fd.IsMap() || fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				forget(v.List().Get(i).Message())
			}
		default:
			forget(v.Message())
		}
		return true
	})
}
