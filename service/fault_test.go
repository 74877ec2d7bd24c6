package service_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/portoneerr"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// TestFaultsByGRPC and TestFaultsByREST make payments through a PortOne that loses
// one connection in five before, while or after it carries a payment out, is at
// times slower than its callers wait, and says that it is still at it. Callers do
// as the README says. Every payment must end charged once, with its answer at its
// caller.
func TestFaultsByGRPC(t *testing.T) {
	payments := 10_000
	if testing.Short() {
		payments = 1_000
	}
	testFaults(t, payments, 200, func(g *gatewaytest.Gateway) payer {
		return &grpcPayer{portonev2.NewPaymentServiceClient(g.Conn)}
	})
}

func TestFaultsByREST(t *testing.T) {
	payments := 2_000
	if testing.Short() {
		payments = 500
	}
	testFaults(t, payments, 100, func(g *gatewaytest.Gateway) payer {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
		t.Cleanup(client.CloseIdleConnections)
		return &restPayer{g.URL, client}
	})
}

func testFaults(t *testing.T, payments, callers int, payerOf func(*gatewaytest.Gateway) payer) {
	p := newFaultyPortone(20260102)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Upstream: func(o *upstream.Options) { o.Timeout = attemptTimeout }})
	f := &faultTest{t: t, payer: payerOf(g)}
	queue := make(chan int)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for n := range queue {
				f.settle(n)
			}
		})
	}
	for n := range payments {
		queue <- n
	}
	close(queue)
	group.Wait()

	charges, counts := p.settled()
	for n := range payments {
		if id := paymentID(n); charges[id] != 1 {
			t.Errorf("%s was charged %d times", id, charges[id])
		}
	}
	if len(charges) != payments {
		t.Errorf("%d payments were charged, want %d", len(charges), payments)
	}
	for _, wrong := range counts.wrong[:min(len(counts.wrong), 10)] {
		t.Errorf("PortOne got a request with the %s", wrong)
	}
	t.Logf("PortOne: %d requests, %d cut before, %d while and %d after the work; %d slow, %d repeated, %d outstanding",
		counts.requests, counts.cutBefore, counts.cutDuring, counts.cutAfter, counts.slow, counts.repeated, counts.outstanding)
	t.Logf("callers: %d answers, %d unknown outcomes (%d of which by the caller's own deadline), %d aborted, %d undone, %d repeats",
		f.answers.Load(), f.unknown.Load(), f.untold.Load(), f.aborted.Load(), f.undone.Load(), f.repeats.Load())
	if f.answers.Load() != int64(payments) {
		t.Errorf("%d callers have an answer, want %d", f.answers.Load(), payments)
	}
	// Otherwise the test has tried nothing.
	if counts.cut() < counts.requests/6 || counts.slow == 0 || counts.outstanding == 0 || f.unknown.Load() <= f.untold.Load() || f.repeats.Load() == 0 {
		t.Errorf("PortOne behaved too well: %+v", counts)
	}
}

func paymentID(n int) string { return fmt.Sprintf("payment-%05d", n) }

// payer makes payments by gRPC or REST. The receipt is what PortOne said.
type payer interface {
	pay(ctx context.Context, n int, key string) (receipt string, failure *told)
}

// told is what a caller was told of a payment that has no answer.
type told struct {
	unknown bool   // OUTCOME_UNKNOWN, or no word from the gateway at all
	untold  bool   // the latter
	aborted bool   // PortOne is still at it
	undone  bool   // nothing was done, and another try may help
	key     string // of the error
	text    string
}

// faultTest is what the callers of a test share.
type faultTest struct {
	t     *testing.T
	payer payer

	answers, unknown, untold, aborted, undone, repeats atomic.Int64
}

