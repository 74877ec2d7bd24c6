package transcode

import (
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/contract"
)

// plans has what the process has compiled of the contract. What no call needs is
// never compiled, which keeps the process small.
var plans Cache

// bindings are those of plans, by method.
var bindings sync.Map

// PlanOf returns the compiled form of a message of the contract, the same one for all
// who ask. It panics if the message has no form in PortOne's JSON, which no message of
// the contract does. Safe for concurrent use.
func PlanOf(desc protoreflect.MessageDescriptor) *Message {
	m, err := plans.Message(desc)
	if err != nil {
		panic(err)
	}
	return m
}

// BindingOf returns the HTTP form of a method of PortOne's, the same one for all who
// ask. It panics if there is none, which no method of the contract does. Safe for
// concurrent use.
func BindingOf(method *contract.Method) *Binding {
	if b, ok := bindings.Load(method); ok {
		return b.(*Binding)
	}
	b, err := plans.Bind(method)
	if err != nil {
		panic(err)
	}
	first, _ := bindings.LoadOrStore(method, b)
	return first.(*Binding)
}
