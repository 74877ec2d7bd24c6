package service

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/transcode"
	"github.com/portone-gateway/portone-gateway/upstream"
)

const (
	// MaxMessage is how large a request message may be, in bytes.
	MaxMessage = 4 << 20

	// MaxHeaders is how large the headers of a request may be, in bytes.
	MaxHeaders = 64 << 10

	// connectionTimeout is how long a new connection may take to say that it
	// speaks HTTP/2.
	connectionTimeout = 10 * time.Second
)

// Options configure a Server.
type Options struct {
	// Upstream makes the calls. Required.
	Upstream *upstream.Client

	// Mapper makes the errors. Required.
	Mapper *errmap.Mapper

	// Observer is told of every call. Default: nobody.
	Observer Observer

	// Tracer follows calls. Default: nobody does.
	Tracer Tracer

	// Logger gets a line for calls, see Server.log. Default: slog.Default().
	Logger *slog.Logger

	// MaxConnectionAge is about how old a gRPC connection gets before its caller is
	// asked to make another; calls on it are not cut. Default: any age.
	MaxConnectionAge time.Duration

	// Sandbox tells that PortOne is the sandbox, so that the header
	// x-portone-sandbox is passed on.
	Sandbox bool
}

// Observer is told of calls. Its methods are called concurrently and must not
// block.
type Observer interface {
	// Begin is called when a call begins.
	Begin(op *Operation)

	// End is called when it ends. Reason is the ErrorInfo's, which PortOne can
	// choose: it is no label for a metric unless it is known.
	End(op *Operation, transport string, code codes.Code, reason string, took time.Duration)
}

// Tracer makes a span of a call.
type Tracer interface {
	// Start begins a span, under the caller's if the headers name one, and returns
	// the context that carries it and what ends it, which is told how the call
	// ended; of the reason, see Observer. Nothing of it goes to PortOne.
	Start(ctx context.Context, c *Call) (_ context.Context, end func(code codes.Code, reason string))
}

// Server answers calls. It is safe for concurrent use.
type Server struct {
	opts   Options
	grpc   *grpc.Server
	health *health.Server
	ops    []*Operation
	handle next

	mu       sync.RWMutex // writing only to begin draining
	draining bool
	calls    sync.WaitGroup
}

// New makes a server for every operation of the contract. It serves once Serve
// is called.
func New(opts Options) (*Server, error) {
	if opts.Observer == nil {
		opts.Observer = nobody{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	var cache transcode.Cache
	ops, err := Operations(&cache)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, ops: ops, health: health.NewServer()}
	s.handle = s.chain(steps, s.forward)
	s.grpc = grpc.NewServer(
		grpc.ForceServerCodecV2(newCodec()),
		grpc.UnknownServiceHandler(s.refuseUnknown),
		grpc.MaxRecvMsgSize(MaxMessage),
		grpc.MaxHeaderListSize(MaxHeaders),
		grpc.ConnectionTimeout(connectionTimeout),
		grpc.ReadBufferSize(32<<10),
		grpc.WriteBufferSize(64<<10),
		grpc.NumStreamWorkers(streamWorkers()),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second, MaxConnectionAge: opts.MaxConnectionAge}),
	)
	for service, ops := range byService(ops) {
		s.grpc.RegisterService(s.serviceDesc(service, ops), s)
		s.health.SetServingStatus(service, healthpb.HealthCheckResponse_SERVING)
	}
	healthpb.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)
	return s, nil
}

// Operations are all that the server answers.
func (s *Server) Operations() []*Operation { return s.ops }

// Serve answers calls on a listener until Drain or Stop.
func (s *Server) Serve(listener net.Listener) error { return s.grpc.Serve(listener) }

func byService(ops []*Operation) map[string][]*Operation {
	services := make(map[string][]*Operation)
	for _, op := range ops {
		services[op.Service] = append(services[op.Service], op)
	}
	return services
}

// serviceDesc describes a service to grpc-go, as generated code does, but with the
// same handler for every RPC.
func (s *Server) serviceDesc(name string, ops []*Operation) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil)}
	for _, op := range ops {
		desc.Metadata = fileOf(op)
		if op.Streams {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{StreamName: op.RPC, ServerStreams: true,
				Handler: func(_ any, stream grpc.ServerStream) error { return s.serveStream(op, stream) }})
			continue
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: op.RPC,
			Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				return s.serveUnary(ctx, op, decode)
			}})
	}
	return desc
}

// fileOf is the proto file of an operation, for reflection.
func fileOf(op *Operation) string {
	return op.Spec.Input.Descriptor().ParentFile().Path()
}

// serveUnary answers a gRPC call.
func (s *Server) serveUnary(ctx context.Context, op *Operation, decode func(any) error) (any, error) {
	var request frame
	if err := decode(&request); err != nil {
		return nil, err
	}
	defer request.free()
	c := &Call{Op: op, Headers: grpcHeaders{ctx}, Wire: request.bytes(), Transport: "grpc"}
	err := s.handle(ctx, c)
	_ = grpc.SetHeader(ctx, c.responseMetadata())
	wire := c.wire
	c.wire = nil
	c.free()
	if err != nil {
		if wire != nil {
			bytepool.Shared.Put(wire)
		}
		return nil, err
	}
	return newFrame(wire), nil
}

// serveStream answers a gRPC call whose answer is a file.
func (s *Server) serveStream(op *Operation, stream grpc.ServerStream) error {
	var request frame
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	defer request.free()
	c := &Call{Op: op, Headers: grpcHeaders{stream.Context()}, Wire: request.bytes(), Transport: "grpc"}
	began := false
	c.send = func(contentType, disposition string, piece []byte) error {
		if !began {
			md := c.responseMetadata()
			if disposition != "" && isHeaderValue(disposition) {
				md.Set("content-disposition", disposition)
			}
			_ = stream.SetHeader(md)
		}
		began = true
		return stream.SendMsg(&httpbody.HttpBody{ContentType: contentType, Data: piece})
	}
	err := s.handle(stream.Context(), c)
	if !began {
		_ = stream.SetHeader(c.responseMetadata())
	}
	return err
}

// refuseUnknown answers a call of something that does not exist.
func (s *Server) refuseUnknown(_ any, stream grpc.ServerStream) error {
	language := errmap.ParseLanguage(first(grpcHeaders{stream.Context()}.Values(HeaderLanguage)))
	return s.opts.Mapper.Failure(&errmap.Call{Language: language}, errmap.NoSuchOperation, nil)
}

// responseMetadata is what every answer has beside the message.
func (c *Call) responseMetadata() metadata.MD {
	md := metadata.MD{HeaderRequestID: []string{c.RequestID}}
	if c.Key != "" {
		md[HeaderIdempotencyKey] = []string{string(c.Key)}
	}
	return md
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Begin(*Operation)                                          {}
func (nobody) End(*Operation, string, codes.Code, string, time.Duration) {}
