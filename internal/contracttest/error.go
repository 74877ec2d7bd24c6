package contracttest

import (
	"encoding/json"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// ErrorType is what the contract says of errors of a type; nil if it does not
// know the type.
func ErrorType(typ string) *portonev2.ErrorType { return errorTypes[typ] }

var errorTypes = func() map[string]*portonev2.ErrorType {
	types := make(map[string]*portonev2.ErrorType)
	values := portonev2.ErrorReason(0).Descriptor().Values()
	for i := range values.Len() {
		if e, _ := proto.GetExtension(values.Get(i).Options(), portonev2.E_ErrorType).(*portonev2.ErrorType); e != nil {
			types[e.GetType()] = e
		}
	}
	return types
}()

// ErrorData is the message with the data of an error as an operation raises it;
// nil if it has none.
func ErrorData(operation *portonev2.Operation, typ string) protoreflect.MessageDescriptor {
	schema := errorTypes[typ].GetSchema()
	if other := operation.GetErrorSchemas()[typ]; other != "" {
		schema = other
	}
	file := portonev2.File_portone_v2_error_proto
	return file.Messages().ByName(protoreflect.Name(schema))
}

// Error returns a generator of the errors of a type as an operation raises it:
// with and without a message, random data, and members that the contract does not
// know. There are no members `code` and `details`.
func Error(operation *portonev2.Operation, typ string) *rapid.Generator[JSON] {
	md, inject := ErrorData(operation, typ), UnknownMembers|UnknownEnums|Nulls
	if md == nil {
		md = empty
	}
	data := Document(md, Options{Inject: inject, InjectPercent: 20})
	return rapid.Custom(func(t *rapid.T) JSON {
		members := make(map[string]json.RawMessage)
		if err := json.Unmarshal(data.Draw(t, "data"), &members); err != nil {
			t.Fatal(err)
		}
		members["type"], _ = json.Marshal(typ)
		delete(members, "message")
		switch rapid.IntRange(0, 3).Draw(t, "message") {
		case 0:
			members["message"] = json.RawMessage(rapid.SampledFrom([]string{"null", "1", `{"ko":"x"}`}).Draw(t, "no text"))
		case 1, 2:
			members["message"], _ = json.Marshal(rapid.String().Draw(t, "text"))
		}
		delete(members, "code") // the gateway's REST side has its own of these
		delete(members, "details")
		text, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
}

// empty is a message type without fields of its own.
var empty = (&portonev2.DeletePlatformTransferResponse{}).ProtoReflect().Descriptor()
