// Package example makes answers out of nothing but the contract, for operations
// that keep no state in the sandbox and for errors that a test asks for. What it
// makes is valid, is the same for the same request and time, and repeats what the
// request said: ids, amounts, names.
package example

import (
	"bytes"
	"encoding/csv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// unrecognized is the number of the field that holds what a message has no place
// for; examples have nothing of that kind.
const unrecognized = 1000

// timestamp is the only message type of the examples that is not the contract's.
var timestamp = (&timestamppb.Timestamp{}).ProtoReflect().Descriptor().FullName()

// Message makes a message of a generated type: its required members, and those
// that the request has under the same name and type. Lists have an element, or as
// many as the request's list of that name. Request may be nil; now is the time of
// every date-time.
//
// The error is that of a type which is not linked into the program.
func Message(name protoreflect.FullName, request proto.Message, now time.Time) (proto.Message, error) {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if err != nil {
		return nil, err
	}
	m := maker{now: now.UTC()}
	var like []protoreflect.Message
	if request != nil {
		like = append(like, request.ProtoReflect())
	}
	made := typ.New()
	m.fill(made, like)
	return made.Interface(), nil
}

// Sheet makes the CSV file of a download: a line with the columns that the
// request asks for in its list `fields`, and a line with an example.
func Sheet(request proto.Message) ([]byte, error) {
	columns := []string{"ID"}
	fd := request.ProtoReflect().Descriptor().Fields().ByName("fields")
	if fd != nil && fd.IsList() && fd.Kind() == protoreflect.StringKind {
		if list := request.ProtoReflect().Get(fd).List(); list.Len() > 0 {
			columns = nil
			for i := range list.Len() {
				columns = append(columns, list.Get(i).String())
			}
		}
	}
	values := make([]string, len(columns))
	for i, column := range columns {
		values[i] = "example-" + strings.ToLower(strings.ReplaceAll(column, "_", "-"))
	}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	err := w.WriteAll([][]string{columns, values})
	return file.Bytes(), err
}

// maker makes one message.
type maker struct{ now time.Time }

// fill sets the members of a message. Like has messages of the request to repeat,
// the one that corresponds to this message first, then those around it.
func (m *maker) fill(made protoreflect.Message, like []protoreflect.Message) {
	fields := made.Descriptor().Fields()
	if c := unionCase(made.Descriptor()); c != nil {
		m.fill(made.Mutable(c).Message(), like)
		return
	}
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch {
		case fd.Number() == unrecognized || echo(made, fd, like):
		case !required(fd):
		case fd.IsMap():
		case fd.IsList():
			m.list(made.Mutable(fd).List(), fd, like)
		case fd.Message() != nil:
			m.message(made.Mutable(fd).Message(), within(like, fd.Name()))
		default:
			made.Set(fd, m.scalar(fd))
		}
	}
}

// message fills a message of the contract, or a timestamp.
func (m *maker) message(made protoreflect.Message, like []protoreflect.Message) {
	if made.Descriptor().FullName() == timestamp {
		proto.Merge(made.Interface(), timestamppb.New(m.now))
		return
	}
	m.fill(made, like)
}

// list makes as many elements as the request has in its list of that name, or one.
func (m *maker) list(made protoreflect.List, fd protoreflect.FieldDescriptor, like []protoreflect.Message) {
	if fd.Message() == nil {
		made.Append(m.scalar(fd))
		return
	}
	given := listed(like, fd.Name())
	if len(given) == 0 {
		given = append(given, nil)
	}
	for _, one := range given {
		around := like
		if one != nil {
			around = append([]protoreflect.Message{one}, like...)
		}
		m.message(made.AppendMutable().Message(), around)
	}
}

// echo copies a member of the request that has the same name and type.
func echo(made protoreflect.Message, fd protoreflect.FieldDescriptor, like []protoreflect.Message) bool {
	for _, source := range like {
		from := source.Descriptor().Fields().ByName(fd.Name())
		if from == nil || !sameType(from, fd) || !source.Has(from) {
			continue
		}
		made.Set(fd, source.Get(from))
		return true
	}
	return false
}

func sameType(a, b protoreflect.FieldDescriptor) bool {
	return a.Kind() == b.Kind() && a.Cardinality() == b.Cardinality() && a.IsMap() == b.IsMap() && !a.IsMap() &&
		a.Message() == b.Message() && a.Enum() == b.Enum()
}

// within puts the request's message of a name, if there is one, before the others.
func within(like []protoreflect.Message, name protoreflect.Name) []protoreflect.Message {
	for _, source := range like {
		fd := source.Descriptor().Fields().ByName(name)
		if fd != nil && fd.Message() != nil && !fd.IsList() && !fd.IsMap() && source.Has(fd) {
			return append([]protoreflect.Message{source.Get(fd).Message()}, like...)
		}
	}
	return like
}

// listed returns the elements of the request's list of messages of a name.
func listed(like []protoreflect.Message, name protoreflect.Name) []protoreflect.Message {
	var elements []protoreflect.Message
	for _, source := range like {
		fd := source.Descriptor().Fields().ByName(name)
		if fd == nil || fd.Message() == nil || !fd.IsList() {
			continue
		}
		for i := range source.Get(fd).List().Len() {
			elements = append(elements, source.Get(fd).List().Get(i).Message())
		}
		return elements
	}
	return elements
}

// unionCase chooses the case of a union, the first one that tells of no failure;
// it is nil for a message that is no union.
func unionCase(md protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	if md.Oneofs().Len() == 0 || md.Oneofs().Get(0).IsSynthetic() {
		return nil
	}
	cases := md.Oneofs().Get(0).Fields()
	for i := range cases.Len() {
		if name := string(cases.Get(i).Name()); !strings.Contains(name, "failed") && !strings.Contains(name, "cancelled") {
			return cases.Get(i)
		}
	}
	return cases.Get(0)
}

func required(fd protoreflect.FieldDescriptor) bool {
	behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	for _, b := range behaviors {
		if b == annotations.FieldBehavior_REQUIRED {
			return true
		}
	}
	return false
}

func jsonText(fd protoreflect.FieldDescriptor) bool {
	return proto.GetExtension(fd.Options(), portonev2.E_JsonText).(bool)
}
