package main

import (
	"strings"
	"testing"
)

// TestUnknownVariables: a variable that looks like a setting and is none ends the
// program, and names what may be meant.
func TestUnknownVariables(t *testing.T) {
	for _, test := range []wrongSetting{
		{name: "misspelt", env: []string{"PORTONE_GATEWAY_MAX_INFLIGHT=5"}, names: "PORTONE_GATEWAY_MAX_INFLIGHT: there is no such setting; is it PORTONE_GATEWAY_MAX_IN_FLIGHT?"},
		{name: "plural", env: []string{"PORTONE_GATEWAY_REQUIRE_IDEMPOTENCY_KEYS=all"}, names: "is it PORTONE_GATEWAY_REQUIRE_IDEMPOTENCY_KEY?"},
		{name: "like nothing", env: []string{"PORTONE_GATEWAY_BOIL_WATER=yes"}, names: "PORTONE_GATEWAY_BOIL_WATER: there is no such setting\n"},
		{name: "secret", env: []string{"PORTONE_GATEWAY_API_SECRET=hunter2"}, names: "PORTONE_GATEWAY_API_SECRET", hides: "hunter2"},
		{name: "of the sandbox", env: []string{"PORTONE_GATEWAY_ADRR=hunter2"}, args: []string{"sandbox"}, names: "is it PORTONE_GATEWAY_ADDR?"},
		{name: "of healthcheck", env: []string{"PORTONE_GATEWAY_ADMIN_ADRR=x"}, args: []string{"healthcheck"}, names: "is it PORTONE_GATEWAY_ADMIN_ADDR?"},
	} {
		t.Run(test.name, test.withSecret().check)
	}
}

// TestOthersVariables: what others put into the environment is no mistake.
func TestOthersVariables(t *testing.T) {
	p := startWith(t, []string{
		"PORTONE_GATEWAY_SERVICE_HOST=10.0.0.1", "PORTONE_GATEWAY_SERVICE_PORT=9090", "PORTONE_GATEWAY_SERVICE_PORT_GRPC=9090",
		"PORTONE_GATEWAY_PORT=tcp://10.0.0.1:9090", "PORTONE_GATEWAY_PORT_9090_TCP=tcp://10.0.0.1:9090", "PORTONE_GATEWAY_PORT_9090_TCP_ADDR=10.0.0.1",
		"PORTONE_GATEWAY_ADMIN_PORT_9091_TCP_PROTO=tcp", "PORTONE_GATEWAY_TARGET=gateway:9090",
		"PORTONE_GATEWAYS=2",
	}, "--sandbox", "--sandbox-addr=127.0.0.1:0")
	if a := get(t, p.admin, "/readyz"); a.status != 200 {
		t.Errorf("not ready: %d", a.status)
	}
}

// TestNearest: what is far from every setting is no guess.
func TestNearest(t *testing.T) {
	names := []string{"PORTONE_GATEWAY_GRPC_ADDR", "PORTONE_GATEWAY_HTTP_ADDR", "PORTONE_GATEWAY_DRAIN_DELAY"}
	for given, want := range map[string]string{
		"PORTONE_GATEWAY_GRCP_ADDR":        "PORTONE_GATEWAY_GRPC_ADDR",
		"PORTONE_GATEWAY_HTTP_ADDRESS":     "PORTONE_GATEWAY_HTTP_ADDR",
		"PORTONE_GATEWAY_DRAINDELAY":       "PORTONE_GATEWAY_DRAIN_DELAY",
		"PORTONE_GATEWAY_BREW_SOME_COFFEE": "",
	} {
		if got := nearest(given, names); got != want {
			t.Errorf("%s: %q, want %q", given, got, want)
		}
	}
	if n := edits("kitten", "sitting"); n != 3 {
		t.Errorf("kitten and sitting are %d apart", n)
	}
	if n := edits("", strings.Repeat("x", 9)); n != 9 {
		t.Errorf("%d", n)
	}
}
