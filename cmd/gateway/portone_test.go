package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

const (
	paidAnswer     = `{"payment":{"pgTxId":"tx-1","paidAt":"2026-01-02T03:04:05Z"}}`
	paymentsAnswer = `{"items":[],"page":{"number":0,"size":10,"totalCount":0}}`
)

// stub stands in PortOne's place: it keeps the headers of requests and does what it
// is told.
type stub struct {
	url string

	mu     sync.Mutex
	answer http.HandlerFunc
	seen   []http.Header
}

// newStub starts a PortOne that gives a valid answer to payments and to the list
// of payments, unless it is told otherwise.
func newStub(t *testing.T, answer http.HandlerFunc) *stub {
	t.Helper()
	if answer == nil {
		answer = answerWell
	}
	s := &stub{answer: answer}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func answerWell(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/billing-key") {
		answerWith(http.StatusOK, paidAnswer)(w, r)
		return
	}
	answerWith(http.StatusOK, paymentsAnswer)(w, r)
}

func answerWith(httpStatus int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(httpStatus)
		_, _ = io.WriteString(w, body)
	}
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.seen = append(s.seen, r.Header.Clone())
	answer := s.answer
	s.mu.Unlock()
	answer(w, r)
}

// set changes what further requests are answered with.
func (s *stub) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// headers are those of the requests so far.
func (s *stub) headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// gate holds requests for payments whose id begins with "held" until it is opened,
// and answers them then.
type gate struct {
	arrived chan string // paths
	open    chan struct{}
}

func newGate() *gate { return &gate{make(chan string, 16), make(chan struct{})} }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/payments/held") {
		g.arrived <- r.URL.Path
		select {
		case <-g.open:
		case <-r.Context().Done():
			return
		}
	}
	answerWell(w, r)
}

// pay makes a payment by gRPC.
func pay(ctx context.Context, conn grpc.ClientConnInterface, id string) (*portonev2.PayWithBillingKeyResponse, error) {
	return portonev2.NewPaymentServiceClient(conn).PayWithBillingKey(ctx, &portonev2.PayWithBillingKeyRequest{
		PaymentId:  id,
		BillingKey: proto.String("billing-key-1"),
		OrderName:  proto.String("an order"),
		Amount:     &portonev2.PaymentAmountInput{Total: proto.Int64(1000)},
		Currency:   portonev2.Currency_CURRENCY_KRW.Enum(),
	})
}

// payREST makes one by REST.
func payREST(ctx context.Context, addr, id string, headers ...string) (answer, error) {
	return ask(ctx, addr, http.MethodPost, "/payments/"+id+"/billing-key",
		`{"billingKey":"billing-key-1","orderName":"an order","amount":{"total":1000},"currency":"KRW"}`,
		append(headers, "Content-Type: application/json")...)
}

// list asks for payments by gRPC.
func list(ctx context.Context, conn grpc.ClientConnInterface) error {
	_, err := portonev2.NewPaymentServiceClient(conn).GetPayments(ctx, &portonev2.GetPaymentsRequest{})
	return err
}

// reasonOf is the reason in an error's ErrorInfo.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
