package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// grpcDialer makes callers that share client connections.
type grpcDialer struct {
	address, key string
	conns        []*grpc.ClientConn
}

func newGRPCDialer(address, key string) dialer { return &grpcDialer{address: address, key: key} }

func (d *grpcDialer) caller(i, connections int) (caller, error) {
	n := i % connections
	for len(d.conns) <= n {
		conn, err := grpc.NewClient("passthrough:///"+d.address,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodecV2(rawCodec{})))
		if err != nil {
			return nil, err
		}
		d.conns = append(d.conns, conn)
	}
	return &grpcCaller{conn: d.conns[n], key: d.key}, nil
}

func (*grpcDialer) check(c *call, answer []byte) error { return c.checkWire(answer) }

// grpcCaller makes calls with a deadline, as services should.
type grpcCaller struct {
	conn    *grpc.ClientConn
	key     string // gateway key; empty for none
	calls   *call  // the one that request is for
	request []byte // encoded
	answer  []byte
}

func (g *grpcCaller) call(ctx context.Context, c *call) ([]byte, error) {
	if g.calls != c {
		request, err := proto.Marshal(c.request)
		if err != nil {
			return nil, err
		}
		g.calls, g.request = c, request
	}
	if g.key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "PortOne "+g.key)
	}
	if err := g.conn.Invoke(ctx, c.rpc, g.request, &g.answer); err != nil {
		return nil, err
	}
	return g.answer, nil
}
