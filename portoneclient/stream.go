package portoneclient

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/portoneerr"
)

// streamErrors makes the errors of streams *portoneerr.Error. Streams are the two
// downloads, which change nothing; they are not asked for again, since a part of the file
// may have arrived.
func streamErrors(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if kindOf(method) == foreign {
		return stream, err
	}
	if err != nil {
		return nil, portoneerr.FromCall(err, portoneerr.Call{})
	}
	return &typedStream{stream}, nil
}

type typedStream struct{ grpc.ClientStream }

// RecvMsg implements grpc.ClientStream.
func (s *typedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return portoneerr.FromCall(err, portoneerr.Call{RequestID: requestID(s.Trailer())})
}
