package service_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
)

// TestRequireKey: a gateway that is set so refuses mutations without a key before
// anything goes up, and nothing else.
func TestRequireKey(t *testing.T) {
	tests := []struct {
		rule       service.RequireKey
		grpc, rest bool // refused without a key
	}{{"", false, false}, {service.RequireKeyOff, false, false}, {service.RequireKeyGRPC, true, false}, {service.RequireKeyAll, true, true}}
	for _, test := range tests {
		t.Run("rule "+string(test.rule), func(t *testing.T) {
			p := answers(http.StatusOK, paid)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Service: func(o *service.Options) { o.RequireKey = test.rule }})
			_, err := payThrough(t, g.Conn)
			checkRefused(t, p, "gRPC", test.grpc, err != nil)
			if test.grpc {
				checkStatus(t, err, codes.InvalidArgument, "IDEMPOTENCY_KEY_REQUIRED")
			}
			refused := refusedByREST(t, g.URL, "")
			checkRefused(t, p, "REST", test.rest, refused)
			checkRefused(t, p, "REST with a key", false, refusedByREST(t, g.URL, ownKey))

			client := portonev2.NewPaymentServiceClient(g.Conn)
			_, err = client.PayWithBillingKey(metadata.AppendToOutgoingContext(t.Context(), "idempotency-key", ownKey), payment("p-1"))
			checkRefused(t, p, "gRPC with a key", false, err != nil)
			p.set(answerWith(http.StatusOK, `{"status":"PAID"}`))
			_, _ = client.GetPayment(t.Context(), &portonev2.GetPaymentRequest{PaymentId: "p-1", StoreId: proto.String("s")})
			checkRefused(t, p, "a read", false, false)
		})
	}
}

// checkRefused compares what became of a call, and whether PortOne got it.
func checkRefused(t *testing.T, p *portone, call string, want, got bool) {
	t.Helper()
	if sent := len(p.requests()) == 1; got != want || sent == want {
		t.Errorf("%s: refused %v, sent %v; want refused %v", call, got, sent, want)
	}
}

// refusedByREST makes a payment, and reports whether it is refused for having no key.
func refusedByREST(t *testing.T, url, key string) (refused bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/payments/p-1/billing-key", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	refused = response.StatusCode == http.StatusBadRequest && strings.Contains(string(body), `"type":"IDEMPOTENCY_KEY_REQUIRED"`)
	if !refused && response.StatusCode != http.StatusOK {
		t.Errorf("REST answers %s %s", response.Status, body)
	}
	return refused
}
