package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
)

const testKey = "a-key-of-sixteen"

// act is what PortOne does with a request.
type act func(w http.ResponseWriter, r *http.Request)

func answer(status int, body string, headers ...string) act {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cut breaks the connection without an answer.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// half gives half an answer.
func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"half":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// halfError gives half of a typed error.
func halfError(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, `{"type":"PAYMENT_NOT_FOUND"`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// hang ends when the client has gone, which a server sees once it has read the body.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

var (
	ok         = answer(200, `{"cancellation":{}}`)
	notFound   = answer(404, `{"type":"PAYMENT_NOT_FOUND"}`)
	stillAtIt  = answer(409, `{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST"}`)
	badGateway = answer(502, "<html>502</html>")
	limited    = answer(429, "slow down")
)

// script is a PortOne that does one thing after another, and the last one for
// good.
type script struct {
	mu   sync.Mutex
	acts []act
	seen []*http.Request
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.seen = append(s.seen, r)
	do := s.acts[min(len(s.seen), len(s.acts))-1]
	s.mu.Unlock()
	do(w, r)
}

func (s *script) attempts() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// newRequest is the HTTP request for a message of an RPC of PaymentService.
func newRequest(rpc string, message proto.Message) *Request {
	method := contract.Lookup("/portone.v2.PaymentService/" + rpc)
	wire, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	var made transcode.Request
	if err := transcode.BindingOf(method).SetRequest(&made, wire, 7<<10); err != nil {
		panic(err)
	}
	r := &Request{Method: method, Path: made.Path, Query: made.Query, Body: made.Body}
	r.Call = described{r}
	return r
}

// described says of a request what errors need.
type described struct{ *Request }

// Describe implements Describer.
func (d described) Describe() *errmap.Subject {
	id, _, _ := strings.Cut(strings.TrimPrefix(string(d.Path), "/payments/"), "/")
	id, _ = url.PathUnescape(id)
	return &errmap.Subject{Operation: d.Method.Operation, Mutation: d.Method.IsMutation(), Key: string(d.Key),
		IDs: []errmap.ID{{Name: "paymentId", Value: id}}, Sent: [][]byte{d.Path, d.Query, d.Body}}
}

// newClient makes a client of a server.
func newClient(t testing.TB, url string, change func(*Options)) *Client {
	t.Helper()
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := NewSecret(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{URL: url, Credentials: Static(secret), Mapper: mapper, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func getCall(t testing.TB) *Request {
	return newRequest("GetPayment", &portonev2.GetPaymentRequest{PaymentId: "p/1"})
}

func cancelCall(t testing.TB) *Request {
	r := newRequest("CancelPayment", &portonev2.CancelPaymentRequest{PaymentId: "p/1", Reason: proto.String("r")})
	r.Key = testKey
	return r
}

// TestAttempts lets PortOne behave and looks at how a call ends, and how often it
// was sent.
func TestAttempts(t *testing.T) {
	read, mutation := getCall, cancelCall
	tests := []struct {
		name     string
		call     func(testing.TB) *Request
		acts     []act
		deadline time.Duration // 0: none
		code     codes.Code
		reason   string // "" where it succeeds
		attempts int    // -1: more than one
	}{
		{"an answer", read, []act{ok}, 0, codes.OK, "", 1},
		{"a typed error is an answer", read, []act{notFound}, 0, codes.NotFound, "PAYMENT_NOT_FOUND", 1},
		{"a typed error to a mutation is an answer", mutation, []act{notFound}, 0, codes.NotFound, "PAYMENT_NOT_FOUND", 1},
		{"a cut, then an answer", mutation, []act{cut, ok}, 0, codes.OK, "", 2},
		{"half an answer, then the whole", mutation, []act{half, ok}, 0, codes.OK, "", 2},
		{"502 twice, then an answer", mutation, []act{badGateway, badGateway, ok}, 0, codes.OK, "", 3},
		{"502 for good, to a read", read, []act{badGateway}, 0, codes.Unavailable, "UPSTREAM_FAILED", 4},
		{"502 for good, to a mutation", mutation, []act{badGateway}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 4},
		{"cut for good, a read", read, []act{cut}, 0, codes.Unavailable, "UPSTREAM_FAILED", 4},
		{"cut for good, a mutation", mutation, []act{cut}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 4},
		{"429, then an answer", mutation, []act{limited, ok}, 0, codes.OK, "", 2},
		{"429 for good", mutation, []act{limited}, 0, codes.ResourceExhausted, "UPSTREAM_RATE_LIMITED", 4},
		{"429 until after the deadline", mutation, []act{answer(429, "", "Retry-After", "60")}, 5 * time.Second, codes.ResourceExhausted, "UPSTREAM_RATE_LIMITED", 1},
		{"a cut, then 429 for good", mutation, []act{cut, limited}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 4},
		{"a cut, then 401", mutation, []act{cut, answer(401, `{"type":"UNAUTHORIZED"}`)}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 2},
		{"still at it, then 429 for good", mutation, []act{stillAtIt, limited}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 5},
		{"still at it, then 403 of a firewall", mutation, []act{stillAtIt, answer(403, "<html>")}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 2},
		{"still at it, then 401", mutation, []act{stillAtIt, answer(401, `{"type":"UNAUTHORIZED"}`)}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 2},
		{"a cut, then 404 with more than is read", mutation, []act{cut, answer(404, strings.Repeat(" ", 33<<20))}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 2},
		{"401 alone", mutation, []act{answer(401, `{"type":"UNAUTHORIZED"}`)}, 0, codes.Unauthenticated, "UNAUTHORIZED", 1},
		{"a cut, then a typed error: that is what became of it", mutation, []act{cut, notFound}, 0, codes.NotFound, "PAYMENT_NOT_FOUND", 2},
		{"a temporary typed error to a read", read, []act{answer(503, `{"type":"SERVER_BUSY"}`), ok}, 0, codes.OK, "", 2},
		{"500 without a type, to a read", read, []act{answer(500, "")}, 0, codes.Unknown, "UPSTREAM_FAILED", 1},
		{"500 without a type, to a mutation", mutation, []act{answer(500, "")}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 1},
		{"404 without a type", mutation, []act{answer(404, "no such page")}, 0, codes.Unimplemented, "UPSTREAM_FAILED", 1},
		{"a cut, then 403", mutation, []act{cut, answer(403, `{"type":"FORBIDDEN"}`)}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 2},
		{"an unreadable 409", mutation, []act{answer(409, `{"type":"IDEMPOTENCY_OUT`)}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 1},
		{"still at it, then done", mutation, []act{stillAtIt, stillAtIt, stillAtIt, stillAtIt, stillAtIt, stillAtIt, ok}, 0, codes.OK, "", 7},
		{"still at it at the deadline", mutation, []act{stillAtIt}, 500 * time.Millisecond, codes.Aborted, "IDEMPOTENCY_OUTSTANDING_REQUEST", -1},
		{"cut, still at it, then done", mutation, []act{cut, stillAtIt, ok}, 0, codes.OK, "", 3},
		{"still at it, then cut for good", mutation, []act{stillAtIt, cut}, 0, codes.Unknown, "OUTCOME_UNKNOWN", 5},
		{"no answer before the deadline, a read", read, []act{hang}, 100 * time.Millisecond, codes.DeadlineExceeded, "UPSTREAM_FAILED", 1},
		{"no answer before the deadline, a mutation", mutation, []act{hang}, 100 * time.Millisecond, codes.DeadlineExceeded, "OUTCOME_UNKNOWN", 1},
		{"cut, then no answer before the deadline", mutation, []act{cut, hang}, time.Second, codes.DeadlineExceeded, "OUTCOME_UNKNOWN", 2},
		{"a deadline that has passed", mutation, []act{ok}, -time.Second, codes.DeadlineExceeded, "NOT_SENT", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &script{acts: test.acts}
			server := httptest.NewServer(s)
			defer server.Close()
			call := test.call(t)
			if test.deadline != 0 {
				call.Deadline = time.Now().Add(test.deadline)
			}
			body, failure := newClient(t, server.URL, nil).Do(t.Context(), call)
			checkEnd(t, call, body, failure, test.code, test.reason)
			seen := s.attempts()
			if test.attempts >= 0 && len(seen) != test.attempts || test.attempts < 0 && len(seen) < 2 {
				t.Errorf("PortOne got %d requests, want %d", len(seen), test.attempts)
			}
			checkSame(t, call, seen)
		})
	}
}

// checkEnd compares how a call ended.
func checkEnd(t *testing.T, call *Request, body *[]byte, failure *errmap.Error, code codes.Code, reason string) {
	t.Helper()
	if code == codes.OK {
		if failure != nil || body == nil || string(*body) != `{"cancellation":{}}` {
			t.Errorf("body %v, error %v", body, failure)
		}
		return
	}
	if failure == nil {
		t.Fatalf("no error, want %v %s", code, reason)
	}
	if failure.Code() != code || failure.Reason() != reason {
		t.Errorf("%v %s (%v), want %v %s", failure.Code(), failure.Reason(), failure.Unwrap(), code, reason)
	}
	if reason == "OUTCOME_UNKNOWN" && call.Method.IsMutation() && !strings.Contains(fmt.Sprint(failure.Full().Details()), testKey) {
		t.Errorf("the error does not tell the key: %v", failure.Full())
	}
}

// checkSame holds that all attempts were the same request.
func checkSame(t *testing.T, call *Request, seen []*http.Request) {
	t.Helper()
	for _, r := range seen {
		if call.Method.IsMutation() && r.Header.Get("Idempotency-Key") != `"`+testKey+`"` {
			t.Errorf("an attempt has the key %s", r.Header.Get("Idempotency-Key"))
		}
		if r.RequestURI != seen[0].RequestURI || r.Header.Get("Authorization") != "PortOne "+testSecret {
			t.Errorf("an attempt is %s, %v", r.RequestURI, r.Header)
		}
		if !strings.HasPrefix(r.RequestURI, "/payments/p%2F1") {
			t.Errorf("the path is %s", r.RequestURI)
		}
	}
}

// TestNotSent shows calls that cannot reach PortOne: nothing was done, and a retry
// is safe.
func TestNotSent(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	defer stranger.Close()
	stranger.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	for name, url := range map[string]string{
		"refused":                       "http://" + closed.Addr().String(),
		"a certificate of a stranger's": stranger.URL,
	} {
		t.Run(name, func(t *testing.T) {
			call := cancelCall(t)
			_, failure := newClient(t, url, nil).Do(t.Context(), call)
			checkEnd(t, call, nil, failure, codes.Unavailable, "UPSTREAM_UNREACHABLE")
		})
	}
}

// TestCallerGone cancels calls before and after they are sent.
func TestCallerGone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hang))
	defer server.Close()
	c := newClient(t, server.URL, nil)
	call := cancelCall(t)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, failure := c.Do(ctx, call)
	checkEnd(t, call, nil, failure, codes.Canceled, "NOT_SENT")

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, failure = c.Do(ctx, call)
	checkEnd(t, call, nil, failure, codes.Unknown, "OUTCOME_UNKNOWN")
}

// TestTimeout shows the gateway's own limit, with a caller who has none.
func TestTimeout(t *testing.T) {
	s := &script{acts: []act{hang}}
	server := httptest.NewServer(s)
	defer server.Close()
	c := newClient(t, server.URL, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	call := cancelCall(t)
	_, failure := c.Do(t.Context(), call)
	checkEnd(t, call, nil, failure, codes.DeadlineExceeded, "OUTCOME_UNKNOWN")
	if n := len(s.attempts()); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// TestTooLarge refuses answers over the limit; nothing shows that one to a mutation
// is PortOne's.
func TestTooLarge(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		piece := bytes.Repeat([]byte(" "), 1<<20)
		for range 33 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	c := newClient(t, server.URL, nil)
	_, failure := c.Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), nil, failure, codes.Unknown, "OUTCOME_UNKNOWN")
	_, failure = c.Do(t.Context(), getCall(t))
	checkEnd(t, getCall(t), nil, failure, codes.Internal, "UPSTREAM_FAILED")
}

// TestOverload refuses calls over the bound at once.
func TestOverload(t *testing.T) {
	release := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-release
		ok(w, r)
	}))
	defer server.Close()
	defer once.Do(func() { close(release) })
	c := newClient(t, server.URL, func(o *Options) { o.MaxInFlight = 2 })
	var first sync.WaitGroup
	for range 2 {
		first.Go(func() {
			if _, failure := c.Do(t.Context(), cancelCall(t)); failure != nil {
				t.Error(failure)
			}
		})
	}
	for c.InFlight() < 2 {
		time.Sleep(time.Millisecond)
	}
	_, failure := c.Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), nil, failure, codes.Unavailable, "OVERLOADED")
	once.Do(func() { close(release) })
	first.Wait()
	if _, failure := c.Do(t.Context(), cancelCall(t)); failure != nil {
		t.Errorf("after that: %v", failure)
	}
	if c.InFlight() != 0 {
		t.Errorf("%d calls in flight", c.InFlight())
	}
}

