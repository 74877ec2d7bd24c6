package hosts_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/hosts"
)

// serve starts a server behind a guard, on a listener.
func serve(t *testing.T, listener net.Listener, o hosts.Options) net.Addr {
	t.Helper()
	guard, err := hosts.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "served") })))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return listener.Addr()
}

// status sends a request as it stands and returns the status of the answer.
func status(t *testing.T, addr net.Addr, request string) int {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func listen(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, addr)
	if err != nil {
		t.Skip(err) // no IPv6 here
	}
	return listener
}

// TestHosts sends every form of a host over loopback, plainly and in the absolute form
// of a target, which counts more than the header.
func TestHosts(t *testing.T) {
	tests := []struct {
		host   string
		status int
	}{
		{"127.0.0.1", 200},
		{"127.0.0.1:8080", 200},
		{"127.0.0.1.:8080", 200},
		{"127.9.9.9", 200},
		{"10.1.2.3:8080", 200}, // an address cannot be rebound
		{"[::1]", 200},
		{"[::1]:8080", 200},
		{"[2001:DB8::1]:8080", 200},
		{"[::ffff:127.0.0.1]", 200},
		{"localhost", 200},
		{"localhost:8080", 200},
		{"LocalHost.:8080", 200},
		{"portone.localhost:8080", 200},
		{"gateway.internal", 200},
		{"GATEWAY.Internal.:8080", 200},
		{"evil.example", 421},
		{"evil.example:8080", 421},
		{"127.0.0.1.evil.example", 421},
		{"localhost.evil.example", 421},
		{"evil-localhost", 421},
		{"xlocalhost", 421},
		{"sub.gateway.internal", 421},
		{"gateway", 421},
		{".", 421},
		{"localhost..", 421},
		{"2130706433", 421}, // browsers write it as 127.0.0.1
		{"0x7f.1", 421},
		{"127.1", 421},
		{"[127.0.0.1]", 421},
		{"[::1", 421},
		{"[::1]x", 421},
		{"[localhost]", 421},
		{"::1", 421},
		{"localhost:evil.example", 421},
		{"localhost:80:80", 421},
		{"%6cocalhost", 421},
		{"evil.example,localhost", 421},
	}
	addr := serve(t, listen(t, "tcp", "127.0.0.1:0"), hosts.Options{})
	allowed := serve(t, listen(t, "tcp", "127.0.0.1:0"), hosts.Options{Names: []string{"Gateway.internal"}})
	for _, test := range tests {
		t.Run(test.host, func(t *testing.T) {
			target := addr
			if named := test.host == "gateway.internal" || test.host == "GATEWAY.Internal.:8080"; named {
				if got := status(t, addr, "GET / HTTP/1.1\r\nHost: "+test.host+"\r\n\r\n"); got != 421 {
					t.Errorf("%d where the name is not configured", got)
				}
				target = allowed
			}
			got := status(t, target, "GET / HTTP/1.1\r\nHost: "+test.host+"\r\n\r\n")
			if got != test.status && !(got == 400 && test.status == 421) { // net/http refuses some by itself
				t.Errorf("%d, want %d", got, test.status)
			}
			got = status(t, target, "GET http://"+test.host+"/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
			if got != test.status && !(got == 400 && test.status == 421) {
				t.Errorf("%d by the absolute form, want %d", got, test.status)
			}
		})
	}
	if got := status(t, addr, "GET / HTTP/1.0\r\n\r\n"); got != 200 {
		t.Errorf("without a Host: %d", got)
	}
	if got := status(t, addr, "GET / HTTP/1.1\r\nHost:\r\n\r\n"); got != 200 {
		t.Errorf("with an empty Host: %d", got)
	}
}

// TestListeners: over loopback the host counts however the server listens; elsewhere
// only where names are configured.
func TestListeners(t *testing.T) {
	evil := "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
	named := hosts.Options{Names: []string{"gateway"}}
	socket := filepath.Join(t.TempDir(), "s")
	every := serve(t, listen(t, "tcp4", "0.0.0.0:0"), hosts.Options{}).(*net.TCPAddr)
	tests := []struct {
		name   string
		addr   net.Addr
		status int
	}{
		{"IPv4", serve(t, listen(t, "tcp", "127.0.0.1:0"), hosts.Options{}), 421},
		{"all addresses, over loopback", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: every.Port}, 421},
		{"a socket", serve(t, listen(t, "unix", socket), hosts.Options{}), 200},
		{"a socket, with names", serve(t, listen(t, "unix", socket+"n"), named), 421},
		{"with names", serve(t, listen(t, "tcp", "127.0.0.1:0"), named), 421},
		{"any name", serve(t, listen(t, "tcp", "127.0.0.1:0"), hosts.Options{Names: []string{"gateway", "*"}}), 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := status(t, test.addr, evil); got != test.status {
				t.Errorf("%d, want %d", got, test.status)
			}
		})
	}
	t.Run("IPv6", func(t *testing.T) {
		if got := status(t, serve(t, listen(t, "tcp", "[::1]:0"), hosts.Options{}), evil); got != 421 {
			t.Errorf("%d", got)
		}
	})
}

