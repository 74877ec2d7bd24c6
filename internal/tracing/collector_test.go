package tracing_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/internal/tracing"
)

// version is the gateway's, in these tests.
const version = "v1.2.3-test"

// collector takes spans by OTLP over HTTP, on loopback.
type collector struct {
	url    string
	status int    // of its answers; 0 means 200. Set before use
	before func() // called before a batch is taken; may be nil. Set before use

	mu       sync.Mutex
	raw      []byte // all bodies
	requests []*http.Request
	resource map[string]string
	spans    []*tracepb.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// ServeHTTP takes a batch.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.before != nil {
		c.before()
	}
	body, err := io.ReadAll(r.Body)
	var batch coltracepb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &batch)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = append(c.raw, body...)
	c.requests = append(c.requests, r)
	for _, about := range batch.GetResourceSpans() {
		c.resource = attributes(about.GetResource().GetAttributes())
		for _, scope := range about.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	if c.status != 0 {
		w.WriteHeader(c.status)
	}
}

// delivered ends the tracing and returns the spans that came.
func (c *collector) delivered(t *testing.T, tr *tracing.Tracing) []*tracepb.Span {
	t.Helper()
	if err := tr.Shutdown(context.Background()); err != nil {
		t.Fatalf("Shutdown: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans
}

// attributes as text, whatever their types.
func attributes(list []*commonpb.KeyValue) map[string]string {
	texts := make(map[string]string)
	for _, kv := range list {
		switch v := kv.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			texts[kv.GetKey()] = v.StringValue
		default:
			texts[kv.GetKey()] = strings.TrimSpace(kv.GetValue().String())
		}
	}
	return texts
}

// setEnvironment leaves no variable of OpenTelemetry but those given, until the
// test ends.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "") // so that it is put back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// start starts tracing towards a collector, with further variables. The log is
// good once the tracing has ended.
func (c *collector) start(t *testing.T, variables map[string]string) (*tracing.Tracing, *bytes.Buffer) {
	t.Helper()
	setEnvironment(t, variables)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	var log bytes.Buffer
	tr, err := tracing.FromEnvironment(context.Background(), version, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil || tr == nil {
		t.Fatalf("FromEnvironment with %v: %v, %v", variables, tr, err)
	}
	t.Cleanup(func() { _ = tr.Shutdown(context.Background()) })
	return tr, &log
}
