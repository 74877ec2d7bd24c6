package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
)

// connectProxy is an HTTP proxy that tunnels, for those who know the password.
func connectProxy(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNzd29yZA==" {
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	server, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, client); server.Close() })
	both.Go(func() { _, _ = io.Copy(client, server); client.Close() })
	both.Wait()
}

// TestProxy reaches PortOne through a proxy; one that refuses means that nothing
// was sent.
func TestProxy(t *testing.T) {
	s := &script{acts: []act{ok}}
	server := httptest.NewTLSServer(s)
	defer server.Close()
	proxy := httptest.NewServer(http.HandlerFunc(connectProxy))
	defer proxy.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	through := func(user string) func(*Options) {
		return func(o *Options) {
			o.TLS, o.MaxAttempts = &tls.Config{RootCAs: pool}, 1
			o.Proxy = func(*url.URL) (*url.URL, error) { return url.Parse(strings.Replace(proxy.URL, "://", "://"+user, 1)) }
		}
	}
	body, failure := newClient(t, server.URL, through("user:password@")).Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), body, failure, codes.OK, "")
	_, failure = newClient(t, server.URL, through("")).Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), nil, failure, codes.Unavailable, "UPSTREAM_UNREACHABLE")
	if n := len(s.attempts()); n != 1 {
		t.Errorf("PortOne got %d requests", n)
	}
}

func TestBadProxies(t *testing.T) {
	for _, address := range []string{"https://user:password@proxy:3128", "socks5://proxy", "http://"} {
		_, err := New(Options{URL: "https://host", Proxy: func(*url.URL) (*url.URL, error) { return url.Parse(address) }})
		if err == nil || strings.Contains(err.Error(), "password") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
