// Package transport finds out who is at the other end of a connection, for gRPC and for
// HTTP: what a client's certificate says, which user is behind a unix socket, and the
// address.
package transport

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
)

// authInfo is what a gRPC connection knows of its peer.
type authInfo struct {
	credentials.CommonAuthInfo
	peer *identity.Peer
	kind string
}

// AuthType implements credentials.AuthInfo.
func (a authInfo) AuthType() string { return a.kind }

// grpcCredentials let a gRPC server know its peers.
type grpcCredentials struct {
	server *tlsconfig.Server // nil without TLS
	tls    credentials.TransportCredentials
}

// Credentials are those of a gRPC server: TLS on TCP connections where there is a
// server for it, which may be nil, and none on others; unix sockets are the kernel's
// business. PeerFromContext has the peer in a call.
func Credentials(server *tlsconfig.Server) credentials.TransportCredentials {
	c := &grpcCredentials{server: server}
	if server != nil {
		c.tls = credentials.NewTLS(server.Config("h2"))
	}
	return c
}

// ServerHandshake implements credentials.TransportCredentials.
func (c *grpcCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if _, isUnix := conn.(*net.UnixConn); isUnix || c.tls == nil {
		kind := "tcp"
		if isUnix {
			kind = "unix"
		}
		return conn, authInfo{credentials.CommonAuthInfo{SecurityLevel: credentials.NoSecurity}, plainPeer(conn), kind}, nil
	}
	secured, info, err := c.tls.ServerHandshake(conn)
	if err != nil {
		return nil, nil, err
	}
	state := info.(credentials.TLSInfo).State
	p := plainPeer(conn)
	p.Cert = c.server.Cert(&state)
	return secured, authInfo{credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}, p, "tls"}, nil
}

// ClientHandshake implements credentials.TransportCredentials; these are a server's.
func (c *grpcCredentials) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, credentials.ErrConnDispatched
}

// Info implements credentials.TransportCredentials.
func (c *grpcCredentials) Info() credentials.ProtocolInfo {
	if c.tls != nil {
		return c.tls.Info()
	}
	return credentials.ProtocolInfo{SecurityProtocol: "insecure"}
}

// Clone implements credentials.TransportCredentials.
func (c *grpcCredentials) Clone() credentials.TransportCredentials { return c }

// OverrideServerName implements credentials.TransportCredentials.
func (c *grpcCredentials) OverrideServerName(string) error { return nil }

// plainPeer is what a connection without TLS tells.
func plainPeer(conn net.Conn) *identity.Peer {
	p := &identity.Peer{}
	switch c := conn.(type) {
	case *net.UnixConn:
		p.Unix = unixPeer(c)
	default:
		if addr, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
			p.Addr = addr.Addr()
		}
	}
	return p
}

// PeerFromContext is the peer of a gRPC call whose server has Credentials; nil of
// others.
func PeerFromContext(ctx context.Context) *identity.Peer {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, _ := p.AuthInfo.(authInfo)
	return info.peer
}

// httpConn is an HTTP connection. TLS is shaken hands when the first request is read.
type httpConn struct {
	conn net.Conn
	once sync.Once
	peer *identity.Peer
}

type connKey struct{}

// ConnContext is for http.Server; PeerFromRequest has the peer in a request.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, &httpConn{conn: conn})
}

// PeerFromRequest is the peer of a request whose server has ConnContext; nil of others.
// Server is the TLS of the listener; nil without.
func PeerFromRequest(r *http.Request, server *tlsconfig.Server) *identity.Peer {
	c, ok := r.Context().Value(connKey{}).(*httpConn)
	if !ok {
		return nil
	}
	c.once.Do(func() {
		conn := c.conn
		if t, ok := conn.(*tls.Conn); ok {
			conn = t.NetConn()
		}
		c.peer = plainPeer(conn)
		if r.TLS != nil && server != nil {
			c.peer.Cert = server.Cert(r.TLS)
		}
	})
	return c.peer
}

// Listener puts TLS on an HTTP listener, unless it is a unix socket, or there is no TLS.
func Listener(listener net.Listener, server *tlsconfig.Server) net.Listener {
	if _, isUnix := listener.(*net.UnixListener); isUnix || server == nil {
		return listener
	}
	return tls.NewListener(listener, server.Config("http/1.1"))
}
