package main

import (
	"os"
	"testing"
	"time"
)

// TestMain lets the test binary play the roles, as the benchmark's own binary does.
func TestMain(m *testing.M) {
	roles["gateway"] = standIn
	if role := os.Getenv(roleVariable); role != "" {
		exit(play(role, os.Args[1:], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func startTestRole(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p, err := startRole(t.Context(), name, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

func startTestServer(t *testing.T, name string, args ...string) (address string) {
	t.Helper()
	p, address, err := startServer(t.Context(), name, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return address
}

// TestRoles starts every server as a process and lets the load process make every
// call to it; the load compares the answers with the documents.
func TestRoles(t *testing.T) {
	upstream := startTestServer(t, "upstream")
	load := startTestRole(t, "load")
	tests := []struct {
		name     string
		protocol string
		address  string
	}{
		{"upstream", protocolHTTP, upstream},
		{"reverseproxy", protocolHTTP, startTestServer(t, "reverseproxy", "-upstream-url=http://"+upstream)},
		{"reverseproxy with buffers", protocolHTTP, startTestServer(t, "reverseproxy", "-upstream-url=http://"+upstream, "-buffers")},
		{"bare-grpc", protocolGRPC, startTestServer(t, "bare-grpc")},
	}
	for _, tt := range tests {
		for _, c := range measuredCalls {
			t.Run(tt.name+"/"+c.name, func(t *testing.T) {
				r, err := load.do(job{Protocol: tt.protocol, Address: tt.address, Call: c.name, Callers: 3, Connections: 2, For: time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				if r.Calls < 3 || r.Elapsed < time.Millisecond {
					t.Errorf("%d calls in %v by 3 callers for a millisecond", r.Calls, r.Elapsed)
				}
			})
		}
	}
}

func TestRoleEndsWithItsInput(t *testing.T) {
	for _, name := range []string{"upstream", "load"} {
		t.Run(name, func(t *testing.T) {
			p := startTestRole(t, name)
			if err := p.stdin.Close(); err != nil {
				t.Fatal(err)
			}
			<-p.ended
			if p.err != nil {
				t.Errorf("ended with %v", p.err)
			}
		})
	}
}

func TestUnknownRole(t *testing.T) {
	if err := play("nobody", nil, nil, nil); err == nil {
		t.Error("nobody is played")
	}
}
