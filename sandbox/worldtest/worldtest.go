// Package worldtest holds what domains of the sandbox answer against the contract,
// for their tests.
package worldtest

import (
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TB is what the checks need of a test; those of pgregory.net/rapid have it too.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Complete fails the test if a message lacks a member that the contract requires,
// at any depth.
func Complete(t TB, m proto.Message) {
	t.Helper()
	if missing := Absent(m); len(missing) > 0 {
		t.Errorf("%T lacks %s: %v", m, strings.Join(missing, ", "), m)
	}
}

// Absent lists the required members that a message does not have, and unions
// without a case, at every depth. Lists and maps may be empty.
func Absent(m proto.Message) []string { return absent(m.ProtoReflect(), "") }

func absent(m protoreflect.Message, path string) (missing []string) {
	if oneofs := m.Descriptor().Oneofs(); oneofs.Len() > 0 && !oneofs.Get(0).IsSynthetic() && m.WhichOneof(oneofs.Get(0)) == nil {
		missing = append(missing, path+string(oneofs.Get(0).Name())+" (no case)")
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !m.Has(fd) {
			if fd.HasPresence() && required(fd) {
				missing = append(missing, path+fd.JSONName())
			}
			continue
		}
		for _, within := range messages(fd, m.Get(fd)) {
			missing = append(missing, absent(within, path+fd.JSONName()+".")...)
		}
	}
	return missing
}

func required(fd protoreflect.FieldDescriptor) bool {
	behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED)
}

// messages are those in a field: one, a list's, a map's, or none.
func messages(fd protoreflect.FieldDescriptor, value protoreflect.Value) (all []protoreflect.Message) {
	switch {
	case fd.IsMap() && fd.MapValue().Message() != nil:
		value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			all = append(all, v.Message())
			return true
		})
	case fd.IsMap() || fd.Message() == nil:
	case fd.IsList():
		for i := range value.List().Len() {
			all = append(all, value.List().Get(i).Message())
		}
	default:
		all = append(all, value.Message())
	}
	return all
}

// Listed fails the test if the operation that takes a request does not list the
// type of a refusal, or the refusal has no message or incomplete data.
func Listed(t TB, request proto.Message, refusal *world.Refusal) {
	t.Helper()
	op := Operation(request)
	if typ := Type(refusal.Reason); !slices.Contains(op.GetErrors(), typ) {
		t.Errorf("%s is refused with %s, which it does not list; request: %v", op.GetId(), typ, request)
	}
	if refusal.Message == "" {
		t.Errorf("%s is refused without a message; request: %v", op.GetId(), request)
	}
	if refusal.Data != nil {
		Complete(t, refusal.Data)
	}
}

// Operation is what the contract says of the RPC that takes a request. It panics
// if there is none.
func Operation(request proto.Message) *portonev2.Operation {
	name := request.ProtoReflect().Descriptor().Name()
	rpc := protoreflect.Name(strings.TrimSuffix(string(name), "Request"))
	var found *portonev2.Operation
	protoregistry.GlobalFiles.RangeFilesByPackage("portone.v2", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			if method := file.Services().Get(i).Methods().ByName(rpc); method != nil {
				found = proto.GetExtension(method.Options(), portonev2.E_Operation).(*portonev2.Operation)
			}
		}
		return found == nil
	})
	if found == nil {
		panic("worldtest: no RPC takes " + string(name))
	}
	return found
}

// Type is a reason as PortOne's JSON has it.
func Type(reason portonev2.ErrorReason) string {
	value := reason.Descriptor().Values().ByNumber(reason.Number())
	return proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType).GetType()
}
