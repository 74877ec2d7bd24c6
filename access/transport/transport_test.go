package transport_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/portone-gateway/portone-gateway/access/certtest"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
	"github.com/portone-gateway/portone-gateway/access/transport"
)

// bench is a listener, its TLS, and a client for it.
type bench struct {
	listener net.Listener
	server   *tlsconfig.Server
	client   *tls.Config
}

const web = "spiffe://example.com/web"

func benches(t *testing.T) map[string]*bench {
	ca := certtest.NewCA(t, "ca")
	dir := t.TempDir()
	leaf := ca.Issue("localhost", "127.0.0.1")
	server, err := tlsconfig.New(tlsconfig.Options{
		CertFile: certtest.Write(t, dir, "crt", leaf.Cert), KeyFile: certtest.Write(t, dir, "key", leaf.Key),
		ClientCAs: []tlsconfig.ClientCA{{File: certtest.Write(t, dir, "ca", ca.PEM)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	listen := func(network, address string) net.Listener {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	return map[string]*bench{
		"tcp":                       {listen("tcp", "127.0.0.1:0"), nil, nil},
		"unix":                      {listen("unix", filepath.Join(dir, "s")), server, nil},
		"tls":                       {listen("tcp", "127.0.0.1:0"), server, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{ca.Issue(web).TLS(t)}}},
		"tls without a certificate": {listen("tcp", "127.0.0.1:0"), server, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}},
	}
}

// check checks what is known of a peer.
func check(t *testing.T, name string, p *identity.Peer) {
	t.Helper()
	switch {
	case p == nil:
		t.Fatal("nothing is known")
	case name == "unix":
		if p.Unix == nil || p.Unix.UID != uint32(os.Getuid()) || p.Unix.GID != uint32(os.Getgid()) || p.Cert != nil {
			t.Errorf("the user is %+v", p.Unix)
		}
	case p.Addr.String() != "127.0.0.1" || p.Unix != nil:
		t.Errorf("the address is %v", p.Addr)
	case name == "tls":
		if p.Cert == nil || p.Cert.SPIFFE != web {
			t.Errorf("the certificate says %+v", p.Cert)
		}
	case p.Cert != nil:
		t.Error("there is a certificate")
	}
}

func TestGRPC(t *testing.T) {
	for name, b := range benches(t) {
		t.Run(name, func(t *testing.T) {
			found := make(chan *identity.Peer, 1)
			server := grpc.NewServer(grpc.Creds(transport.Credentials(b.server)), grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
				found <- transport.PeerFromContext(s.Context())
				return nil
			}))
			go func() { _ = server.Serve(b.listener) }()
			defer server.Stop()
			target, with := "passthrough:///"+b.listener.Addr().String(), insecure.NewCredentials()
			if name == "unix" {
				target = "unix:" + b.listener.Addr().String()
			}
			if b.client != nil {
				with = credentials.NewTLS(b.client)
			}
			conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(with))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, nil)
			select {
			case p := <-found:
				check(t, name, p)
			default:
				t.Fatal(err)
			}
		})
	}
}

func TestHTTP(t *testing.T) {
	for name, b := range benches(t) {
		t.Run(name, func(t *testing.T) {
			var peers []*identity.Peer
			server := &http.Server{ConnContext: transport.ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				peers = append(peers, transport.PeerFromRequest(r, b.server))
				fmt.Fprint(w, r.Proto)
			})}
			go func() { _ = server.Serve(transport.Listener(b.listener, b.server)) }()
			defer server.Close()
			client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: b.client, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, b.listener.Addr().Network(), b.listener.Addr().String())
			}}}
			scheme := "http"
			if b.client != nil {
				scheme = "https"
			}
			for range 2 {
				response, err := client.Get(scheme + "://localhost/")
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
			if len(peers) != 2 || peers[0] != peers[1] {
				t.Fatalf("two requests on a connection have peers %p", peers)
			}
			check(t, name, peers[0])
		})
	}
}

func TestNoPeer(t *testing.T) {
	if transport.PeerFromContext(context.Background()) != nil || transport.PeerFromRequest(&http.Request{}, nil) != nil {
		t.Error("there is a peer without a connection")
	}
}
