package view_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/transcode"
)

func protoName(name string) protoreflect.Name { return protoreflect.Name(name) }

// BenchmarkRead reads the amount of a cancellation that has four members.
func BenchmarkRead(b *testing.B) {
	method := contract.Lookup("/portone.v2.PaymentService/CancelPayment")
	wire, err := proto.Marshal(cancel(nil))
	if err != nil {
		b.Fatal(err)
	}
	var request transcode.Request
	if err := transcode.BindingOf(method).SetRequest(&request, wire, maxTarget); err != nil {
		b.Fatal(err)
	}
	var types view.Types
	root := types.Of(method.Descriptor.Input())
	plan, err := view.NewPlan(&types, method, view.Selection{root.Field("amount"): true}, view.Unknown{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, problem := plan.Read(&request); problem != nil {
			b.Fatal(problem)
		}
	}
}
