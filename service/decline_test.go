package service_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

// aPayment is a payment at Nice, as PortOne answers a question for it.
const aPayment = `{"status":"PAID","id":"p","transactionId":"t","merchantId":"m","storeId":"store-1","channel":{"type":"LIVE","key":"channel-1","pgProvider":"NICE_V2","pgMerchantId":"x"},` +
	`"version":"V2","requestedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","statusChangedAt":"2026-01-01T00:00:00Z","paidAt":"2026-01-01T00:00:00Z",` +
	`"orderName":"o","amount":{"total":1,"taxFree":0,"discount":0,"paid":1,"cancelled":0,"cancelledTaxFree":0},"currency":"KRW","customer":{}}`

// TestLearnedChannels: a code is explained by the PG that an earlier answer gave for
// the channel, as the channel goes up.
func TestLearnedChannels(t *testing.T) {
	const refused = `{"type":"PG_PROVIDER","pgCode":"3011","pgMessage":"m"}`
	p := answers(http.StatusBadGateway, refused)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	client := portonev2.NewPaymentServiceClient(g.Conn)
	pay := func(change func(*portonev2.PayWithBillingKeyRequest)) *portonev2.PgDecline {
		t.Helper()
		request := payment("p1")
		change(request)
		_, err := client.PayWithBillingKey(t.Context(), request)
		return declineOf(t, err)
	}
	byKey := func(r *portonev2.PayWithBillingKeyRequest) { r.ChannelKey = new("channel-1") }
	if d := pay(byKey); d != nil {
		t.Errorf("explained before anything was learned: %v", d)
	}
	p.set(answerWith(http.StatusOK, aPayment))
	if _, err := client.GetPayment(t.Context(), &portonev2.GetPaymentRequest{PaymentId: "p"}); err != nil {
		t.Fatal(err)
	}
	p.set(answerWith(http.StatusBadGateway, refused))
	tests := []struct {
		name      string
		change    func(*portonev2.PayWithBillingKeyRequest)
		explained bool
	}{
		{"the channel", byKey, true},
		{"the channel and its store", func(r *portonev2.PayWithBillingKeyRequest) { byKey(r); r.StoreId = new("store-1") }, true},
		{"the channel in another store", func(r *portonev2.PayWithBillingKeyRequest) { byKey(r); r.StoreId = new("store-2") }, false},
		{"another channel", func(r *portonev2.PayWithBillingKeyRequest) { r.ChannelKey = new("channel-2") }, false},
		{"no channel", func(*portonev2.PayWithBillingKeyRequest) {}, false},
		{"the channel, as a member that is not read", func(r *portonev2.PayWithBillingKeyRequest) {
			r.Unrecognized = map[string]string{"channelKey": `"channel-1"`}
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := pay(test.change)
			if (d != nil) != test.explained {
				t.Fatalf("%v", d)
			}
			if d != nil && (d.GetPgProvider() != "NICE_V2" || d.GetReason() != portonev2.DeclineReason_DECLINE_REASON_INVALID_CARD_NUMBER ||
				d.GetConfidence() != portonev2.DeclineConfidence_DECLINE_CONFIDENCE_CHANNEL_LEARNED) {
				t.Errorf("%v", d)
			}
		})
	}
	t.Run("by REST", func(t *testing.T) {
		body := `{"billingKey":"b","orderName":"o","amount":{"total":1},"currency":"KRW","channelKey":"channel-1"}`
		resp, err := http.Post(g.URL+"/payments/p2/billing-key", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusBadGateway || !strings.Contains(string(answer), "DECLINE_CONFIDENCE_CHANNEL_LEARNED") {
			t.Errorf("%d %s %v", resp.StatusCode, answer, err)
		}
	})
}

// declineOf is what explains a PG's refusal; nil if nothing does.
func declineOf(t *testing.T, err error) *portonev2.PgDecline {
	t.Helper()
	if code := status.Code(err); code != codes.FailedPrecondition && code != codes.InvalidArgument {
		t.Fatalf("%v", err)
	}
	for _, detail := range status.Convert(err).Details() {
		if e, ok := detail.(*portonev2.PortOneError); ok {
			return e.GetDecline()
		}
	}
	t.Fatalf("no PortOneError in %v", err)
	return nil
}
