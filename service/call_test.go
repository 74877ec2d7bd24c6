package service_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

const notPaid = `{"type":"PAYMENT_SCHEDULE_ALREADY_EXISTS","message":"예약이 있습니다"}`

// TestHeaders makes calls with headers of every kind, of which one succeeds and one
// fails at PortOne each time, and looks at what PortOne and the caller get.
func TestHeaders(t *testing.T) {
	long := strings.Repeat("k", 256)
	tests := []struct {
		name      string
		header    []string // names and values
		requestID string   // of the answer; "" for a new one
		key       string   // likewise
	}{
		{"none", nil, "", ""},
		{"a request id", []string{"x-request-id", "call-1/2"}, "call-1/2", ""},
		{"a request id with a space", []string{"x-request-id", "call 1"}, "", ""},
		{"a request id that is too long", []string{"x-request-id", strings.Repeat("i", 129)}, "", ""},
		{"a request id as long as may be", []string{"x-request-id", strings.Repeat("i", 128)}, strings.Repeat("i", 128), ""},
		{"an empty request id", []string{"x-request-id", ""}, "", ""},
		{"a key", []string{"idempotency-key", ownKey}, "", ownKey},
		{"a key in quotes", []string{"idempotency-key", `"` + ownKey + `"`}, "", ownKey},
		{"the longest key", []string{"idempotency-key", long}, "", long},
		{"the shortest key, with a space", []string{"idempotency-key", "sixteen chars, !"}, "", "sixteen chars, !"},
	}
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, act := range []http.HandlerFunc{answerWith(http.StatusOK, paid), answerWith(http.StatusConflict, notPaid)} {
				p.set(act)
				var header metadata.MD
				ctx := metadata.AppendToOutgoingContext(t.Context(), test.header...)
				_, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(ctx, payment("p1"), grpc.Header(&header))
				key := one(t, header, "idempotency-key")
				if test.key != "" && key != test.key || len(key) < 16 {
					t.Errorf("the answer has the key %q, want %q", key, test.key)
				}
				if id := one(t, header, "x-request-id"); test.requestID != "" && id != test.requestID || test.requestID == "" && len(id) != 32 {
					t.Errorf("the answer has the request id %q, want %q", id, test.requestID)
				}
				if err != nil {
					checkStatus(t, err, codes.FailedPrecondition, "PAYMENT_SCHEDULE_ALREADY_EXISTS")
					if info, _, _ := details(err); info.GetMetadata()["idempotencyKey"] != key {
						t.Errorf("the ErrorInfo has the key %q, the metadata %q", info.GetMetadata()["idempotencyKey"], key)
					}
				}
				for _, r := range p.requests() {
					if got := r.header.Values("Idempotency-Key"); !slices.Equal(got, []string{`"` + key + `"`}) {
						t.Errorf("PortOne got the keys %q, want %q in quotes", got, key)
					}
				}
			}
		})
	}
}

// one is the one value of a header.
func one(t *testing.T, md metadata.MD, name string) string {
	t.Helper()
	values := md.Get(name)
	if len(values) != 1 {
		t.Errorf("%s has the values %q", name, values)
		return ""
	}
	return values[0]
}

// TestReadsHaveNoKey: a read has no idempotency key, whatever the caller sends.
func TestReadsHaveNoKey(t *testing.T) {
	p := answers(http.StatusNotFound, `{"type":"PAYMENT_NOT_FOUND"}`)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	var trailer metadata.MD
	ctx := metadata.AppendToOutgoingContext(t.Context(), "idempotency-key", "bad")
	_, err := portonev2.NewPaymentServiceClient(g.Conn).GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: "p1"}, grpc.Trailer(&trailer))
	checkStatus(t, err, codes.NotFound, "PAYMENT_NOT_FOUND")
	info, _, _ := details(err)
	if keys := append(trailer.Get("idempotency-key"), p.requests()[0].header.Values("Idempotency-Key")...); len(keys) > 0 || info.GetMetadata()["idempotencyKey"] != "" {
		t.Errorf("the keys are %q, the ErrorInfo %v", keys, info)
	}
	one(t, trailer, "x-request-id")
}

// TestLanguage gives texts in the caller's language, also where the call is refused
// before its headers are read or does not exist.
func TestLanguage(t *testing.T) {
	p := answers(http.StatusConflict, notPaid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	client := portonev2.NewPaymentServiceClient(g.Conn)
	calls := map[string]func(context.Context) error{
		"an error of PortOne's": func(ctx context.Context) error {
			_, err := client.PayWithBillingKey(ctx, payment("p1"))
			return err
		},
		"a malformed request": func(ctx context.Context) error {
			_, err := client.PayWithBillingKey(ctx, payment(".."))
			return err
		},
		"a bad key": func(ctx context.Context) error {
			_, err := client.PayWithBillingKey(metadata.AppendToOutgoingContext(ctx, "idempotency-key", "bad"), payment("p1"))
			return err
		},
		"no such operation": func(ctx context.Context) error {
			return g.Conn.Invoke(ctx, "/portone.v2.PaymentService/Steal", payment("p1"), payment(""))
		},
	}
	for name, call := range calls {
		for accept, locale := range map[string]string{"": "en-US", "ko": "ko-KR", "ko-KR,ko;q=0.9,en;q=0.8": "ko-KR", "en;q=0,ko": "ko-KR", "en,ko": "en-US", "fr": "en-US"} {
			t.Run(name+" to "+accept, func(t *testing.T) {
				err := call(metadata.AppendToOutgoingContext(t.Context(), "accept-language", accept))
				_, _, text := details(err)
				hasKorean := strings.ContainsFunc(text.GetMessage(), func(r rune) bool { return r >= '가' && r <= '힣' })
				if text.GetLocale() != locale || hasKorean != (locale == "ko-KR") {
					t.Errorf("the text is %v, want one in %s (%v)", text, locale, err)
				}
			})
		}
	}
}

// TestSandboxHeader passes x-portone-sandbox to a sandbox and to no one else.
func TestSandboxHeader(t *testing.T) {
	for name, sandbox := range map[string]bool{"in front of the sandbox": true, "in front of PortOne": false} {
		t.Run(name, func(t *testing.T) {
			p := answers(http.StatusOK, paid)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Service: func(o *service.Options) { o.Sandbox = sandbox }})
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-portone-sandbox", "latency=1ms", "x-portone-sandbox", "cut=after", "x-other", "stays here")
			pay(t, outgoing{g.Conn, ctx}, "p1")
			got := p.requests()[0].header
			want := []string{"latency=1ms", "cut=after"}
			if !sandbox {
				want = nil
			}
			if !slices.Equal(got.Values("X-Portone-Sandbox"), want) || got.Get("X-Other") != "" || got.Get("Cookie") != "" {
				t.Errorf("PortOne got %q, want x-portone-sandbox: %q", got, want)
			}
		})
	}
}

