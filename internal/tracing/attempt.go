package tracing

import (
	"context"
	"net"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.38.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/portone-gateway/portone-gateway/upstream"
)

// keyWaited is how long the call waited before this attempt, in milliseconds.
const keyWaited = attribute.Key("portone.retry.wait_ms")

// StartAttempt implements upstream.Tracer. The span is a client's, below that of the
// call, by OpenTelemetry's conventions for HTTP: with the path's template and never the
// path, which has ids. PortOne is not told of the trace.
func (t *Tracing) StartAttempt(ctx context.Context, a upstream.Attempt) (end func(status int, problem string)) {
	m := a.Method
	_, span := t.tracer.Start(ctx, m.HTTPMethod+" "+m.Template, trace.WithSpanKind(trace.SpanKindClient))
	if !span.IsRecording() {
		return func(int, string) { span.End() }
	}
	host, port, _ := net.SplitHostPort(a.Address)
	number, _ := strconv.Atoi(port)
	span.SetAttributes(semconv.HTTPRequestMethodKey.String(m.HTTPMethod), semconv.URLTemplate(m.Template),
		semconv.ServerAddress(host), semconv.ServerPort(number))
	if a.Number > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(a.Number-1), keyWaited.Int64(a.Waited.Milliseconds()))
	}
	return func(status int, problem string) {
		if status != 0 {
			span.SetAttributes(semconv.HTTPResponseStatusCode(status))
		}
		if problem == "" && status >= 400 {
			problem = strconv.Itoa(status)
		}
		if problem != "" {
			span.SetAttributes(semconv.ErrorTypeKey.String(problem))
			span.SetStatus(otelcodes.Error, problem)
		}
		span.End()
	}
}
