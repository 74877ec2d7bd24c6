package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/portone-gateway/portone-gateway/events/intake"
)

// keyOutcome is what became of a webhook, an intake.Outcome.
const keyOutcome = attribute.Key("portone.webhook.outcome")

// StartWebhook implements intake.Tracer. The trace context is empty where the span is
// not sampled: whoever goes on with it would keep half a trace.
func (t *Tracing) StartWebhook(ctx context.Context, header http.Header) (context.Context, string, func(string)) {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	ctx, span := t.tracer.Start(ctx, "PortOne webhook", trace.WithSpanKind(trace.SpanKindConsumer))
	traceparent := ""
	if span.SpanContext().IsSampled() {
		carrier := make(propagation.MapCarrier)
		propagation.TraceContext{}.Inject(ctx, carrier)
		traceparent = carrier.Get("traceparent")
	}
	return ctx, traceparent, func(outcome string) {
		span.SetAttributes(keyOutcome.String(outcome))
		switch intake.Outcome(outcome) {
		case intake.StoreFull, intake.StoreFailed, intake.Overloaded:
			span.SetStatus(otelcodes.Error, outcome)
		}
		span.End()
	}
}