// observer counts.
type observer struct {
	mu      sync.Mutex
	states  []string
	retries int
}

func (o *observer) Attempt(string, int, string, time.Duration) {}
func (o *observer) Retry(string, bool, time.Duration)          { o.mu.Lock(); o.retries++; o.mu.Unlock() }
func (o *observer) Breaker(_ string, state BreakerState) {
	o.mu.Lock()
	o.states = append(o.states, state.String())
	o.mu.Unlock()
}

// breakerState is that of an operation's circuit breaker.
func (c *Client) breakerState(call *Request) BreakerState {
	b := c.own.breakerOf(call.Method)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// TestBreaker lets PortOne fail until the breaker opens, and recover.
func TestBreaker(t *testing.T) {
	s := &script{acts: []act{cut}}
	server := httptest.NewServer(s)
	defer server.Close()
	seen := &observer{}
	c := newClient(t, server.URL, func(o *Options) { o.Observer, o.MaxAttempts = seen, 1 })
	for range 100 {
		if c.breakerState(cancelCall(t)) == BreakerOpen {
			break
		}
		_, _ = c.Do(t.Context(), cancelCall(t))
	}
	before := len(s.attempts())
	_, failure := c.Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), nil, failure, codes.Unavailable, "UPSTREAM_UNREACHABLE")
	if after := len(s.attempts()); after != before || before > breakerMin+1 {
		t.Errorf("PortOne got %d requests, then %d", before, after)
	}
	s.mu.Lock()
	s.acts = []act{notFound} // a typed error is a sign of life
	s.mu.Unlock()
	time.Sleep(breakerDelay + 100*time.Millisecond)
	for range breakerSuccess {
		_, failure := c.Do(t.Context(), cancelCall(t))
		checkEnd(t, cancelCall(t), nil, failure, codes.NotFound, "PAYMENT_NOT_FOUND")
	}
	if want := []string{"open", "half-open", "closed"}; !slices.Equal(seen.states, want) {
		t.Errorf("states %v, want %v", seen.states, want)
	}
}

