// Command golang is a consumer of events: it books payments that were paid.
//
//	go run ./events/examples/golang 127.0.0.1:9090
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

const name = "ledger-go"

func main() {
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	client, ctx := eventsv1.NewEventServiceClient(conn), context.Background()
	for ; ; time.Sleep(time.Second) {
		// Whatever ends it, the gateway still has what was not acknowledged.
		log.Print(consume(ctx, client))
	}
}

func consume(ctx context.Context, client eventsv1.EventServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := client.PutSubscription(ctx, &eventsv1.PutSubscriptionRequest{Subscription: &eventsv1.Subscription{
		Name: name, Filter: &eventsv1.Filter{Types: []string{"Transaction.*"}},
	}})
	if err != nil {
		return err
	}
	stream, err := client.Subscribe(ctx, &eventsv1.SubscribeRequest{Subscription: name})
	if err != nil {
		return err
	}
	// Heartbeats come every 20 s: a stream that is silent for a minute is dead.
	alive := time.AfterFunc(time.Minute, cancel)
	defer alive.Stop()
	for {
		message, err := stream.Recv()
		if err != nil {
			return err
		}
		alive.Reset(time.Minute)
		delivery := message.GetDelivery()
		if delivery == nil {
			continue // a heartbeat
		}
		if err := book(delivery); err != nil {
			log.Print(err) // not acknowledged, so it comes again
			continue
		}
		_, err = client.Ack(ctx, &eventsv1.AckRequest{Subscription: name, AckIds: []string{delivery.GetAckId()}})
		if err != nil {
			return err
		}
	}
}

// book must do nothing if the event's id was booked before: events come at least once.
func book(d *eventsv1.Delivery) error {
	fmt.Println("handled", d.GetEvent().GetId(), d.GetEvent().GetTransaction().GetPaymentId())
	return nil
}
