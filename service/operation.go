package service

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Operation is an RPC and what is compiled of it. It never changes.
type Operation struct {
	// Spec is its HTTP form.
	Spec *transcode.Call

	// FullMethod is the RPC's name as gRPC has it, such as
	// /portone.v2.PaymentService/GetPayment.
	FullMethod string

	// Service and RPC are the two parts of that name.
	Service, RPC string

	// Streams tells that the answer is no message but a file in pieces.
	Streams bool

	empty    bool     // the answer has no content
	required []string // what the answer of a mutation must have
	channels bool     // the answer can name channels and their PGs
}

// Unknown stands for whatever is called and is no operation. Observers, tracers and
// the log see it in an operation's place; it is not among Operations.
var Unknown = &Operation{Spec: &transcode.Call{Method: "GET"}, FullMethod: "/unknown", RPC: "unknown"}

// Operations returns every operation of the contract, sorted by FullMethod.
func Operations(cache *transcode.Cache) ([]*Operation, error) {
	var all []*Operation
	var err error
	pkg := portonev2.File_portone_v2_payment_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				var op *Operation
				if op, err = newOperation(cache, methods.Get(j)); err != nil {
					return false
				}
				all = append(all, op)
			}
		}
		return true
	})
	sort.Slice(all, func(i, j int) bool { return all[i].FullMethod < all[j].FullMethod })
	return all, err
}

// Operation returns the operation of a method of PortOne's.
func (s *Server) Operation(m *contract.Method) *Operation {
	i, found := s.find(m.FullName)
	if !found {
		return nil
	}
	return s.ops[i]
}

// isOperation tells whether an RPC is one of the contract's.
func (s *Server) isOperation(fullMethod string) bool {
	_, found := s.find(fullMethod)
	return found
}

func (s *Server) find(fullMethod string) (int, bool) {
	return slices.BinarySearchFunc(s.ops, fullMethod, func(op *Operation, name string) int { return strings.Compare(op.FullMethod, name) })
}

func newOperation(cache *transcode.Cache, method protoreflect.MethodDescriptor) (*Operation, error) {
	spec, err := cache.Call(method)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method.FullName(), err)
	}
	op := &Operation{
		Spec:       spec,
		Service:    string(method.Parent().FullName()),
		RPC:        string(method.Name()),
		Streams:    method.IsStreamingServer(),
		FullMethod: fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name()),
	}
	// `unrecognized` is the one field of an answer without content.
	op.channels = errmap.NameChannels(method.Output())
	op.empty = !op.Streams && method.Output().Fields().Len() == 1
	if spec.IsMutation() {
		op.required = requiredMembers(method.Output())
	}
	return op, nil
}
