package transcode

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
)

// TestAgreesWithProtojson is a check of meaning by somebody else's code. Where
// PortOne's JSON is protojson's too (no unions, no enums, no free-form members),
// protojson must read our documents as the same message, and we must read its
// documents as the same message (but for 64-bit integers, which it writes as
// strings).
func TestAgreesWithProtojson(t *testing.T) {
	compared := 0
	for _, md := range contracttest.Messages() {
		agrees, hasInt64 := protojsonAgrees(md, map[protoreflect.FullName]bool{})
		if !agrees {
			continue
		}
		compared++
		t.Run(string(md.Name()), func(t *testing.T) {
			m, err := testCache.Message(md)
			if err != nil {
				t.Fatal(err)
			}
			documents := contracttest.Document(md, contracttest.Options{})
			rapid.Check(t, func(t *rapid.T) {
				wire, err := m.AppendWire(nil, documents.Draw(t, "document"), Strict)
				if err != nil {
					t.Fatal(err)
				}
				ours, theirs := newMessage(md).Interface(), newMessage(md).Interface()
				if err := proto.Unmarshal(wire, ours); err != nil {
					t.Fatal(err)
				}
				text, err := m.AppendJSON(nil, wire)
				if err != nil {
					t.Fatal(err)
				}
				// What is only in `unrecognized` protojson does not know.
				if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, theirs); err != nil {
					t.Fatalf("protojson refuses %s: %v", text, err)
				}
				withoutUnrecognized(ours.ProtoReflect())
				if !proto.Equal(ours, theirs) {
					t.Fatalf("protojson reads %s as\n%v\nwe as\n%v", text, theirs, ours)
				}
				if hasInt64 {
					return
				}
				if text, err = protojson.Marshal(ours); err != nil {
					t.Fatal(err)
				}
				if wire, err = m.AppendWire(nil, text, Strict); err != nil {
					t.Fatalf("we refuse protojson's %s: %v", text, err)
				}
				again := newMessage(md).Interface()
				if err := proto.Unmarshal(wire, again); err != nil {
					t.Fatal(err)
				}
				withoutUnrecognized(again.ProtoReflect())
				if !proto.Equal(ours, again) {
					t.Fatalf("we read protojson's %s as\n%v, want\n%v", text, again, ours)
				}
			})
		})
	}
	if compared < 50 {
		t.Errorf("only %d message types could be compared", compared)
	}
}

// protojsonAgrees reports whether the two mappings agree on a type and all that it
// uses, and whether there are 64-bit integers in it.
func protojsonAgrees(md protoreflect.MessageDescriptor, visited map[protoreflect.FullName]bool) (agrees, hasInt64 bool) {
	if visited[md.FullName()] || md.FullName() == "google.protobuf.Timestamp" {
		return true, false
	}
	visited[md.FullName()] = true
	if proto.HasExtension(md.Options(), portonev2.E_Discriminator) {
		return false, false
	}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		freeForm, _ := proto.GetExtension(fd.Options(), portonev2.E_JsonText).(bool)
		if oneof := fd.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() || fd.Enum() != nil || freeForm {
			return false, false
		}
		hasInt64 = hasInt64 || fd.Kind() == protoreflect.Int64Kind
		if fd.Message() != nil {
			ok, int64s := protojsonAgrees(fd.Message(), visited)
			if !ok {
				return false, false
			}
			hasInt64 = hasInt64 || int64s
		}
	}
	return true, hasInt64
}

// withoutUnrecognized clears `unrecognized` in a message and all within it.
func withoutUnrecognized(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Number() == contract.UnrecognizedNumber:
			m.Clear(fd)
		case fd.IsMap():
			if fd.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
					withoutUnrecognized(value.Message())
					return true
				})
			}
		case fd.IsList():
			for i := 0; fd.Message() != nil && i < v.List().Len(); i++ {
				withoutUnrecognized(v.List().Get(i).Message())
			}
		case fd.Message() != nil:
			withoutUnrecognized(v.Message())
		}
		return true
	})
}
