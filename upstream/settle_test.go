package upstream

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/errmap"
)

// typedAnswer is an error of PortOne's as it may come.
type typedAnswer struct {
	typ    string
	status int
	known  bool
}

// everyAnswer is every error type of the contract with its own status, and some with
// every status that an answer may have.
func everyAnswer() []typedAnswer {
	var all []typedAnswer
	values := portonev2.ErrorReason(0).Descriptor().Values()
	for i := 1; i < values.Len(); i++ {
		note := proto.GetExtension(values.Get(i).Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
		if note.GetHttpStatus() != 0 {
			all = append(all, typedAnswer{note.GetType(), int(note.GetHttpStatus()), true})
		}
	}
	for _, status := range []int{300, 302, 307, 400, 401, 402, 403, 404, 405, 408, 409, 410, 412, 422, 425, 429, 451, 499, 500, 501, 502, 503, 504, 520} {
		all = append(all, typedAnswer{"SOMETHING_NEW", status, false}, typedAnswer{"PAYMENT_NOT_FOUND", status, true},
			typedAnswer{"PG_PROVIDER", status, true}, typedAnswer{"PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED", status, true})
	}
	return all
}

// settlesByRule is the rule as it is documented: known types with 400, 404, 409 and
// 410, and a PG's answer with 502.
func (a typedAnswer) settlesByRule() bool {
	switch {
	case !a.known || a.typ == "IDEMPOTENCY_OUTSTANDING_REQUEST" || a.typ == "PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED":
		return false
	case a.typ == "PG_PROVIDER" && a.status == http.StatusBadGateway, a.typ == "CHANNEL_SPECIFIC":
		return true
	}
	return a.status == 400 || a.status == 404 || a.status == 409 || a.status == 410
}

// typedPortone gives the answer that a payment id asks for, `TYPE.404.once` or
// `TYPE.404.cut`, whose first request is cut.
type typedPortone struct{ cut sync.Map }

func (p *typedPortone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := strings.Split(r.URL.Path, "/")[2]
	parts := strings.Split(id, ".")
	if _, again := p.cut.LoadOrStore(id, true); parts[2] == "cut" && !again {
		panic(http.ErrAbortHandler)
	}
	status, _ := strconv.Atoi(parts[1])
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":%q,"message":"m","pgCode":"UNHEARD_OF","pgMessage":"m"}`, parts[0])
}

// TestEveryTypedError holds, for every error type, by itself and after an attempt
// whose answer was lost: a mutation is never UNAVAILABLE once it was sent, and after an
// open attempt only an answer that settles it is passed on.
func TestEveryTypedError(t *testing.T) {
	server := httptest.NewServer(&typedPortone{})
	t.Cleanup(server.Close)
	c := newClient(t, server.URL, func(o *Options) { o.MaxAttempts = 2 })
	var calls sync.WaitGroup
	turns := make(chan struct{}, budgetMin) // no repetition may be refused for its number
	for name, check := range c.everyCase(t) {
		calls.Add(1)
		turns <- struct{}{}
		go func() {
			defer func() { <-turns; calls.Done() }()
			if problem := check(); problem != "" {
				t.Errorf("%s: %s", name, problem)
			}
		}()
	}
	calls.Wait()
}

// everyCase are the calls of TestEveryTypedError, by name.
func (c *Client) everyCase(t *testing.T) map[string]func() string {
	cases := make(map[string]func() string)
	for _, a := range everyAnswer() {
		for _, fate := range []string{"once", "cut"} {
			id := fmt.Sprintf("%s.%d.%s", a.typ, a.status, fate)
			cases["mutation "+id] = func() string {
				return a.checkMutation(fate == "cut", c.fails(t, "CancelPayment", &portonev2.CancelPaymentRequest{PaymentId: id}))
			}
		}
		id := fmt.Sprintf("%s.%d.once", a.typ, a.status)
		cases["read "+id] = func() string {
			if failure := c.fails(t, "GetPayment", &portonev2.GetPaymentRequest{PaymentId: id}); failure.Reason() != a.typ {
				return fmt.Sprintf("%v %s", failure.Code(), failure.Reason())
			}
			return ""
		}
	}
	return cases
}

// checkMutation says what is wrong with the end of a mutation; empty if nothing is.
func (a typedAnswer) checkMutation(open bool, failure *errmap.Error) string {
	want := a.typ
	if a.typ == "IDEMPOTENCY_OUTSTANDING_REQUEST" || open && !a.settlesByRule() {
		want = "OUTCOME_UNKNOWN"
	}
	unsure := a.status < 400 || a.status == 408 || a.status == 499 || a.status >= 500 && a.status != http.StatusNotImplemented
	switch code := failure.Code(); {
	case code == codes.Unavailable:
		return "a mutation that was sent is UNAVAILABLE"
	case failure.Reason() != want:
		return fmt.Sprintf("%v %s, want %s", code, failure.Reason(), want)
	case !open && !a.known && unsure && code != codes.Unknown:
		return fmt.Sprintf("%v, though it may have been done", code)
	}
	return ""
}

// fails makes a call that must fail, without a key of the caller's.
func (c *Client) fails(t *testing.T, rpc string, request proto.Message) *errmap.Error {
	t.Helper()
	call := newRequest(rpc, request)
	call.Deadline = time.Now().Add(3 * time.Second)
	if call.Method.IsMutation() {
		call.Key, call.KeyMade = NewKey(), true
	}
	_, failure := c.Do(t.Context(), call)
	if failure == nil {
		panic("it succeeds")
	}
	return failure
}

// TestOutstandingWithoutKey: a caller who has no key of its own must not be told to
// repeat a mutation that PortOne is working on.
func TestOutstandingWithoutKey(t *testing.T) {
	tests := []struct {
		name     string
		made     bool
		deadline time.Duration
		acts     []act
		code     codes.Code
		reason   string
	}{
		{"the caller's key", false, 300 * time.Millisecond, []act{stillAtIt}, codes.Aborted, "IDEMPOTENCY_OUTSTANDING_REQUEST"},
		{"the gateway's key", true, 300 * time.Millisecond, []act{stillAtIt}, codes.DeadlineExceeded, "OUTCOME_UNKNOWN"},
		{"the gateway's key, no deadline", true, 0, []act{stillAtIt}, codes.Unknown, "OUTCOME_UNKNOWN"},
		{"the gateway's key, no last answer", true, 300 * time.Millisecond, []act{stillAtIt, hang}, codes.DeadlineExceeded, "OUTCOME_UNKNOWN"},
		{"the caller's key, no last answer", false, 300 * time.Millisecond, []act{stillAtIt, hang}, codes.Aborted, "IDEMPOTENCY_OUTSTANDING_REQUEST"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(&script{acts: test.acts})
			defer server.Close()
			call := cancelCall(t)
			call.KeyMade = test.made
			if test.deadline != 0 {
				call.Deadline = time.Now().Add(test.deadline)
			}
			c := newClient(t, server.URL, func(o *Options) { o.Timeout = 200 * time.Millisecond })
			_, failure := c.Do(t.Context(), call)
			checkEnd(t, call, nil, failure, test.code, test.reason)
		})
	}
}

// TestOutstandingAndLate: where the time is over just before PortOne can be asked once
// more, its last word counts as it does just after that.
func TestOutstandingAndLate(t *testing.T) {
	for made, want := range map[bool]string{false: "IDEMPOTENCY_OUTSTANDING_REQUEST", true: "OUTCOME_UNKNOWN"} {
		call := cancelCall(t)
		call.KeyMade, call.Deadline = made, time.Now().Add(-time.Millisecond)
		o := &outgoing{client: newClient(t, DefaultURL, nil), request: call, ctx: t.Context(), limit: call.Deadline, last: attempt{result: connectionFailed}}
		o.past.outstanding = o.client.opts.Mapper.Answer(call.Call.Describe(), http.StatusConflict, nil, []byte(`{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST"}`))
		if failure := o.endUnsent(); failure.Reason() != want {
			t.Errorf("made %v: %s, want %s", made, failure.Reason(), want)
		}
	}
}
