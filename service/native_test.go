package service_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	gatewayhttp "github.com/portone-gateway/portone-gateway/gen/gateway/portone/gateway/v1"
	gatewayv1 "github.com/portone-gateway/portone-gateway/gen/portone/gateway/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/rest"
	"github.com/portone-gateway/portone-gateway/service"
)

// explainer is a native service that does as it is told.
type explainer struct {
	gatewayv1.UnimplementedDeclineServiceServer
	explain func(context.Context, *gatewayv1.ExplainDeclineRequest) (*gatewayv1.ExplainDeclineResponse, error)
	drains  int
}

func (e *explainer) ExplainDecline(ctx context.Context, r *gatewayv1.ExplainDeclineRequest) (*gatewayv1.ExplainDeclineResponse, error) {
	return e.explain(ctx, r)
}

func (e *explainer) Drain() { e.drains++ }

func startNative(t *testing.T, e *explainer, portone http.Handler) (*gatewaytest.Gateway, *observer) {
	o := new(observer)
	return gatewaytest.Start(t, gatewaytest.Options{
		Handler: portone,
		Service: func(so *service.Options) {
			so.Observer = o
			so.Natives = []service.Native{{Desc: &gatewayv1.DeclineService_ServiceDesc, Impl: e}}
		},
		REST: rest.Options{Natives: []rest.Registration{func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
			return gatewayhttp.RegisterDeclineServiceHandlerClient(ctx, mux, gatewayv1.NewDeclineServiceClient(conn))
		}}},
	}), o
}

// TestNative: what the gateway answers by itself passes the steps of all calls, by both
// transports.
func TestNative(t *testing.T) {
	tests := []struct {
		name   string
		answer error
		panics bool
		code   codes.Code
		reason string
		http   int
	}{
		{name: "an answer", code: codes.OK, http: 200},
		{name: "a bug", answer: io.ErrUnexpectedEOF, code: codes.Internal, reason: "INTERNAL", http: 500},
		{name: "a panic", panics: true, code: codes.Internal, reason: "INTERNAL", http: 500},
		{name: "what is not implemented", answer: status.Error(codes.Unimplemented, "no"), code: codes.Unimplemented, reason: "NO_SUCH_OPERATION", http: 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked *gatewayv1.ExplainDeclineRequest
			e := &explainer{explain: func(_ context.Context, r *gatewayv1.ExplainDeclineRequest) (*gatewayv1.ExplainDeclineResponse, error) {
				if asked = r; test.panics {
					panic("deep within")
				}
				return &gatewayv1.ExplainDeclineResponse{Explanation: &gatewayv1.DeclineExplanation{PgCode: r.PgCode}}, test.answer
			}}
			g, o := startNative(t, e, answers(http.StatusOK, paid))

			var header, trailer metadata.MD
			answer, err := gatewayv1.NewDeclineServiceClient(g.Conn).ExplainDecline(metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "mine"),
				&gatewayv1.ExplainDeclineRequest{PgCode: "3001", PgProvider: "NICE_V2"}, grpc.Header(&header), grpc.Trailer(&trailer))
			if id := append(header["x-request-id"], trailer["x-request-id"]...); status.Code(err) != test.code || len(id) != 1 || id[0] != "mine" {
				t.Errorf("gRPC: %v with request id %v, want %v", err, id, test.code)
			}
			if err == nil && answer.GetExplanation().GetPgCode() != "3001" || asked.GetPgProvider() != "NICE_V2" {
				t.Errorf("gRPC: %v of %v", answer, asked)
			}

			request, _ := http.NewRequest(http.MethodGet, g.URL+"/-/v1/declines:explain?pg_code=3001&pg_provider=NICE_V2", nil)
			request.Header.Set("X-Request-Id", "mine")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var body struct {
				Type        string
				Explanation struct{ PgCode string }
			}
			if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.http || response.Header.Get("X-Request-Id") != "mine" || body.Type != test.reason || test.http == 200 && body.Explanation.PgCode != "3001" {
				t.Errorf("REST: %s %v %+v, want %d %s", response.Status, response.Header, body, test.http, test.reason)
			}
			want := []ended{{"ExplainDecline", "grpc", test.code, test.reason}, {"ExplainDecline", "rest", test.code, test.reason}}
			if got := o.all(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
				t.Errorf("metrics have %v, want %v", got, want)
			}
		})
	}
}

// TestNativeRefusals: what is no call of a native service is refused in the usual form.
func TestNativeRefusals(t *testing.T) {
	e := &explainer{explain: func(context.Context, *gatewayv1.ExplainDeclineRequest) (*gatewayv1.ExplainDeclineResponse, error) {
		t.Error("the service was called")
		return nil, nil
	}}
	g, o := startNative(t, e, answers(http.StatusOK, paid))
	tests := []struct {
		name, method, path string
		status             int
		typ                string
	}{
		{"no such path", "GET", "/-/v1/nothing", 404, "NO_SUCH_OPERATION"},
		{"another method", "POST", "/-/v1/declines:explain", 405, "NO_SUCH_OPERATION"},
		{"a parameter twice", "GET", "/-/v1/declines:explain?pg_code=a&pg_code=b", 400, "INVALID_REQUEST"},
		{"PortOne's prefix stays PortOne's", "GET", "/-/payments/p1", 404, "NO_SUCH_OPERATION"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request, _ := http.NewRequest(test.method, g.URL+test.path, nil)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != test.status || !strings.Contains(string(body), `"type":"`+test.typ+`"`) || response.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %v %s, want %d %s", response.Status, response.Header, body, test.status, test.typ)
			}
			if got := o.all(); len(got) != i+1 || got[i].reason != test.typ {
				t.Errorf("metrics have %v", got)
			}
		})
	}
}

// TestNativeReadsFromPortOne: a native service can call PortOne's methods by generated
// clients, and is told when the gateway drains.
func TestNativeReadsFromPortOne(t *testing.T) {
	e := new(explainer)
	g, _ := startNative(t, e, answers(http.StatusOK, paid))
	e.explain = func(ctx context.Context, _ *gatewayv1.ExplainDeclineRequest) (*gatewayv1.ExplainDeclineResponse, error) {
		payment, err := portonev2.NewPaymentServiceClient(g.Service.Conn()).GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: "p-1"})
		if err != nil {
			return nil, err
		}
		return &gatewayv1.ExplainDeclineResponse{Explanation: &gatewayv1.DeclineExplanation{PgCode: payment.GetPaid().GetCurrency().String()}}, nil
	}
	answer, err := gatewayv1.NewDeclineServiceClient(g.Conn).ExplainDecline(t.Context(), &gatewayv1.ExplainDeclineRequest{PgCode: "x"})
	if err != nil || answer.GetExplanation().GetPgCode() == "" {
		t.Errorf("%v, %v", answer, err)
	}
	health, err := healthpb.NewHealthClient(g.Conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: "portone.gateway.v1.DeclineService"})
	if err != nil || health.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health is %v, %v", health, err)
	}
	if err := g.Service.Drain(t.Context()); err != nil || e.drains != 1 {
		t.Errorf("%v, told %d times", err, e.drains)
	}
}
