package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// statusFor is the status of a GET for a host.
func statusFor(t *testing.T, addr, host, path string) int {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// TestAllowedHosts asks every HTTP listener for its own name, a rebound one and a
// configured one.
func TestAllowedHosts(t *testing.T) {
	for _, allowed := range []string{"", "gateway.internal,other"} {
		p := startWith(t, []string{"PORTONE_GATEWAY_ALLOWED_HOSTS=" + allowed}, "--sandbox", "--sandbox-addr=127.0.0.1:0")
		var sandbox string
		for _, line := range placeLine.FindAllStringSubmatch(p.banner(t), -1) {
			if line[1] == "sandbox" {
				sandbox = line[2]
			}
		}
		for listener, paths := range map[string][]string{p.http: {"/payments/demo-payment-1"}, p.admin: {"/metrics", "/debug/pprof/"}, sandbox: {"/sandbox/"}} {
			for _, path := range paths {
				for host, want := range map[string]int{"localhost": 200, "evil.example": 421, "gateway.internal:1": map[bool]int{true: 200, false: 421}[allowed != ""]} {
					t.Run(fmt.Sprint(allowed, " ", path, " ", host), func(t *testing.T) {
						if got := statusFor(t, listener, host, path); got != want {
							t.Errorf("%d, want %d", got, want)
						}
					})
				}
			}
		}
	}
}
