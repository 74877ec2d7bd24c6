package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/portone-gateway/portone-gateway/events"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// lags collects how long deliveries took.
type lags struct {
	mu     sync.Mutex
	all    []time.Duration
	acks   int
	failed int
}

// measureDelivery sends webhooks at a rate, and receives them by streams.
func measureDelivery(s settings, dir string) error {
	kept, err := openStore(s, filepath.Join(dir, "delivery"))
	if err != nil {
		return err
	}
	defer kept.Close()
	w, err := newWebhooks(kept, s)
	if err != nil {
		return err
	}
	defer w.server.Close()
	service, err := events.New(events.Options{Store: kept, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := grpc.NewServer()
	eventsv1.RegisterEventServiceServer(g, service)
	go func() { _ = g.Serve(listener) }()
	defer g.Stop()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	return deliver(s, eventsv1.NewEventServiceClient(conn), w)
}

func deliver(s settings, client eventsv1.EventServiceClient, w *webhooks) error {
	receiving, end := context.WithCancel(context.Background())
	defer end()
	var seen lags
	var streams sync.WaitGroup
	for i := range s.streams {
		name := fmt.Sprint("sub-", i%s.subscriptions)
		if i < s.subscriptions {
			if _, err := client.PutSubscription(receiving, &eventsv1.PutSubscriptionRequest{Subscription: &eventsv1.Subscription{Name: name}}); err != nil {
				return err
			}
		}
		streams.Go(func() { seen.receive(receiving, client, name) })
	}
	sent, begun := w.steady(s)
	took := time.Since(begun)
	wanted := sent * s.subscriptions
	for deadline := time.Now().Add(30 * time.Second); seen.count() < wanted && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	all := time.Since(begun)
	end()
	streams.Wait()
	fmt.Printf("webhooks at %d a second, %d subscriptions, %d streams: %.0f a second were taken in;\n", s.rate, s.subscriptions, s.streams, float64(sent)/took.Seconds())
	fmt.Printf("  %d of %d deliveries, %.0f a second, %d acknowledged; from arrival to delivery p50 %v, p99 %v\n",
		len(seen.all), wanted, float64(len(seen.all))/all.Seconds(), seen.acks, quantile(seen.all, .5), quantile(seen.all, .99))
	return nil
}

// steady sends at the rate, for the span.
func (w *webhooks) steady(s settings) (sent int, begun time.Time) {
	ctx, cancel := within(s.span)
	defer cancel()
	due := make(chan struct{}, s.senders)
	var group sync.WaitGroup
	var mu sync.Mutex
	for range s.senders {
		group.Go(func() {
			for range due {
				if w.send() == nil {
					mu.Lock()
					sent++
					mu.Unlock()
				}
			}
		})
	}
	begun = time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		if wait := time.Until(begun.Add(time.Duration(n) * time.Second / time.Duration(s.rate))); wait > 0 {
			time.Sleep(wait)
		}
		due <- struct{}{}
	}
	close(due)
	group.Wait()
	return sent, begun
}

func (l *lags) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// receive acknowledges whatever comes, as many at a time as have come meanwhile.
func (l *lags) receive(ctx context.Context, client eventsv1.EventServiceClient, name string) {
	stream, err := client.Subscribe(ctx, &eventsv1.SubscribeRequest{Subscription: name, MaxOutstanding: 200})
	if err != nil {
		return
	}
	ids := make(chan string, 1000)
	go l.acknowledge(ctx, client, name, ids)
	defer close(ids)
	for {
		m, err := stream.Recv()
		if err != nil {
			return
		}
		if d := m.GetDelivery(); d != nil {
			lag := time.Since(d.GetEvent().GetReceivedAt().AsTime())
			l.mu.Lock()
			l.all = append(l.all, lag)
			l.mu.Unlock()
			ids <- d.GetAckId()
		}
	}
}

func (l *lags) acknowledge(ctx context.Context, client eventsv1.EventServiceClient, name string, ids chan string) {
	for id := range ids {
		batch := []string{id}
		for more := true; more && len(batch) < 200; {
			select {
			case id, open := <-ids:
				if more = open; open {
					batch = append(batch, id)
				}
			default:
				more = false
			}
		}
		response, err := client.Ack(ctx, &eventsv1.AckRequest{Subscription: name, AckIds: batch})
		l.mu.Lock()
		if err == nil {
			l.acks += len(batch) - len(response.GetFailures())
		} else {
			l.failed += len(batch)
		}
		l.mu.Unlock()
	}
}
