package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox"
)

// crowded is a sandbox with many payments, a tenth of them cancelled in part, made
// by HTTP requests a second apart. Tests and benchmarks share it and only read.
var crowded = sync.OnceValue(func() *sandbox.Sandbox {
	s, err := sandbox.New(sandbox.Options{})
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

// crowdedLists are list calls that have to stay fast, by what they ask for, and how
// many items they get.
var crowdedLists = []struct {
	name, path, body string
	items            uint64
}{
	{"the first page", "/payments", `{}`, 10},
	{"by state", "/payments", `{"filter":{"status":["PARTIAL_CANCELLED"]}}`, 10},
	{"by state and time", "/payments", `{"filter":{"status":["PAID"],"from":"2026-01-01T00:00:00Z","until":"2099-01-01T00:00:00Z","sortBy":"STATUS_CHANGED_AT"}}`, 10},
	{"a large page", "/payments", `{"page":{"number":9,"size":1000},"filter":{"sortOrder":"ASC"}}`, 1000},
	{"by customer", "/payments", `{"filter":{"textSearch":[{"field":"CUSTOMER_NAME","value":"김고"}]}}`, 10},
	{"by card", "/payments", `{"filter":{"textSearch":[{"field":"CARD_NUMBER","value":"4242"}]}}`, 10},
	{"by cancel reason", "/payments", `{"filter":{"textSearch":[{"field":"CANCEL_REASON","value":"반품"}]}}`, 10},
	{"by any text", "/payments", `{"filter":{"textSearch":[{"field":"ALL","value":"payment-99999"}]}}`, 1},
	{"by a digit that most have somewhere", "/payments", `{"filter":{"textSearch":[{"field":"ALL","value":"1"}]}}`, 10},
	{"by five texts", "/payments", `{"filter":{"textSearch":[{"field":"ALL","value":"1"},{"field":"ALL","value":"2"},{"field":"ALL","value":"a"},{"field":"ALL","value":"b"},{"field":"ALL","value":"7"}]}}`, 10},
	{"by a text that all have", "/payments", `{"filter":{"textSearch":[{"field":"ALL","value":"sandbox"}]}}`, 10},
	{"by webhook", "/payments", `{"filter":{"webhookStatus":"SUCCEEDED"}}`, 10},
	{"a page of 100", "/payments", `{"page":{"number":99,"size":100}}`, 100},
	{"by cursor", "/payments-by-cursor", `{"size":100}`, 100},
	{"events by cursor", "/payment-events-by-cursor", `{"size":100}`, 100},
}

// TestScale expects a sandbox with many payments to fit into 1 GiB, and its list
// calls to take the memory that the page takes, and little for each payment found.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("takes several seconds")
	}
	s := crowded()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if before.HeapAlloc >= 1<<30 {
		t.Errorf("%d payments take %d MiB", many, before.HeapAlloc>>20)
	}
	t.Logf("%d payments take %d MiB", many, before.HeapAlloc>>20)
	for _, list := range crowdedLists {
		const calls = 5
		runtime.ReadMemStats(&before)
		for range calls {
			if w := ask(s, "GET", list.path, list.body); w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", list.name, w.Code, w.Body)
			}
		}
		runtime.ReadMemStats(&after)
		if bytes, most := (after.TotalAlloc-before.TotalAlloc)/calls, uint64(128<<10)+many*64+list.items*16<<10; bytes > most {
			t.Errorf("%s: a call with %d items allocates %d bytes, want at most %d", list.name, list.items, bytes, most)
		}
	}
}

// BenchmarkDump100k measures a dump of many payments.
func BenchmarkDump100k(b *testing.B) {
	s := crowded()
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(nowhereTo{make(http.Header)}, httptest.NewRequest("GET", "/sandbox/dump", nil))
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapSys>>20), "MiB-heap")
}

// nowhereTo takes an answer and keeps nothing of it.
type nowhereTo struct{ header http.Header }

func (n nowhereTo) Header() http.Header            { return n.header }
func (n nowhereTo) Write(part []byte) (int, error) { return len(part), nil }
func (n nowhereTo) WriteHeader(int)                {}

// BenchmarkList100k measures list calls over many payments, by HTTP: 50 ms are
// allowed.
func BenchmarkList100k(b *testing.B) {
	s := crowded()
	server := httptest.NewServer(s)
	b.Cleanup(server.Close)
	for _, list := range crowdedLists {
		target := list.path + "?requestBody=" + url.QueryEscape(list.body)
		b.Run(list.name, func(b *testing.B) {
			for b.Loop() {
				overHTTP(b, server, target)
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

// ask sends a request in process.
func ask(s http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "PortOne test-secret")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}
