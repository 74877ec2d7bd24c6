package portoneclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc/credentials"
)

// Credentials say who calls the gateway. They are asked before each call, print as
// [redacted], and are safe for concurrent use.
type Credentials interface {
	// authorization is the value of the metadata of that name.
	authorization(ctx context.Context) (string, error)
}

type redacted struct{}

// String keeps what is secret out of texts.
func (redacted) String() string { return "[redacted]" }

// GoString does so for %#v.
func (redacted) GoString() string { return "[redacted]" }

type credentialsFunc struct {
	redacted
	read func(context.Context) (string, error)
}

func (c *credentialsFunc) authorization(ctx context.Context) (string, error) { return c.read(ctx) }

// GatewayKey identifies the caller by a key that the gateway knows, pgw_...
func GatewayKey(key string) Credentials {
	return &credentialsFunc{read: func(context.Context) (string, error) { return header("PortOne ", key) }}
}

// Token identifies the caller by a JWT, which is asked for before each call: keep it
// for as long as it is valid.
func Token(token func(context.Context) (string, error)) Credentials {
	return &credentialsFunc{read: func(ctx context.Context) (string, error) {
		text, err := token(ctx)
		if err != nil {
			return "", err
		}
		return header("Bearer ", text)
	}}
}

// TokenFile identifies the caller by a JWT in a file that somebody renews, such as a
// service account's in Kubernetes. It is read before each call.
func TokenFile(path string) Credentials {
	return Token(func(context.Context) (string, error) {
		text, err := os.ReadFile(path)
		return strings.TrimSpace(string(text)), err
	})
}

// header makes the metadata's value. The error does not contain the secret.
func header(scheme, secret string) (string, error) {
	if secret == "" {
		return "", errors.New("the key or token is empty")
	}
	for i := range len(secret) {
		if secret[i] <= ' ' || secret[i] > '~' {
			return "", fmt.Errorf("the key or token has a character at position %d that cannot stand in metadata", i)
		}
	}
	return scheme + secret, nil
}

// perRPC are Credentials as grpc-go takes them.
type perRPC struct {
	credentials Credentials
	secure      bool
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (p perRPC) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	value, err := p.credentials.authorization(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": value}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (p perRPC) RequireTransportSecurity() bool { return p.secure }

// MutualTLS secures a connection by TLS on which the caller shows a certificate, too.
// Certificate and key are read anew for each connection, so that they can be renewed;
// ca has the certificates that may sign the gateway's, empty for those of the system.
// An error means that a file cannot be read now.
func MutualTLS(certFile, keyFile, caFile string) (credentials.TransportCredentials, error) {
	load := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("portoneclient: certificate and key: %w", err)
		}
		return &cert, nil
	}
	if _, err := load(nil); err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetClientCertificate: load}
	if caFile != "" {
		text, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("portoneclient: certificates of authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("portoneclient: %s has no certificate", caFile)
		}
	}
	return credentials.NewTLS(config), nil
}
