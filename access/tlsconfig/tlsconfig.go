// Package tlsconfig is the server's side of TLS: certificates that are renewed while the
// program runs, clients' certificates, and what may be believed of these.
package tlsconfig

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// ClientCA is a file with authorities that clients' certificates may be of.
type ClientCA struct {
	// File has certificates as PEM.
	File string

	// TrustDomains are the SPIFFE trust domains that the authorities may speak for, and
	// then they speak for nothing else. Without any, they speak for DNS names; and if
	// it is the only file, for SPIFFE IDs of any trust domain.
	TrustDomains []string
}

// Options configure TLS.
type Options struct {
	// CertFile and KeyFile have the server's certificate with its chain, and its key, as
	// PEM. Required.
	CertFile, KeyFile string

	// ClientCAs are whose certificates clients may have. Without any, clients are not
	// asked for one.
	ClientCAs []ClientCA

	// CRLFiles have lists of revoked certificates, as PEM or DER.
	CRLFiles []string

	// MinVersion is the least version that is spoken. Default: TLS 1.3.
	MinVersion uint16

	// RequireClientCert refuses connections without a client's certificate. Otherwise a
	// client may have something else by which it is known.
	RequireClientCert bool
}

// maxFile is how large each of the files may be, in bytes.
const maxFile = 16 << 20

// Server is the TLS of servers. It is safe for concurrent use.
type Server struct {
	opts    Options
	current atomic.Pointer[material]
}

// material is what the files hold.
type material struct {
	digest      [sha256.Size]byte
	certificate tls.Certificate
	notAfter    time.Time
	pool        *x509.CertPool
	authorities []authority
	revoked     *revocations
}

// authority is a certificate that clients' chains may end with.
type authority struct {
	raw     []byte
	domains map[string]bool // nil for all
	spiffe  bool
	dns     bool
}

// New reads the files, and fails if they cannot be used. Reload reads them again.
func New(opts Options) (*Server, error) {
	if opts.MinVersion == 0 {
		opts.MinVersion = tls.VersionTLS13
	}
	switch {
	case opts.CertFile == "" || opts.KeyFile == "":
		return nil, errors.New("a certificate needs its key, and a key its certificate")
	case len(opts.CRLFiles) > 0 && len(opts.ClientCAs) == 0:
		return nil, errors.New("a list of revoked certificates is of no use without authorities of clients' certificates")
	case opts.RequireClientCert && len(opts.ClientCAs) == 0:
		return nil, errors.New("clients' certificates cannot be required without authorities that they may be of")
	}
	for _, ca := range opts.ClientCAs {
		for _, domain := range ca.TrustDomains {
			if err := identity.CheckTrustDomain(domain); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", ca.File, domain, err)
			}
		}
	}
	s := &Server{opts: opts}
	m, err := s.read()
	if err != nil {
		return nil, err
	}
	s.current.Store(m)
	return s, nil
}

// Reload reads the files and uses them, unless something is wrong with them: a
// certificate that does not go with the key, as in the middle of a renewal, leaves the
// ones before in use. Connections that are open stay as they are. The error has nothing
// of the key.
func (s *Server) Reload() (changed bool, err error) {
	m, err := s.read()
	if err != nil || m.digest == s.current.Load().digest {
		return false, err
	}
	s.current.Store(m)
	return true, nil
}

// NotAfter is when the server's certificate expires, or the first of its chain.
func (s *Server) NotAfter() time.Time { return s.current.Load().notAfter }

// StaleCRL reports whether a list of revoked certificates should have been replaced by
// now. It is used all the same.
func (s *Server) StaleCRL(now time.Time) bool { return s.current.Load().revoked.stale(now) }

func (s *Server) read() (*material, error) {
	m := &material{}
	hash := sha256.New()
	read := func(path string) ([]byte, error) {
		text, err := readFile(path)
		fmt.Fprintf(hash, "%s %d\n", path, len(text))
		hash.Write(text)
		return text, err
	}
	if err := s.readPair(m, read); err != nil {
		return nil, err
	}
	if err := s.readAuthorities(m, read); err != nil {
		return nil, err
	}
	m.revoked = newRevocations()
	for _, path := range s.opts.CRLFiles {
		text, err := read(path)
		if err != nil {
			return nil, err
		}
		if err := m.revoked.add(text); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	m.digest = [sha256.Size]byte(hash.Sum(nil))
	return m, nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return text, err
}

// readPair reads the server's certificate and key.
func (s *Server) readPair(m *material, read func(string) ([]byte, error)) error {
	certificate, err := read(s.opts.CertFile)
	if err != nil {
		return err
	}
	key, err := read(s.opts.KeyFile)
	if err != nil {
		return err
	}
	if m.certificate, err = tls.X509KeyPair(certificate, key); err != nil {
		return fmt.Errorf("%s and %s: %w", s.opts.CertFile, s.opts.KeyFile, err)
	}
	for _, der := range m.certificate.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("%s: %w", s.opts.CertFile, err)
		}
		if m.notAfter.IsZero() || c.NotAfter.Before(m.notAfter) {
			m.notAfter = c.NotAfter
		}
	}
	return nil
}

