package tlsconfig_test

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/access/certtest"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
)

// handshake connects a client to a server, both ends in this process, and returns what
// each side knows.
func handshake(t testing.TB, s *tlsconfig.Server, client *tls.Config) (server, atClient tls.ConnectionState, err error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		c := tls.Server(conn, s.Config("h2"))
		if err = c.Handshake(); err == nil {
			server = c.ConnectionState()
			_, err = c.Write([]byte("x"))
		}
		done <- err
	}()
	client.ServerName = "localhost"
	conn, dialErr := tls.Dial("tcp", listener.Addr().String(), client)
	if dialErr == nil {
		_, dialErr = conn.Read(make([]byte, 1))
		atClient = conn.ConnectionState()
		conn.Close()
	}
	if err := <-done; err != nil {
		return server, atClient, err
	}
	return server, atClient, dialErr
}

type files struct {
	dir  string
	opts tlsconfig.Options
}

// serverFiles writes a certificate for localhost.
func serverFiles(t testing.TB, ca *certtest.CA) *files {
	f := &files{dir: t.TempDir()}
	leaf := ca.Issue("localhost")
	f.opts.CertFile = certtest.Write(t, f.dir, "tls.crt", leaf.Cert)
	f.opts.KeyFile = certtest.Write(t, f.dir, "tls.key", leaf.Key)
	return f
}

func TestWhatCertificatesSay(t *testing.T) {
	root := certtest.NewCA(t, "root")
	spire, corp, stranger := certtest.NewCA(t, "spire"), certtest.NewCA(t, "corp"), certtest.NewCA(t, "stranger")
	below := spire.Intermediate("below spire")
	f := serverFiles(t, root)
	spireFile, corpFile := certtest.Write(t, f.dir, "spire.pem", spire.PEM), certtest.Write(t, f.dir, "corp.pem", corp.PEM)
	bound := []tlsconfig.ClientCA{{File: spireFile, TrustDomains: []string{"example.com", "other.example"}}, {File: corpFile}}
	alone := []tlsconfig.ClientCA{{File: spireFile}}
	const web = "spiffe://example.com/web"
	chained := below.Issue(web)
	chained.Cert = append(chained.Cert, below.PEM...)
	for name, test := range map[string]struct {
		cas    []tlsconfig.ClientCA
		leaf   *certtest.Leaf
		spiffe string
		dns    string
		err    bool
	}{
		"none":                       {cas: bound},
		"SPIFFE ID":                  {cas: bound, leaf: leaf(spire.Issue(web)), spiffe: web},
		"by an intermediate":         {cas: bound, leaf: &chained, spiffe: web},
		"other trust domain":         {cas: bound, leaf: leaf(spire.Issue("spiffe://evil.example/web"))},
		"by the wrong authority":     {cas: bound, leaf: leaf(corp.Issue(web))},
		"names of a bound authority": {cas: bound, leaf: leaf(spire.Issue("web.example.com"))},
		"names":                      {cas: bound, leaf: leaf(corp.Issue("web.example.com", "b.example.com")), dns: "web.example.com b.example.com"},
		"two URIs":                   {cas: bound, leaf: leaf(spire.Issue(web, "spiffe://example.com/b"))},
		"another URI":                {cas: bound, leaf: leaf(spire.Issue("https://example.com/web"))},
		"the only authority":         {cas: alone, leaf: leaf(spire.Issue("spiffe://any.example/web", "a.example.com")), spiffe: "spiffe://any.example/web", dns: "a.example.com"},
		"stranger":                   {cas: bound, leaf: leaf(stranger.Issue(web)), err: true},
		"the server's own authority": {cas: bound, leaf: leaf(root.Issue(web)), err: true},
		"expired":                    {cas: bound, leaf: leaf(spire.IssueUntil(time.Now().Add(-time.Minute), web)), err: true},
	} {
		t.Run(name, func(t *testing.T) {
			opts := f.opts
			opts.ClientCAs = test.cas
			s, err := tlsconfig.New(opts)
			if err != nil {
				t.Fatal(err)
			}
			client := &tls.Config{RootCAs: root.Pool()}
			if test.leaf != nil {
				certificate := test.leaf.TLS(t)
				client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil }
			}
			state, _, err := handshake(t, s, client)
			if (err != nil) != test.err {
				t.Fatalf("the handshake ends with %v", err)
			}
			if err != nil {
				return
			}
			cert := s.Cert(&state)
			if test.leaf == nil {
				if cert != nil {
					t.Error("there is a certificate")
				}
				return
			}
			if cert.SPIFFE != test.spiffe || strings.Join(cert.DNS, " ") != test.dns || cert.Serial == "" {
				t.Errorf("it says %q and %v", cert.SPIFFE, cert.DNS)
			}
			if err := s.Check(cert, time.Now()); err != nil {
				t.Error(err)
			}
			if err := s.Check(cert, time.Now().Add(25*time.Hour)); err == nil {
				t.Error("it is still good when it is expired")
			}
		})
	}
}

