package contract

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Method is an RPC of the contract and the HTTP request behind it.
type Method struct {
	// Operation is what PortOne's document says of it; nil where the gateway answers
	// by itself.
	Operation *portonev2.Operation

	// Descriptor is the RPC's.
	Descriptor protoreflect.MethodDescriptor

	// FullName is the RPC's name as gRPC sends it, such as
	// /portone.v2.PaymentService/GetPayment.
	FullName string

	// Service and Name are the two parts of that name.
	Service, Name string

	// HTTPMethod is GET, POST, PUT, PATCH or DELETE.
	HTTPMethod string

	// Template is the path with field names in braces, as google.api.http has it.
	Template string

	// Params are the field names in Template, from left to right.
	Params []string

	// Required are the JSON names of the members that the contract requires of
	// PortOne's answer.
	Required []string

	// Streams reports whether the answer is a stream: of PortOne's, a file in pieces.
	Streams bool
}

// ID is PortOne's operationId, such as getPayment; empty where the gateway answers by
// itself.
func (m *Method) ID() string { return m.Operation.GetId() }

// IsMutation reports whether PortOne may change something for it.
func (m *Method) IsMutation() bool { return m.Operation != nil && m.HTTPMethod != "GET" }

// EmptyAnswer reports whether PortOne's answer may have no content: the answer's
// message has no member but `unrecognized`.
func (m *Method) EmptyAnswer() bool {
	return !m.Streams && m.Operation != nil && m.Descriptor.Output().Fields().Len() == 1
}

// NewMethod reads the facts of an RPC, whose google.api.http says where it is by HTTP.
// An RPC without portone.v2.operation is one that the gateway answers by itself. The
// descriptor must be that of generated code.
func NewMethod(desc protoreflect.MethodDescriptor) (*Method, error) {
	m := &Method{
		Descriptor: desc,
		FullName:   fmt.Sprintf("/%s/%s", desc.Parent().FullName(), desc.Name()),
		Service:    string(desc.Parent().FullName()),
		Name:       string(desc.Name()),
		Streams:    desc.IsStreamingServer(),
	}
	if operation, ok := proto.GetExtension(desc.Options(), portonev2.E_Operation).(*portonev2.Operation); ok {
		m.Operation = operation
	}
	rule, _ := proto.GetExtension(desc.Options(), annotations.E_Http).(*annotations.HttpRule)
	m.HTTPMethod, m.Template = patternOf(rule)
	if m.Operation != nil && m.HTTPMethod == "" {
		return nil, fmt.Errorf("contract: %s has no google.api.http", m.FullName)
	}
	if !m.Streams {
		m.Required = requiredOf(desc.Output())
	}
	for segment := range strings.SplitSeq(m.Template, "/") {
		if name, isParam := strings.CutPrefix(segment, "{"); isParam {
			m.Params = append(m.Params, strings.TrimSuffix(name, "}"))
		}
	}
	return m, nil
}

func requiredOf(message protoreflect.MessageDescriptor) (names []string) {
	for i := range message.Fields().Len() {
		fd := message.Fields().Get(i)
		behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		if slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED) {
			names = append(names, fd.JSONName())
		}
	}
	return names
}

func patternOf(rule *annotations.HttpRule) (method, template string) {
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Put:
		return "PUT", pattern.Put
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	case *annotations.HttpRule_Delete:
		return "DELETE", pattern.Delete
	}
	return "", ""
}

// Methods returns the methods that PortOne answers, sorted by FullName. The slice
// must not be changed.
func Methods() []*Method { return portone().sorted }

// Lookup returns the method that PortOne answers under an RPC's full name, or nil.
func Lookup(fullName string) *Method { return portone().byName[fullName] }

// ByID returns the method behind an operationId of PortOne's, or nil.
func ByID(operationID string) *Method { return portone().byID[operationID] }

// index holds the methods of portone.v2.
type index struct {
	sorted       []*Method
	byName, byID map[string]*Method
}

// portone reads the methods of portone.v2. That they can be read is a property of the
// generated code, which tests check.
var portone = sync.OnceValue(func() *index {
	x := &index{byName: make(map[string]*Method), byID: make(map[string]*Method)}
	pkg := portonev2.File_portone_v2_annotations_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				x.add(methods.Get(j))
			}
		}
		return true
	})
	slices.SortFunc(x.sorted, func(a, b *Method) int { return strings.Compare(a.FullName, b.FullName) })
	return x
})

func (x *index) add(desc protoreflect.MethodDescriptor) {
	m, err := NewMethod(desc)
	if err != nil {
		panic(err)
	}
	x.sorted = append(x.sorted, m)
	x.byName[m.FullName], x.byID[m.ID()] = m, m
}
