package service

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// answerMetadata is where the metadata of an answer by gRPC stand: request id and
// idempotency key. It matters, since clients and proxies take a call for committed as
// soon as its answer has a header frame, and repeat by themselves only what has none:
//
//   - An answer, and the error of a mutation that went up, have a header.
//   - The error of what did not go up, and of a read, consists of trailers alone.
//   - A mutation whose key the gateway made has its header before it goes up: should
//     the gateway die, the caller has the key to ask with.
type answerMetadata struct {
	sent       bool // of the request: some of it may have gone up
	headerDone bool // the header has the metadata
}

// beforeSend is called before a mutation goes up.
func (c *Call) beforeSend(ctx context.Context) {
	c.meta.sent = true
	if c.keyMade && !c.meta.headerDone {
		c.meta.headerDone = true
		_ = grpc.SendHeader(ctx, c.responseMetadata()) // fails if the caller has gone, which the call notices
	}
}

// setMetadata sets the metadata of an answer, or of an error.
func (c *Call) setMetadata(ctx context.Context, err error) {
	switch {
	case c.meta.headerDone:
	case err == nil || c.meta.sent:
		c.setHeader(ctx)
	default:
		_ = grpc.SetTrailer(ctx, c.responseMetadata())
	}
}

// setHeader adds the metadata to the header, unless it has them already.
func (c *Call) setHeader(ctx context.Context) {
	if !c.meta.headerDone {
		c.meta.headerDone = true
		_ = grpc.SetHeader(ctx, c.responseMetadata())
	}
}

// responseMetadata is what every answer has beside the message: request id and
// idempotency key.
func (c *Call) responseMetadata() metadata.MD {
	md := metadata.MD{HeaderRequestID: []string{c.RequestID}}
	if c.Key != "" {
		md[HeaderIdempotencyKey] = []string{string(c.Key)}
	}
	return md
}
