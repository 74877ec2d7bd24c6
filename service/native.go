package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
)

// Native is a service that the gateway answers by itself, such as the explanation of
// declines: generated code registers it, and its calls pass the steps of all others
// but for those that make a request to PortOne.
type Native struct {
	// Desc is the generated description.
	Desc *grpc.ServiceDesc

	// Impl implements the generated server interface. If it has a method Drain(), that
	// is called once when the gateway begins to drain; streams must end then.
	Impl any
}

// drainer is an implementation that has to know when the gateway drains.
type drainer interface{ Drain() }

// nativeMethod is a unary method of a Native.
type nativeMethod struct {
	method *contract.Method
	impl   any
	handle grpc.MethodHandler // nil for a stream
}

// registerNatives adds the services that the gateway answers by itself.
func (s *Server) registerNatives(natives []Native) error {
	s.natives = make(map[string]*nativeMethod)
	for _, n := range natives {
		desc, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(n.Desc.ServiceName))
		if err != nil {
			return fmt.Errorf("service: %s: %w", n.Desc.ServiceName, err)
		}
		methods := desc.(protoreflect.ServiceDescriptor).Methods()
		for i := range methods.Len() {
			method, err := contract.NewMethod(methods.Get(i))
			if err != nil {
				return err
			}
			s.natives[method.FullName] = &nativeMethod{method: method, impl: n.Impl, handle: handlerOf(n.Desc, method.Name)}
		}
		s.grpc.RegisterService(s.guard(*n.Desc), n.Impl)
		s.health.SetServingStatus(n.Desc.ServiceName, healthpb.HealthCheckResponse_SERVING)
		if d, ok := n.Impl.(drainer); ok {
			s.drainers = append(s.drainers, d)
		}
	}
	return nil
}

func handlerOf(desc *grpc.ServiceDesc, name string) grpc.MethodHandler {
	i := slices.IndexFunc(desc.Methods, func(m grpc.MethodDesc) bool { return m.MethodName == name })
	if i < 0 {
		return nil
	}
	return desc.Methods[i].Handler
}

// interceptUnary takes a unary call of a Native through the steps.
func (s *Server) interceptUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (answer any, err error) {
	n := s.natives[info.FullMethod]
	if n == nil {
		return handler(ctx, request) // health
	}
	c := &Call{Method: n.method, Headers: grpcHeaders{ctx}, Transport: "grpc"}
	err = s.handleNative(ctx, c, func(ctx context.Context) (err error) {
		answer, err = handler(ctx, request)
		return err
	})
	c.setMetadata(ctx, err)
	return answer, err
}

// interceptStream takes a stream of a Native through the steps. It counts as a call
// until it ends, and has to end by itself when the gateway drains.
func (s *Server) interceptStream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	n := s.natives[info.FullMethod]
	if n == nil {
		if isReflection(info.FullMethod) && !s.mayReflect(stream.Context()) {
			return s.opts.Mapper.Failure(&errmap.Subject{Language: languageOf(stream.Context())}, errmap.UnidentifiedCaller, errNoReflection)
		}
		return s.endWithDrain(service, stream, info, handler)
	}
	ctx := stream.Context()
	c := &Call{Method: n.method, Headers: grpcHeaders{ctx}, Transport: "grpc"}
	err := s.handleNative(ctx, c, func(ctx context.Context) error {
		_ = stream.SetHeader(c.responseMetadata())
		c.meta.headerDone = true
		return handler(service, &nativeStream{ServerStream: stream, ctx: ctx, server: s})
	})
	c.setMetadata(ctx, err)
	return err
}

// isReflection reports whether a method is one of server reflection.
func isReflection(fullMethod string) bool { return strings.HasPrefix(fullMethod, "/grpc.reflection.") }

// nativeStream is a stream on its way through the steps.
type nativeStream struct {
	grpc.ServerStream
	ctx    context.Context
	server *Server
}

// Context implements grpc.ServerStream.
func (s *nativeStream) Context() context.Context { return s.ctx }

