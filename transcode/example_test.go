package transcode_test

import (
	"fmt"
	"log"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// What the contract has no place for is kept as raw JSON, and written back: a member and
// an enum value from tomorrow.
func Example() {
	const json = `{"currency":"XYZ","amount":{"total":25000,"tip":[1,2]}}`
	var request portonev2.PayInstantlyRequest
	if err := transcode.Unmarshal([]byte(json), &request, transcode.Strict); err != nil {
		log.Fatal(err)
	}
	fmt.Println(request.GetAmount().GetTotal(), request.GetAmount().GetUnrecognized()["tip"], request.GetUnrecognized()["currency"])

	back, err := transcode.Marshal(&request)
	fmt.Println(string(back), err)
	// Output:
	// 25000 [1,2] "XYZ"
	// {"amount":{"total":25000,"tip":[1,2]},"currency":"XYZ"} <nil>
}

// A union is a flat object, whose discriminator is the case of the oneof.
func ExampleUnmarshal() {
	const json = `{"status":"PAID","id":"order-1","amount":{"total":25000}}`
	var payment portonev2.Payment
	if err := transcode.Unmarshal([]byte(json), &payment, transcode.Strict); err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.GetPaid().GetId(), payment.GetPaid().GetAmount().GetTotal())
	// Output: order-1 25000
}

// A mistake in an answer is an error that says where, never a zero.
func ExampleError() {
	const json = `{"status":"PAID","id":"order-1","amount":{"total":"25000"}}`
	var payment portonev2.Payment
	fmt.Println(transcode.Unmarshal([]byte(json), &payment, transcode.Strict))
	// Output: amount.total: the value must be an integer of 64 bits at byte 50
}