// TestBreakerBetweenAttempts: a mutation whose first attempt was lost is not
// reported as not sent because the breaker refuses the second.
func TestBreakerBetweenAttempts(t *testing.T) {
	var c *Client
	s := &script{acts: []act{func(w http.ResponseWriter, r *http.Request) {
		b := c.own.breakerOf(cancelCall(t).Method)
		for range breakerMin {
			p, _ := b.allow()
			b.record(p, failure)
		}
		cut(w, r)
	}}}
	server := httptest.NewServer(s)
	defer server.Close()
	c = newClient(t, server.URL, nil)
	_, failed := c.Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), nil, failed, codes.Unknown, "OUTCOME_UNKNOWN")
	if n := len(s.attempts()); n != 1 {
		t.Errorf("%d requests, want 1: the breaker is open", n)
	}
}

// TestBreakerIsTheOperations: an operation that fails does not stop another.
func TestBreakerIsTheOperations(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			badGateway(w, r)
			return
		}
		ok(w, r)
	}))
	defer server.Close()
	c := newClient(t, server.URL, func(o *Options) { o.MaxAttempts = 1 })
	for range 2 * breakerMin {
		_, _ = c.Do(t.Context(), getCall(t))
	}
	if state := c.breakerState(getCall(t)); state != BreakerOpen {
		t.Errorf("the breaker of what fails is %s", state)
	}
	_, failed := c.Do(t.Context(), getCall(t))
	checkEnd(t, getCall(t), nil, failed, codes.Unavailable, "UPSTREAM_UNREACHABLE")
	if failed.RetryAfter() != breakerDelay {
		t.Errorf("it says to wait %s, want %s", failed.RetryAfter(), breakerDelay)
	}
	body, failed := c.Do(t.Context(), cancelCall(t))
	checkEnd(t, cancelCall(t), body, failed, codes.OK, "")
}

