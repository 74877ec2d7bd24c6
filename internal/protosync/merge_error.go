package main

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

const (
	reasonEnum   = "ErrorReason"
	errorMessage = "PortOneError"
	errorOneof   = "data"

	// The cases of PortOneError's data begin here. Numbers below are for the
	// fields that people give it.
	firstDataNumber = 101
)

// mergeErrors brings ErrorReason and the data of PortOneError in step. The rest
// of PortOneError is kept by hand.
func (m *merger) mergeErrors() {
	enum := &Enum{Name: reasonEnum, File: errorFile}
	for _, r := range m.want.Reasons {
		enum.Values = append(enum.Values, r.Type)
	}
	m.wanted[reasonEnum] = true
	present := m.mergeEnum(enum)
	for _, r := range m.want.Reasons {
		for _, v := range present.desc.Value {
			if v.GetName() != enumValue(reasonEnum, r.Type) {
				continue
			}
			if v.Options == nil {
				v.Options = &descriptorpb.EnumValueOptions{}
			}
			proto.SetExtension(v.Options, portonev2.E_ErrorType, &portonev2.ErrorType{
				Type: r.Type, HttpStatus: r.HTTPStatus, Schema: r.Schema,
			})
		}
	}
	m.mergeErrorData()
}

func (m *merger) mergeErrorData() {
	message := &Message{Name: errorMessage, File: errorFile, FirstNumber: firstDataNumber, Source: "the errors"}
	m.wanted[errorMessage] = true
	present, ok := m.messages[errorMessage]
	if !ok {
		present = m.newMessage(message)
		m.addUnrecognized(present)
	}
	for _, f := range present.desc.Field {
		m.wanted[errorMessage+"."+f.GetName()] = f.GetNumber() < firstDataNumber || f.GetNumber() == contract.UnrecognizedNumber
	}
	for _, r := range m.want.Reasons {
		if r.Data == "" {
			continue
		}
		m.ensureDataOneof(present)
		field := &Field{
			Name: dataField(r.Schema), JSONName: jsonName(dataField(r.Schema)), Card: InUnion,
			Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, TypeName: r.Data,
		}
		m.wanted[errorMessage+"."+field.Name] = true
		m.mergeField(present, message, field)
	}
}

// ensureDataOneof adds the oneof where there is none, before all others.
func (m *merger) ensureDataOneof(present place[*descriptorpb.DescriptorProto]) {
	d := present.desc
	if slices.ContainsFunc(d.OneofDecl, func(o *descriptorpb.OneofDescriptorProto) bool { return o.GetName() == errorOneof }) {
		return
	}
	d.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: proto.String(errorOneof)}}
	present.file.locate(append(slices.Clone(present.path), messageOneof, 0))
}
