package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// options says what to measure and how long. parseOptions has the defaults.
type options struct {
	rounds      int           // how often every server has its turn
	run         time.Duration // how long a turn is, for each kind of call
	callers     int           // calls at a time in a turn
	connections int           // client connections that gRPC calls share
	inFlight    int           // calls held at once to measure memory; 0 leaves memory out
	settle      time.Duration // how long a server is left alone before its memory is read

	peersOnly    bool     // leave the gateway out
	gateway      string   // the gateway's binary; empty builds it
	gatewayFlags []string // further flags for it
	policy       bool     // measure a gateway with a policy, too
	proxyBuffers bool     // give ReverseProxy a buffer pool

	profile string // file for a CPU profile of the gateway, in place of measuring
}

// parseOptions reads the command line; usage and errors are also written to out.
// Flags of packages that are linked in stay hidden.
func parseOptions(args []string, out io.Writer) (options, error) {
	o := options{settle: time.Second}
	var gatewayFlags string
	flags := flag.NewFlagSet("hopbench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&o.rounds, "rounds", 12, "`turns` of every server")
	flags.DurationVar(&o.run, "run", 500*time.Millisecond, "`length` of a turn, for each kind of call")
	flags.IntVar(&o.callers, "callers", 32, "`calls` at a time")
	flags.IntVar(&o.connections, "connections", 8, "client `connections` that gRPC calls share")
	flags.IntVar(&o.inFlight, "in-flight", 5000, "`calls` in flight to measure memory with; 0 leaves memory out")
	flags.BoolVar(&o.peersOnly, "peers-only", false, "leave the gateway out")
	flags.StringVar(&o.gateway, "gateway", "", "`binary` of the gateway; default: build ./cmd/gateway")
	flags.StringVar(&gatewayFlags, "gateway-flags", "", "further `flags` for the gateway, separated by spaces")
	flags.BoolVar(&o.policy, "policy", false, "measure a gateway with a policy beside it; all callers send a gateway key then")
	flags.BoolVar(&o.proxyBuffers, "proxy-buffers", false, "give ReverseProxy buffers to reuse")
	flags.StringVar(&o.profile, "profile", "", "measure nothing, but write a CPU profile of the gateway to this `file`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.gatewayFlags = strings.Fields(gatewayFlags)
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, o.validate()
}

func (o options) validate() error {
	counts := []struct {
		flag       string
		value, min int
	}{
		{"rounds", o.rounds, 1},
		{"callers", o.callers, 1},
		{"connections", o.connections, 1},
		{"in-flight", o.inFlight, 0},
	}
	for _, c := range counts {
		if c.value < c.min {
			return fmt.Errorf("-%s is %d, must be at least %d", c.flag, c.value, c.min)
		}
	}
	if o.run <= 0 {
		return fmt.Errorf("-run is %v, must be more than 0", o.run)
	}
	if o.peersOnly && o.profile != "" {
		return fmt.Errorf("-peers-only leaves out the gateway that -profile profiles")
	}
	if o.peersOnly && o.policy {
		return fmt.Errorf("-peers-only leaves out the gateway that -policy measures")
	}
	if o.peersOnly && o.gateway != "" {
		return fmt.Errorf("-peers-only leaves out the gateway that -gateway names")
	}
	return nil
}
