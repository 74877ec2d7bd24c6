package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestFitInFlight: as many calls as memory has room for, unless the settings say how many.
func TestFitInFlight(t *testing.T) {
	for _, test := range []struct {
		name   string
		memory int64 // MiB, of which Go may use nine tenths
		given  bool
		want   int
	}{
		{"no limit", 0, false, 8192},
		{"plenty", 1024, false, 8192},
		{"the floor that is documented", 128, false, 1650},
		{"little", 64, false, 386},
		{"too little for anything", 32, false, fewestInFlight},
		{"given", 64, true, 8192},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := serveConfig{MaxInFlight: 8192, maxInFlightGiven: test.given}
			c.fitInFlight(test.memory << 20 / 10 * 9)
			if c.MaxInFlight != test.want {
				t.Errorf("%d MiB hold %d calls, want %d", test.memory, c.MaxInFlight, test.want)
			}
		})
	}
}

// TestMemoryLimit: the variable of Go's own wins, and the log says what holds.
func TestMemoryLimit(t *testing.T) {
	for _, test := range []struct {
		env  string
		args []string
		max  float64
	}{
		{"GOMEMLIMIT=100MiB", nil, float64((100<<20)-idleMemory) / 4 * 3 / callMemory},
		{"GOMEMLIMIT=100MiB", []string{"--max-in-flight=5000"}, 5000},
		{"GOMEMLIMIT=off", nil, 8192},
	} {
		p := startWith(t, []string{test.env}, append(test.args, "--sandbox", "--sandbox-addr=127.0.0.1:0")...)
		var serving struct {
			Max   float64 `json:"max_in_flight"`
			Limit float64 `json:"memory_limit"`
		}
		if err := json.Unmarshal([]byte(p.stderr.awaitLine(t, `"msg":"serving"`, p.exited)), &serving); err != nil {
			t.Fatal(err)
		}
		limit := 0.0
		if strings.HasSuffix(test.env, "MiB") {
			limit = 100 << 20
		}
		if serving.Limit != limit || int(serving.Max) != int(test.max) {
			t.Errorf("%s %q: %+v, want %v and %v", test.env, test.args, serving, limit, test.max)
		}
		if got := p.metrics(t).value(t, "portone_gateway_max_in_flight"); got != serving.Max {
			t.Errorf("%s: the metric says %v", test.env, got)
		}
	}
}
