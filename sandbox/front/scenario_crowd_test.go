package front_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/portone-gateway/portone-gateway/sandbox/front"
)

// crowd is how many make the same call at once.
const crowd = 100

// atOnce sends a request many times at once, each with the body and the idempotency
// key made for it, and counts the answers by type: "" for success. An answer that
// the contract does not allow fails the test.
func (m *merchant) atOnce(path string, form func(i int) (body, key string)) map[string]int {
	m.t.Helper()
	var mu sync.Mutex
	var working sync.WaitGroup
	answers := make(map[string]int)
	for i := range crowd {
		working.Go(func() {
			body, key := form(i)
			status, answer, err := m.exchange(http.MethodPost, path, []byte(body), key)
			if err == nil {
				_, err = m.judge.Answer(http.MethodPost, path, status, answer)
			}
			var refused struct{ Type string }
			if err == nil && status != http.StatusOK {
				err = json.Unmarshal(answer, &refused)
			}
			if err != nil {
				m.t.Errorf("%s: %d %s: %v", path, status, answer, err)
			}
			mu.Lock()
			defer mu.Unlock()
			answers[refused.Type]++
		})
	}
	working.Wait()
	return answers
}

// TestConcurrentCancels cancels one payment from many sides at once: never does
// more go back than was paid, and what did is what the answers said.
func TestConcurrentCancels(t *testing.T) {
	tests := []struct {
		name    string
		body    string
		key     func(i int) string
		success int   // answers
		moved   int64 // won
		then    string
		others  map[string]bool // types of error
	}{
		{"parts", `{"amount":1500,"reason":"r"}`, func(int) string { return "" }, 66, 99_000, "PARTIAL_CANCELLED",
			map[string]bool{"CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT": true}},
		{"parts that come to all", `{"amount":25000,"reason":"r"}`, func(int) string { return "" }, 4, 100_000, "CANCELLED",
			map[string]bool{"PAYMENT_ALREADY_CANCELLED": true}},
		{"all", `{"reason":"r"}`, func(int) string { return "" }, 1, 100_000, "CANCELLED", map[string]bool{"PAYMENT_ALREADY_CANCELLED": true}},
		{"a part of what everybody thinks is left", `{"amount":10000,"reason":"r","currentCancellableAmount":100000}`, func(int) string { return "" },
			1, 10_000, "PARTIAL_CANCELLED", map[string]bool{"CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN": true}},
		{"parts with few keys", `{"amount":1000,"reason":"r"}`, func(i int) string { return fmt.Sprintf(`"a-key-of-16-chars-%d"`, i%5) },
			-1, 5_000, "PARTIAL_CANCELLED", map[string]bool{"IDEMPOTENCY_OUTSTANDING_REQUEST": true}},
	}
	judge := front.NewJudge(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMerchant(t, judge, manner{}, front.Options{})
			m.post("/payments/p/instant", order("주문", 100_000, card("4242424242424242")))
			answers := m.atOnce("/payments/p/cancel", func(i int) (string, string) { return test.body, test.key(i) })
			if got := answers[""]; test.success >= 0 && got != test.success || got == 0 {
				t.Errorf("%d succeed, want %d", got, test.success)
			}
			for typ := range answers {
				if typ != "" && !test.others[typ] {
					t.Errorf("refused with %s", typ)
				}
			}
			payment := m.get("/payments/p")
			m.expect(payment, "status", test.then, "amount.paid", 100_000, "amount.cancelled", test.moved)
			var moved int64
			for _, c := range items(payment, "cancellations") {
				if pick(c, "status") == "SUCCEEDED" {
					moved += m.number(c, "totalAmount")
				}
			}
			if moved != test.moved {
				t.Errorf("the cancellations come to %d, want %d", moved, test.moved)
			}
		})
	}
}

// TestConcurrentPayments pays one order from many sides at once: one payment comes
// of it.
func TestConcurrentPayments(t *testing.T) {
	m := newMerchant(t, front.NewJudge(t), manner{}, front.Options{})
	body := `{"channelKey":"channel-key-sandbox","orderName":"o","amount":{"total":1000},"currency":"KRW",` +
		`"method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"30","expiryMonth":"12"}}}}`
	answers := m.atOnce("/payments/p/instant", func(int) (string, string) { return body, "" })
	if answers[""] != 1 || answers["ALREADY_PAID"] != crowd-1 {
		t.Errorf("answers %v", answers)
	}
	if counted := m.control("GET", "counters", nil)["payment.charged"]; fmt.Sprint(counted) != "1" {
		t.Errorf("charged %v times", counted)
	}
}
