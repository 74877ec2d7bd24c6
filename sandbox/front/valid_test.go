package front

import (
	"encoding/json"
	"fmt"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// validAnswer reports whether a document is an answer of a type as the contract has
// it: nothing of another type, nothing that the contract does not know, and
// everything that it requires.
func validAnswer(plan *transcode.Message, document []byte) error {
	wire, err := plan.AppendWire(nil, document, transcode.Strict)
	if err != nil {
		return err
	}
	typ, err := protoregistry.GlobalTypes.FindMessageByName(plan.Descriptor().FullName())
	if err != nil {
		return err
	}
	message := typ.New()
	if err := proto.Unmarshal(wire, message.Interface()); err != nil {
		return err
	}
	return complete(message, "")
}

// complete looks for unrecognized and missing members at every depth.
func complete(m protoreflect.Message, path string) error {
	fields := m.Descriptor().Fields()
	if fields.ByNumber(unrecognized) == nil {
		return nil // a timestamp
	}
	var err error
	m.Get(fields.ByNumber(unrecognized)).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		if v.String() == "" {
			err = fmt.Errorf("%s.%s is missing", path, k)
		} else {
			err = fmt.Errorf("%s.%s is not in the contract: %s", path, k, v)
		}
		return false
	})
	if err != nil {
		return err
	}
	if m.Descriptor().Oneofs().Len() > 0 && !m.Descriptor().Oneofs().Get(0).IsSynthetic() && m.WhichOneof(m.Descriptor().Oneofs().Get(0)) == nil {
		return fmt.Errorf("%s has no case", path)
	}
	for i := range fields.Len() {
		if err := completeField(m, fields.Get(i), join(path, fields.Get(i).JSONName())); err != nil {
			return err
		}
	}
	return nil
}

func completeField(m protoreflect.Message, fd protoreflect.FieldDescriptor, path string) error {
	switch value := m.Get(fd); {
	case !m.Has(fd):
		behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		if len(behaviors) > 0 && fd.Cardinality() != protoreflect.Repeated {
			return fmt.Errorf("%s is missing", path)
		}
	case fd.IsList() && fd.Message() != nil:
		for i := range value.List().Len() {
			if err := complete(value.List().Get(i).Message(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case fd.IsMap() && fd.MapValue().Message() != nil:
		var err error
		value.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			err = complete(v.Message(), path+"."+k.String())
			return err == nil
		})
		return err
	case fd.Message() != nil && !fd.IsList() && !fd.IsMap():
		return complete(value.Message(), path)
	}
	return nil
}

// validError reports whether a document is the error of a type that the operation
// answers with: its data is what the contract says of it, and there is no other.
func (c *catalog) validError(op *operation, r *reason, document []byte) error {
	schema := r.schema
	if own := op.schema[r.typ]; own != "" {
		schema = own
	}
	typ, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("portone.v2." + schema))
	if err != nil || schema == "" {
		return onlyTypeAndMessage(document)
	}
	plan := transcode.PlanOf(typ.Descriptor())
	// Whoever calls has looked at the type, and one error's is not in its own enum.
	if plan, err = plan.Ignoring("type", "message"); err != nil {
		return err
	}
	return validAnswer(plan, document)
}

func onlyTypeAndMessage(document []byte) error {
	var members map[string]string
	if err := json.Unmarshal(document, &members); err != nil {
		return err
	}
	if len(members) != 2 || members["type"] == "" || members["message"] == "" {
		return fmt.Errorf("should have a type and a message and nothing else")
	}
	return nil
}

// general are the errors that an operation may answer with although its list does
// not say so.
var general = map[portonev2.ErrorReason]bool{invalidRequest: true, unauthorized: true, outstanding: true}

// unrecognized is the number of the field that holds members without a typed form.
const unrecognized = 1000

func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}