func leaf(l certtest.Leaf) *certtest.Leaf { return &l }

func TestRequiredCertificate(t *testing.T) {
	root := certtest.NewCA(t, "root")
	f := serverFiles(t, root)
	f.opts.ClientCAs, f.opts.RequireClientCert = []tlsconfig.ClientCA{{File: certtest.Write(t, f.dir, "ca.pem", root.PEM)}}, true
	s, err := tlsconfig.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := handshake(t, s, &tls.Config{RootCAs: root.Pool()}); err == nil {
		t.Error("a client without a certificate is taken")
	}
}

func TestVersions(t *testing.T) {
	root := certtest.NewCA(t, "root")
	f := serverFiles(t, root)
	for _, test := range []struct {
		min, client uint16
		fine        bool
	}{{0, tls.VersionTLS13, true}, {0, tls.VersionTLS12, false}, {tls.VersionTLS12, tls.VersionTLS12, true}, {tls.VersionTLS12, tls.VersionTLS11, false}} {
		f.opts.MinVersion = test.min
		s, err := tlsconfig.New(f.opts)
		if err != nil {
			t.Fatal(err)
		}
		_, state, err := handshake(t, s, &tls.Config{RootCAs: root.Pool(), MinVersion: test.client, MaxVersion: test.client, NextProtos: []string{"h2"}})
		if (err == nil) != test.fine {
			t.Errorf("least %x, client's %x: %v", test.min, test.client, err)
		}
		if err == nil && state.NegotiatedProtocol != "h2" {
			t.Errorf("the protocol is %q", state.NegotiatedProtocol)
		}
	}
}

func TestSettings(t *testing.T) {
	root := certtest.NewCA(t, "root")
	f := serverFiles(t, root)
	other := root.Issue("localhost")
	ca := certtest.Write(t, f.dir, "ca.pem", root.PEM)
	key := string(other.Key)
	for name, test := range map[string]struct {
		change func(o *tlsconfig.Options)
		want   string
	}{
		"no key":         {func(o *tlsconfig.Options) { o.KeyFile = "" }, "needs its key"},
		"no certificate": {func(o *tlsconfig.Options) { o.CertFile = "" }, "needs its key"},
		"missing file":   {func(o *tlsconfig.Options) { o.KeyFile += "x" }, "no such file"},
		"another key":    {func(o *tlsconfig.Options) { o.KeyFile = certtest.Write(t, f.dir, "other.key", other.Key) }, "does not match"},
		"broken key":     {func(o *tlsconfig.Options) { o.KeyFile = certtest.Write(t, f.dir, "half.key", other.Key[:60]) }, "failed to find any PEM data"},
		"CRL alone":      {func(o *tlsconfig.Options) { o.CRLFiles = []string{ca} }, "without authorities"},
		"require alone":  {func(o *tlsconfig.Options) { o.RequireClientCert = true }, "without authorities"},
		"trust domain":   {func(o *tlsconfig.Options) { o.ClientCAs = []tlsconfig.ClientCA{{ca, []string{"Example.com"}}} }, "a trust domain"},
		"key among the authorities": {func(o *tlsconfig.Options) {
			o.ClientCAs = []tlsconfig.ClientCA{{File: certtest.Write(t, f.dir, "ca2.pem", append([]byte(key), root.PEM...))}}
		}, "has a PRIVATE KEY"},
		"no authorities": {func(o *tlsconfig.Options) {
			o.ClientCAs = []tlsconfig.ClientCA{{File: certtest.Write(t, f.dir, "none.pem", nil)}}
		}, "has no certificate"},
		"no CRL": {func(o *tlsconfig.Options) {
			o.ClientCAs, o.CRLFiles = []tlsconfig.ClientCA{{File: ca}}, []string{certtest.Write(t, f.dir, "x.crl", root.PEM)}
		}, "has no list"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := f.opts
			test.change(&opts)
			_, err := tlsconfig.New(opts)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("the error is %v, want one with %q", err, test.want)
			}
			for line := range strings.SplitSeq(key, "\n") {
				if len(line) > 20 && strings.Contains(err.Error(), line) {
					t.Error("the error shows a key")
				}
			}
		})
	}
}

