package tracing

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.38.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/service"
)

// Attributes beside those of OpenTelemetry's conventions.
const (
	// keyOperation is PortOne's operationId.
	keyOperation = attribute.Key("portone.operation")
	// keyErrorType is the label of an error's reason: PortOne's type, or the gateway's
	// own.
	keyErrorType = attribute.Key("portone.error.type")
	// keyRequestID is the x-request-id, by which the log has the call.
	keyRequestID = attribute.Key("portone.request_id")
	// keyTransport is grpc or rest. A call by REST is the same RPC with the same code,
	// so that one query finds both.
	keyTransport = attribute.Key("portone.transport")
	// keyCaller is the caller's name in the gateway's policy.
	keyCaller = attribute.Key("portone.caller")
)

// Start implements service.Tracer. The span continues the trace that the caller
// named by W3C's traceparent and tracestate, as gRPC metadata or HTTP headers; else
// it begins one.
func (t *Tracing) Start(ctx context.Context, c *service.Call) (context.Context, func(codes.Code, string)) {
	ctx = propagation.TraceContext{}.Extract(ctx, carrier{c.Headers})
	ctx, span := t.tracer.Start(ctx, c.Method.FullName[1:], trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(code codes.Code, reason string) {
		// Not at the start: the samplers that the environment can ask for look at no
		// attribute, and so a call that is not sampled costs none.
		if span.IsRecording() {
			describe(span, c, code, reason)
		}
		span.End()
	}
}

// TraceID implements service.TraceIDs.
func (t *Tracing) TraceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}

// describe says what was called and how it ended.
func describe(span trace.Span, c *service.Call, code codes.Code, reason string) {
	attributes := [...]attribute.KeyValue{
		semconv.RPCSystemGRPC,
		semconv.RPCService(c.Method.Service),
		semconv.RPCMethod(c.Method.Name),
		semconv.RPCGRPCStatusCodeKey.Int64(int64(code)),
		keyOperation.String(c.Method.ID()),
		keyTransport.String(c.Transport),
		keyRequestID.String(c.RequestID),
	}
	span.SetAttributes(attributes[:]...)
	if caller := c.Caller(); caller != "" {
		span.SetAttributes(keyCaller.String(caller))
	}
	if reason == "" {
		// It went well, or the caller went away in the middle of a file, which is no
		// trouble of ours.
		return
	}
	span.SetAttributes(keyErrorType.String(reason))
	if isTrouble(code) {
		span.SetStatus(otelcodes.Error, reason)
	}
}

// isTrouble tells the codes by which a server says that it failed from those by
// which it answers, as OpenTelemetry's conventions for gRPC servers have it: a
// payment that is not found is an answer.
func isTrouble(code codes.Code) bool {
	switch code {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		return true
	}
	return false
}

// carrier lets the headers of a call be read as OpenTelemetry reads headers.
type carrier struct{ headers service.Headers }

// Get joins the values of a header, which is right for a tracestate. Two
// traceparents joined are none, and count as none, as W3C wants it.
func (c carrier) Get(name string) string { return strings.Join(c.headers.Values(name), ",") }

// Set and Keys are for writing, and for formats with more headers than these two.
func (carrier) Set(string, string) {}
func (carrier) Keys() []string     { return nil }
