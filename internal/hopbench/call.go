package main

import (
	"fmt"
	"net/url"
	"slices"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// call is an operation that the benchmark makes, in both of its forms.
type call struct {
	name string

	// The HTTP form.
	method, target string
	body           []byte
	answer         []byte // PortOne's JSON

	// The gRPC form.
	rpc      string
	request  proto.Message
	response proto.Message // an empty one of the type
}

// heldID is the id of a payment that the stub upstream answers only when told to.
const heldID = "held"

// measuredCalls are those that have rows in the table.
var measuredCalls = []*call{getPayment(firstID), getPage(100), cancelPayment(firstID)}

// heldCall is getPayment with an answer that waits.
var heldCall = getPayment(heldID)

const firstID = "order-20260314-000001"

// callNamed finds a call by what its name is in a job.
func callNamed(name string) (*call, error) {
	for _, c := range slices.Concat(measuredCalls, []*call{heldCall}) {
		if c.name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("no call is named %q", name)
}

func getPayment(id string) *call {
	name := "get payment"
	if id == heldID {
		name = "held payment"
	}
	return &call{
		name:     name,
		method:   "GET",
		target:   "/payments/" + id,
		answer:   contracttest.CardPayment(),
		rpc:      portonev2.PaymentService_GetPayment_FullMethodName,
		request:  &portonev2.GetPaymentRequest{PaymentId: id},
		response: &portonev2.Payment{},
	}
}

func getPage(n int32) *call {
	body := fmt.Sprintf(`{"page":{"number":0,"size":%d}}`, n)
	return &call{
		name:   fmt.Sprintf("page of %d", n),
		method: "GET",
		target: "/payments?requestBody=" + url.QueryEscape(body),
		answer: contracttest.PaymentsPage(int(n)),
		rpc:    portonev2.PaymentService_GetPayments_FullMethodName,
		request: &portonev2.GetPaymentsRequest{
			Page: &portonev2.PageInput{Number: proto.Int32(0), Size: proto.Int32(n)},
		},
		response: &portonev2.GetPaymentsResponse{},
	}
}

func cancelPayment(id string) *call {
	return &call{
		name:   "cancel",
		method: "POST",
		target: "/payments/" + id + "/cancel",
		body:   []byte(`{"amount":15000,"reason":"out of stock","currentCancellableAmount":15000}`),
		answer: []byte(`{"cancellation":{"status":"SUCCEEDED","id":"0195a1b2-0000-7000-8000-000000000001",` +
			`"pgCancellationId":"T0000000000000000001","totalAmount":15000,"taxFreeAmount":0,"vatAmount":1364,` +
			`"reason":"out of stock","cancelledAt":"2026-03-14T05:30:02.512Z","requestedAt":"2026-03-14T05:30:01.870Z",` +
			`"receiptUrl":"https://receipts.example/0195a1b2"}}`),
		rpc: portonev2.PaymentService_CancelPayment_FullMethodName,
		request: &portonev2.CancelPaymentRequest{
			PaymentId:                id,
			Amount:                   proto.Int64(15000),
			Reason:                   proto.String("out of stock"),
			CurrentCancellableAmount: proto.Int64(15000),
		},
		response: &portonev2.CancelPaymentResponse{},
	}
}

// answerWire is the answer as a gRPC message.
func (c *call) answerWire() ([]byte, error) {
	var cache transcode.Cache
	plan, err := cache.Message(c.response.ProtoReflect().Descriptor())
	if err != nil {
		return nil, err
	}
	return plan.AppendWire(nil, c.answer, transcode.Strict)
}

// checkJSON compares an answer in JSON with what the upstream sent.
func (c *call) checkJSON(answer []byte) error {
	if err := contracttest.Equal(c.response.ProtoReflect().Descriptor(), c.answer, answer); err != nil {
		return fmt.Errorf("%s: the answer is not what the upstream sent: %w", c.name, err)
	}
	return nil
}

// checkWire compares an answer in protobuf with what the upstream sent.
func (c *call) checkWire(answer []byte) error {
	wire, err := c.answerWire()
	if err != nil {
		return err
	}
	want, got := proto.Clone(c.response), proto.Clone(c.response)
	if err := proto.Unmarshal(wire, want); err != nil {
		return err
	}
	if err := proto.Unmarshal(answer, got); err != nil {
		return fmt.Errorf("%s: the answer is no %s: %w", c.name, got.ProtoReflect().Descriptor().Name(), err)
	}
	if !proto.Equal(want, got) {
		return fmt.Errorf("%s: the answer (%d bytes) is not what the upstream sent (%d bytes)", c.name, len(answer), len(wire))
	}
	return nil
}
