package events_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/events"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// fixture is an EventService on loopback, over a store in a folder.
type fixture struct {
	t      *testing.T
	store  *jetstream.Store
	server *events.Server
	conn   *grpc.ClientConn
	client eventsv1.EventServiceClient
}

func start(t *testing.T, change ...func(*events.Options)) *fixture {
	t.Helper()
	s, err := jetstream.Open(jetstream.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	opts := events.Options{Store: s, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&opts)
	}
	server, err := events.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	conn := serve(t, server)
	return &fixture{t, s, server, conn, eventsv1.NewEventServiceClient(conn)}
}

// serve serves a server by gRPC, and connects to it.
func serve(t *testing.T, server *events.Server) *grpc.ClientConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	eventsv1.RegisterEventServiceServer(g, server)
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (f *fixture) put(s *eventsv1.Subscription) *eventsv1.Subscription {
	f.t.Helper()
	got, err := f.client.PutSubscription(f.t.Context(), &eventsv1.PutSubscriptionRequest{Subscription: s})
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

// happen stores the webhooks of n payments: of payment-1, payment-2 and so on.
func (f *fixture) happen(from, to int) {
	f.t.Helper()
	for i := from; i <= to; i++ {
		f.store1(fmt.Sprintf("id-%d", i), "Transaction.Paid", fmt.Sprintf(`{"storeId":"store-1","paymentId":"payment-%d","transactionId":"tx"}`, i))
	}
}

func (f *fixture) store1(id, kind, data string) {
	f.t.Helper()
	r := &store.Record{ID: id, Type: kind, StoreID: "store-1", Environment: "live", Origin: eventsv1.Origin_ORIGIN_WEBHOOK,
		Body: []byte(`{"type":"` + kind + `","timestamp":"2024-04-25T10:00:00.000Z","data":` + data + `}`)}
	if _, err := f.store.Append(f.t.Context(), r); err != nil {
		f.t.Fatal(err)
	}
}

// subscriber is a stream.
type subscriber struct {
	t      *testing.T
	stream grpc.ServerStreamingClient[eventsv1.SubscribeResponse]
	end    context.CancelFunc
	beats  int
}

func (f *fixture) subscribe(name string, most int32) *subscriber {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 30*time.Second)
	f.t.Cleanup(cancel)
	stream, err := f.client.Subscribe(ctx, &eventsv1.SubscribeRequest{Subscription: name, MaxOutstanding: most})
	if err != nil {
		f.t.Fatal(err)
	}
	return &subscriber{t: f.t, stream: stream, end: cancel}
}

// next returns the next n deliveries; heartbeats are counted.
func (s *subscriber) next(n int) []*eventsv1.Delivery {
	s.t.Helper()
	var list []*eventsv1.Delivery
	for len(list) < n {
		m, err := s.stream.Recv()
		if err != nil {
			s.t.Fatalf("after %d of %d deliveries: %v", len(list), n, err)
		}
		if d := m.GetDelivery(); d != nil {
			list = append(list, d)
		} else {
			s.beats++
		}
	}
	return list
}

// ended waits for the end of the stream, and returns its status.
func (s *subscriber) ended() error {
	s.t.Helper()
	for {
		if _, err := s.stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (f *fixture) ack(name string, deliveries ...*eventsv1.Delivery) {
	f.t.Helper()
	response, err := f.client.Ack(f.t.Context(), &eventsv1.AckRequest{Subscription: name, AckIds: ackIDs(deliveries)})
	if err != nil || len(response.GetFailures()) > 0 {
		f.t.Fatalf("Ack: %v, error %v", response, err)
	}
}

func ackIDs(deliveries []*eventsv1.Delivery) []string {
	var ids []string
	for _, d := range deliveries {
		ids = append(ids, d.GetAckId())
	}
	return ids
}

func eventIDs(deliveries []*eventsv1.Delivery) []string {
	var ids []string
	for _, d := range deliveries {
		ids = append(ids, d.GetEvent().GetId())
	}
	return ids
}

// wantStatus asserts code and reason of an error.
func wantStatus(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	st := status.Convert(err)
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && st.Code() == code && info.GetReason() == reason && info.GetDomain() == "portone-gateway" {
			return
		}
	}
	t.Errorf("got %v with %v, want %v with reason %s", st, st.Details(), code, reason)
}
