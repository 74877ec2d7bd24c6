package service_test

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// needle is in everything that must not be in a log.
const needle = "NEEDLE-0123456789"

// fill puts the needle into every text of a message, however deep.
func fill(m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch {
		case fd.IsMap():
			if fd.MapValue().Kind() == protoreflect.StringKind {
				m.Mutable(fd).Map().Set(protoreflect.ValueOfString(needle).MapKey(), protoreflect.ValueOfString(`"`+needle+`"`))
			}
		case fd.IsList() && fd.Message() != nil:
			fill(m.Mutable(fd).List().AppendMutable().Message())
		case fd.IsList() && fd.Kind() == protoreflect.StringKind:
			m.Mutable(fd).List().Append(protoreflect.ValueOfString(needle))
		case fd.IsList():
		case fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Timestamp":
		case fd.Message() != nil:
			fill(m.Mutable(fd).Message())
		case fd.Kind() == protoreflect.StringKind && strings.Contains(fd.JSONName(), "bypass"):
			m.Set(fd, protoreflect.ValueOfString(`{"x":"`+needle+`"}`))
		case fd.Kind() == protoreflect.StringKind:
			m.Set(fd, protoreflect.ValueOfString(needle))
		}
	}
}

// TestLogsTellNothing makes calls that have the needle everywhere, to a PortOne that
// repeats it in answers of every kind, and looks for it in the log at its lowest
// level. Only the names of members at which a malformed document cannot be read may
// be there.
func TestLogsTellNothing(t *testing.T) {
	log := &gatewaytest.Journal{}
	p := &portone{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Log: log, Upstream: func(o *upstream.Options) { o.MaxAttempts = 2 }})
	answers := map[string]http.HandlerFunc{
		"an answer":                      answerWith(200, `{"payment":{"pgTxId":"`+needle+`","paidAt":"2026-01-02T03:04:05Z"},"`+needle+`":"`+needle+`"}`),
		"an answer of another type":      answerWith(200, `{"payment":{"pgTxId":12,"paidAt":"`+needle+`"}}`),
		"an answer with a bad time":      answerWith(200, `{"payment":{"pgTxId":"`+needle+`","paidAt":"`+needle+`"}}`),
		"an answer with a name twice":    answerWith(200, `{"x":"`+needle+`","x":"`+needle+`"}`),
		"an answer with an unknown mess": answerWith(200, `{"payment":{"x":{"y":["`+needle+`",`+needle+`]}}}`),
		"half an answer":                 answerWith(200, `{"payment":{"pgTxId":"`+needle),
		"a typed error":                  answerWith(409, `{"type":"PG_PROVIDER","message":"`+needle+`","pgCode":"`+needle+`","pgMessage":"`+needle+`","`+needle+`":"`+needle+`"}`),
		"an error of an unknown type":    answerWith(400, `{"type":"NEW_ONE","message":"`+needle+`","`+needle+`":"`+needle+`"}`),
		"a cut":                          func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			p.set(answer)
			callsWithNeedles(t, g)
			p.requests()
		})
	}
	p.set(hang)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, _ = portonev2.NewPaymentServiceClient(g.Conn).PayInstantly(withNeedles(ctx), payInstantly())

	lines := 0
	for line := range strings.Lines(log.String()) {
		lines++
		for _, secret := range []string{needle, gatewaytest.Secret} {
			if strings.Contains(line, secret) {
				t.Errorf("the log has %s: %s", secret, line)
			}
		}
	}
	if want := len(answers) * 8; lines < want {
		t.Errorf("the log has %d lines, want %d or more", lines, want)
	}
}

func payInstantly() *portonev2.PayInstantlyRequest {
	request := &portonev2.PayInstantlyRequest{}
	fill(request.ProtoReflect())
	return request
}

// withNeedles adds metadata.
func withNeedles(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "idempotency-key", needle, "accept-language", needle, "authorization", "PortOne "+needle,
		"cookie", needle, "x-portone-sandbox", needle, "x-other", needle)
}

