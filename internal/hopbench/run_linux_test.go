package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRun tries the whole benchmark, small, with a stand-in for the gateway.
func TestRun(t *testing.T) {
	t.Setenv(roleVariable, "gateway") // what the binary below is; other roles are started with their own
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	o := options{rounds: 2, run: 10 * time.Millisecond, callers: 4, connections: 2, inFlight: 50, settle: time.Millisecond, gateway: self}
	if err := run(t.Context(), o, &out, &progress); err != nil {
		t.Fatal(err)
	}
	for name, tables := range map[string]int{reverseProxy: 4, gatewayGRPC: 4, gatewayREST: 4, bareGRPC: 3} {
		if n := strings.Count(out.String(), name+"  "); n != tables {
			t.Errorf("%q has %d rows, want %d, in\n%s", name, n, tables, &out)
		}
	}
	for _, wrong := range []string{"NaN", "Inf"} {
		if strings.Contains(out.String(), wrong) {
			t.Errorf("%q is in\n%s", wrong, &out)
		}
	}
}

// TestRunFailsWithTheGatewaysLog uses a gateway that ends at once.
func TestRunFailsWithTheGatewaysLog(t *testing.T) {
	t.Setenv(roleVariable, "no role")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := options{rounds: 1, run: time.Millisecond, callers: 1, connections: 1, gateway: self}
	err = run(t.Context(), o, new(bytes.Buffer), new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), "no role is no role") {
		t.Errorf("error %v, want one with what the gateway wrote", err)
	}
}

func TestCPUTimeGrowsWithWork(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
	}
	after, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after <= before {
		t.Errorf("%v of CPU time before some work, %v after it", before, after)
	}
}

func TestMemoryOfAProcess(t *testing.T) {
	m, err := memoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if m.resident < 1<<20 || m.peak < m.resident {
		t.Errorf("resident %d bytes, at most %d", m.resident, m.peak)
	}
	if _, err := kilobytes([]byte("Name:\thead\n"), "VmRSS:"); err == nil {
		t.Error("a line that is not there has been read")
	}
}
