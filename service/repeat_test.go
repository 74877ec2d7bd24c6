package service_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

// TestRepeatingAborted plays a caller who repeats what is ABORTED, as gRPC has it,
// while PortOne works on a payment: whoever brought no key must not begin another one.
func TestRepeatingAborted(t *testing.T) {
	for name, key := range map[string]string{"with a key": ownKey, "without": ""} {
		t.Run(name, func(t *testing.T) {
			portone := answers(http.StatusConflict, `{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST"}`)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: portone})
			var err error
			for n := 0; n < 4 && (n == 0 || status.Code(err) == codes.Aborted); n++ {
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				if key != "" {
					ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
				}
				_, err = portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(ctx, payment("p-1"))
				cancel()
			}
			if key == "" {
				checkStatus(t, err, codes.DeadlineExceeded, "OUTCOME_UNKNOWN")
			} else {
				checkStatus(t, err, codes.Aborted, "IDEMPOTENCY_OUTSTANDING_REQUEST")
			}
			keys := make(map[string]bool)
			for _, r := range portone.requests() {
				keys[r.header.Get("Idempotency-Key")] = true
			}
			if len(keys) != 1 {
				t.Errorf("%d payments were begun", len(keys))
			}
		})
	}
}

// payThrough makes a payment that may fail, without a key of the caller's.
func payThrough(t *testing.T, conn grpc.ClientConnInterface) (*portonev2.PayWithBillingKeyResponse, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return portonev2.NewPaymentServiceClient(conn).PayWithBillingKey(ctx, payment("p-1"))
}
