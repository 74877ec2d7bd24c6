package sandboxtest_test

import (
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneclient"
	"github.com/portone-gateway/portone-gateway/portoneclient/sandboxtest"
	"github.com/portone-gateway/portone-gateway/portoneerr"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

func TestBox(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{Demo: true})
	payments := portonev2.NewPaymentServiceClient(box.Conn)
	payment, err := payments.GetPayment(t.Context(), &portonev2.GetPaymentRequest{PaymentId: "demo-payment-1"})
	if err != nil || portoneclient.AmountOf(payment).GetTotal() != 25000 {
		t.Errorf("%v, %v", payment, err)
	}
	_, err = payments.GetPayment(sandboxtest.Fault(t.Context(), "error=FORBIDDEN"), &portonev2.GetPaymentRequest{PaymentId: "demo-payment-1"})
	if e := portoneerr.FromError(err); e == nil || e.Type != "FORBIDDEN" || e.RequestID == "" {
		t.Errorf("%+v", e)
	}
	before := box.Counter(t, "payment.charged")
	if err := box.Sandbox.Advance(61 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if after := box.Counter(t, "payment.charged"); after <= before {
		t.Errorf("%d charges before the schedules of two months, %d after", before, after)
	}
}
