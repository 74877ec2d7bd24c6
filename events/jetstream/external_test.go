package jetstream_test

import (
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// natsServer is a server on loopback that can go away and come back with what it had.
type natsServer struct {
	t      *testing.T
	dir    string
	port   int
	server *server.Server
}

func startNATS(t *testing.T) *natsServer {
	t.Helper()
	n := &natsServer{t: t, dir: t.TempDir(), port: -1}
	n.start()
	t.Cleanup(n.stop)
	return n
}

func (n *natsServer) start() {
	n.t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "test", Host: "127.0.0.1", Port: n.port, NoSigs: true, NoLog: true, JetStream: true, StoreDir: n.dir})
	if err != nil {
		n.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		n.t.Fatal("the server does not start")
	}
	n.server = s
	n.port = s.Addr().(*net.TCPAddr).Port
}

func (n *natsServer) stop() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}

func (n *natsServer) options() jetstream.Options {
	return jetstream.Options{URL: "nats://127.0.0.1:" + strconv.Itoa(n.port), Replicas: 1, Timeout: 2 * time.Second, Logger: slog.New(slog.DiscardHandler)}
}

func (n *natsServer) open() *jetstream.Store {
	n.t.Helper()
	s, err := jetstream.Open(n.options())
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(s.Close)
	eventually(n.t, "the store is open", func() bool { return s.Problem() == nil })
	return s
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so within 30 s: %s", what)
		}
	}
}

// TestTwoGateways has two stores on one server: they share everything.
func TestTwoGateways(t *testing.T) {
	n := startNATS(t)
	a, b := n.open(), n.open()
	put(t, a, subscription("ledger"))
	put(t, b, subscription("ledger", earliest)) // exists, and stays as it is
	appendAll(t, a, record("id-1"), record("id-2"), record("id-3"))
	if duplicate, err := b.Append(t.Context(), record("id-1")); err != nil || !duplicate {
		t.Errorf("the other gateway stores it again: %v, error %v", duplicate, err)
	}
	ra, rb := receiver(t, a, "ledger"), receiver(t, b, "ledger")
	loans := receive(t, ra, 2)
	rest := receive(t, rb, 1)
	ack(t, b, "ledger", loans[0]) // which a delivered
	ack(t, a, "ledger", rest...)
	if _, err := b.Nack(t.Context(), "ledger", loans[1].AckID, store.Nack{Park: true}); err != nil {
		t.Fatal(err)
	}
	if sub, err := a.Get(t.Context(), "ledger"); err != nil || sub.GetBacklog() != 0 || sub.GetParked() != 1 {
		t.Errorf("%v, error %v", sub, err)
	}
	if err := b.Seek(t.Context(), "ledger", &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a has noticed that its loans are forgotten", func() bool {
		return a.Ack(t.Context(), "ledger", loans[0].AckID) != nil
	})
	if err := a.Delete(t.Context(), "ledger"); err != nil {
		t.Fatal(err)
	}
	_, err := b.Get(t.Context(), "ledger")
	wantError(t, err, store.ErrNoSubscription)
}

// TestServerAway has the server go away and come back: nothing is stored meanwhile, and a
// receiver goes on afterwards.
func TestServerAway(t *testing.T) {
	n := startNATS(t)
	s := n.open()
	put(t, s, subscription("ledger", func(sub *eventsv1.Subscription) { sub.AckDeadline = durationpb.New(time.Second) }))
	r := receiver(t, s, "ledger")
	appendAll(t, s, record("id-1"))
	lent := receive(t, r, 1)[0]
	n.stop()
	_, err := s.Append(t.Context(), record("id-2"))
	wantError(t, err, store.ErrUnavailable)
	wantError(t, s.Ack(t.Context(), "ledger", lent.AckID), store.ErrUnavailable)
	n.start()
	eventually(t, "events are stored again", func() bool {
		_, err := s.Append(t.Context(), record("id-3"))
		return err == nil
	})
	var got []string
	eventually(t, "both are delivered", func() bool {
		for _, l := range receive(t, r, 1) {
			got = append(got, l.Record.ID)
			_ = s.Ack(t.Context(), "ledger", l.AckID)
		}
		return strings.Contains(strings.Join(got, " "), "id-1") && strings.Contains(strings.Join(got, " "), "id-3")
	})
	t.Run("and one that is not there at first", func(t *testing.T) {
		n.stop()
		late, err := jetstream.Open(n.options())
		if err != nil {
			t.Fatal(err)
		}
		defer late.Close()
		if late.Problem() == nil {
			t.Error("a store without a server is open")
		}
		n.start()
		eventually(t, "it is open", func() bool { return late.Problem() == nil })
	})
}

// TestStrangersConsumer keeps off what somebody else made on the stream.
func TestStrangersConsumer(t *testing.T) {
	n := startNATS(t)
	s := n.open()
	strange(t, n, "theirs")
	_, err := s.Get(t.Context(), "theirs")
	wantError(t, err, store.ErrNoSubscription)
	_, err = s.Receive(t.Context(), "theirs")
	wantError(t, err, store.ErrNoSubscription)
	if all, err := s.Subscriptions(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("listed %v, error %v", all, err)
	}
	if err := s.Put(t.Context(), subscription("theirs")); err == nil {
		t.Error("it was taken over")
	}
}