// TestWaitingIsNoRepetition: callers who wait long for their turn leave the budget of
// repetitions to others.
func TestWaitingIsNoRepetition(t *testing.T) {
	waiting := make(chan struct{}, 2*budgetMin)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			answer(429, "", "Retry-After", "30")(w, r)
			waiting <- struct{}{}
			return
		}
		if attempts := r.Header.Get("Idempotency-Key"); attempts == "" {
			t.Error("no key")
		}
		ok(w, r)
	}))
	defer slow.Close()
	c := newClient(t, slow.URL, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 2 * budgetMin {
		callers.Go(func() { _, _ = c.Do(ctx, getCall(t)) })
	}
	for range 2 * budgetMin {
		<-waiting
	}
	if !c.own.budget.take() {
		t.Error("who waits takes up the budget")
	}
	cancel()
	callers.Wait()
}

// TestAbort breaks off calls that wait for an answer, before a retry, and for a
// mutation that PortOne is working on.
func TestAbort(t *testing.T) {
	for name, act := range map[string]act{
		"an answer": hang,
		"a retry":   answer(503, "", "Retry-After", "3600"),
		"the end":   answer(409, `{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST"}`, "Retry-After", "3600"),
	} {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{}, 10)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived <- struct{}{}
				act(w, r)
			}))
			defer server.Close()
			c := newClient(t, server.URL, func(o *Options) { o.Timeout = 24 * time.Hour })
			ended := make(chan *errmap.Error, 1)
			go func() {
				_, failure := c.Do(context.Background(), cancelCall(t))
				ended <- failure
			}()
			<-arrived
			c.Abort()
			failure := <-ended
			if failure == nil || failure.Reason() != "OUTCOME_UNKNOWN" && failure.Reason() != "IDEMPOTENCY_OUTSTANDING_REQUEST" {
				t.Errorf("the call ends with %v", failure)
			}
		})
	}
}

