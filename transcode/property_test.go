package transcode

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
)

// TestEveryMessage holds the promise for every message type of the contract:
// JSON -> wire -> JSON is an equal document, and wire -> JSON -> wire an equal
// message, for documents as the contract has them and for documents from tomorrow,
// with unknown members, enum values and cases at every depth.
func TestEveryMessage(t *testing.T) {
	for _, md := range contracttest.Messages() {
		t.Run(string(md.Name()), func(t *testing.T) {
			m, err := testCache.Message(md)
			if err != nil {
				t.Fatal(err)
			}
			today := contracttest.Document(md, contracttest.Options{})
			tomorrow := contracttest.Document(md, contracttest.Options{Inject: contracttest.Everything})
			rapid.Check(t, func(t *rapid.T) {
				roundTrip(t, m, today.Draw(t, "today"), true)
				roundTrip(t, m, tomorrow.Draw(t, "tomorrow"), false)
			})
		})
	}
}

// roundTrip checks one document; plain says that nothing of it must end up in
// `unrecognized`.
func roundTrip(t *rapid.T, m *Message, document contracttest.JSON, plain bool) {
	wire, err := m.AppendWire(nil, document, Strict)
	if err != nil {
		t.Fatalf("to wire: %v", err)
	}
	message := dynamicpb.NewMessage(m.Descriptor())
	if err := proto.Unmarshal(wire, message); err != nil {
		t.Fatalf("protobuf-go refuses the wire form: %v", err)
	}
	if plain {
		checkPlain(t, message)
	}
	back, err := m.AppendJSON(nil, wire)
	if err != nil {
		t.Fatalf("to JSON: %v", err)
	}
	if err := contracttest.Equal(m.Descriptor(), document, back); err != nil {
		t.Fatalf("the document changed: %v\nback: %s", err, back)
	}

	// As another encoder writes it: fields in order, lists in one piece.
	other, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	back, err = m.AppendJSON(back[:0], other)
	if err != nil {
		t.Fatalf("to JSON, from protobuf-go's wire form: %v", err)
	}
	if err := contracttest.Equal(m.Descriptor(), document, back); err != nil {
		t.Fatalf("the document changed on the way through protobuf-go: %v\nback: %s", err, back)
	}
	again, err := m.AppendWire(nil, back, Strict)
	if err != nil {
		t.Fatalf("to wire, from our own JSON: %v", err)
	}
	second := dynamicpb.NewMessage(m.Descriptor())
	if err := proto.Unmarshal(again, second); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(message, second) {
		t.Fatalf("the message changed:\n%v\n%v", message, second)
	}
}

// checkPlain fails if anything in a message has no typed form, but for lists and
// maps that are present and empty, which protobuf cannot say.
func checkPlain(t *rapid.T, m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Number() == contract.UnrecognizedNumber:
			v.Map().Range(func(key protoreflect.MapKey, raw protoreflect.Value) bool {
				text := raw.String()
				empty := strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
				if !empty && !isDiscriminator(m.Descriptor(), key.String()) {
					t.Fatalf("%s: %s is unrecognized: %s", m.Descriptor().Name(), key.String(), text)
				}
				return true
			})
		case fd.IsMap():
			if fd.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
					checkPlain(t, value.Message())
					return true
				})
			}
		case fd.IsList():
			for i := 0; fd.Message() != nil && i < v.List().Len(); i++ {
				checkPlain(t, v.List().Get(i).Message())
			}
		case fd.Message() != nil:
			checkPlain(t, v.Message())
		}
		return true
	})
}

// isDiscriminator reports whether a member is both a field and the discriminator, as
// the type of one error is: the discriminator's constant is no value of its enum.
func isDiscriminator(md protoreflect.MessageDescriptor, member string) bool {
	d, _ := proto.GetExtension(md.Options(), portonev2.E_Discriminator).(*portonev2.Discriminator)
	return d.GetProperty() == member
}
