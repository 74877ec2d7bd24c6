package portoneclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneclient"
	"github.com/portone-gateway/portone-gateway/portoneerr"
)

// runner makes the calls of one scenario.
type runner struct {
	bench *bench
	scene scene
	last  string // key of the last error, or the last given
}

// outcome is what a call came to, with the names of clients/scenarios.json.
type outcome map[string]any

func (r *runner) run(ctx context.Context, t *testing.T, s step) outcome {
	t.Helper()
	options := portoneclient.Options{AskAgainFor: 15 * time.Second}
	if s.AttemptMs > 0 {
		options.AttemptTimeout = time.Duration(s.AttemptMs) * time.Millisecond
	}
	if s.AskAgainForMs != nil {
		options.AskAgainFor = time.Duration(*s.AskAgainForMs) * time.Millisecond
		if *s.AskAgainForMs == 0 {
			options.AskAgainFor = -1
		}
	}
	conn, err := portoneclient.Dial(r.bench.Target, options)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, value := range s.Metadata {
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	ctx = r.withKey(ctx, s.Key)
	if s.DeadlineMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(s.DeadlineMs)*time.Millisecond)
		defer cancel()
	}
	if s.CancelOnArrival {
		var cancel context.CancelFunc
		waiting := ctx
		ctx, cancel = context.WithCancel(ctx)
		go func() {
			defer cancel()
			_ = r.bench.control(waiting, "GET", "/arrived", &struct{}{})
		}()
	}
	got, err := r.do(ctx, portonev2.NewPaymentServiceClient(conn), s)
	if err != nil {
		return r.failed(ctx, err)
	}
	return got
}

func (r *runner) withKey(ctx context.Context, key string) context.Context {
	switch key {
	case "":
		return ctx
	case "last":
		return portoneclient.WithKey(ctx, r.last)
	}
	r.last = key
	return portoneclient.WithKey(ctx, key)
}

func (r *runner) do(ctx context.Context, payments portonev2.PaymentServiceClient, s step) (outcome, error) {
	switch s.Do {
	case "pay":
		return outcome{}, r.pay(ctx, payments, r.scene.PaymentID, s.Amount)
	case "refund":
		_, err := payments.CancelPayment(ctx, &portonev2.CancelPaymentRequest{
			PaymentId: r.scene.PaidPaymentID, Amount: proto.Int64(100), Reason: proto.String("scenario")})
		return outcome{}, err
	case "get":
		id := r.scene.PaidPaymentID
		if s.Of == "paymentId" {
			id = r.scene.PaymentID
		}
		payment, err := payments.GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: id})
		if err != nil {
			return nil, err
		}
		got := outcome{"status": strings.TrimPrefix(portoneclient.StatusOf(payment).String(), "PAYMENT_STATUS_"),
			"unrecognized": payment.GetUnrecognized(), "unrecognizedOfCase": payment.GetPaid().GetUnrecognized()}
		return got, nil
	case "list":
		return list(r, ctx, payments, s, payments.GetPayments, &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Size: &s.Size}},
			func(p *portonev2.Payment) string { return portoneclient.IDOf(p) })
	case "listByCursor":
		return list(r, ctx, payments, s, payments.GetAllPaymentsByCursor, &portonev2.GetAllPaymentsByCursorRequest{Size: &s.Size},
			func(p *portonev2.PaymentWithCursor) string { return portoneclient.IDOf(p.GetPayment()) })
	}
	return nil, fmt.Errorf("the runner cannot %s", s.Do)
}

func (r *runner) pay(ctx context.Context, payments portonev2.PaymentServiceClient, id string, amount int64) error {
	if amount == 0 {
		amount = 1000
	}
	_, err := payments.PayWithBillingKey(ctx, &portonev2.PayWithBillingKeyRequest{
		PaymentId: id, BillingKey: &r.scene.BillingKey, ChannelKey: &r.scene.ChannelKey, OrderName: proto.String("scenario"),
		Amount: &portonev2.PaymentAmountInput{Total: &amount}, Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
	})
	return err
}

// list counts the different objects of a list.
func list[Q proto.Message, A interface {
	proto.Message
	GetItems() []I
}, I proto.Message](r *runner, ctx context.Context, payments portonev2.PaymentServiceClient, s step,
	call func(context.Context, Q, ...grpc.CallOption) (A, error), request Q, id func(I) string) (outcome, error) {
	seen := make(map[string]bool)
	for item, err := range portoneclient.All(ctx, call, request) {
		if err != nil {
			return nil, err
		}
		if s.PayAfterFirstItem && len(seen) == 0 {
			if err := r.pay(ctx, payments, r.scene.PaymentID, 0); err != nil {
				return nil, err
			}
		}
		seen[id(item)] = true
	}
	return outcome{"items": len(seen)}, nil
}

// failed says what an error says.
func (r *runner) failed(ctx context.Context, err error) outcome {
	e := portoneerr.FromError(err)
	if e.IdempotencyKey != "" {
		r.last = e.IdempotencyKey
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return outcome{"class": "cancelled"}
	}
	got := outcome{
		"code": canonical(e.Code), "type": e.Type, "key": e.IdempotencyKey != "",
		"reason":         strings.TrimPrefix(e.Reason.String(), "ERROR_REASON_"),
		"gatewayReason":  strings.TrimPrefix(e.Gateway.String(), "GATEWAY_REASON_"),
		"decline":        strings.TrimPrefix(e.Decline().String(), "DECLINE_REASON_"),
		"nextStep":       strings.TrimPrefix(e.NextStep().String(), "DECLINE_NEXT_STEP_"),
		"outcomeUnknown": e.OutcomeUnknown(), "outcomeUnclear": e.OutcomeUnclear(), "class": "error",
		"retry": [...]string{"never", "same", "later", "check_first"}[e.Retry()],
	}
	switch {
	case e.OutcomeUnknown():
		got["class"] = "outcome_unknown"
	case e.OutcomeUnclear():
		got["class"] = "outcome_unclear"
	case e.Type == "PG_PROVIDER" || e.Detail.GetDecline() != nil:
		got["class"] = "declined"
	}
	return got
}

// canonical is the name of a code as other languages write it.
func canonical(code codes.Code) string {
	var b strings.Builder
	for i, c := range code.String() {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	if code == codes.Canceled {
		return "CANCELLED"
	}
	return strings.ToUpper(b.String())
}

// checkOutcome compares what a call came to with what it should.
func checkOutcome(t *testing.T, i int, s step, got outcome) {
	t.Helper()
	if string(s.Want) == `"ok"` {
		if got["class"] != nil {
			t.Errorf("call %d failed: %v", i, got)
		}
		return
	}
	var want map[string]any
	if err := json.Unmarshal(s.Want, &want); err != nil {
		t.Fatal(err)
	}
	if got["class"] != nil && want["class"] == nil {
		t.Errorf("call %d failed: %v", i, got)
	}
	for name, value := range want {
		have, err := json.Marshal(got[name])
		if err != nil {
			t.Fatal(err)
		}
		var plain any
		if err := json.Unmarshal(have, &plain); err != nil {
			t.Fatal(err)
		}
		if !contains(plain, value) {
			t.Errorf("call %d: %s is %v, want %v", i, name, plain, value)
		}
	}
}

// contains reports whether a value is as wanted; of an object, the members that are
// wanted.
func contains(got, want any) bool {
	object, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(got, want)
	}
	members, _ := got.(map[string]any)
	for name, value := range object {
		if !contains(members[name], value) {
			return false
		}
	}
	return true
}
