package shop

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// opening is when the shops of tests open.
var opening = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// tb is what helpers need of tests, benchmarks and rapid.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// open returns a shop whose clock stands still.
func open() (*Store, *world.World) {
	w := world.New(world.NewStoppedClock(opening))
	return New(w), w
}

// try calls an RPC and holds it to the contract: an answer has every required
// member, a fault is one that the operation lists.
func try[Req, Resp proto.Message](t tb, rpc func(context.Context, Req) (Resp, error), req Req) (Resp, *world.Refusal) {
	t.Helper()
	answer, err := rpc(context.Background(), req)
	if err == nil {
		answer = received(t, answer)
		worldtest.Complete(t, answer)
		return answer, nil
	}
	var fault *world.Refusal
	if !errors.As(err, &fault) {
		t.Fatalf("%T: %v is no fault", req, err)
	}
	worldtest.Listed(t, req, fault)
	return answer, fault
}

// received is an answer as it is once it was sent.
func received[M proto.Message](t tb, sent M) M {
	t.Helper()
	wire, err := proto.Marshal(sent)
	got := sent.ProtoReflect().New().Interface().(M)
	if err == nil {
		err = proto.Unmarshal(wire, got)
	}
	if err != nil {
		t.Fatalf("%T: %v", sent, err)
	}
	return got
}

// do calls an RPC that has to succeed.
func do[Req, Resp proto.Message](t tb, rpc func(context.Context, Req) (Resp, error), req Req) Resp {
	t.Helper()
	answer, fault := try(t, rpc, req)
	if fault != nil {
		t.Fatalf("%T %v: %v", req, req, fault)
	}
	return answer
}

// refused calls an RPC that has to be refused.
func refused[Req, Resp proto.Message](t tb, rpc func(context.Context, Req) (Resp, error), req Req, reason portonev2.ErrorReason) *world.Refusal {
	t.Helper()
	_, fault := try(t, rpc, req)
	if fault == nil || fault.Reason != reason {
		t.Fatalf("%T %v: %v, want %s", req, req, fault, reason)
	}
	return fault
}

// credential is a card that is valid until the end of 2030.
func credential(number string) *portonev2.CardCredential {
	return &portonev2.CardCredential{Number: &number, ExpiryYear: world.Ptr("30"), ExpiryMonth: world.Ptr("12")}
}

func won(total int64) *portonev2.PaymentAmountInput {
	return &portonev2.PaymentAmountInput{Total: &total}
}

// byCard is a payment by a card that is keyed in.
func byCard(id string, total int64, number string) *portonev2.PayInstantlyRequest {
	return &portonev2.PayInstantlyRequest{
		PaymentId: id, ChannelKey: world.Ptr(ChannelDefault), OrderName: world.Ptr("order of " + id), Amount: won(total),
		Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		Method: &portonev2.InstantPaymentMethodInput{Card: &portonev2.InstantPaymentMethodInputCard{
			Credential: credential(number),
		}},
	}
}

// byAccount is a payment by a virtual account that is due in some hours.
func byAccount(id string, total int64, hours int32) *portonev2.PayInstantlyRequest {
	req := byCard(id, total, "")
	req.Method = &portonev2.InstantPaymentMethodInput{VirtualAccount: &portonev2.InstantPaymentMethodInputVirtualAccount{
		Bank:   portonev2.Bank_BANK_SHINHAN.Enum(),
		Expiry: &portonev2.InstantPaymentMethodInputVirtualAccountExpiry{ValidHours: &hours},
		Option: &portonev2.InstantPaymentMethodInputVirtualAccountOption{
			Type: portonev2.InstantPaymentMethodInputVirtualAccountOptionType_INSTANT_PAYMENT_METHOD_INPUT_VIRTUAL_ACCOUNT_OPTION_TYPE_NORMAL.Enum(),
		},
	}}
	return req
}

// keyFor is the request for a billing key of a card.
func keyFor(number string) *portonev2.IssueBillingKeyRequest {
	return &portonev2.IssueBillingKeyRequest{
		ChannelKey: world.Ptr(ChannelDefault),
		Method: &portonev2.InstantBillingKeyPaymentMethodInput{Card: &portonev2.InstantBillingKeyPaymentMethodInputCard{
			Credential: credential(number),
		}},
	}
}

// issueKey issues a billing key for a card.
func issueKey(t tb, s *Store, number string) string {
	t.Helper()
	return do(t, s.IssueBillingKey, keyFor(number)).BillingKeyInfo.GetBillingKey()
}

// byKey is a payment with a billing key.
func byKey(id, key string, total int64) *portonev2.PayWithBillingKeyRequest {
	return &portonev2.PayWithBillingKeyRequest{
		PaymentId: id, BillingKey: &key, OrderName: world.Ptr("order of " + id), Amount: won(total), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
	}
}

// later is a payment with a billing key at a time.
func later(id, key string, total int64, at *world.World, in time.Duration) *portonev2.CreatePaymentScheduleRequest {
	return &portonev2.CreatePaymentScheduleRequest{
		PaymentId: id, TimeToPay: instantOf(at.Clock.Now().Add(in)).timestamp(),
		Payment: &portonev2.BillingKeyPaymentScheduleInput{
			BillingKey: &key, OrderName: world.Ptr("order of " + id), Amount: won(total), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		},
	}
}

// cancelAll is the cancellation of what is left.
func cancelAll(id string) *portonev2.CancelPaymentRequest {
	return &portonev2.CancelPaymentRequest{PaymentId: id, Reason: world.Ptr("a change of mind")}
}

// cancelPart is the cancellation of a part.
func cancelPart(id string, amount int64) *portonev2.CancelPaymentRequest {
	req := cancelAll(id)
	req.Amount = &amount
	return req
}

// get reads a payment.
func get(t tb, s *Store, id string) *portonev2.Payment {
	t.Helper()
	return do(t, s.GetPayment, &portonev2.GetPaymentRequest{PaymentId: id})
}

// view has the members that payments in several states have in common.
type view interface {
	proto.Message
	GetAmount() *portonev2.PaymentAmount
	GetWebhooks() []*portonev2.PaymentWebhook
	GetMethod() *portonev2.PaymentMethod
	GetTransactionId() string
}

// look reads a payment whose state has to be a given one.
func look(t tb, s *Store, id string, status portonev2.PaymentStatus) view {
	t.Helper()
	m := get(t, s, id).ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	if field.Name() != statusNames[status] {
		t.Fatalf("payment %q is %s, want %s", id, field.Name(), statusNames[status])
	}
	return m.Get(field).Message().Interface().(view)
}