// outgoing is a connection whose calls have the metadata of a context.
type outgoing struct {
	*grpc.ClientConn
	ctx context.Context
}

func (o outgoing) Invoke(_ context.Context, method string, in, out any, options ...grpc.CallOption) error {
	return o.ClientConn.Invoke(o.ctx, method, in, out, options...)
}

// TestDeadline lets PortOne hang: the gateway tells that the outcome is unknown,
// and the key, before the caller's deadline ends the call. On a machine that stops
// for longer than the gateway's margin a caller misses it, so some may.
func TestDeadline(t *testing.T) {
	p := &portone{answer: hang}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	for try := range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(ctx, payment("p1"))
		early := ctx.Err() == nil
		cancel()
		info, _, _ := details(err)
		if info == nil {
			t.Logf("try %d: %v, without a word from the gateway", try, err)
			continue
		}
		checkStatus(t, err, codes.DeadlineExceeded, "OUTCOME_UNKNOWN")
		sent := p.requests()
		if key := info.GetMetadata()["idempotencyKey"]; key == "" || sent[len(sent)-1].header.Get("Idempotency-Key") != `"`+key+`"` {
			t.Errorf("the ErrorInfo has the key %q, PortOne got %q", key, sent[len(sent)-1].header)
		}
		if early {
			return
		}
	}
	t.Error("no call ended before its deadline")
}

// TestCallerGone: a caller that goes away frees the gateway, and what he may have
// done is counted as unknown.
func TestCallerGone(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	p := &portone{answer: func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	}}
	w := &observer{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Service: func(o *service.Options) { o.Observer = w }})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(ctx, payment("p1"))
	checkStatus(t, err, codes.Canceled, "")
	receive(t, "the gateway to leave PortOne", left)
	await(t, "the call to end", func() bool { return len(w.all()) == 1 })
	if got, want := w.all()[0], (ended{"PayWithBillingKey", "grpc", codes.Unknown, "OUTCOME_UNKNOWN"}); got != want {
		t.Errorf("the call ended as %v, want %v", got, want)
	}
}

// panicking is an observer of the upstream that panics at the first attempt.
type panicking struct{ attempts atomic.Int64 }

func (p *panicking) Attempt(string, int, string, time.Duration) {
	if p.attempts.Add(1) == 1 {
		panic("card 5555-4444-3333-1111")
	}
}
func (p *panicking) Retry(string, bool, time.Duration)     {}
func (p *panicking) Breaker(string, upstream.BreakerState) {}

// TestPanicByGRPC: a panic deep in a call is an error to its caller, and to no one
// else.
func TestPanicByGRPC(t *testing.T) {
	p := answers(http.StatusOK, paid)
	w, log := &observer{}, &gatewaytest.Journal{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Log: log, Upstream: func(o *upstream.Options) { o.Observer = &panicking{} },
		Service: func(o *service.Options) { o.Observer = w }})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "idempotency-key", ownKey, "x-request-id", "call-1")
	var header metadata.MD
	_, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(ctx, payment("p1"), grpc.Header(&header))
	checkStatus(t, err, codes.Internal, "OUTCOME_UNKNOWN") // PortOne had answered
	if info, _, _ := details(err); info.GetMetadata()["idempotencyKey"] != ownKey || info.GetDomain() != contract.GatewayDomain {
		t.Errorf("the ErrorInfo is %v", info)
	}
	if one(t, header, "x-request-id") != "call-1" || one(t, header, "idempotency-key") != ownKey {
		t.Errorf("the answer has %v", header)
	}
	pay(t, g.Conn, "p2")
	if n := g.Upstream.InFlight(); n != 0 {
		t.Errorf("%d calls are in flight", n)
	}
	await(t, "two calls to end", func() bool { return len(w.all()) == 2 })
	if got, want := w.all()[0], (ended{"PayWithBillingKey", "grpc", codes.Internal, "OUTCOME_UNKNOWN"}); got != want {
		t.Errorf("the call ended as %v, want %v", got, want)
	}
	if text := log.String(); strings.Contains(text, "5555-4444") || !strings.Contains(text, "attempt.go") || !strings.Contains(text, `"request_id":"call-1"`) {
		t.Errorf("the log is %s", text)
	}
}

// TestGzip: callers may compress.
func TestGzip(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	conn := connect(t, g.Addr, grpc.WithDefaultCallOptions(grpc.UseCompressor(gzip.Name)))
	pay(t, conn, "p1")
	if got := p.requests()[0].body; !strings.Contains(got, "billing-key-1") {
		t.Errorf("PortOne got %s", got)
	}
}
