package portoneclient

import (
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// kind is what a method is to the interceptor.
type kind int

const (
	foreign  kind = iota // not the gateway's: health, reflection
	read                 // changes nothing
	mutation             // may change something
)

var kinds sync.Map // of methods that were called, by their paths

// kindOf says what a method is, by its path, /portone.v2.PaymentService/GetPayment. It
// is a mutation if its HTTP form is no GET.
func kindOf(path string) kind {
	if known, found := kinds.Load(path); found {
		return known.(kind)
	}
	k := describe(path)
	if k != foreign { // whatever a caller makes up is not kept
		kinds.Store(path, k)
	}
	return k
}

func describe(path string) kind {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", "."))
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	method, ok := descriptor.(protoreflect.MethodDescriptor)
	if err != nil || !ok || !strings.HasPrefix(string(name), "portone.") {
		return foreign
	}
	http, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	switch {
	case http == nil:
		return foreign
	case http.GetGet() != "":
		return read
	}
	return mutation
}
