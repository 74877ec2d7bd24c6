package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/logwriter"
)

// cutOff is how long calls that a second signal breaks off may take to tell their
// callers so.
const cutOff = 200 * time.Millisecond

// untilSignal runs something until it ends or SIGTERM, SIGINT or SIGHUP comes, which
// ends its first context: it is to finish. A second signal ends the other one: it is
// to break off what goes on, and the process ends shortly after, whatever becomes of
// that.
//
// A reader of standard error that goes away is no reason to end.
func untilSignal(log *logwriter.Writer, run func(ctx, hurry context.Context) error) error {
	signal.Ignore(syscall.SIGPIPE)
	ctx, finish := context.WithCancel(context.Background())
	defer finish()
	hurry, breakOff := context.WithCancel(context.Background())
	defer breakOff()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)
	go func() {
		<-signals
		finish()
		// A terminal that closes sends SIGHUP more than once, and systemd can send it
		// after SIGTERM: it says nothing that the first signal did not.
		for <-signals == syscall.SIGHUP {
		}
		breakOff()
		time.Sleep(cutOff)
		log.Flush()
		os.Exit(1)
	}()
	return run(ctx, hurry)
}