// RecvMsg implements grpc.ServerStream.
func (s *nativeStream) RecvMsg(message any) error {
	return s.server.receiveOther(s.ctx, s.ServerStream.RecvMsg, message)
}

// handleNative takes a call of a Native through the steps to do.
func (s *Server) handleNative(ctx context.Context, c *Call, do func(ctx context.Context) error) error {
	return s.chain(nativeSteps, func(ctx context.Context, c *Call) error {
		if err := do(ctx); err != nil {
			return s.nativeError(ctx, c, err)
		}
		return nil
	})(ctx, c)
}

// nativeError is the error of a Native as callers get it. An implementation makes
// those that it expects by errmap; any other is a bug of ours, or the end of the call.
func (s *Server) nativeError(ctx context.Context, c *Call, err error) error {
	var e *errmap.Error
	switch code := status.Code(err); {
	case errors.As(err, &e):
		return e
	case code == codes.Unimplemented:
		return s.opts.Mapper.Failure(c.Describe(), errmap.NoSuchOperation, err)
	case code == codes.Canceled || errors.Is(ctx.Err(), context.Canceled):
		return s.opts.Mapper.Failure(c.Describe(), errmap.CanceledBeforeSend, err)
	case code == codes.DeadlineExceeded || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return s.opts.Mapper.Failure(c.Describe(), errmap.DeadlineBeforeSend, err)
	}
	return s.opts.Mapper.Failure(c.Describe(), errmap.Internal, err)
}

// Natives are the methods of the services that the gateway answers by itself.
func (s *Server) Natives() []*contract.Method {
	var methods []*contract.Method
	for _, n := range s.natives {
		methods = append(methods, n.method)
	}
	return methods
}

// Conn is a connection to the gateway from within the process, for generated clients:
// those of the handlers that grpc-gateway makes for Natives, whose calls come with the
// Call that they belong to (see WithCall), and those of Natives that read from PortOne,
// whose calls are the gateway's own. Unary only. It is safe for concurrent use.
func (s *Server) Conn() grpc.ClientConnInterface { return conn{s} }

type conn struct{ server *Server }

// callKey is the context's key for a Call.
type callKey struct{}

// WithCall returns a context for a call through Conn. Headers and Transport of the
// Call must be set; the rest is set by the call.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// Invoke implements grpc.ClientConnInterface. Its errors are of type *errmap.Error.
func (conn conn) Invoke(ctx context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	if m := contract.Lookup(method); m != nil && !m.Streams {
		return conn.server.invokeTyped(ctx, m, in.(proto.Message), out.(proto.Message))
	}
	n := conn.server.natives[method]
	c, _ := ctx.Value(callKey{}).(*Call)
	if n == nil || n.handle == nil || c == nil {
		return status.Errorf(codes.Unimplemented, "%s cannot be called from within", method)
	}
	c.Method = n.method
	return conn.server.handleNative(ctx, c, func(ctx context.Context) error {
		answer, err := n.handle(n.impl, ctx, func(message any) error {
			proto.Merge(message.(proto.Message), in.(proto.Message))
			return nil
		}, nil)
		if err == nil {
			proto.Merge(out.(proto.Message), answer.(proto.Message))
		}
		return err
	})
}

// invokeTyped makes a call of PortOne's for the gateway itself.
func (s *Server) invokeTyped(ctx context.Context, m *contract.Method, in, out proto.Message) error {
	wire, err := proto.Marshal(in)
	if err != nil {
		return status.Errorf(codes.Internal, "the request of %s cannot be marshalled", m.Name)
	}
	c := &Call{Method: m, Headers: noHeaders{}, Wire: wire, Transport: transportInternal}
	defer c.free()
	if err := s.handle(ctx, c); err != nil {
		return err
	}
	return proto.Unmarshal(*c.wire, out)
}

// noHeaders are those of a call that the gateway makes for itself.
type noHeaders struct{}

// Values implements Headers.
func (noHeaders) Values(string) []string { return nil }

// NewStream implements grpc.ClientConnInterface.
func (conn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "streams are by gRPC only")
}
