package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/portone-gateway/portone-gateway/sandbox"
)

// bench is everything together.
type bench struct {
	sandbox  *sandbox.Sandbox
	portone  *portone
	listener net.Listener // of the sandbox
	gateway  *gateway
	proxy    *proxy

	before map[string]int64 // the sandbox's counters when the scenario began
}

func newBench() (*bench, error) {
	shop, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return nil, err
	}
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	b := &bench{sandbox: shop, portone: &portone{sandbox: shop}, listener: listener}
	b.portone.newScenario()
	go func() { _ = http.Serve(listener, b.portone) }()
	b.gateway = &gateway{url: "http://" + listener.Addr().String()}
	if b.proxy, err = newProxy(b.gateway, b.portone); err != nil {
		return nil, err
	}
	b.proxy.newScenario()
	go func() { _ = b.proxy.server.Serve(b.proxy.listener) }()
	return b, b.gateway.start()
}

func (b *bench) close() {
	_ = b.proxy.server.Close()
	b.gateway.kill()
	_ = b.listener.Close()
}

// control is the API that a runner calls.
func (b *bench) control() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(result) // who went away does not read it
		})
	}
	handle("POST /begin", func(*http.Request) (any, error) { return b.begin() })
	handle("GET /result", func(*http.Request) (any, error) { return b.result() })
	handle("GET /arrived", func(r *http.Request) (any, error) {
		select {
		case <-b.portone.seen():
			return struct{}{}, nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	})
	return mux
}

// scene is what a scenario begins with.
type scene struct {
	PaymentID     string `json:"paymentId"` // of no payment yet
	BillingKey    string `json:"billingKey"`
	PaidPaymentID string `json:"paidPaymentId"`
	ChannelKey    string `json:"channelKey"` // of a PG whose codes the gateway explains
}

const channelKey = "channel-key-sandbox"

const paidPayments = 7

// begin makes a new sandbox with seven paid payments, and a new gateway: its breaker
// and budget know nothing of other scenarios.
func (b *bench) begin() (*scene, error) {
	b.gateway.kill()
	if err := b.sandbox.Reset(); err != nil {
		return nil, err
	}
	s := &scene{PaymentID: "scenario-payment", ChannelKey: channelKey}
	var issued struct {
		BillingKeyInfo struct {
			BillingKey string `json:"billingKey"`
		} `json:"billingKeyInfo"`
	}
	err := b.call("POST", "/billing-keys", `{"channelKey":"channel-key-sandbox","customer":{"id":"scenario-customer"},
		"method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}}}`, &issued)
	if err != nil {
		return nil, err
	}
	s.BillingKey = issued.BillingKeyInfo.BillingKey
	for i := range paidPayments {
		s.PaidPaymentID = fmt.Sprintf("scenario-paid-%d", i+1)
		body := fmt.Sprintf(`{"billingKey":%q,"orderName":"scenario","amount":{"total":1000},"currency":"KRW"}`, s.BillingKey)
		if err := b.call("POST", "/payments/"+s.PaidPaymentID+"/billing-key", body, nil); err != nil {
			return nil, err
		}
	}
	b.portone.newScenario()
	b.proxy.newScenario()
	if b.before, err = b.counters(); err != nil {
		return nil, err
	}
	return s, b.gateway.start()
}

// result is what a scenario came to.
type result struct {
	Charges  int64 `json:"charges"`
	Refunds  int64 `json:"refunds"`
	Attempts int   `json:"attempts"` // RPCs that reached the proxy
	Keys     int   `json:"keys"`     // different idempotency keys among them
}

func (b *bench) result() (*result, error) {
	now, err := b.counters()
	if err != nil {
		return nil, err
	}
	b.proxy.mu.Lock()
	defer b.proxy.mu.Unlock()
	return &result{
		Charges:  now["payment.charged"] - b.before["payment.charged"],
		Refunds:  now["payment.cancelled"] - b.before["payment.cancelled"],
		Attempts: b.proxy.attempts, Keys: len(b.proxy.keys),
	}, nil
}

func (b *bench) counters() (map[string]int64, error) {
	counters := make(map[string]int64)
	return counters, b.call("GET", "/sandbox/counters", "", &counters)
}

// call makes a request to the sandbox, past gateway and proxy.
func (b *bench) call(method, path, body string, into any) error {
	request := httptest.NewRequest(method, path, bytes.NewBufferString(body))
	request.Header.Set("Authorization", "PortOne bench")
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	b.sandbox.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer.Body.Bytes(), into)
}
