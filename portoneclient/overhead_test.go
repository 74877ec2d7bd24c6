package portoneclient_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneclient"
)

// BenchmarkCall measures what the interceptor adds to a call, without a network: the
// answer comes from an interceptor behind it. -benchmem shows the allocations.
func BenchmarkCall(b *testing.B) {
	answer := func(context.Context, string, any, any, *grpc.ClientConn, grpc.UnaryInvoker, ...grpc.CallOption) error {
		return nil
	}
	bare, err := grpc.NewClient("127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(answer))
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	own, err := portoneclient.Dial("127.0.0.1:1", portoneclient.Options{More: []grpc.DialOption{grpc.WithChainUnaryInterceptor(answer)}})
	if err != nil {
		b.Fatal(err)
	}
	defer own.Close()
	for _, c := range []struct {
		name   string
		conn   *grpc.ClientConn
		method string
	}{
		{"read, bare", bare, portonev2.PaymentService_GetPayment_FullMethodName},
		{"read", own, portonev2.PaymentService_GetPayment_FullMethodName},
		{"mutation, bare", bare, portonev2.PaymentService_CancelPayment_FullMethodName},
		{"mutation", own, portonev2.PaymentService_CancelPayment_FullMethodName},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.conn.Invoke(context.Background(), c.method, &emptypb.Empty{}, &emptypb.Empty{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
