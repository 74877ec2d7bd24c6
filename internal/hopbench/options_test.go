package main

import (
	"io"
	"strings"
	"testing"
)

func TestParseOptions(t *testing.T) {
	tests := []struct {
		name string
		args string
		want string // in the error; empty for none
	}{
		{"defaults", "", ""},
		{"all", "-rounds 1 -run 1s -callers 1 -connections 1 -in-flight 0 -gateway /bin/gateway -proxy-buffers", ""},
		{"no rounds", "-rounds 0", "-rounds is 0"},
		{"no callers", "-callers 0", "-callers is 0"},
		{"no connections", "-connections -1", "-connections is -1"},
		{"less than nothing in flight", "-in-flight -1", "-in-flight is -1"},
		{"no time", "-run 0s", "-run is 0s"},
		{"a gateway that is left out", "-peers-only -gateway x", "-peers-only"},
		{"an argument", "fast", `"fast"`},
		{"a flag of a linked package", "-rapid.checks 1", "not defined"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseOptions(strings.Fields(tt.args), io.Discard)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("%q: %v", tt.args, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%q: error %v, want one with %q", tt.args, err, tt.want)
			}
		})
	}
}
