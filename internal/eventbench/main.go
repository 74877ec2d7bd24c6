// Command eventbench measures what taking in and handing out events costs:
//
//	go run ./internal/eventbench -dir /folder/on/the/disk/in/question
//
// Intake: webhooks a second with 32 senders by HTTP into an embedded store, which syncs
// each, beside a bare loop of write and fsync in the same folder, by turns in one run.
// Delivery: the time from a webhook's arrival to its delivery, at a steady rate, with
// many subscriptions and streams; on a NATS cluster with -nats-url, else embedded.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/portone-gateway/portone-gateway/events/jetstream"
)

// settings are the flags.
type settings struct {
	dir, natsURL  string
	senders       int
	rounds        int
	span          time.Duration
	rate          int
	subscriptions int
	streams       int
	bodyBytes     int
	skip          string
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", "", "`folder` to measure in; it is made, and what is made in it is removed (default: a temporary one)")
	flag.StringVar(&s.natsURL, "nats-url", "", "`URL` of a cluster for the deliveries")
	flag.IntVar(&s.senders, "senders", 32, "senders of webhooks at a time")
	flag.IntVar(&s.rounds, "rounds", 3, "turns of the intake and of the bare loop")
	flag.DurationVar(&s.span, "span", 3*time.Second, "how long each takes")
	flag.IntVar(&s.rate, "rate", 200, "webhooks a second for the deliveries")
	flag.IntVar(&s.subscriptions, "subscriptions", 50, "subscriptions, each of which gets every event")
	flag.IntVar(&s.streams, "streams", 200, "streams of all subscriptions together")
	flag.IntVar(&s.bodyBytes, "body", 200, "bytes of a webhook, about")
	flag.StringVar(&s.skip, "skip", "", "intake or delivery, to leave it out")
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "eventbench:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	dir, err := os.MkdirTemp(s.dir, "eventbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if s.skip != "intake" {
		if err := measureIntake(s, dir); err != nil {
			return err
		}
	}
	if s.skip == "delivery" {
		return nil
	}
	return measureDelivery(s, dir)
}

// openStore opens an embedded store in a folder, or that on the cluster.
func openStore(s settings, dir string) (*jetstream.Store, error) {
	o := jetstream.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)}
	if s.natsURL != "" {
		o = jetstream.Options{URL: s.natsURL, Logger: o.Logger, Name: fmt.Sprint("bench", time.Now().Unix())}
	}
	store, err := jetstream.Open(o)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(30 * time.Second); store.Problem() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			return nil, store.Problem()
		}
	}
	return store, nil
}

// quantile of durations, which are sorted here.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))].Round(10 * time.Microsecond)
}

// within returns a context that ends after a span.
func within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
