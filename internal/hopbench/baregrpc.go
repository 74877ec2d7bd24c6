package main

import (
	"context"
	"net"
	"path"

	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// serveBareGRPC answers the calls from memory: what is left of a gRPC call's cost
// when nothing is behind it.
func serveBareGRPC(l net.Listener, _ []string) error {
	desc := grpc.ServiceDesc{ServiceName: portonev2.PaymentService_ServiceDesc.ServiceName}
	for _, c := range measuredCalls {
		wire, err := c.answerWire()
		if err != nil {
			return err
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{
			MethodName: path.Base(c.rpc),
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				var request []byte
				return wire, decode(&request)
			},
		})
	}
	server := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}))
	server.RegisterService(&desc, nil)
	return server.Serve(l)
}
