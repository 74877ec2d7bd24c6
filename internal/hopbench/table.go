package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
)

// printCPU writes the table of CPU time.
func printCPU(out io.Writer, o options, costs []*cost) error {
	fmt.Fprintf(out, "\nCPU time of the server's process a call: median [quartiles] of %d rounds of %v\n"+
		"%d calls at a time, gRPC over %d connections; %s\n\n",
		o.rounds, o.run, o.callers, o.connections, conditions(o))
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "call\tserver\tCPU time a call\tof ReverseProxy\tcalls/s")
	for i, c := range costs {
		ratios := c.ratios()
		name := ""
		if i == 0 || costs[i-1].call != c.call {
			name = fmt.Sprintf("%s, %s", c.call.name, kibibytes(float64(len(c.call.answer))))
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f µs [%.1f-%.1f]\t%.2f [%.2f-%.2f]\t%.0f\n", name, c.subject.name,
			median(c.perCall), quantile(c.perCall, 0.25), quantile(c.perCall, 0.75),
			median(ratios), quantile(ratios, 0.25), quantile(ratios, 0.75),
			median(c.rate))
	}
	return w.Flush()
}

// conditions are what a figure depends on beside the numbers of calls.
func conditions(o options) string {
	buffers := "new buffers"
	if o.proxyBuffers {
		buffers = "reused buffers"
	}
	gc := "GOGC as each server sets it"
	if set := os.Getenv("GOGC"); set != "" {
		gc = "GOGC=" + set
	}
	return fmt.Sprintf("ReverseProxy with %s; %s; %s, %d cores", buffers, gc, runtime.Version(), runtime.NumCPU())
}

// printMemory writes the table of memory; the ReverseProxy comes first in it.
func printMemory(out io.Writer, o options, footprints []*footprint) error {
	fmt.Fprintf(out, "\nMemory of the server's process with %d calls in flight, gRPC over %d connections\n\n", o.inFlight, o.connections)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "server\tat rest\tin flight\tpeak\ta call in flight\tof ReverseProxy")
	beside := footprints[0].perCall(o.inFlight)
	for _, f := range footprints {
		perCall := f.perCall(o.inFlight)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.2f\n", f.name,
			mebibytes(f.atRest.resident), mebibytes(f.inFlight.resident), mebibytes(f.after.peak),
			kibibytes(perCall), perCall/beside)
	}
	return w.Flush()
}

func kibibytes(bytes float64) string { return fmt.Sprintf("%.1f KiB", bytes/(1<<10)) }

func mebibytes(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
