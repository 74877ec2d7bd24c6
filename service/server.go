package service

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/reflection"

	"github.com/portone-gateway/portone-gateway/access"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream"
)

const (
	// MaxMessage is how large a request message may be, in bytes.
	MaxMessage = 4 << 20

	// maxFrame is how large a message is that is taken in at all, to answer it by the
	// steps that other calls pass: those that are a little too large. Larger ones get
	// grpc-go's own status before anything of them is taken in.
	maxFrame = MaxMessage + 1<<20

	// maxStreams is how many calls a connection may have at a time; clients hold back
	// what is more, or open another one.
	maxStreams = 2048

	// streamWindow and connWindow are how much a caller may send before anybody reads,
	// in bytes: an everyday message. For a larger one, grpc-go opens its stream's window
	// when it is read. They are fixed, since grpc-go would let them grow to 16 MiB for
	// each call.
	streamWindow = 64 << 10
	connWindow   = 1 << 20

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

	// Observer is told of every call. Default: no one.
	Observer Observer

	// Tracer follows calls. Default: no one does.
	Tracer Tracer

	// Logger gets a line for calls, see Server.log. Default: slog.Default().
	Logger *slog.Logger

	// Access decides who may call what, and with which API secret. Default: everybody
	// may call everything.
	Access *access.Access

	// Credentials find out who is at the other end of gRPC connections. Default: no one
	// does.
	Credentials credentials.TransportCredentials

	// MaxConnectionAge is about how old a gRPC connection gets before its caller is
	// asked to make another; calls on it are not cut. Default: any age.
	MaxConnectionAge time.Duration

	// RequireKey says which mutations must bring an idempotency key. Default:
	// RequireKeyOff.
	RequireKey RequireKey

	// Natives are services that the gateway answers by itself, beside PortOne's.
	Natives []Native

	// Sandbox tells that PortOne is the sandbox, so that the header
	// x-portone-sandbox is passed on.
	Sandbox bool
}

// RequireKey says which mutations are refused, before anything goes up, if they bring
// no idempotency key of the caller's. A key that the gateway makes is known to the
// caller only once an answer has come: it does not protect a call whose connection breaks.
type RequireKey string

const (
	// RequireKeyOff makes keys for mutations that bring none.
	RequireKeyOff RequireKey = "off"
	// RequireKeyGRPC refuses those by gRPC. PortOne's SDKs, which use REST, cannot
	// send a key.
	RequireKeyGRPC RequireKey = "grpc"
	// RequireKeyAll refuses all of them.
	RequireKeyAll RequireKey = "all"
)

// of reports whether a call by a transport must bring a key.
func (r RequireKey) of(transport string) bool {
	return r == RequireKeyAll || r == RequireKeyGRPC && transport == "grpc"
}

// Observer is told of calls. Its methods are called concurrently and must not
// block.
type Observer interface {
	// Begin is called when a call begins.
	Begin(m *contract.Method)

	// End is called when it ends. Reason is the errmap.Label of the ErrorInfo's: it is
	// no label for a metric unless the contract has it, see contract.IsKnownReason. Of
	// the time that it took, elsewhere was PortOne's, or waiting to ask PortOne again.
	End(m *contract.Method, transport string, code codes.Code, reason string, took, elsewhere time.Duration)
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
	handle next

	policyIndex map[*contract.Method]int

	natives  map[string]*nativeMethod // by full name
	drainers []drainer

	// channels are the methods whose answers can name channels and their PGs.
	channels map[*contract.Method]bool

	mu       sync.RWMutex // writing only to begin draining
	draining bool
	drains   chan struct{} // closed when draining begins
	arrivals arrivals
	calls    sync.WaitGroup
}

