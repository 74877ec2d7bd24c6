package cashreceipt

import (
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// checkRequired fails the test if an answer lacks a member that the contract
// requires, at any depth.
func checkRequired(t *testing.T, answer proto.Message) {
	t.Helper()
	m := answer.ProtoReflect()
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		if fd.HasPresence() && !m.Has(fd) && slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED) {
			t.Errorf("%s is absent", fd.FullName())
		}
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap() || fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				checkRequired(t, v.List().Get(i).Message().Interface())
			}
		default:
			checkRequired(t, v.Message().Interface())
		}
		return true
	})
}
