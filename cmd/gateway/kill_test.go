package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/portoneerr"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

const (
	kills      = 6
	refunders  = 8
	refundWork = 15 * time.Millisecond // for which PortOne's answer is under way
)

// TestKilledReplicas kills one of two gateways behind a proxy again and again, while
// callers refund by the rules of the README. Whoever sends a key of its own refunds
// exactly once, whatever dies. Without one, callers ask with the key that came in the
// header or the error, and else look before they repeat.
func TestKilledReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	shop := newRefundShop(t)
	replicas := &replicas{}
	for i := range replicas.programs {
		replicas.replace(i, start(t, shop.url))
	}
	proxy := replicas.listen(t)
	stop := make(chan struct{})
	var callers sync.WaitGroup
	all := make([]*refunder, 2*refunders)
	for i := range all {
		all[i] = &refunder{name: fmt.Sprintf("refunder-%d", i), ownKeys: i%2 == 0, shop: shop, client: replicas.client(t, proxy)}
		callers.Go(func() { all[i].run(t, stop) })
	}
	for n := range kills {
		time.Sleep(300 * time.Millisecond)
		victim := replicas.program(n % 2)
		victim.signal(t, syscall.SIGKILL)
		victim.wait(t)
		replicas.replace(n%2, start(t, shop.url))
	}
	close(stop)
	callers.Wait()

	var broken, total, doubled int64
	for _, r := range all {
		for n := range r.done {
			count := shop.refunds(t, r.payment(n))[r.reason(n)]
			total++
			if count > 1 {
				doubled++
			}
			if count == 0 || count > 1 && r.ownKeys {
				t.Errorf("%s, own keys %v: refunded %d times", r.reason(n), r.ownKeys, count)
			}
		}
		broken += r.broken.Load()
	}
	if broken == 0 {
		t.Error("no call broke, so that nothing was tried")
	}
	t.Logf("%d refunds, %d calls broke, %d refunded twice by callers without a key", total, broken, doubled)
}

// replicas are two gateways behind a proxy of TCP connections.
type replicas struct {
	mu       sync.Mutex
	programs [2]*program
	next     int
}

func (r *replicas) program(i int) *program {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.programs[i]
}

func (r *replicas) replace(i int, p *program) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.programs[i] = p
}

// dial connects to the replica whose turn it is, or to the other one.
func (r *replicas) dial() (net.Conn, error) {
	r.mu.Lock()
	r.next++
	first, second := r.programs[r.next%2].grpc, r.programs[(r.next+1)%2].grpc
	r.mu.Unlock()
	if conn, err := net.Dial("tcp", first); err == nil {
		return conn, nil
	}
	return net.Dial("tcp", second)
}

// listen starts the proxy.
func (r *replicas) listen(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				if gateway, err := r.dial(); err == nil {
					defer gateway.Close()
					go func() {
						_, _ = io.Copy(gateway, client)
						_ = gateway.Close()
					}()
					_, _ = io.Copy(client, gateway)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func (r *replicas) client(t *testing.T, proxy string) portonev2.PaymentServiceClient {
	conn, err := grpc.NewClient("passthrough:///"+proxy, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1, MaxDelay: 10 * time.Millisecond}}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return portonev2.NewPaymentServiceClient(conn)
}

// refundShop is a PortOne whose answers take a while to arrive, once it has done what
// they tell of.
type refundShop struct {
	url     string
	sandbox http.Handler
}

func newRefundShop(t *testing.T) *refundShop {
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		time.Sleep(refundWork)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	return &refundShop{server.URL, s}
}

// pay makes a payment to be refunded from.
func (s *refundShop) pay(t *testing.T, id string) {
	t.Helper()
	s.ask(t, http.MethodPost, "/payments/"+id+"/instant", `{"channelKey":"channel-key-sandbox","orderName":"an order","amount":{"total":1000000},"currency":"KRW",
		"method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}}}`)
}

// refunds counts the refunds of a payment by their reason.
func (s *refundShop) refunds(t *testing.T, id string) map[string]int {
	t.Helper()
	var payment struct{ Cancellations []struct{ Reason string } }
	if err := json.Unmarshal(s.ask(t, http.MethodGet, "/payments/"+id, ""), &payment); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	for _, c := range payment.Cancellations {
		counts[c.Reason]++
	}
	return counts
}

func (s *refundShop) ask(t *testing.T, method, target, body string) []byte {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	request.Header.Set("Authorization", "PortOne "+testSecret)
	answer := httptest.NewRecorder()
	s.sandbox.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, target, answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

// refunder makes one refund after the other.
type refunder struct {
	name    string
	ownKeys bool
	shop    *refundShop
	client  portonev2.PaymentServiceClient
	done    int // refunds that it takes for done
	broken  atomic.Int64
}

// payment is what the nth refund is of: a payment has fifty, since more than a hundred
// are refused.
func (r *refunder) payment(n int) string { return fmt.Sprintf("%s-payment-%d", r.name, n/50) }

func (r *refunder) reason(n int) string { return fmt.Sprintf("%s-refund-%d", r.name, n) }

func (r *refunder) run(t *testing.T, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if r.done%50 == 0 {
			r.shop.pay(t, r.payment(r.done))
		}
		if !r.refund(t) {
			return
		}
		r.done++
	}
}

// refund makes one refund, however often it takes.
func (r *refunder) refund(t *testing.T) bool {
	key := ""
	if r.ownKeys {
		key = "key-of-" + r.reason(r.done)
	}
	for range 2000 {
		used, err := r.attempt(t.Context(), key)
		e := portoneerr.FromMutation(err, used)
		if e == nil {
			return true
		}
		if e.Type == "" {
			r.broken.Add(1)
		}
		switch e.Retry() {
		case portoneerr.RetrySame:
			if e.OutcomeUnknown() {
				key = e.IdempotencyKey
			}
		case portoneerr.CheckFirst:
			found, err := r.look(t.Context())
			if err == nil && found {
				return true
			}
		default:
			t.Errorf("%s: %v", r.reason(r.done), e)
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%s: no end", r.reason(r.done))
	return false
}

// attempt makes a call and returns the key that it had, as far as the caller knows it.
func (r *refunder) attempt(ctx context.Context, key string) (used string, err error) {
	if key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
	}
	var header metadata.MD
	_, err = r.client.CancelPayment(ctx, &portonev2.CancelPaymentRequest{PaymentId: r.payment(r.done), Amount: proto.Int64(10),
		Reason: proto.String(r.reason(r.done))}, grpc.Header(&header))
	if keys := header.Get("idempotency-key"); key == "" && len(keys) == 1 {
		key = keys[0]
	}
	return key, err
}

// look reports whether the refund has been made.
func (r *refunder) look(ctx context.Context) (bool, error) {
	payment, err := r.client.GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: r.payment(r.done)})
	for _, c := range payment.GetPartialCancelled().GetCancellations() {
		if c.GetSucceeded().GetReason() == r.reason(r.done) {
			return true, nil
		}
	}
	return false, err
}
