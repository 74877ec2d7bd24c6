package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// many is how many payments a sandbox has to take easily.
const many = 100_000

// crowded is a sandbox with many payments, a tenth of them cancelled in part, made
// by HTTP requests a second apart. Tests and benchmarks share it and only read.
var crowded = sync.OnceValue(func() *Sandbox {
	s, err := New(Options{})
	if err != nil {
		panic(err)
	}
	demand := func(method, target, body string) {
		if w := ask(s, method, target, body); w.Code != http.StatusOK {
			panic(fmt.Sprintf("%s %s %s: %d %s", method, target, body, w.Code, w.Body))
		}
	}
	for i := range many {
		demand("POST", fmt.Sprintf("/payments/payment-%d/instant", i), fmt.Sprintf(`{"channelKey":"channel-key-sandbox","orderName":"주문 %d",`+
			`"method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}},`+
			`"customer":{"id":"customer-%d","name":{"full":"김고객"},"email":"customer@sandbox.example"},"amount":{"total":%d},"currency":"KRW"}`, i, i, 1_000+i))
		if i%10 == 0 {
			demand("POST", fmt.Sprintf("/payments/payment-%d/cancel", i), `{"amount":500,"reason":"한 개 반품"}`)
		}
		if err := s.Advance(time.Second); err != nil {
			panic(err)
		}
	}
	return s
})

// crowdedLists are list calls that have to stay fast, by what they ask for.
var crowdedLists = []struct{ name, path, body string }{
	{"the first page", "/payments", `{}`},
	{"by state", "/payments", `{"filter":{"status":["PARTIAL_CANCELLED"]}}`},
	{"by state and time", "/payments", `{"filter":{"status":["PAID"],"from":"2026-01-01T00:00:00Z","until":"2099-01-01T00:00:00Z","sortBy":"STATUS_CHANGED_AT"}}`},
	{"a page far back", "/payments", `{"page":{"number":59,"size":1000},"filter":{"sortOrder":"ASC"}}`},
	{"by customer", "/payments", `{"filter":{"textSearch":[{"field":"CUSTOMER_NAME","value":"김고"}]}}`},
	{"by cursor", "/payments-by-cursor", `{"size":100}`},
	{"events by cursor", "/payment-events-by-cursor", `{"size":100}`},
}

// BenchmarkList100k measures list calls over many payments, over HTTP and as far
// as the domain answers.
func BenchmarkList100k(b *testing.B) {
	s := crowded()
	server := httptest.NewServer(s)
	b.Cleanup(server.Close)
	for _, list := range crowdedLists {
		target := list.path + "?requestBody=" + url.QueryEscape(list.body)
		b.Run(list.name+"/http", func(b *testing.B) {
			for b.Loop() {
				overHTTP(b, server, target)
			}
		})
		b.Run(list.name+"/direct", func(b *testing.B) {
			op, params, _ := s.contract.routes.find("GET", list.path)
			r := op.read(params, "", []byte(list.body))
			b.ReportAllocs()
			for b.Loop() {
				if out, err := s.locked(s.state, r); err != nil || len(out.wire) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func overHTTP(b *testing.B, server *httptest.Server, target string) {
	request, err := http.NewRequestWithContext(context.Background(), "GET", server.URL+target, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "PortOne test-secret")
	response, err := server.Client().Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d", target, response.StatusCode)
	}
}
