package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/signature"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// subscriptions of the load; each has some streams.
var subscriptions = []string{"ledger", "mail", "shipping"}

const (
	senders = 8
	streams = 2
	// lendFor is how long deliveries are lent.
	lendFor = 2 * time.Second
)

// load sends webhooks as PortOne would, each until it is answered with 200, and receives
// them as services would. It goes on while what it talks to comes and goes.
type load struct {
	t      *testing.T
	secret signature.Secret
	addrs  atomic.Pointer[[]string] // of webhooks and of calls
	pause  time.Duration            // of a sender after each webhook

	mu        sync.Mutex
	taken     []string                  // ids that were answered with 200
	delivered map[string]map[string]int // by subscription and id: how often
	acked     map[string]map[string]time.Time
	crashes   []time.Time
	again     []repetition
	posts     int
}

// late is how much later than it came the answer to an ack may be noted here: everything
// shares a machine.
const late = 500 * time.Millisecond

// repetition is a delivery that was made after its ack had been answered.
type repetition struct {
	subscription, id string
	acked, made      time.Time
}

func newLoad(t *testing.T) *load {
	t.Helper()
	secret, err := signature.NewSecret("live", webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	l := &load{t: t, secret: secret, delivered: map[string]map[string]int{}, acked: map[string]map[string]time.Time{}}
	for _, name := range subscriptions {
		l.delivered[name], l.acked[name] = map[string]int{}, map[string]time.Time{}
	}
	return l
}

// talkTo says where the gateway is now.
func (l *load) talkTo(p *process) {
	addrs := p.ready[1:3]
	l.addrs.Store(&addrs)
}

// crash notes that something has just been killed.
func (l *load) crash() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.crashes = append(l.crashes, time.Now())
}

// declare declares the subscriptions, at their first event, once that can be done.
func (l *load) declare() {
	l.t.Helper()
	conn := l.dial()
	defer conn.Close()
	for _, name := range subscriptions {
		request := &eventsv1.PutSubscriptionRequest{Subscription: &eventsv1.Subscription{
			Name: name, AckDeadline: durationpb.New(lendFor), Start: &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}},
		}}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
			_, err := eventsv1.NewEventServiceClient(conn).PutSubscription(l.t.Context(), request)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				l.t.Fatal(err)
			}
		}
	}
}

func (l *load) dial() *grpc.ClientConn {
	conn, err := grpc.NewClient((*l.addrs.Load())[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		l.t.Error(err)
	}
	return conn
}

// run sends until sending ends, and receives until receiving does.
func (l *load) run(sending, receiving context.Context) (wait func()) {
	var sent, received sync.WaitGroup
	for i := range senders {
		sent.Go(func() { l.send(sending, receiving, i) })
	}
	for _, name := range subscriptions {
		for range streams {
			received.Go(func() { l.receive(receiving, name) })
		}
	}
	return func() { sent.Wait(); received.Wait() }
}

// send posts webhooks one after the other. One that was begun is brought to its end.
func (l *load) send(ctx, hurry context.Context, sender int) {
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for i := 0; ctx.Err() == nil; i++ {
		id := fmt.Sprintf("webhook-%d-%d", sender, i)
		for hurry.Err() == nil {
			if l.post(client, id) {
				l.mu.Lock()
				l.taken = append(l.taken, id)
				l.mu.Unlock()
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(l.pause)
	}
}

func (l *load) post(client *http.Client, id string) bool {
	body := `{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.000Z","data":{"storeId":"store-1","paymentId":"` + id + `","transactionId":"t"}}`
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+(*l.addrs.Load())[0]+intake.DefaultPath, strings.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return false
	}
	signature.Sign(l.secret, r.Header, id, time.Now(), []byte(body))
	l.mu.Lock()
	l.posts++
	l.mu.Unlock()
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// receive subscribes, and subscribes again when the stream ends.
func (l *load) receive(ctx context.Context, name string) {
	for ctx.Err() == nil {
		l.stream(ctx, name)
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *load) stream(ctx context.Context, name string) {
	conn := l.dial()
	if conn == nil {
		return
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := eventsv1.NewEventServiceClient(conn)
	stream, err := client.Subscribe(ctx, &eventsv1.SubscribeRequest{Subscription: name, MaxOutstanding: 50})
	if err != nil {
		return
	}
	// Dead streams end by their heartbeats, as clients are told to do it.
	alive := time.AfterFunc(5*time.Second, cancel)
	defer alive.Stop()
	for {
		m, err := stream.Recv()
		if err != nil {
			return
		}
		alive.Reset(5 * time.Second)
		if d := m.GetDelivery(); d != nil {
			l.handle(ctx, client, name, d)
		}
	}
}

// handle notes a delivery and acknowledges it, but for the first of some, which is lost
// as if the service had crashed.
func (l *load) handle(ctx context.Context, client eventsv1.EventServiceClient, name string, d *eventsv1.Delivery) {
	// When it was made, and not when it is looked at here: one that was on its way when
	// another one was acknowledged is no repetition.
	id, made := d.GetEvent().GetId(), d.GetDeadline().AsTime().Add(-lendFor)
	l.mu.Lock()
	l.delivered[name][id]++
	times := l.delivered[name][id]
	if acked, done := l.acked[name][id]; done && made.After(acked) {
		l.again = append(l.again, repetition{name, id, acked, made})
	}
	l.mu.Unlock()
	if times == 1 && strings.HasSuffix(id, "7") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	response, err := client.Ack(ctx, &eventsv1.AckRequest{Subscription: name, AckIds: []string{d.GetAckId()}})
	if err != nil || len(response.GetFailures()) > 0 {
		return // it will come again
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acked[name][id].IsZero() {
		l.acked[name][id] = time.Now()
	}
}

// missing are what was taken and not delivered to each subscription.
func (l *load) missing() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing []string
	for _, name := range subscriptions {
		for _, id := range l.taken {
			if l.delivered[name][id] == 0 {
				missing = append(missing, name+": "+id)
			}
		}
	}
	return missing
}

// settle waits until everything that was taken has been delivered.
func (l *load) settle(within time.Duration) {
	l.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		missing := l.missing()
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			l.t.Errorf("%d deliveries of webhooks that were answered with 200 are missing after %v, such as %v", len(missing), within, missing[:min(5, len(missing))])
			return
		}
	}
}

// judge looks at deliveries that came after their ack had been answered: there may be
// some of acks of the last moment before a crash. It says what was measured.
func (l *load) judge(window time.Duration) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var longest time.Duration
	excused, wrong := 0, 0
	for _, r := range l.again {
		i := slices.IndexFunc(l.crashes, func(crash time.Time) bool { return crash.After(r.acked.Add(-late)) && crash.Sub(r.acked) <= window })
		if i < 0 {
			if wrong++; wrong <= 10 {
				l.t.Errorf("%s was delivered to %s %v after its ack was answered, and nothing crashed within %v of the ack", r.id, r.subscription, r.made.Sub(r.acked), window)
			}
			continue
		}
		excused++
		longest = max(longest, l.crashes[i].Sub(r.acked))
	}
	deliveries := 0
	for _, name := range subscriptions {
		for _, times := range l.delivered[name] {
			deliveries += times
		}
	}
	l.t.Logf("%d crashes; %d webhooks answered with 200 in %d posts; %d deliveries to %d subscriptions; %d came again after an ack of the last moment before a crash, at most %v before it; %d without one",
		len(l.crashes), len(l.taken), l.posts, deliveries, len(subscriptions), excused, longest.Round(time.Millisecond), wrong)
}
