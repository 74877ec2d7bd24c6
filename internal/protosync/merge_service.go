package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

// mergeServices brings the services in step. An RPC stays in its service even if
// PortOne moves the operation to another category: the service is part of its
// name on the wire.
func (m *merger) mergeServices() {
	for _, service := range m.want.Services {
		for _, want := range service.Methods {
			m.wanted[want.Name+"()"] = true
			present, ok := m.methods[want.Name]
			if !ok {
				m.addMethod(service, want)
				m.summary.Operations.Added++
				continue
			}
			m.summary.Operations.Kept++
			m.wanted[present.service.GetName()] = true
			setDeprecated(present.service, false)
			m.checkMethod(present.desc, want)
			setDeprecated(present.desc, want.Deprecated)
			proto.SetExtension(present.desc.Options, portonev2.E_Operation, want.Operation)
		}
	}
}

func (m *merger) addMethod(service *Service, want *Method) {
	m.wanted[service.Name] = true
	f := m.file(service.File)
	i := slices.IndexFunc(f.Service, func(s *descriptorpb.ServiceDescriptorProto) bool { return s.GetName() == service.Name })
	if i < 0 {
		i = len(f.Service)
		f.Service = append(f.Service, &descriptorpb.ServiceDescriptorProto{Name: proto.String(service.Name)})
		// A new file begins with its service.
		f.locateAt([]int32{fileService, int32(i)}, firstNewLine)
	}
	s := f.Service[i]
	method := &descriptorpb.MethodDescriptorProto{
		Name: proto.String(want.Name), InputType: proto.String(want.Request), OutputType: proto.String(want.Response),
		Options: &descriptorpb.MethodOptions{},
	}
	if want.CSV {
		method.ServerStreaming = proto.Bool(true)
	}
	proto.SetExtension(method.Options, annotations.E_Http, httpRule(want))
	proto.SetExtension(method.Options, portonev2.E_Operation, want.Operation)
	setDeprecated(method, want.Deprecated)
	s.Method = append(s.Method, method)
	f.locate([]int32{fileService, int32(i), serviceMethod, int32(len(s.Method) - 1)})
}

// httpRule is the google.api.http option of an RPC. Query parameters of an
// operation with a body are told by portone.v2.location: google.api.http has no
// form for both at once.
func httpRule(m *Method) *annotations.HttpRule {
	switch m.HTTPMethod {
	case "GET":
		return &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: m.HTTPPath}}
	case "DELETE":
		return &annotations.HttpRule{Pattern: &annotations.HttpRule_Delete{Delete: m.HTTPPath}}
	case "POST":
		return &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: m.HTTPPath}, Body: "*"}
	case "PUT":
		return &annotations.HttpRule{Pattern: &annotations.HttpRule_Put{Put: m.HTTPPath}, Body: "*"}
	default:
		return &annotations.HttpRule{Pattern: &annotations.HttpRule_Patch{Patch: m.HTTPPath}, Body: "*"}
	}
}

// checkMethod notes what changed of an RPC that callers rely on.
func (m *merger) checkMethod(present *descriptorpb.MethodDescriptorProto, want *Method) {
	what := "operation " + want.Operation.GetId()
	if present.GetOutputType() != want.Response || present.GetServerStreaming() != want.CSV {
		m.breaks(what+": its answer", answerOf(present.GetOutputType(), present.GetServerStreaming()), answerOf(want.Response, want.CSV), keepOut)
	}
	if present.Options == nil {
		present.Options = &descriptorpb.MethodOptions{}
	}
	rule, _ := proto.GetExtension(present.Options, annotations.E_Http).(*annotations.HttpRule)
	if !proto.Equal(rule, httpRule(want)) {
		m.breaks(what+": its route", routeOf(rule), routeOf(httpRule(want)), keepOut)
	}
}

func answerOf(typ string, stream bool) string {
	if stream {
		return "a CSV file"
	}
	return typeName(typ)
}

func routeOf(rule *annotations.HttpRule) string {
	return strings.TrimSpace(fmt.Sprint(rule))
}

// markGone marks what the document no longer has.
func (m *merger) markGone() {
	gone := func(count *Count, key string, element proto.Message) {
		if m.wanted[key] {
			return
		}
		count.Gone++
		if setDeprecated(element, true) {
			count.Deprecated++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(m.files)) {
		f := m.files[path]
		for _, d := range f.MessageType {
			gone(&m.summary.Messages, d.GetName(), d)
			for _, field := range d.Field {
				if m.wanted[d.GetName()] && field.GetNumber() != contract.UnrecognizedNumber {
					gone(&m.summary.Fields, d.GetName()+"."+field.GetName(), field)
				}
			}
		}
		for _, d := range f.EnumType {
			var ignored Count
			gone(&ignored, d.GetName(), d)
			for _, v := range d.Value {
				if m.wanted[d.GetName()] && v.GetNumber() != 0 {
					gone(&m.summary.Values, d.GetName()+"."+v.GetName(), v)
				}
			}
		}
		for _, s := range f.Service {
			var ignored Count
			gone(&ignored, s.GetName(), s)
			for _, d := range s.Method {
				gone(&m.summary.Operations, d.GetName()+"()", d)
			}
		}
	}
}
