package rest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/service"
)

// exchange is a call and its answer, on the way through grpc-gateway's handlers.
type exchange struct {
	call service.Call
	out  answer

	json []byte // the answer
	size int    // what of it counts as held

	changes bool // it is a mutation, or a request that may be meant as one
	status  int  // HTTP status of an error, where the error's own does not say it
}

// setHeaders sets what every answer has beside its body, once it is known.
func (x *exchange) setHeaders() {
	x.out.Header().Set("X-Request-Id", x.call.RequestID)
	if x.call.Key != "" {
		x.out.Header().Set("Idempotency-Key", string(x.call.Key))
	}
}

// exchangeKey is the context's key for the exchange.
type exchangeKey struct{}

// conn is the connection of the generated clients to the server in the same
// process. It implements grpc.ClientConnInterface.
type conn struct{ server *service.Server }

var errNoExchange = errors.New("rest: a call without an exchange, or for another operation")

// Invoke makes the call of the exchange. The messages stay empty.
func (c conn) Invoke(ctx context.Context, method string, _, _ any, _ ...grpc.CallOption) error {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil || x.call.Op.FullMethod != method {
		return fmt.Errorf("%w: %s", errNoExchange, method)
	}
	var err error
	x.json, err = c.server.Invoke(ctx, &x.call)
	x.setHeaders()
	x.out.status = x.call.Status
	return err
}

// NewStream is not used: answers that are files do not go through grpc-gateway,
// which cannot cut off one that breaks in the middle.
func (conn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("rest: no streams through grpc-gateway")
}

// rewrite gives grpc-gateway the exchange in place of the empty answer.
func rewrite(ctx context.Context, _ proto.Message) (any, error) {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil {
		return nil, errNoExchange
	}
	return x, nil
}

// marshaler writes exchanges as the JSON that they hold, and reads nothing: the
// request has been read before.
type marshaler struct{}

// ContentType implements runtime.Marshaler.
func (marshaler) ContentType(any) string { return "application/json" }

// Marshal implements runtime.Marshaler.
func (marshaler) Marshal(v any) ([]byte, error) {
	x, ok := v.(*exchange)
	if !ok {
		return nil, fmt.Errorf("rest: %T is no exchange", v)
	}
	return x.json, nil
}

// Unmarshal implements runtime.Marshaler.
func (marshaler) Unmarshal([]byte, any) error { return nil }

// NewDecoder implements runtime.Marshaler.
func (marshaler) NewDecoder(io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(any) error { return nil })
}

// NewEncoder implements runtime.Marshaler.
func (m marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		text, err := m.Marshal(v)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}
