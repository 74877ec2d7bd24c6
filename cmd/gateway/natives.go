package main

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/declines"
	"github.com/portone-gateway/portone-gateway/errmap"
	gatewayhttp "github.com/portone-gateway/portone-gateway/gen/gateway/portone/gateway/v1"
	gatewayv1 "github.com/portone-gateway/portone-gateway/gen/portone/gateway/v1"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/service"
)

// natives are the services that the gateway answers by itself, by gRPC and REST.
func natives(mapper *errmap.Mapper, e *eventing) ([]service.Native, []rest.Registration) {
	services, registrations := e.natives()
	return append(services, service.Native{Desc: &gatewayv1.DeclineService_ServiceDesc, Impl: declines.New(mapper)}),
		append(registrations, func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			return gatewayhttp.RegisterDeclineServiceHandlerClient(ctx, mux, gatewayv1.NewDeclineServiceClient(conn))
		})
}
