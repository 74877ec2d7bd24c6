package portoneclient

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	defaultAskAgainFor    = time.Minute
	defaultAttemptTimeout = 75 * time.Second // the gateway waits 60 s for PortOne
	maxAnswer             = 32 << 20         // the gateway's own limit
)

// Options say how to call the gateway. The zero value is plaintext without
// credentials, as to a sidecar.
type Options struct {
	// TLS is how the connection is secured: credentials.NewTLS, or MutualTLS.
	// Default: not at all.
	TLS credentials.TransportCredentials

	// Credentials say who calls: GatewayKey, Token or TokenFile. Default: no one, or
	// who the certificate of TLS says.
	Credentials Credentials

	// AllowPlaintext lets Credentials go over a connection without TLS to another
	// machine, where something else secures it, such as a mesh. To loopback and unix
	// sockets they always may.
	AllowPlaintext bool

	// AskAgainFor is how long a call is asked again after its first failure, where the
	// outcome is unknown or the gateway says so; never beyond the caller's deadline.
	// Default: one minute. Negative: not at all.
	AskAgainFor time.Duration

	// AttemptTimeout is how long one attempt may take. Default: 75 s, since the gateway
	// waits 60 s for PortOne.
	AttemptTimeout time.Duration

	// More are further options, which come last.
	More []grpc.DialOption
}

// Dial returns a connection to the gateway at a target such as 127.0.0.1:9090,
// dns:///gateway:9090 or unix:///run/gateway.sock. Like grpc.NewClient it does not
// connect yet. The error says which option is wrong.
func Dial(target string, o Options) (*grpc.ClientConn, error) {
	options, err := DialOptions(target, o)
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(target, options...)
}

// DialOptions are those by which Dial connects to the target, for programs that make
// their connections themselves.
func DialOptions(target string, o Options) ([]grpc.DialOption, error) {
	if o.Credentials != nil && o.TLS == nil && !o.AllowPlaintext && !isLocal(target) {
		return nil, errors.New("portoneclient: Credentials would go to another machine in clear text: set TLS or, behind a mesh, AllowPlaintext")
	}
	if o.AttemptTimeout < 0 {
		return nil, errors.New("portoneclient: AttemptTimeout is negative")
	}
	asker := newAsker(o)
	transport := o.TLS
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	reconnect := backoff.Config{BaseDelay: asker.firstWait, Multiplier: 1.6, Jitter: 0.2, MaxDelay: asker.longestWait}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 5 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithDisableServiceConfig(), // asking again is done here, with the key and in time
		grpc.WithChainUnaryInterceptor(asker.unary),
		grpc.WithChainStreamInterceptor(streamErrors),
	}
	if o.Credentials != nil {
		options = append(options, grpc.WithPerRPCCredentials(perRPC{o.Credentials, o.TLS != nil}))
	}
	return append(options, o.More...), nil
}

// isLocal reports whether a target is on this machine.
func isLocal(target string) bool {
	if strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "unix-abstract:") {
		return true
	}
	host := target[strings.LastIndexByte(target, '/')+1:]
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:colon]
	}
	host = strings.Trim(host, "[]")
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || host == "localhost"
}
