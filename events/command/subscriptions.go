package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// subscriptionLine is a subscription as it is printed.
type subscriptionLine struct {
	Name         string   `json:"name"`
	Types        []string `json:"types,omitempty"`
	Stores       []string `json:"stores,omitempty"`
	Environments []string `json:"environments,omitempty"`
	Backlog      int64    `json:"backlog"`
	Outstanding  int64    `json:"outstanding"`
	Parked       int64    `json:"parked"`
	Receivers    int32    `json:"receivers"`
	Oldest       string   `json:"oldestUnacknowledged,omitempty"`
	AckDeadline  string   `json:"ackDeadline"`
	ParkAfter    int32    `json:"parkAfterAttempts,omitempty"`
	WithCurrent  bool     `json:"withCurrent,omitempty"`
}

func subscriptionLineOf(s *eventsv1.Subscription) subscriptionLine {
	l := subscriptionLine{
		Name: s.GetName(), Types: s.GetFilter().GetTypes(), Stores: s.GetFilter().GetStoreIds(), Environments: s.GetFilter().GetEnvironments(),
		Backlog: s.GetBacklog(), Outstanding: s.GetOutstanding(), Parked: s.GetParked(), Receivers: s.GetReceivers(),
		AckDeadline: s.GetAckDeadline().AsDuration().String(), ParkAfter: s.GetParkAfterAttempts(), WithCurrent: s.GetWithCurrent(),
	}
	if s.GetOldestUnacknowledged() != nil {
		l.Oldest = format(s.GetOldestUnacknowledged())
	}
	return l
}

// subscriptionsCommand lists subscriptions.
type subscriptionsCommand struct{}

func (c *subscriptionsCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	for token := ""; ; {
		page, err := client.ListSubscriptions(ctx, &eventsv1.ListSubscriptionsRequest{PageToken: token})
		if err != nil {
			return err
		}
		for _, s := range page.GetSubscriptions() {
			if err := show(subscriptionLineOf(s)); err != nil {
				return err
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

// replayCommand moves a subscription.
type replayCommand struct {
	Subscription string        `arg:"" help:"Name of the subscription."`
	Earliest     bool          `name:"earliest" xor:"to" help:"To the earliest event that is kept."`
	Latest       bool          `name:"latest" xor:"to" help:"To the end: what waits is skipped."`
	After        string        `name:"after" xor:"to" placeholder:"POSITION" help:"To just after this position."`
	Since        time.Duration `name:"since" xor:"to" placeholder:"DURATION" help:"To what was received so long ago, 2h for instance."`
}

func (c *replayCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	to := &eventsv1.StartAt{}
	switch {
	case c.Earliest:
		to.At = &eventsv1.StartAt_Earliest{Earliest: true}
	case c.Latest:
		to.At = &eventsv1.StartAt_Latest{Latest: true}
	case c.After != "":
		to.At = &eventsv1.StartAt_Position{Position: c.After}
	case c.Since > 0:
		to.At = &eventsv1.StartAt_ReceivedAt{ReceivedAt: timestamppb.New(time.Now().Add(-c.Since))}
	default:
		return errors.New("say where to: --earliest, --latest, --after or --since")
	}
	s, err := client.SeekSubscription(ctx, &eventsv1.SeekSubscriptionRequest{Subscription: c.Subscription, To: to})
	if err != nil {
		return err
	}
	return show(subscriptionLineOf(s))
}

// parkCommand parks an event. It takes deliveries like any receiver until the event is
// among them, and gives the others back.
type parkCommand struct {
	Subscription string `arg:"" help:"Name of the subscription."`
	ID           string `arg:"" help:"PortOne's webhook id. If the event is lent now, it is parked when that ends."`
	Reason       string `name:"reason" default:"parked by hand" placeholder:"TEXT" help:"Why, for those who list it."`
}

func (c *parkCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	var others []string
	defer func() {
		for len(others) > 0 {
			n := min(len(others), 1000)
			_, _ = client.Nack(context.WithoutCancel(ctx), &eventsv1.NackRequest{Subscription: c.Subscription, AckIds: others[:n], Delay: durationpb.New(0)})
			others = others[n:]
		}
	}()
	for {
		pulled, err := client.Pull(ctx, &eventsv1.PullRequest{Subscription: c.Subscription, MaxEvents: 100, Wait: durationpb.New(5 * time.Second)})
		if err != nil {
			return err
		}
		found := (*eventsv1.Delivery)(nil)
		for _, d := range pulled.GetDeliveries() {
			if found == nil && d.GetEvent().GetId() == c.ID {
				found = d
			} else {
				others = append(others, d.GetAckId())
			}
		}
		if found == nil {
			continue
		}
		parked, err := client.Nack(ctx, &eventsv1.NackRequest{Subscription: c.Subscription, AckIds: []string{found.GetAckId()}, Park: true, Reason: c.Reason})
		if err == nil && len(parked.GetFailures()) > 0 {
			err = fmt.Errorf("the event was not parked: %v", parked.GetFailures()[0].GetProblem())
		}
		if err != nil {
			return err
		}
		return show(lineOf(found.GetEvent(), false))
	}
}

// parkedCommand lists parked events.
type parkedCommand struct {
	Subscription string `arg:"" help:"Name of the subscription."`
}

func (c *parkedCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	for token := ""; ; {
		page, err := client.ListParked(ctx, &eventsv1.ListParkedRequest{Subscription: c.Subscription, PageToken: token})
		if err != nil {
			return err
		}
		for _, p := range page.GetEvents() {
			l := lineOf(p.GetEvent(), false)
			l.Parked = &parkedFor{format(p.GetParkedAt()), p.GetAttempts(), p.GetReason()}
			if err := show(l); err != nil {
				return err
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

// requeueCommand requeues parked events.
type requeueCommand struct {
	Subscription string   `arg:"" help:"Name of the subscription."`
	IDs          []string `arg:"" optional:"" help:"PortOne's webhook ids."`
	All          bool     `name:"all" help:"All that are parked."`
}

func (c *requeueCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	if c.All == (len(c.IDs) > 0) {
		return errors.New("name events, or say --all")
	}
	requeued, err := client.RequeueParked(ctx, &eventsv1.RequeueParkedRequest{Subscription: c.Subscription, EventIds: c.IDs})
	if err != nil {
		return err
	}
	return show(map[string]int32{"requeued": requeued.GetRequeued()})
}

// deleteCommand deletes a subscription.
type deleteCommand struct {
	Subscription string `arg:"" help:"Name of the subscription."`
}

func (c *deleteCommand) run(ctx context.Context, client eventsv1.EventServiceClient, _ func(any) error) error {
	_, err := client.DeleteSubscription(ctx, &eventsv1.DeleteSubscriptionRequest{Subscription: c.Subscription})
	return err
}