// TestElsewhere: a connection that is not over loopback may be for any host, unless
// names are configured.
func TestElsewhere(t *testing.T) {
	for _, test := range []struct {
		names []string
		local net.Addr
		want  error
	}{
		{nil, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7)}, nil},
		{nil, &net.TCPAddr{IP: net.ParseIP("2001:db8::7")}, nil},
		{[]string{"gateway"}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7)}, hosts.ErrHost},
		{nil, &net.TCPAddr{IP: net.ParseIP("::ffff:127.0.0.1")}, hosts.ErrHost},
		{nil, nil, hosts.ErrHost}, // who knows
	} {
		guard, err := hosts.New(hosts.Options{Names: test.names})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "http://evil.example/", nil)
		if test.local != nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, test.local))
		}
		if got := guard.Check(r); got != test.want {
			t.Errorf("%v at %v: %v, want %v", test.names, test.local, got, test.want)
		}
	}
}

// TestPages: what a browser says of the page that makes a request.
func TestPages(t *testing.T) {
	tests := []struct {
		name    string
		method  string
		header  string
		refused bool // where the server has no pages
		pages   bool // refused where it has
	}{
		{"a program", "POST", "", false, false},
		{"a program that reads", "GET", "", false, false},
		{"a person who typed the address", "GET", "Sec-Fetch-Site: none", false, false},
		{"a tool in a browser", "POST", "Sec-Fetch-Site: none", false, false},
		{"a page", "POST", "Origin: http://evil.example", true, true},
		{"a page without an origin", "POST", "Origin: null", true, true},
		{"a page with an empty origin", "POST", "Origin:", true, false},
		{"a page of another site", "DELETE", "Sec-Fetch-Site: cross-site", true, true},
		{"a page of the same site", "PUT", "Sec-Fetch-Site: same-site", true, true},
		{"a page of the same origin", "PATCH", "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost", true, false},
		{"a page whose name was rebound", "POST", "Origin: http://localhost", true, false}, // its Host is another
		{"a method that nobody knows", "PAY", "Origin: http://evil.example", true, true},
		{"an image", "GET", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors", true, true},
		{"a script of the same site", "GET", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nOrigin: http://localhost:3000", true, true},
		{"a link", "GET", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate", false, false},
		{"a form", "POST", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nOrigin: http://evil.example", true, true},
		{"a page of our own", "GET", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors", false, false},
	}
	for _, pages := range []bool{false, true} {
		addr := serve(t, listen(t, "tcp", "127.0.0.1:0"), hosts.Options{Pages: pages})
		for _, test := range tests {
			t.Run(fmt.Sprint(test.name, " ", pages), func(t *testing.T) {
				want := 200
				if !pages && test.refused || pages && test.pages {
					want = 403
				}
				header := test.header
				if header != "" {
					header += "\r\n"
				}
				if got := status(t, addr, test.method+" / HTTP/1.1\r\nHost: localhost\r\n"+header+"\r\n"); got != want {
					t.Errorf("%d, want %d", got, want)
				}
			})
		}
	}
}

// TestWrongNames are no names of hosts.
func TestWrongNames(t *testing.T) {
	for _, name := range []string{"", " ", "http://gateway", "gateway:8080", "gateway/", "*.internal", "[::1]", "a b"} {
		if _, err := hosts.New(hosts.Options{Names: []string{name}}); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}
