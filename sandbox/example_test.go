package sandbox_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// send sends a request as a client of PortOne does, and returns the status and the
// member of the answer that is asked for.
func send(method, url, body, member string) (status int, value any) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Authorization", "PortOne any-secret")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	return response.StatusCode, answer[member]
}

const payment = `{"channelKey":"channel-key-sandbox","orderName":"Coffee","amount":{"total":25000},"currency":"KRW",
	"method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}}}`

// A sandbox stands in PortOne's place: whatever takes the base URL of PortOne's API
// takes that of the test server.
func Example() {
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	portone := httptest.NewServer(s)
	defer portone.Close()

	fmt.Println(send("POST", portone.URL+"/payments/order-1/instant", payment, "type"))
	fmt.Println(send("GET", portone.URL+"/payments/order-1", "", "status"))
	fmt.Println(send("POST", portone.URL+"/payments/order-1/instant", payment, "type"))
	// Output:
	// 200 <nil>
	// 200 PAID
	// 409 ALREADY_PAID
}

// Any error of any operation can be asked for, here by the id of the payment.
func Example_faults() {
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	portone := httptest.NewServer(s)
	defer portone.Close()

	fmt.Println(send("POST", portone.URL+"/payments/sandbox:pg=EXCEED_MAX_AMOUNT/instant", payment, "pgCode"))
	// Output:
	// 502 EXCEED_MAX_AMOUNT
}

// What takes time at PortOne happens when the sandbox's clock gets there.
func ExampleSandbox_Advance() {
	s, err := sandbox.New(sandbox.Options{Demo: true, Clock: world.NewStoppedClock(time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC))})
	if err != nil {
		log.Fatal(err)
	}
	portone := httptest.NewServer(s)
	defer portone.Close()

	fmt.Println(send("GET", portone.URL+"/payments/demo-subscription-2", "", "type"))
	if err := s.Advance(30 * 24 * time.Hour); err != nil {
		log.Fatal(err)
	}
	fmt.Println(send("GET", portone.URL+"/payments/demo-subscription-2", "", "status"))
	// Output:
	// 404 PAYMENT_NOT_FOUND
	// 200 PAID
}
