package chaos

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

var kills = flag.Int("kills", 10, "how often TestKill kills the gateway, and TestCluster a server; the demand is 100")

// ackWindow is how long before a crash an ack may have been answered and yet be
// forgotten: the server writes what was acknowledged at most every 100 ms, and the write
// takes its time. It is much longer here than it is on an idle machine.
const ackWindow = 2 * time.Second

func howOften() int {
	if testing.Short() {
		return min(*kills, 3)
	}
	return *kills
}

// TestKill kills a gateway with a store in a folder at random moments under load. Every
// webhook that was answered with 200 is delivered to every subscription.
func TestKill(t *testing.T) {
	log, dir := logOf(t), t.TempDir()
	l := newLoad(t)
	p := gateway(t, log, dir, "")
	l.talkTo(p)
	l.declare()
	sending, stop := context.WithCancel(t.Context())
	receiving, end := context.WithCancel(t.Context())
	defer end()
	defer stop()
	wait := l.run(sending, receiving)
	for range howOften() {
		time.Sleep(rand.N(600 * time.Millisecond))
		p.kill()
		l.crash()
		p = gateway(t, log, dir, "")
		l.talkTo(p)
	}
	time.Sleep(time.Second)
	stop()
	l.settle(2 * time.Minute)
	time.Sleep(lendFor + time.Second) // for what might come again
	end()
	wait()
	l.judge(ackWindow)
}

// TestKillWhileDeclaring kills a gateway while subscriptions are declared and deleted: the
// folder can always be opened again, and those that were answered are there.
func TestKillWhileDeclaring(t *testing.T) {
	log, dir := logOf(t), t.TempDir()
	l := newLoad(t)
	p := gateway(t, log, dir, "")
	l.talkTo(p)
	l.declare()
	churning, stop := context.WithCancel(t.Context())
	var churners sync.WaitGroup
	for i := range 4 {
		churners.Go(func() { l.churn(churning, fmt.Sprint("churn-", i)) })
	}
	for range howOften() {
		time.Sleep(rand.N(300 * time.Millisecond))
		p.kill()
		p = gateway(t, log, dir, "")
		l.talkTo(p)
		if !l.ready() {
			said, _ := os.ReadFile(log)
			t.Fatalf("the folder cannot be opened:\n%s", said[max(0, len(said)-2000):])
		}
	}
	stop()
	churners.Wait()
	conn := l.dial()
	defer conn.Close()
	all, err := eventsv1.NewEventServiceClient(conn).ListSubscriptions(t.Context(), &eventsv1.ListSubscriptionsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, s := range all.GetSubscriptions() {
		there[s.GetName()] = true
	}
	for _, name := range subscriptions {
		if !there[name] {
			t.Errorf("the subscription %s is gone", name)
		}
	}
}

// churn declares a subscription and deletes it, again and again.
func (l *load) churn(ctx context.Context, name string) {
	for ctx.Err() == nil {
		conn := l.dial()
		client := eventsv1.NewEventServiceClient(conn)
		for ctx.Err() == nil {
			_, err := client.PutSubscription(ctx, &eventsv1.PutSubscriptionRequest{Subscription: &eventsv1.Subscription{Name: name}})
			if err == nil {
				_, err = client.DeleteSubscription(ctx, &eventsv1.DeleteSubscriptionRequest{Subscription: name})
			}
			if err != nil {
				break
			}
		}
		conn.Close()
		time.Sleep(20 * time.Millisecond)
	}
}