// New makes a server for every operation of the contract. It serves once Serve
// is called.
func New(opts Options) (*Server, error) {
	if opts.Observer == nil {
		opts.Observer = noObserver{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	s := &Server{opts: opts, health: health.NewServer(), drains: make(chan struct{}), channels: make(map[*contract.Method]bool)}
	s.handle = s.chain(steps, s.forward)
	s.grpc = grpc.NewServer(
		grpc.Creds(opts.Credentials),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.UnknownServiceHandler(s.serveUnknown),
		grpc.UnaryInterceptor(s.interceptUnary),
		grpc.StreamInterceptor(s.interceptStream),
		grpc.MaxRecvMsgSize(maxFrame),
		experimental.BufferPool(countedPool{mem.DefaultBufferPool(), &s.arrivals}),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connWindow),
		grpc.MaxHeaderListSize(MaxHeaders),
		grpc.ConnectionTimeout(connectionTimeout),
		grpc.ReadBufferSize(32<<10),
		grpc.WriteBufferSize(64<<10),
		grpc.NumStreamWorkers(streamWorkers()),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second, MaxConnectionAge: opts.MaxConnectionAge}),
	)
	for service, methods := range byService(contract.Methods()) {
		s.grpc.RegisterService(s.serviceDesc(service, methods), s)
		s.health.SetServingStatus(service, healthpb.HealthCheckResponse_SERVING)
	}
	s.grpc.RegisterService(s.guard(healthpb.Health_ServiceDesc), s.health)
	if err := s.registerNatives(opts.Natives); err != nil {
		return nil, err
	}
	s.indexMethods()
	reflection.Register(s.grpc)
	return s, nil
}

// streamWorkers is the number of handler goroutines that are started beforehand, which
// spares the start of one for each call; beyond that, grpc-go starts them.
func streamWorkers() uint32 { return uint32(4 * runtime.GOMAXPROCS(0)) }

// Serve answers calls on a listener until Drain or Stop, also where these come first.
func (s *Server) Serve(listener net.Listener) error {
	if err := s.grpc.Serve(listener); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

func byService(methods []*contract.Method) map[string][]*contract.Method {
	services := make(map[string][]*contract.Method)
	for _, m := range methods {
		services[m.Service] = append(services[m.Service], m)
	}
	return services
}

// serviceDesc describes a service to grpc-go, as generated code does, but with the
// same handler for every RPC.
func (s *Server) serviceDesc(name string, methods []*contract.Method) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil)}
	for _, m := range methods {
		desc.Metadata = m.Descriptor.ParentFile().Path() // for reflection
		if m.Streams {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{StreamName: m.Name, ServerStreams: true,
				Handler: func(_ any, stream grpc.ServerStream) error { return s.serveStream(m, stream) }})
			continue
		}
		s.channels[m] = errmap.NameChannels(m.Descriptor.Output())
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: m.Name,
			Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				return s.serveUnary(ctx, m, decode)
			}})
	}
	return desc
}

// serveUnary answers a gRPC call.
func (s *Server) serveUnary(ctx context.Context, m *contract.Method, receive func(any) error) (any, error) {
	c := &Call{Method: m, Headers: grpcHeaders{ctx}, Transport: "grpc", receive: receive}
	defer c.request.free()
	err := s.handle(ctx, c)
	c.setMetadata(ctx, err)
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

// maxAsked is how much the log has of what was asked for, in bytes.
const maxAsked = 128

// isMethodName reports whether a name can be a method's: of identifiers, and not long. No
// other goes into the log, since it may hold anything.
func isMethodName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '/') {
			return false
		}
	}
	return len(name) <= maxAsked
}

// serveUnknown answers a call of something that does not exist.
func (s *Server) serveUnknown(_ any, stream grpc.ServerStream) error {
	ctx := stream.Context()
	c := &Call{Headers: grpcHeaders{ctx}, Transport: "grpc"}
	if method, ok := grpc.MethodFromServerStream(stream); ok && isMethodName(method) {
		c.Asked = method
	}
	err := s.Refuse(ctx, c, errmap.NoSuchOperation)
	c.setMetadata(ctx, err)
	return err
}

// noObserver observes nothing.
type noObserver struct{}

func (noObserver) Begin(*contract.Method)                                                         {}
func (noObserver) End(*contract.Method, string, codes.Code, string, time.Duration, time.Duration) {}
