// Command hopbench measures what the hop through the gateway costs: CPU per call
// and memory per call in flight, beside net/http/httputil.ReverseProxy, which
// passes the same answers in the same minute on the same machine.
//
//	go run ./internal/hopbench
//
// It needs Linux and takes about two minutes. -help lists the options.
//
// # What runs
//
// Every party is a process of its own, so that the process CPU clock and the
// resident set of a server under test are its own cost and no one else's: a stub
// of PortOne, the ReverseProxy, the gateway as built from ./cmd/gateway, a bare
// gRPC server, and the load. The callers use gRPC or HTTP/1.1 over connections
// that stay open. They compare the first answer of each kind with what the stub
// sent, member by member, and later ones with the first by length. A call that
// fails or is answered otherwise ends the benchmark with exit code 1; a slow one
// never does.
//
// # What the figures mean
//
// CPU a call is user and system time of the server's process during a run, over
// the calls of the run. Runs are short and take turns (ReverseProxy, gateway by
// gRPC, gateway by REST, bare server, and again), so that a machine that is busy,
// warm or throttled for a while is so for all of them. The table has the median
// over the rounds and, in brackets, the quartiles. Ratios are taken within a round
// and their median is shown: trust them more than the times.
//
//   - ReverseProxy speaks HTTP/1.1 on both sides and does not look at what it
//     passes. It has its defaults but for the number of idle connections; by
//     default it makes a new buffer of 32 KiB for every answer.
//   - The bare gRPC server answers from memory and calls no one: the part of a
//     gRPC call's cost that grpc-go takes.
//   - calls/s is what the whole bench did on the cores it had, callers and stub
//     included. It is there to show that the servers were busy, not to compare.
//
// Memory is measured on fresh processes: the resident set after one call, and again
// once the stub holds all calls in flight unanswered. A call's share is the
// difference over the number of calls; with HTTP/1.1 it has a connection of its
// own, with gRPC it has a stream. The peak is that of the process's life: it
// includes the moment when all answers arrive at once. Compare what a call adds, not
// what is there at rest: this program has parts in it that a proxy would not.
//
// # What to say beside a figure
//
// Three conditions change the picture more than noise does:
//
//   - GOGC in the environment reaches all servers. Without it the gateway sets
//     its own, while ReverseProxy has Go's default and collects garbage more often;
//     with it, both are tuned alike.
//   - -proxy-buffers gives ReverseProxy buffers to reuse, and takes a third off
//     its cost for small answers.
//   - -callers 1 measures lone calls: processes that sleep between them pay for
//     waking up, about as much again.
//
// # How noisy they are
//
// On two virtual cores with little else to do, times and ratios of one run of the
// benchmark were within 4 percent of the next run's. With as many busy processes
// of others beside it, times were within 15 percent and ratios within 18: the
// quartiles tell. More or longer rounds (-rounds, -run) narrow them. Memory of a
// call in flight was within 7 percent; it depends on when the garbage collector
// last ran.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		exit(play(role, os.Args[1:], os.Stdin, os.Stdout))
	}
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		exit(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, o, os.Stdout, os.Stderr))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "hopbench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
