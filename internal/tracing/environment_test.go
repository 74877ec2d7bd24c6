package tracing_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"

	"github.com/portone-gateway/portone-gateway/internal/tracing"
)

// TestOff proves that nothing is started, and nothing of the process is changed,
// unless the environment asks for traces.
func TestOff(t *testing.T) {
	tests := []struct {
		name      string
		variables map[string]string
	}{
		{"nothing set", nil},
		{"a name alone", map[string]string{"OTEL_SERVICE_NAME": "billing"}},
		{"an endpoint for metrics", map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1"}},
		{"an empty endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": " "}},
		{"disabled", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "True"}},
		{"disabled, and wrong", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere", "OTEL_SDK_DISABLED": "true"}},
		{"no traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			setEnvironment(t, test.variables)
			handler := &handler{}
			otel.SetErrorHandler(handler)
			tr, err := tracing.FromEnvironment(context.Background(), version, slog.New(slog.DiscardHandler))
			if tr != nil || err != nil {
				t.Errorf("with %v: %v, %v; want nothing", test.variables, tr, err)
			}
			if otel.GetErrorHandler() != otel.ErrorHandler(handler) {
				t.Errorf("with %v: the process has another error handler", test.variables)
			}
		})
	}
}

type handler struct{ _ int }

func (*handler) Handle(error) {}

// TestWrongEnvironment looks at the errors: they name the variable, and not its
// value.
func TestWrongEnvironment(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tests := []struct {
		name      string
		variables map[string]string
		want      string
	}{
		{"no scheme", map[string]string{endpoint: "secret:4318"}, endpoint},
		{"a host alone", map[string]string{endpoint: "secret"}, endpoint},
		{"no host", map[string]string{endpoint: "http://:4318/secret"}, endpoint},
		{"no URL", map[string]string{endpoint: "http://user:secret@host:port"}, endpoint},
		{"another scheme", map[string]string{endpoint: "grpc://secret:4317"}, endpoint},
		{"both, and one is wrong", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "secret:4318"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		{"gRPC", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{"gRPC for traces", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"},
		{"another exporter", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "secret"}, "OTEL_TRACES_EXPORTER"},
		{"a header without a value", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "a=1,secret"}, "OTEL_EXPORTER_OTLP_HEADERS"},
		{"a header that is badly encoded", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=secret%zz"}, "OTEL_EXPORTER_OTLP_TRACES_HEADERS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			setEnvironment(t, test.variables)
			var log bytes.Buffer
			tr, err := tracing.FromEnvironment(context.Background(), version, slog.New(slog.NewJSONHandler(&log, nil)))
			if tr != nil || err == nil {
				t.Fatalf("with %v: %v, %v; want an error", test.variables, tr, err)
			}
			if text := err.Error(); !strings.HasPrefix(text, test.want+": ") || strings.Contains(text, "secret") || strings.Contains(text, "\n") {
				t.Errorf("with %v: %q, want a line that begins with %s and has no secret", test.variables, text, test.want)
			}
			if log.Len() > 0 {
				t.Errorf("with %v: the log has %s", test.variables, log.String())
			}
		})
	}
}

// TestPassedOver looks at what OpenTelemetry ignores where it is wrong: the log
// says so, in the gateway's own format.
func TestPassedOver(t *testing.T) {
	tests := []struct {
		name      string
		variables map[string]string
		want      string
	}{
		{"a sampler", map[string]string{"OTEL_TRACES_SAMPLER": "sometimes"}, "unsupported sampler"},
		{"a certificate", map[string]string{"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere/ca.pem"}, "read tls ca cert file"},
		{"a duration", map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, "parse duration"},
		{"a resource", map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "nothing"}, "missing value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCollector(t)
			tr, log := c.start(t, test.variables)
			cancelByGRPC(t, gateway(t, tr, 200, `{}`), nil)
			if spans := c.delivered(t, tr); len(spans) != 1 {
				t.Errorf("with %v: %d spans, want 1", test.variables, len(spans))
			}
			if line := log.String(); !strings.Contains(line, `"level":"WARN"`) || !strings.Contains(line, test.want) {
				t.Errorf("with %v: the log is %q, want a warning with %q", test.variables, line, test.want)
			}
		})
	}
}

// TestResource looks at what the spans say of the process.
func TestResource(t *testing.T) {
	tests := []struct {
		name      string
		variables map[string]string
		want      map[string]string
	}{
		{"by default", nil, map[string]string{"service.name": "portone-gateway"}},
		{"a name", map[string]string{"OTEL_SERVICE_NAME": "pay"}, map[string]string{"service.name": "pay"}},
		{"attributes", map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=prod,service.name=pay"},
			map[string]string{"service.name": "pay", "deployment.environment.name": "prod"}},
		{"both", map[string]string{"OTEL_SERVICE_NAME": "pay", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,service.version=2"},
			map[string]string{"service.name": "pay", "service.version": "2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCollector(t)
			tr, _ := c.start(t, test.variables)
			cancelByGRPC(t, gateway(t, tr, 200, `{}`), nil)
			c.delivered(t, tr)
			c.mu.Lock()
			defer c.mu.Unlock()
			if got := c.requests[0].URL.Path; got != "/v1/traces" {
				t.Errorf("the collector was asked for %s", got)
			}
			got := make(map[string]string)
			for name, value := range c.resource {
				if !strings.HasPrefix(name, "telemetry.sdk.") {
					got[name] = value
				}
			}
			want := map[string]string{"service.version": version}
			for name, value := range test.want {
				want[name] = value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("with %v (-want +got):\n%s", test.variables, diff)
			}
		})
	}
}
