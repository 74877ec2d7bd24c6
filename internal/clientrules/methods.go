package main

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// method is what a client has to know of an RPC.
type method struct {
	Operation string `json:"operation"` // PortOne's operationId
	Service   string `json:"service"`   // full name
	Name      string `json:"name"`
	File      string `json:"file"` // of the service, without .proto
	Request   string `json:"request"`
	Response  string `json:"response"`
	Mutation  bool   `json:"mutation"`
	Stream    bool   `json:"stream,omitempty"` // the answer is a file in pieces
	List      *list  `json:"list,omitempty"`
}

// list says how an RPC lists things.
type list struct {
	By string `json:"by"` // page or cursor

	// Number and Size are the paths of the fields of the request that say which page
	// is asked for, and how large it is; Cursor that of the cursor.
	Number string `json:"number,omitempty"`
	Size   string `json:"size"`
	Cursor string `json:"cursor,omitempty"`
	Items  string `json:"items"` // field of the response
	Item   string `json:"item"`  // full name of the message that they are

	// Until is the path of the field that ends the range of time in the request, to
	// be set before the first page so that what is new does not shift the later ones.
	Until string `json:"until,omitempty"`

	// Cursor is the RPC that lists the same without an end, where there is one.
	Endless string `json:"cursorMethod,omitempty"`
}

// newMethods lists the contract's RPCs by the path that gRPC has for them.
func newMethods() (map[string]*method, error) {
	all := make(map[string]*method)
	var err error
	pkg := portonev2.File_portone_v2_payment_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				md := methods.Get(j)
				var m *method
				if m, err = newMethod(md); err != nil {
					return false
				}
				all[fmt.Sprintf("/%s/%s", md.Parent().FullName(), md.Name())] = m
			}
		}
		return true
	})
	if payments := all["/portone.v2.PaymentService/GetPayments"]; payments != nil && payments.List != nil {
		payments.List.Endless = "/portone.v2.PaymentService/GetAllPaymentsByCursor"
		if all[payments.List.Endless] == nil {
			return nil, fmt.Errorf("there is no %s", payments.List.Endless)
		}
	}
	return all, err
}

func newMethod(md protoreflect.MethodDescriptor) (*method, error) {
	http, _ := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	if http == nil {
		return nil, fmt.Errorf("%s has no google.api.http", md.FullName())
	}
	operation, _ := proto.GetExtension(md.Options(), portonev2.E_Operation).(*portonev2.Operation)
	return &method{
		Operation: operation.GetId(), Service: string(md.Parent().FullName()), Name: string(md.Name()),
		File:    strings.TrimSuffix(md.ParentFile().Path(), ".proto"),
		Request: string(md.Input().FullName()), Response: string(md.Output().FullName()),
		Mutation: http.GetGet() == "", Stream: md.IsStreamingServer(), List: newList(md),
	}, nil
}

// newList reports how an RPC lists things, or nil if it does not.
func newList(md protoreflect.MethodDescriptor) *list {
	items := itemsOf(md.Output().Fields())
	if items == nil {
		return nil
	}
	l := &list{Items: string(items.Name()), Item: string(items.Message().FullName())}
	in := md.Input().Fields()
	switch page := pageOf(in); {
	case page != nil:
		l.By, l.Number, l.Size = "page", string(page.Name())+".number", string(page.Name())+".size"
	case in.ByName("page_number") != nil:
		l.By, l.Number, l.Size = "page", "page_number", "page_size"
	case in.ByName("cursor") != nil:
		l.By, l.Cursor, l.Size = "cursor", "cursor", "size"
	default:
		return nil
	}
	until(md.Input(), l)
	return l
}

// itemsOf finds the one list of messages in an answer.
func itemsOf(fields protoreflect.FieldDescriptors) (found protoreflect.FieldDescriptor) {
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !fd.IsList() || fd.Message() == nil {
			continue
		}
		if found != nil {
			return nil // there are two
		}
		found = fd
	}
	return found
}

// pageOf finds the field that says which page is asked for.
func pageOf(fields protoreflect.FieldDescriptors) protoreflect.FieldDescriptor {
	for i := range fields.Len() {
		if m := fields.Get(i).Message(); m != nil && m.FullName() == (&portonev2.PageInput{}).ProtoReflect().Descriptor().FullName() {
			return fields.Get(i)
		}
	}
	return nil
}

// until looks for the end of the range of time in a request: at the top, or in its
// filter.
func until(request protoreflect.MessageDescriptor, l *list) {
	if end := request.Fields().ByName("until"); isTimestamp(end) {
		l.Until = "until"
		return
	}
	filter := request.Fields().ByName("filter")
	if filter == nil || filter.Message() == nil {
		return
	}
	if end := filter.Message().Fields().ByName("until"); isTimestamp(end) {
		l.Until = "filter.until"
	}
}

func isTimestamp(field protoreflect.FieldDescriptor) bool {
	return field != nil && field.Message() != nil && field.Message().FullName() == "google.protobuf.Timestamp"
}
