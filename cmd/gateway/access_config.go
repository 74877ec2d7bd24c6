package main

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"

	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
)

// accessConfig configures who may call what, and how callers are known.
type accessConfig struct {
	PolicyFile   string `name:"policy-file" placeholder:"PATH" help:"File that says who may call what, and with which of several API secrets, read again every second. Without it, whoever reaches the gateway may call everything."`
	AuditFile    string `name:"audit-file" placeholder:"PATH" help:"File to write down who had what done in, a line of JSON at a time; - for standard output. Needs --policy-file."`
	AuditKeyFile string `name:"audit-key-file" placeholder:"PATH" help:"File with the key, at least 32 bytes, of the HMACs that stand for ids in the audit; without it, it has no ids."`
	AuditFailure string `name:"audit-on-failure" default:"continue" placeholder:"WHAT" help:"What becomes of calls that may change something while the audit cannot be written: continue, or refuse (${default})."`
	TLSCert      string `name:"tls-cert-file" placeholder:"PATH" help:"Certificate of gRPC and REST, with its chain, read again every second. Listeners on unix sockets have no TLS."`
	TLSKey       string `name:"tls-key-file" placeholder:"PATH" help:"Key of that certificate."`
	TLSClientCA  string `name:"tls-client-ca-file" placeholder:"PATH" help:"Authorities of clients' certificates. PATH=TRUST-DOMAIN, once or more with the same path, lets them speak for SPIFFE IDs of that domain only. Several, separated by commas."`
	TLSClientCRL string `name:"tls-client-crl-file" placeholder:"PATH" help:"Lists of clients' certificates that are revoked. Several, separated by commas."`
	TLSRequire   bool   `name:"tls-require-client-cert" help:"Refuse connections without a client's certificate. Else clients may be known by something else."`
	TLSMin       string `name:"tls-min-version" default:"1.3" placeholder:"VERSION" help:"The least version of TLS: 1.2 or 1.3 (${default})."`
}

// validate checks what kong does not.
func (c *accessConfig) validate() error {
	switch {
	case c.AuditFailure != "continue" && c.AuditFailure != "refuse":
		return wrong("audit-on-failure", "must be continue or refuse, not %q", c.AuditFailure)
	case c.AuditFile != "" && c.PolicyFile == "":
		return wrong("audit-file", "needs --policy-file: without it, there is nobody's name to write down")
	case c.AuditKeyFile != "" && c.AuditFile == "":
		return wrong("audit-key-file", "needs --audit-file")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return wrong("tls-cert-file", "and --tls-key-file need each other")
	case c.TLSMin != "1.2" && c.TLSMin != "1.3":
		return wrong("tls-min-version", "must be 1.2 or 1.3, not %q", c.TLSMin)
	}
	for flag, set := range map[string]bool{"tls-client-ca-file": c.TLSClientCA != "", "tls-client-crl-file": c.TLSClientCRL != "", "tls-require-client-cert": c.TLSRequire} {
		if set && c.TLSCert == "" {
			return wrong(flag, "needs --tls-cert-file")
		}
	}
	return nil
}

// tls makes the TLS of the listeners; nil for none.
func (c *accessConfig) tls() (*tlsconfig.Server, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	opts := tlsconfig.Options{CertFile: c.TLSCert, KeyFile: c.TLSKey, ClientCAs: c.clientCAs(), CRLFiles: commaSeparated(c.TLSClientCRL),
		RequireClientCert: c.TLSRequire, MinVersion: tls.VersionTLS13}
	if c.TLSMin == "1.2" {
		opts.MinVersion = tls.VersionTLS12
	}
	server, err := tlsconfig.New(opts)
	if err != nil {
		return nil, wrong("tls-cert-file", "%v", err)
	}
	return server, nil
}

// clientCAs are the authorities of clients' certificates.
func (c *accessConfig) clientCAs() (all []tlsconfig.ClientCA) {
	place := make(map[string]int)
	for _, text := range commaSeparated(c.TLSClientCA) {
		path, domain, bound := strings.Cut(text, "=")
		i, known := place[path]
		if !known {
			i = len(all)
			place[path], all = i, append(all, tlsconfig.ClientCA{File: path})
		}
		if bound {
			all[i].TrustDomains = append(all[i].TrustDomains, domain)
		}
	}
	return all
}

// isOpen reports whether others than this machine can reach a listener.
func isOpen(listener net.Listener) bool {
	addr, err := netip.ParseAddrPort(listener.Addr().String())
	return err == nil && !addr.Addr().Unmap().IsLoopback()
}
