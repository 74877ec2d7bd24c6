package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// TestStepsAreInOrder spells out the order of the steps. Whoever changes it has to
// change a reason here.
func TestStepsAreInOrder(t *testing.T) {
	want := []struct{ name, why string }{
		{"last resort", "a panic of what watches calls must not end the process, with other payments in flight"},
		{"request id", "everything that is written down about a call names it"},
		{"tracing", "the span holds all that follows, and what is measured can name its trace"},
		{"metrics", "they see calls that are refused and panics that are recovered below"},
		{"log", "so does the log, with the outcome that metrics have"},
		{"recovery", "a panic in whatever comes now is an error to the steps above"},
		{"admission", "a gateway that drains does nothing more for a call, and what it lets in it waits for"},
		{"access", "strangers never reach validation, and learn nothing from it"},
		{"headers", "the key is known before anything can fail that has to tell it"},
		{"deadline", "the time for our answer is kept back before any is spent on PortOne"},
		{"request", "a body is read last: strangers to all of the above cost no memory"},
	}
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	if len(want) != len(steps) {
		t.Fatalf("the steps are %q, want %d", names, len(want))
	}
	for i, w := range want {
		if steps[i].name != w.name {
			t.Errorf("step %d is %q, want %q: %s", i, steps[i].name, w.name, w.why)
		}
	}
}

// TestChain passes the steps in their order, and back in the opposite one.
func TestChain(t *testing.T) {
	var trail []string
	note := func(name string) step {
		return step{name, func(_ *Server, ctx context.Context, c *Call, next next) error {
			trail = append(trail, name)
			err := next(ctx, c)
			trail = append(trail, "/"+name)
			return err
		}}
	}
	end := errors.New("the end")
	chain := new(Server).chain([]step{note("a"), note("b"), note("c")}, func(context.Context, *Call) error {
		trail = append(trail, "last")
		return end
	})
	if err := chain(t.Context(), &Call{}); err != end {
		t.Errorf("the error is %v", err)
	}
	if want := []string{"a", "b", "c", "last", "/c", "/b", "/a"}; !slices.Equal(trail, want) {
		t.Errorf("the trail is %q, want %q", trail, want)
	}
}

// watcher is an Observer and a Tracer that keeps what it is told.
type watcher struct {
	mu     sync.Mutex
	begun  []string
	ended  []string // transport, code and reason
	traced []string // code and reason
}

func (w *watcher) Begin(op *contract.Method) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = append(w.begun, op.Name)
}

func (w *watcher) End(_ *contract.Method, transport string, code codes.Code, reason string, _, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, strings.TrimSpace(transport+" "+code.String()+" "+reason))
}

func (w *watcher) Start(ctx context.Context, c *Call) (context.Context, func(codes.Code, string)) {
	id := c.RequestID
	return ctx, func(code codes.Code, reason string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.traced = append(w.traced, strings.TrimSpace(id+" "+code.String()+" "+reason))
	}
}

