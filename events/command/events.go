package command

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// line is an event as it is printed: what finds it, and nothing of its body unless that
// was asked for, since it may hold a billing key.
type line struct {
	ID             string     `json:"id"`
	Position       string     `json:"position,omitempty"`
	Type           string     `json:"type"`
	ReceivedAt     string     `json:"receivedAt"`
	OccurredAt     string     `json:"occurredAt,omitempty"`
	Environment    string     `json:"environment,omitempty"`
	Origin         string     `json:"origin"`
	StoreID        string     `json:"storeId,omitempty"`
	PaymentID      string     `json:"paymentId,omitempty"`
	TransactionID  string     `json:"transactionId,omitempty"`
	CancellationID string     `json:"cancellationId,omitempty"`
	TaxInvoiceID   string     `json:"taxInvoiceId,omitempty"`
	Body           string     `json:"body,omitempty"`
	Parked         *parkedFor `json:"parked,omitempty"`
}

// parkedFor says why an event is parked.
type parkedFor struct {
	At       string `json:"at"`
	Attempts int32  `json:"attempts"`
	Reason   string `json:"reason"`
}

func lineOf(e *eventsv1.Event, withBody bool) line {
	l := line{
		ID: e.GetId(), Position: e.GetPosition(), Type: e.GetType(), ReceivedAt: format(e.GetReceivedAt()), Environment: e.GetEnvironment(),
		Origin: originNames[e.GetOrigin()], StoreID: e.GetTransaction().GetStoreId() + e.GetBillingKey().GetStoreId(),
		PaymentID: e.GetTransaction().GetPaymentId(), TransactionID: e.GetTransaction().GetTransactionId(),
		CancellationID: e.GetTransaction().GetCancellationId(), TaxInvoiceID: e.GetTaxInvoice().GetTaxInvoiceId(),
	}
	if e.GetOccurredAt() != nil {
		l.OccurredAt = format(e.GetOccurredAt())
	}
	if withBody {
		l.Body = string(e.GetRawBody())
	}
	return l
}

var originNames = map[eventsv1.Origin]string{eventsv1.Origin_ORIGIN_WEBHOOK: "webhook", eventsv1.Origin_ORIGIN_RECONCILED: "reconciled"}

func format(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.RFC3339Nano) }

// listCommand lists events.
type listCommand struct {
	Types        []string      `name:"type" placeholder:"TYPE" help:"Of these types: Transaction.Paid, or Transaction.* for a family."`
	Stores       []string      `name:"store" placeholder:"ID" help:"Of these stores."`
	Environments []string      `name:"environment" placeholder:"LABEL" help:"Of these environments."`
	Payment      *string       `name:"payment" placeholder:"ID" help:"Of this payment."`
	Since        time.Duration `name:"since" default:"24h" placeholder:"DURATION" help:"Received within this time; 0s is all (${default})."`
	After        string        `name:"after" placeholder:"POSITION" help:"After this position, instead of --since."`
	Limit        int           `name:"limit" default:"1000" placeholder:"N" help:"At most as many (${default})."`
	Body         bool          `name:"body" help:"With bodies. They may hold billing keys, which are credentials."`
}

func (c *listCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	request := &eventsv1.ListEventsRequest{
		Filter:    &eventsv1.Filter{Types: c.Types, StoreIds: c.Stores, Environments: c.Environments},
		PaymentId: c.Payment,
	}
	switch {
	case c.After != "":
		request.After = &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: c.After}}
	case c.Since > 0:
		request.After = &eventsv1.StartAt{At: &eventsv1.StartAt_ReceivedAt{ReceivedAt: timestamppb.New(time.Now().Add(-c.Since))}}
	}
	for left := c.Limit; left > 0; {
		request.PageSize = int32(min(left, 500))
		page, err := client.ListEvents(ctx, request)
		if err != nil {
			return err
		}
		for _, event := range page.GetEvents() {
			if err := show(lineOf(event, c.Body)); err != nil {
				return err
			}
		}
		if left -= len(page.GetEvents()); page.GetAtEnd() {
			return nil
		}
		request.After = &eventsv1.StartAt{At: &eventsv1.StartAt_Position{Position: page.GetNextPosition()}}
	}
	return nil
}

// showCommand shows an event.
type showCommand struct {
	ID       string `arg:"" help:"PortOne's webhook id."`
	Position string `name:"position" placeholder:"POSITION" help:"Its position, to find it at once."`
}

func (c *showCommand) run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error {
	event, err := client.GetEvent(ctx, &eventsv1.GetEventRequest{Id: c.ID, Position: c.Position})
	if err != nil {
		return err
	}
	return show(lineOf(event, true))
}