// readAuthorities reads whose certificates clients may have.
func (s *Server) readAuthorities(m *material, read func(string) ([]byte, error)) error {
	if len(s.opts.ClientCAs) == 0 {
		return nil
	}
	m.pool = x509.NewCertPool()
	for _, ca := range s.opts.ClientCAs {
		text, err := read(ca.File)
		if err != nil {
			return err
		}
		certificates, err := parseCertificates(text)
		if err != nil {
			return fmt.Errorf("%s: %w", ca.File, err)
		}
		for _, c := range certificates {
			a := authority{raw: c.Raw, spiffe: len(s.opts.ClientCAs) == 1, dns: true}
			if len(ca.TrustDomains) > 0 {
				a.domains, a.spiffe, a.dns = make(map[string]bool), true, false
				for _, domain := range ca.TrustDomains {
					a.domains[domain] = true
				}
			}
			m.authorities = append(m.authorities, a)
			m.pool.AddCert(c)
		}
	}
	return nil
}

// parseCertificates reads PEM. It must have a certificate, and nothing that is broken.
func parseCertificates(text []byte) (all []*x509.Certificate, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("has a %s, and should have certificates only", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("has no certificate")
	}
	return all, nil
}

// Config is the configuration of a listener that speaks protocols, the preferred first.
// It follows Reload.
func (s *Server) Config(protocols ...string) *tls.Config {
	config := &tls.Config{MinVersion: s.opts.MinVersion, NextProtos: protocols}
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		m := s.current.Load()
		own := &tls.Config{MinVersion: s.opts.MinVersion, NextProtos: protocols, Certificates: []tls.Certificate{m.certificate}}
		if m.pool != nil {
			own.ClientCAs, own.ClientAuth = m.pool, tls.VerifyClientCertIfGiven
			if s.opts.RequireClientCert {
				own.ClientAuth = tls.RequireAndVerifyClientCert
			}
			// A session that is resumed was checked when it began, perhaps before the
			// client's authority was taken away.
			own.SessionTicketsDisabled = true
			own.VerifyConnection = func(state tls.ConnectionState) error { return m.revoked.check(state.VerifiedChains) }
		}
		return own, nil
	}
	return config
}

// Cert is what may be believed of a connection's client certificate; nil without one.
func (s *Server) Cert(state *tls.ConnectionState) *identity.Cert {
	if len(state.VerifiedChains) == 0 {
		return nil
	}
	m := s.current.Load()
	leaf := state.VerifiedChains[0][0]
	cert := &identity.Cert{Serial: leaf.SerialNumber.Text(16), NotAfter: leaf.NotAfter, Chains: state.VerifiedChains}
	for _, c := range state.VerifiedChains[0] {
		if c.NotAfter.Before(cert.NotAfter) {
			cert.NotAfter = c.NotAfter
		}
	}
	for _, chain := range state.VerifiedChains {
		for _, a := range m.authorities {
			if bytes.Equal(a.raw, chain[len(chain)-1].Raw) {
				a.speak(cert, leaf)
			}
		}
	}
	return cert
}

// speak adds to what is believed of a certificate what its authority may say.
func (a *authority) speak(cert *identity.Cert, leaf *x509.Certificate) {
	if a.dns && cert.DNS == nil {
		cert.DNS = leaf.DNSNames
	}
	// X509-SVID, section 2: exactly one URI, and no authority.
	if len(leaf.URIs) != 1 || leaf.IsCA || !a.spiffe {
		return
	}
	id := leaf.URIs[0].String()
	domain := identity.TrustDomain(id)
	if domain != "" && (a.domains == nil || a.domains[domain]) {
		cert.SPIFFE = id
	}
}

var (
	errExpired = errors.New("the client's certificate is expired")
	errRevoked = errors.New("the client's certificate is revoked")
	errGone    = errors.New("the authority of the client's certificate is not one any more")
)

// Check reports whether a certificate is still good, on a connection that may be old.
func (s *Server) Check(cert *identity.Cert, now time.Time) error {
	if now.After(cert.NotAfter) {
		return errExpired
	}
	m := s.current.Load()
	if cert.Checked.Load() == m {
		return nil
	}
	if err := m.revoked.check(cert.Chains); err != nil {
		return err
	}
	for _, chain := range cert.Chains {
		for _, a := range m.authorities {
			if bytes.Equal(a.raw, chain[len(chain)-1].Raw) {
				cert.Checked.Store(m)
				return nil
			}
		}
	}
	return errGone
}
