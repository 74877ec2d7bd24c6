package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// deadlines is a writer that keeps its deadlines.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Duration
}

// SetWriteDeadline is what http.ResponseController calls.
func (d *deadlines) SetWriteDeadline(end time.Time) error {
	d.set = append(d.set, time.Until(end).Round(time.Second))
	return nil
}

// TestWriteTime: who reads 64 KiB in a second gets answers of any size.
func TestWriteTime(t *testing.T) {
	for _, test := range []struct {
		size int
		want time.Duration
	}{
		{0, 30 * time.Second},
		{1000, 30 * time.Second},
		{64 << 10, 31 * time.Second},
		{pieceOfFile, 30 * time.Second},
		{32 << 20, (30 + 512) * time.Second},
	} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		if _, err := (&answer{w: w}).Write(make([]byte, test.size)); err != nil || len(w.set) != 1 || w.set[0] != test.want {
			t.Errorf("%d bytes may take %v, want %v, %v", test.size, w.set, test.want, err)
		}
	}
}

// pieceOfFile is less than what a file is sent by.
const pieceOfFile = 30 << 10

// newHandler makes a REST API in front of a PortOne that answers with an empty object.
func newHandler(t *testing.T, log *bytes.Buffer) *Handler {
	t.Helper()
	h, _ := newHandlerFor(t, log, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	return h
}

// newHandlerFor makes a REST API in front of a PortOne, and the client between.
func newHandlerFor(t *testing.T, log io.Writer, answer http.HandlerFunc) (*Handler, *upstream.Client) {
	t.Helper()
	portone := httptest.NewServer(answer)
	t.Cleanup(portone.Close)
	logger := slog.New(slog.NewJSONHandler(log, nil))
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := upstream.NewSecret("a-secret-of-nobody")
	if err != nil {
		t.Fatal(err)
	}
	client, err := upstream.New(upstream.Options{URL: portone.URL, Credentials: upstream.Static(secret), Mapper: mapper, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	server, err := service.New(service.Options{Upstream: client, Mapper: mapper, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	h, err := New(server, mapper, logger, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return h, client
}

// angry is a writer that panics at some point.
type angry struct {
	http.ResponseWriter
	at   string // write, or header
	with any
}

func (a *angry) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *angry) Header() http.Header {
	if a.at == "header" {
		a.at = ""
		panic(a.with)
	}
	return a.ResponseWriter.Header()
}

func (a *angry) Write(text []byte) (int, error) {
	n, err := a.ResponseWriter.Write(text)
	if a.at == "write" {
		panic(a.with)
	}
	return n, err
}

// TestPanic panics outside the steps of a call: where nothing has been written the
// caller gets an error as JSON, else the connection breaks. The log has a line with
// the stack, and not what was panicked with.
func TestPanic(t *testing.T) {
	const value = "card 5555-4444-3333-1111"
	tests := []struct {
		name           string
		at             string
		with           any
		method, target string
		status         int // 0 where the connection breaks
		typ            string
		logged         string // the RPC, if there is a line
	}{
		{"in a read", "header", value, "GET", "/payments/p1", 500, "INTERNAL", "GetPayment"},
		{"in a mutation that may have been carried out", "header", value, "POST", "/payments/p1/cancel", 409, "OUTCOME_UNKNOWN", "CancelPayment"},
		{"in what is no operation", "header", value, "GET", "/nowhere", 500, "INTERNAL", "unknown"},
		{"in the middle of an answer", "write", value, "GET", "/payments/p1", 0, "", "GetPayment"},
		{"to break the connection", "header", http.ErrAbortHandler, "GET", "/payments/p1", 0, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			h := newHandler(t, &log)
			rest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(&angry{w, test.at, test.with}, r)
			}))
			defer rest.Close()
			request, err := http.NewRequestWithContext(t.Context(), test.method, rest.URL+test.target, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-Request-Id", "call-1")
			request.Header.Set("Idempotency-Key", "a-key-of-sixteen")
			response, err := http.DefaultClient.Do(request)
			rest.Close() // after which no one writes to the log
			if (test.status == 0) != (err != nil) {
				t.Fatalf("the answer is %v, %v", response, err)
			}
			if err == nil {
				var body struct{ Type string }
				if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode != test.status || body.Type != test.typ || response.Header.Get("X-Request-Id") != "call-1" {
					t.Errorf("the answer is %s, %v, %v, %v", response.Status, response.Header, body, err)
				}
				response.Body.Close()
			}
			line := panicLine(t, log.String())
			stack, _ := line["stack"].(string)
			if (line != nil) != (test.logged != "") || line != nil && (line["rpc"] != test.logged || line["level"] != "ERROR" || line["request_id"] != "call-1" || !strings.Contains(stack, "angry")) {
				t.Errorf("the log has %v", line)
			}
			if strings.Contains(log.String(), "5555") {
				t.Errorf("the log has what was panicked with: %s", log.String())
			}
		})
	}
}

// panicLine is the line of a log about a panic; nil if there is none.
func panicLine(t *testing.T, log string) map[string]any {
	t.Helper()
	for text := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if line["msg"] == "panic" {
			return line
		}
	}
	return nil
}
