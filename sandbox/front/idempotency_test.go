package front

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/faults"
)

// logins is how often somebody has logged in, the simplest thing that counts.
func logins(s *Server) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.world.Counters["auth.login"]
}

func keyed(key string) string { return idempotencyHeader + `: "` + key + `"` }

const aLogin = `{"apiSecret":"a"}`

func login(s *Server, body string, headers ...string) *httptest.ResponseRecorder {
	return ask(s, "POST", "/login/api-secret", body, headers...)
}

func TestIdempotencyKeyForm(t *testing.T) {
	tests := []struct {
		name, header string
		problem      string
	}{
		{"the shortest", `"0123456789abcdef"`, ""},
		{"the longest", `"` + strings.Repeat("k", 256) + `"`, ""},
		{"spaces around", `  "0123456789abcdef" `, ""},
		{"escapes", `"0123456789abcd\"\\"`, ""},
		{"printable ASCII", `"!#$%&'()*+,-./:;<=>?@[]^{|}~ "`, ""},
		{"no quotes", `0123456789abcdef`, "double quotes"},
		{"half quoted", `"0123456789abcdef`, "double quotes"},
		{"a quote alone", `"`, "double quotes"},
		{"empty quotes", `""`, "0 characters"},
		{"too short", `"0123456789abcde"`, "15 characters"},
		{"too short but for escapes", `"0123456789abc\"\\"`, "15 characters"},
		{"too long", `"` + strings.Repeat("k", 257) + `"`, "257 characters"},
		{"a quote within", `"01234567"89abcdef"`, "position 8"},
		{"a backslash at the end", `"0123456789abcdef\"`, "backslash"},
		{"a backslash before a letter", `"0123456789\abcdef"`, "backslash"},
		{"Korean", `"주문-0123456789abcdef"`, "position 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := login(newSandbox(t), aLogin, idempotencyHeader+": "+test.header)
			if test.problem == "" {
				expect(t, w, 200, "")
				return
			}
			expect(t, w, 400, "INVALID_REQUEST")
			if _, message := errorOf(w); !strings.Contains(message, idempotencyHeader) || !strings.Contains(message, test.problem) {
				t.Errorf("message %q does not say %q", message, test.problem)
			}
			// A GET ignores it.
			expect(t, ask(newSandbox(t), "GET", "/banks", "", idempotencyHeader+": "+test.header), 200, "")
		})
	}
}

