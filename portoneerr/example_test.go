package portoneerr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneclient/sandboxtest"
	"github.com/portone-gateway/portone-gateway/portoneerr"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

// errLater, errLookUp and errAnotherCard say what has to be done about a charge.
var (
	errLater       = errors.New("ask again later, with the same key")
	errLookUp      = errors.New("read the payment, and go by its status")
	errAnotherCard = errors.New("ask for another card")
)

// charge charges a card under an idempotency key of the caller's own, which is kept with
// the order.
func charge(ctx context.Context, client portonev2.PaymentServiceClient, request *portonev2.PayInstantlyRequest, key string) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
	_, err := client.PayInstantly(ctx, request)
	if e := portoneerr.FromMutation(err, key); e != nil { // FromRead for what changes nothing
		switch {
		case e.OutcomeUnknown(), e.Retry() == portoneerr.RetrySame:
			return errLater
		case e.OutcomeUnclear(), e.Reason == portonev2.ErrorReason_ERROR_REASON_ALREADY_PAID:
			return errLookUp
		case e.NextStep() == portonev2.DeclineNextStep_DECLINE_NEXT_STEP_ASK_FOR_ANOTHER_METHOD:
			return errAnotherCard
		default:
			return e
		}
	}
	return nil
}

// The answer to a charge is lost, the same order is charged again, and another card is
// over its limit: what to do stands in the error.
func Example() {
	var t exampleT
	defer t.end()
	gateway := sandboxtest.Start(&t, sandbox.Options{})
	client := portonev2.NewPaymentServiceClient(dial(gateway.Target))
	ctx := context.Background()

	order := instant("order-1", "4242424242424242")
	fmt.Println(charge(sandboxtest.Fault(ctx, "cut=after"), client, order, "order-1-charge-1"))
	fmt.Println(charge(ctx, client, order, "order-1-charge-1"))
	fmt.Println("charged:", gateway.Counter(&t, "payment.charged"))

	fmt.Println(charge(ctx, client, order, "order-1-charge-2"))
	payment, err := client.GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: "order-1"})
	fmt.Println("paid:", payment.GetPaid().GetAmount().GetPaid(), err)

	fmt.Println(charge(ctx, client, instant("order-2", "4000000000006975"), "order-2-charge-1"))
	// Output:
	// ask again later, with the same key
	// <nil>
	// charged: 1
	// read the payment, and go by its status
	// paid: 25000 <nil>
	// ask for another card
}

// instant is a payment by card number.
func instant(id, card string) *portonev2.PayInstantlyRequest {
	return &portonev2.PayInstantlyRequest{
		PaymentId:  id,
		ChannelKey: proto.String("channel-key-sandbox"),
		OrderName:  proto.String("Coffee"),
		Amount:     &portonev2.PaymentAmountInput{Total: proto.Int64(25000)},
		Currency:   portonev2.Currency_CURRENCY_KRW.Enum(),
		Method: &portonev2.InstantPaymentMethodInput{Card: &portonev2.InstantPaymentMethodInputCard{
			Credential: &portonev2.CardCredential{Number: &card, ExpiryYear: proto.String("99"), ExpiryMonth: proto.String("12")},
		}},
	}
}

func dial(target string) *grpc.ClientConn {
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	return conn
}

// exampleT is what an example has in place of a test.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (t *exampleT) Helper()           {}
func (t *exampleT) Cleanup(do func()) { t.cleanups = append(t.cleanups, do) }
func (t *exampleT) Fatal(args ...any) { log.Fatal(args...) }
func (t *exampleT) Errorf(format string, args ...any) {
	log.Fatalf(format, args...)
}

func (t *exampleT) end() {
	for _, do := range slices.Backward(t.cleanups) {
		do()
	}
}