func TestRenewal(t *testing.T) {
	root := certtest.NewCA(t, "root")
	f := serverFiles(t, root)
	s, err := tlsconfig.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		_, state, err := handshake(t, s, &tls.Config{RootCAs: root.Pool()})
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.Text(16)
	}
	first := serial()
	if changed, err := s.Reload(); changed || err != nil {
		t.Errorf("nothing has changed: %v, %v", changed, err)
	}
	next := root.IssueUntil(time.Now().Add(time.Hour), "localhost")
	certtest.Write(t, f.dir, "tls.crt", next.Cert) // the key not yet
	if _, err := s.Reload(); err == nil {
		t.Error("half a renewal is no problem")
	}
	if serial() != first {
		t.Error("half a renewal is in use")
	}
	certtest.Write(t, f.dir, "tls.key", next.Key)
	if changed, err := s.Reload(); !changed || err != nil {
		t.Errorf("a renewal: %v, %v", changed, err)
	}
	if serial() == first {
		t.Error("the first certificate is still in use")
	}
	if d := time.Until(s.NotAfter()); d > time.Hour || d < 50*time.Minute {
		t.Errorf("it expires in %v", d)
	}
}

// TestKubernetesSwap renews as Kubernetes does: a new folder, to which a link is turned.
func TestKubernetesSwap(t *testing.T) {
	root := certtest.NewCA(t, "root")
	dir := t.TempDir()
	put := func(name string) {
		leaf := root.Issue("localhost")
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		certtest.Write(t, filepath.Join(dir, name), "tls.crt", leaf.Cert)
		certtest.Write(t, filepath.Join(dir, name), "tls.key", leaf.Key)
		if err := os.Symlink(name, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	put("..1")
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := tlsconfig.New(tlsconfig.Options{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")})
	if err != nil {
		t.Fatal(err)
	}
	put("..2")
	if err := os.RemoveAll(filepath.Join(dir, "..1")); err != nil {
		t.Fatal(err)
	}
	if changed, err := s.Reload(); !changed || err != nil {
		t.Errorf("the swap: %v, %v", changed, err)
	}
	if err := os.Remove(filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reload(); err == nil {
		t.Error("missing files are no problem")
	}
	if _, _, err := handshake(t, s, &tls.Config{RootCAs: root.Pool()}); err != nil {
		t.Error(err)
	}
}

func TestRevocation(t *testing.T) {
	root, stranger := certtest.NewCA(t, "root"), certtest.NewCA(t, "root") // of the same name
	f := serverFiles(t, root)
	one, two := root.Issue("spiffe://d/one"), root.Issue("spiffe://d/two")
	f.opts.ClientCAs = []tlsconfig.ClientCA{{File: certtest.Write(t, f.dir, "ca.pem", root.PEM)}}
	soon := time.Now().Add(time.Hour)
	f.opts.CRLFiles = []string{certtest.Write(t, f.dir, "crl.pem", stranger.CRL(soon, one, two))}
	s, err := tlsconfig.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	connect := func(l certtest.Leaf) (*identity.Cert, error) {
		state, _, err := handshake(t, s, &tls.Config{RootCAs: root.Pool(), Certificates: []tls.Certificate{l.TLS(t)}})
		if err != nil {
			return nil, err
		}
		return s.Cert(&state), nil
	}
	cert, err := connect(one)
	if err != nil {
		t.Fatalf("the list of a stranger counts: %v", err)
	}
	if err := s.Check(cert, time.Now()); err != nil {
		t.Fatal(err)
	}
	certtest.Write(t, f.dir, "crl.pem", root.CRL(soon, one))
	if changed, err := s.Reload(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if err := s.Check(cert, time.Now()); err == nil {
		t.Error("a revoked certificate is good on a connection that is open")
	}
	if _, err := connect(one); err == nil {
		t.Error("a revoked certificate is taken")
	}
	other, err := connect(two)
	if err != nil {
		t.Fatal(err)
	}
	if s.StaleCRL(time.Now()) || !s.StaleCRL(soon.Add(time.Second)) {
		t.Error("when the list is stale is not known")
	}
	certtest.Write(t, f.dir, "ca.pem", stranger.PEM)
	if _, err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(other, time.Now()); err == nil {
		t.Error("a certificate is good whose authority is gone")
	}
	if _, err := connect(two); err == nil {
		t.Error("a certificate is taken whose authority is gone")
	}
}

func TestNoResumption(t *testing.T) {
	root := certtest.NewCA(t, "root")
	f := serverFiles(t, root)
	f.opts.ClientCAs = []tlsconfig.ClientCA{{File: certtest.Write(t, f.dir, "ca.pem", root.PEM)}}
	s, err := tlsconfig.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	client := &tls.Config{RootCAs: root.Pool(), ClientSessionCache: tls.NewLRUClientSessionCache(10), Certificates: []tls.Certificate{root.Issue("spiffe://d/a").TLS(t)}}
	for range 3 {
		state, _, err := handshake(t, s, client)
		if err != nil {
			t.Fatal(err)
		}
		if state.DidResume {
			t.Error("a session was resumed")
		}
	}
}