// callsWithNeedles makes calls by gRPC and REST, good ones and malformed ones.
func callsWithNeedles(t *testing.T, g *gatewaytest.Gateway) {
	client := portonev2.NewPaymentServiceClient(g.Conn)
	ctx := withNeedles(t.Context())
	_, _ = client.PayInstantly(ctx, payInstantly())
	_, _ = client.GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: needle, StoreId: proto.String(needle)})
	_, _ = client.PayInstantly(ctx, &portonev2.PayInstantlyRequest{PaymentId: "p", Bypass: proto.String("{" + needle)})
	_, _ = client.PayInstantly(metadata.AppendToOutgoingContext(t.Context(), "idempotency-key", needle+`"`), payInstantly())

	whole := `{"orderName":"` + needle + `","customer":{"email":"` + needle + `"},"` + needle + `":"` + needle + `"}`
	for _, body := range []string{whole, whole[:len(whole)-1], `{"x":"` + needle + `","x":"` + needle + `"}`, `{"orderName":` + needle + `}`} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL+"/payments/"+needle+"/instant?"+needle+"="+needle, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Idempotency-Key", "Authorization", "Cookie", "Accept-Language", "User-Agent", "X-Portone-Sandbox"} {
			request.Header.Set(name, needle)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// TestLogLine holds a line against what the package promises: names, the request
// id, code, reason and duration, at a level that tells how bad it is.
func TestLogLine(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		call   func(context.Context, portonev2.PaymentServiceClient) error
		want   map[string]string // of the line
	}{
		{"a mutation", answerWith(200, paid), payOne,
			map[string]string{"level": "INFO", "msg": "call", "rpc": "PayWithBillingKey", "transport": "grpc", "code": "OK", "request_id": "call-1"}},
		{"a read", answerWith(200, `{"status":"PAID"}`), getOne,
			map[string]string{"level": "DEBUG", "rpc": "GetPayment", "code": "OK"}},
		{"a read that fails", answerWith(404, `{"type":"PAYMENT_NOT_FOUND"}`), getOne,
			map[string]string{"level": "INFO", "rpc": "GetPayment", "code": "NotFound", "reason": "PAYMENT_NOT_FOUND"}},
		{"an unknown outcome", answerWith(500, ""), payOne,
			map[string]string{"level": "WARN", "code": "Unknown", "reason": "OUTCOME_UNKNOWN", "cause": "PortOne answered with HTTP status 500 and no typed error"}},
		{"a type that is none", answerWith(400, `{"type":"홍길동 010-1234-5678"}`), getOne,
			map[string]string{"level": "INFO", "code": "InvalidArgument", "reason": "other"}},
		{"a type from tomorrow", answerWith(400, `{"type":"PAYMENT_ON_THE_MOON"}`), getOne,
			map[string]string{"level": "INFO", "code": "InvalidArgument", "reason": "PAYMENT_ON_THE_MOON"}},
		{"a wrong secret", answerWith(401, `{"type":"UNAUTHORIZED"}`), payOne,
			map[string]string{"level": "WARN", "code": "Unauthenticated", "reason": "UNAUTHORIZED"}},
		{"an answer that is none", answerWith(200, `[]`), payOne,
			map[string]string{"level": "WARN", "code": "Unknown", "reason": "OUTCOME_UNKNOWN", "cause": "not a JSON object at byte 0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := &gatewaytest.Journal{}
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: &portone{answer: test.answer}, Log: log})
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "call-1")
			_ = test.call(ctx, portonev2.NewPaymentServiceClient(g.Conn))
			line := log.Last(t)
			for name, want := range test.want {
				if line[name] != want {
					t.Errorf("%s is %v, want %q in %v", name, line[name], want, line)
				}
			}
			// A number, so that logs can be sorted and summed by it.
			if took, ok := line["took_ms"].(float64); !ok || took <= 0 || took > 60_000 || math.Abs(took*100-math.Round(took*100)) > 1e-6 {
				t.Errorf("took_ms is %v", line["took_ms"])
			}
		})
	}
}

func payOne(ctx context.Context, client portonev2.PaymentServiceClient) error {
	_, err := client.PayWithBillingKey(ctx, payment("p1"))
	return err
}

func getOne(ctx context.Context, client portonev2.PaymentServiceClient) error {
	_, err := client.GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: "p1"})
	return err
}
