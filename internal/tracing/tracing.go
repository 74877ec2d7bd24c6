// Package tracing makes an OpenTelemetry span of every call and delivers the spans
// by OTLP over HTTP. It implements the Tracer of the package service.
//
// It is configured by OpenTelemetry's own environment variables, as every other
// service of a fleet is, and is off unless they name an endpoint.
//
// A span has names, codes and the id of the call; never an id of a payment or a
// person, a key or a text of the caller's or PortOne's. Nothing of a trace goes on
// to PortOne: what our services are called and how they call each other is no
// business of another company, and it could not join its spans to ours anyway.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.38.0"
	"go.opentelemetry.io/otel/trace"
)

// defaultServiceName is the service.name of spans unless OTEL_SERVICE_NAME or
// OTEL_RESOURCE_ATTRIBUTES have another one.
const defaultServiceName = "portone-gateway"

// scope names what made the spans.
const scope = "github.com/portone-gateway/portone-gateway/internal/tracing"

// Tracing makes spans and delivers them. It is safe for concurrent use.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// FromEnvironment starts the tracing that the environment asks for. It returns
// nil, and has done nothing, where it asks for none. An error means that the
// environment is wrong, and names the variable where it can; values, which may be
// secrets, are not in it.
//
// Once it runs, tracing harms no call: what goes wrong is a line in the log, see
// reporter, and spans that cannot be delivered are dropped.
func FromEnvironment(ctx context.Context, version string, logger *slog.Logger) (*Tracing, error) {
	if on, err := requested(); !on || err != nil {
		return nil, err
	}
	(&reporter{logger: logger}).install()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_...: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			semconv.ServiceName(defaultServiceName),
			semconv.ServiceVersion(version)),
		resource.WithFromEnv(), // last, so that it wins
	)
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	// The provider reads the variables of the sampler, the limits of spans and the
	// batches by itself.
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return &Tracing{
		provider: provider,
		tracer:   provider.Tracer(scope, trace.WithInstrumentationVersion(version), trace.WithSchemaURL(semconv.SchemaURL)),
	}, nil
}

// Shutdown delivers the spans that have ended, and ends the tracing. Spans that
// are not delivered when ctx ends are lost, and ctx's error is returned.
func (t *Tracing) Shutdown(ctx context.Context) error { return t.provider.Shutdown(ctx) }
