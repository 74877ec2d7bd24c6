package service_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

const (
	// patience is how long a test waits for what must happen. Nothing is measured
	// against it: a test that reaches it has failed.
	patience = 30 * time.Second

	ownKey = "a-key-of-the-callers-own"
	paid   = `{"payment":{"pgTxId":"tx-1","paidAt":"2026-01-02T03:04:05Z"}}`
)

// portone stands in PortOne's place: it keeps the requests and does what it is
// told.
type portone struct {
	mu     sync.Mutex
	answer http.HandlerFunc
	seen   []*received
}

// received is a request as it came.
type received struct {
	method, target string
	header         http.Header
	body           string
}

// answers makes a PortOne that gives the same answer to everything.
func answers(httpStatus int, body string) *portone {
	return &portone{answer: answerWith(httpStatus, body)}
}

func answerWith(httpStatus int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(httpStatus)
		_, _ = io.WriteString(w, body)
	}
}

// hang answers nothing until the gateway closes the connection.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (p *portone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.seen = append(p.seen, &received{r.Method, r.RequestURI, r.Header, string(body)})
	answer := p.answer
	p.mu.Unlock()
	answer(w, r)
}

// set changes what further requests are answered with.
func (p *portone) set(answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// requests returns what came since the last time.
func (p *portone) requests() []*received {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

// payment is a request that PortOne would take.
func payment(id string) *portonev2.PayWithBillingKeyRequest {
	return &portonev2.PayWithBillingKeyRequest{
		PaymentId:  id,
		BillingKey: proto.String("billing-key-1"),
		OrderName:  proto.String("an order"),
		Amount:     &portonev2.PaymentAmountInput{Total: proto.Int64(1000)},
		Currency:   portonev2.Currency_CURRENCY_KRW.Enum(),
	}
}

// pay makes a call that must succeed.
func pay(t *testing.T, conn grpc.ClientConnInterface, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer, err := portonev2.NewPaymentServiceClient(conn).PayWithBillingKey(ctx, payment(id))
	if err != nil {
		t.Fatalf("paying %s: %v", id, err)
	}
	if got := answer.GetPayment().GetPgTxId(); got != "tx-1" {
		t.Fatalf("paying %s: the answer is %v", id, answer)
	}
}

// connect makes another connection to a gRPC server.
func connect(t *testing.T, addr string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	conn, err := grpc.NewClient(addr, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// details takes a status apart.
func details(err error) (info *errdetails.ErrorInfo, bad *errdetails.BadRequest, text *errdetails.LocalizedMessage) {
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.BadRequest:
			bad = d
		case *errdetails.LocalizedMessage:
			text = d
		}
	}
	return info, bad, text
}

// checkStatus holds an error against a code and the ErrorInfo's reason, "" for a
// status of grpc-go's own.
func checkStatus(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	info, _, _ := details(err)
	if status.Code(err) != code || info.GetReason() != reason {
		t.Errorf("%v with %v, want %v with reason %q", err, info, code, reason)
	}
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// receive takes what comes from a channel.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	panic("unreachable")
}

// ended is a call as an observer sees its end.
type ended struct {
	rpc, transport string
	code           codes.Code
	reason         string
}

// observer keeps the ends of calls.
type observer struct {
	mu   sync.Mutex
	ends []ended
}

func (o *observer) all() []ended {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.ends)
}

// Begin implements service.Observer.
func (o *observer) Begin(*contract.Method) {}

// End implements service.Observer.
func (o *observer) End(op *contract.Method, transport string, code codes.Code, reason string, _, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ends = append(o.ends, ended{op.Name, transport, code, reason})
}