// newTestServer makes a server in front of a PortOne, with further steps behind
// its own.
func newTestServer(t *testing.T, portone http.HandlerFunc, w *watcher, log *bytes.Buffer, further ...step) *Server {
	t.Helper()
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := upstream.NewSecret("a-secret-of-nobody")
	if err != nil {
		t.Fatal(err)
	}
	behind := httptest.NewServer(portone)
	t.Cleanup(behind.Close)
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := upstream.New(upstream.Options{URL: behind.URL, Credentials: upstream.Static(secret), Mapper: mapper, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s, err := New(Options{Upstream: client, Mapper: mapper, Observer: w, Tracer: w, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	s.handle = s.chain(append(slices.Clone(steps), further...), s.forward)
	return s
}

// operationNamed finds an operation.
func methodNamed(t *testing.T, name string) *contract.Method {
	t.Helper()
	for _, m := range contract.Methods() {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

// headers are those of a call, from names and values in turn.
func headers(pairs ...string) Headers {
	h := make(http.Header)
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// wireOfPayment is a message with the payment id p: field 1, three bytes.
const wireOfPayment = "\x0a\x01p"

// TestPanic lets the innermost step panic: the caller gets INTERNAL, metrics,
// trace and log see it, what was panicked with is nowhere, and the next call works.
func TestPanic(t *testing.T) {
	const value = "card 5555-4444-3333-1111"
	var log bytes.Buffer
	w := &watcher{}
	angry := true
	s := newTestServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"payment":{},"new":1}`)) }, w, &log, step{"panic", func(_ *Server, ctx context.Context, c *Call, next next) error {
		if angry {
			panic(value)
		}
		return next(ctx, c)
	}})
	call := func() ([]byte, error) {
		return s.Invoke(t.Context(), &Call{Method: methodNamed(t, "PayInstantly"), Transport: "rest", Wire: []byte(wireOfPayment),
			Headers: headers(HeaderRequestID, "call-1", HeaderIdempotencyKey, "a-key-of-sixteen")})
	}

	_, err := call()
	var e *errmap.Error
	if !errors.As(err, &e) || e.Code() != codes.Internal || e.Reason() != "OUTCOME_UNKNOWN" {
		t.Fatalf("the error is %v", err)
	}
	if _, body := errmap.REST(e.Full()); bytes.Contains(body, []byte("5555")) || !bytes.Contains(body, []byte("a-key-of-sixteen")) {
		t.Errorf("the error is %s", body)
	}
	if strings.Contains(log.String(), "5555") {
		t.Errorf("the log has what was panicked with: %s", log.String())
	}
	lines := panicLines(t, &log)
	if len(lines) != 1 || !strings.Contains(lines[0]["stack"], "TestPanic") || lines[0]["request_id"] != "call-1" || lines[0]["rpc"] != "PayInstantly" {
		t.Errorf("the log has of the panic %v", lines)
	}
	if want := []string{"call-1 Internal OUTCOME_UNKNOWN"}; !slices.Equal(w.traced, want) {
		t.Errorf("the trace has %q, want %q", w.traced, want)
	}

	angry = false
	answer, err := call()
	if err != nil || string(answer) != `{"payment":{},"new":1}` {
		t.Errorf("the next call ended with %s, %v", answer, err)
	}
	if want := []string{"rest Internal OUTCOME_UNKNOWN", "rest OK"}; !slices.Equal(w.ended, want) || len(w.begun) != 2 {
		t.Errorf("metrics have %q of %q, want %q", w.ended, w.begun, want)
	}
}

// panicLines are the lines of a log about panics.
func panicLines(t *testing.T, log *bytes.Buffer) []map[string]string {
	t.Helper()
	var lines []map[string]string
	for text := range strings.Lines(log.String()) {
		if !strings.Contains(text, `"msg":"panic"`) {
			continue
		}
		var line map[string]string
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		lines = append(lines, line)
	}
	return lines
}

// silent is a stream that no one reads.
type silent struct {
	grpc.ServerStream
	ctx context.Context
}

func (s silent) Context() context.Context { return s.ctx }
func (silent) SendMsg(any) error          { return nil }

// TestWatchTellsFirst: a watch of health that a drain ends has told before that
// nothing is served any more, however late it gets to do so.
func TestWatchTellsFirst(t *testing.T) {
	s := newTestServer(t, func(http.ResponseWriter, *http.Request) {}, &watcher{}, new(bytes.Buffer))
	told := false
	handler := func(_ any, stream grpc.ServerStream) error {
		<-s.drains
		time.Sleep(50 * time.Millisecond)
		told = true
		_ = stream.SendMsg(&healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_NOT_SERVING})
		<-t.Context().Done()
		return nil
	}
	close(s.drains)
	info := &grpc.StreamServerInfo{FullMethod: healthpb.Health_Watch_FullMethodName, IsServerStream: true}
	if err := s.endWithDrain(s, silent{ctx: t.Context()}, info, handler); status.Code(err) != codes.Unavailable || !told {
		t.Errorf("it ended with %v; told: %t", err, told)
	}
}

// TestRefusedIsMeasured refuses calls at different steps: all are counted, and have
// the request id and, once it is known, the key.
func TestRefusedIsMeasured(t *testing.T) {
	tests := []struct {
		name    string
		headers Headers
		wire    string
		drain   bool
		ended   string
		key     upstream.Key
	}{
		{"by admission", headers(), wireOfPayment, true, "grpc Unavailable SHUTTING_DOWN", ""},
		{"for its headers", headers(HeaderIdempotencyKey, "short"), wireOfPayment, false, "grpc InvalidArgument INVALID_REQUEST", ""},
		{"for its message", headers(HeaderIdempotencyKey, "a-key-of-sixteen"), "\xff", false, "grpc InvalidArgument INVALID_REQUEST", "a-key-of-sixteen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &watcher{}
			s := newTestServer(t, func(http.ResponseWriter, *http.Request) { t.Error("a request reached PortOne") }, w, new(bytes.Buffer))
			if test.drain {
				if err := s.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			c := &Call{Method: methodNamed(t, "PayInstantly"), Transport: "grpc", Wire: []byte(test.wire), Headers: test.headers}
			if answer, err := s.Invoke(t.Context(), c); err == nil {
				t.Errorf("the answer is %s", answer)
			}
			if want := []string{test.ended}; !slices.Equal(w.ended, want) || !slices.Equal(w.begun, []string{"PayInstantly"}) {
				t.Errorf("metrics have %q of %q, want %q", w.ended, w.begun, want)
			}
			if c.RequestID == "" || c.Key != test.key {
				t.Errorf("the request id is %q, the key %q, want %q", c.RequestID, c.Key, test.key)
			}
		})
	}
}