// settle makes a payment and repeats it until its outcome is known. A third of the
// callers leave the key to the gateway; those with a deadline have a key of their
// own, without which one who gives up by himself could not ask again. They wait
// longer each time: a busy machine may be slower than any deadline.
func (f *faultTest) settle(n int) {
	key, deadline := "", time.Duration(0)
	switch n % 3 {
	case 1:
		key = "key-of-" + paymentID(n)
	case 2:
		key, deadline = "key-of-"+paymentID(n), shortDeadline
	}
	for tries := range 100 {
		if tries > 0 {
			f.repeats.Add(1)
		}
		receipt, failure := f.try(n, key, deadline<<min(tries, 4))
		if failure == nil {
			if receipt != receiptOf(paymentID(n)) {
				f.t.Errorf("%s has the answer %q", paymentID(n), receipt)
			}
			f.answers.Add(1)
			return
		}
		if !f.note(failure) {
			f.t.Errorf("%s: %s", paymentID(n), failure.text)
			return
		}
		if failure.key != "" && key != "" && failure.key != key {
			f.t.Errorf("%s was sent with the key %s and came back with %s", paymentID(n), key, failure.key)
		}
		if key == "" {
			key = failure.key
		}
		if key == "" {
			f.t.Errorf("%s was lost: no key in %s", paymentID(n), failure.text)
			return
		}
	}
	f.t.Errorf("%s has no outcome after 100 tries", paymentID(n))
}

func (f *faultTest) try(n int, key string, deadline time.Duration) (string, *told) {
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	if deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	return f.payer.pay(ctx, n, key)
}

// note counts what a caller was told; false if it is nothing that he may repeat.
func (f *faultTest) note(failure *told) bool {
	switch {
	case failure.unknown:
		f.unknown.Add(1)
		if failure.untold {
			f.untold.Add(1)
		}
	case failure.aborted:
		f.aborted.Add(1)
	case failure.undone:
		f.undone.Add(1)
		time.Sleep(10 * time.Millisecond) // as one does
	default:
		return false
	}
	return true
}

// grpcPayer pays by gRPC, with two operations.
type grpcPayer struct {
	client portonev2.PaymentServiceClient
}

func (p *grpcPayer) pay(ctx context.Context, n int, key string) (string, *told) {
	if key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
	}
	var receipt string
	var err error
	if n%2 == 0 {
		var answer *portonev2.PayWithBillingKeyResponse
		answer, err = p.client.PayWithBillingKey(ctx, payment(paymentID(n)))
		receipt = answer.GetPayment().GetPgTxId()
	} else {
		var answer *portonev2.PayInstantlyResponse
		answer, err = p.client.PayInstantly(ctx, &portonev2.PayInstantlyRequest{PaymentId: paymentID(n), OrderName: proto.String("an order")})
		receipt = answer.GetPayment().GetPgTxId()
	}
	if err == nil {
		return receipt, nil
	}
	e := portoneerr.FromMutation(err, key)
	return "", &told{
		unknown: e.OutcomeUnknown(),
		untold:  e.Type == "",
		aborted: e.Code == codes.Aborted,
		undone:  e.Type != "" && e.Code == codes.Unavailable || e.Gateway == portonev2.GatewayReason_GATEWAY_REASON_NOT_SENT,
		key:     e.IdempotencyKey,
		text:    err.Error(),
	}
}

// restPayer pays by REST.
type restPayer struct {
	url    string
	client *http.Client
}

func (p *restPayer) pay(ctx context.Context, n int, key string) (string, *told) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/payments/"+paymentID(n)+"/instant", strings.NewReader(`{"orderName":"an order"}`))
	if err != nil {
		return "", &told{text: err.Error()}
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", `"`+key+`"`)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return "", &told{unknown: ctx.Err() != nil, untold: true, text: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", &told{unknown: ctx.Err() != nil, untold: true, text: err.Error()}
	}
	var answer struct {
		Payment struct{ PgTxID string }
		Type    string
		Details []struct {
			Metadata struct{ IdempotencyKey string }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", &told{text: fmt.Sprintf("%s, %v in %s", response.Status, err, body)}
	}
	if response.StatusCode == http.StatusOK {
		return answer.Payment.PgTxID, nil
	}
	failure := &told{
		unknown: response.StatusCode == http.StatusConflict && answer.Type == "OUTCOME_UNKNOWN",
		aborted: response.StatusCode == http.StatusConflict && answer.Type == "IDEMPOTENCY_OUTSTANDING_REQUEST",
		undone:  response.StatusCode == http.StatusServiceUnavailable,
		text:    fmt.Sprintf("%s %s", response.Status, body),
	}
	for _, detail := range answer.Details {
		if detail.Metadata.IdempotencyKey != "" {
			failure.key = detail.Metadata.IdempotencyKey
		}
	}
	if header := response.Header.Get("Idempotency-Key"); failure.key != header {
		return "", &told{text: fmt.Sprintf("the key is %q in the header and %q in the body", header, failure.key)}
	}
	return "", failure
}