// TestIdempotency follows one key.
func TestIdempotency(t *testing.T) {
	const key = "0123456789abcdef"
	s := newSandbox(t)
	first := login(s, aLogin, keyed(key))
	expect(t, first, 200, "")
	again := login(s, aLogin, keyed(key))
	if again.Body.String() != first.Body.String() || logins(s) != 1 {
		t.Errorf("the second answer is %s, not %s; %d logins", again.Body, first.Body, logins(s))
	}
	if w := login(s, " {\"apiSecret\" : \"\\u0061\"} ", keyed(key)); w.Body.String() != first.Body.String() {
		t.Errorf("the same in other words: %s", w.Body)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"another body":      login(s, `{"apiSecret":"b"}`, keyed(key)),
		"another operation": ask(s, "POST", "/token/refresh", aLogin, keyed(key)),
		"a broken body":     login(s, `{`, keyed(key)),
	} {
		if typ, message := errorOf(w); typ != "INVALID_REQUEST" || !strings.Contains(message, "another request") {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
	if logins(s) != 1 {
		t.Errorf("%d logins", logins(s))
	}
	must(t, s.Advance(keptAnswers-time.Nanosecond))
	if w := login(s, aLogin, keyed(key)); w.Body.String() != first.Body.String() {
		t.Errorf("shortly before it is forgotten: %s", w.Body)
	}
	must(t, s.Advance(time.Nanosecond))
	if w := login(s, `{"apiSecret":"c"}`, keyed(key)); w.Code != 200 || logins(s) != 2 {
		t.Errorf("once forgotten: %d %s, %d logins", w.Code, w.Body, logins(s))
	}
}

// TestIdempotentFailure expects that refusals are answered again, too.
func TestIdempotentFailure(t *testing.T) {
	s := newSandbox(t)
	const body = `{"apiSecret":"invalid-secret"}`
	first := login(s, body, keyed("0123456789abcdef"))
	expect(t, first, 401, "UNAUTHORIZED")
	if again := login(s, body, keyed("0123456789abcdef")); again.Body.String() != first.Body.String() {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	expect(t, login(s, `{}`, keyed("fedcba9876543210")), 400, "INVALID_REQUEST")
	expect(t, login(s, `{}`, keyed("fedcba9876543210")), 400, "INVALID_REQUEST")
	expect(t, login(s, aLogin, keyed("fedcba9876543210")), 400, "INVALID_REQUEST")
	if logins(s) != 0 {
		t.Errorf("%d logins", logins(s))
	}
}

// TestOutstanding sends the same request many times at once while the first is
// being worked on.
func TestOutstanding(t *testing.T) {
	s := newSandbox(t)
	asleep := s.asleep()
	const key = "0123456789abcdef"
	var first *httptest.ResponseRecorder
	var firstOne, others sync.WaitGroup
	firstOne.Go(func() { first = login(s, aLogin, keyed(key), faults.Header+": latency=1m") })
	wake := <-asleep
	for range 10 {
		others.Go(func() { expect(t, login(s, aLogin, keyed(key)), 409, faults.Outstanding) })
	}
	others.Wait()
	expect(t, login(s, `{"apiSecret":"b"}`, keyed(key)), 400, "INVALID_REQUEST")
	expect(t, login(s, aLogin, keyed("another-key-of-16")), 200, "") // no one else waits
	close(wake)
	firstOne.Wait()
	if w := login(s, aLogin, keyed(key)); w.Code != 200 || w.Body.String() != first.Body.String() {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
	if logins(s) != 2 {
		t.Errorf("%d logins", logins(s))
	}
}

// TestOutstandingForLong moves the clock while a request is being worked on: its key
// is outstanding all the same, and its answer kept as long as any.
func TestOutstandingForLong(t *testing.T) {
	s := newSandbox(t)
	asleep := s.asleep()
	const key = "0123456789abcdef"
	var first *httptest.ResponseRecorder
	var working sync.WaitGroup
	working.Go(func() { first = login(s, aLogin, keyed(key), faults.Header+": latency=1m") })
	wake := <-asleep
	must(t, s.Advance(2*keptAnswers))
	expect(t, login(s, aLogin, keyed(key)), 409, faults.Outstanding)
	expect(t, login(s, `{"apiSecret":"b"}`, keyed(key)), 400, "INVALID_REQUEST")
	close(wake)
	working.Wait()
	must(t, s.Advance(keptAnswers-time.Nanosecond))
	if w := login(s, aLogin, keyed(key)); w.Code != 200 || w.Body.String() != first.Body.String() || logins(s) != 1 {
		t.Errorf("afterwards: %d %s, %d logins", w.Code, w.Body, logins(s))
	}
}

// TestAtOnce sends requests with few keys from many goroutines: each key counts
// once.
func TestAtOnce(t *testing.T) {
	s := newSandbox(t)
	var working sync.WaitGroup
	for i := range 200 {
		working.Go(func() {
			w := login(s, aLogin, keyed(fmt.Sprintf("key-of-a-login-%d", i%10)))
			if typ, _ := errorOf(w); w.Code != 200 && typ != faults.Outstanding {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	working.Wait()
	if logins(s) != 10 {
		t.Errorf("%d logins", logins(s))
	}
}

// TestForgetting expects memory to be bounded by what three hours bring.
func TestForgetting(t *testing.T) {
	s := newSandbox(t)
	for i := range 2000 {
		login(s, aLogin, keyed(fmt.Sprintf("key-of-a-login-%d", i)), faults.Header+fmt.Sprintf(": times=1;latency=0s;n=%d", i))
		must(t, s.Advance(time.Minute))
	}
	if keys, faulty := s.keysKept(), len(s.state.faulted.entries); keys > 180 || faulty > 180 {
		t.Errorf("%d keys and %d counts are kept", keys, faulty)
	}
	if queue := cap(s.state.answers.queue); queue > 1000 {
		t.Errorf("the queue has a capacity of %d", queue)
	}
}

func (s *Server) keysKept() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.state.answers.entries)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