// TestHurriedCallers: deadlines too short to connect, and callers who go away, say
// nothing about PortOne.
func TestHurriedCallers(t *testing.T) {
	full, err := net.Listen("tcp", "127.0.0.1:0") // connects, and never shakes hands
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	c := newClient(t, "https://"+full.Addr().String(), func(o *Options) { o.MaxAttempts = 1 })
	for i := range 2 * breakerMin {
		call, ctx, cancel := cancelCall(t), t.Context(), func() {}
		if i%2 == 0 {
			call.Deadline = time.Now().Add(10 * time.Millisecond)
		} else {
			ctx, cancel = context.WithTimeout(ctx, 10*time.Millisecond)
		}
		_, failure := c.Do(ctx, call)
		cancel()
		checkEnd(t, call, nil, failure, codes.DeadlineExceeded, "NOT_SENT")
	}
	if state := c.breakerState(cancelCall(t)); state != BreakerClosed {
		t.Errorf("the breaker is %s", state)
	}
}

// TestBadURLs are settings that cannot work.
func TestBadURLs(t *testing.T) {
	for url, problem := range map[string]string{
		"api.portone.io":                  "must begin with https://",
		"ftp://api.portone.io":            "must begin with https://",
		"https://":                        "has no host",
		"https://user:password@host":      "must not have a user",
		"https://host?x=1":                "must not have a query",
		"https://ho st:password-like\x7f": "is no URL",
	} {
		_, err := New(Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), problem) || strings.Contains(err.Error(), "password") && strings.Contains(url, "user") && strings.Contains(err.Error(), ":password") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestTLS speaks HTTPS, below a path.
func TestTLS(t *testing.T) {
	s := &script{acts: []act{ok}}
	server := httptest.NewTLSServer(http.StripPrefix("/portone/v2", s))
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	c := newClient(t, server.URL+"/portone/v2/", func(o *Options) { o.TLS = &tls.Config{RootCAs: pool} })
	for range 3 {
		body, failure := c.Do(t.Context(), cancelCall(t))
		checkEnd(t, cancelCall(t), body, failure, codes.OK, "")
	}
}

// TestStream reads a file, one that breaks, and an error in place of a file.
func TestStream(t *testing.T) {
	file := bytes.Repeat([]byte("거래,금액\r\n"), 100_000)
	tests := []struct {
		name   string
		acts   []act
		code   codes.Code
		reason string
	}{
		{"whole", []act{answer(200, string(file), "Content-Type", "text/csv", "Content-Disposition", "attachment")}, codes.OK, ""},
		{"after a cut", []act{cut, answer(200, string(file), "Content-Type", "text/csv", "Content-Disposition", "attachment")}, codes.OK, ""},
		{"breaks", []act{half}, codes.Unavailable, "UPSTREAM_FAILED"},
		{"an error", []act{notFound}, codes.NotFound, "PAYMENT_NOT_FOUND"},
		{"half an error, and then a file", []act{halfError, answer(200, string(file), "Content-Type", "text/csv", "Content-Disposition", "attachment")}, codes.OK, ""},
		{"half an error, and then the whole", []act{halfError, notFound}, codes.NotFound, "PAYMENT_NOT_FOUND"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(&script{acts: test.acts})
			defer server.Close()
			c := newClient(t, server.URL, nil)
			stream, failure := c.Open(t.Context(), getCall(t))
			if failure != nil {
				checkEnd(t, getCall(t), nil, failure, test.code, test.reason)
				if c.InFlight() != 0 || c.Idle() != 1 {
					t.Errorf("after the error: %d in flight, %d connections idle", c.InFlight(), c.Idle())
				}
				return
			}
			if c.InFlight() != 1 {
				t.Errorf("an open stream counts as %d calls", c.InFlight())
			}
			defer func() {
				stream.Close()
				if c.InFlight() != 0 {
					t.Errorf("a closed stream counts as %d calls", c.InFlight())
				}
			}()
			got, err := io.ReadAll(stream)
			if test.code == codes.OK {
				if err != nil || !bytes.Equal(got, file) || stream.Status != http.StatusOK || stream.Length != -1 ||
					stream.Header.Get("Content-Type") != "text/csv" || stream.Header.Get("Content-Disposition") != "attachment" {
					t.Errorf("%d bytes of %+v, %v", len(got), stream, err)
				}
				return
			}
			var e *errmap.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			checkEnd(t, getCall(t), nil, e, test.code, test.reason)
		})
	}
}

// TestStatus tells which of the 2xx it was.
func TestStatus(t *testing.T) {
	for _, want := range []int{200, 201, 202, 204} {
		server := httptest.NewServer(&script{acts: []act{answer(want, "")}})
		call := cancelCall(t)
		if _, failure := newClient(t, server.URL, nil).Do(t.Context(), call); failure != nil || call.Status != want {
			t.Errorf("the status is %d, want %d, %v", call.Status, want, failure)
		}
		server.Close()
	}
}
