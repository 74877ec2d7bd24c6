package world

import (
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestKnown has something unknown everywhere that a message can be.
func TestKnown(t *testing.T) {
	unknown := func() map[string]string { return map[string]string{"tomorrow": "1"} }
	partner := func(noise map[string]string) *portonev2.UpdatePlatformPartnerRequest {
		return &portonev2.UpdatePlatformPartnerRequest{
			Id: "p", Tags: []string{"a"}, Unrecognized: noise,
			Account:               &portonev2.UpdatePlatformPartnerBodyAccount{Holder: Ptr("h"), Unrecognized: noise},
			UserDefinedProperties: map[string]*portonev2.PlatformUserDefinedPropertyValue{"k": {Unrecognized: noise}},
		}
	}
	order := func(noise map[string]string) *portonev2.PreRegisterPaymentRequest {
		return &portonev2.PreRegisterPaymentRequest{PaymentId: "p", TotalAmount: Ptr(int64(1)), Unrecognized: noise}
	}
	products := func(noise map[string]string) *portonev2.PayInstantlyRequest {
		return &portonev2.PayInstantlyRequest{Products: []*portonev2.PaymentProduct{{Id: Ptr("a")}, {Id: Ptr("b"), Unrecognized: noise}}}
	}
	for name, pair := range map[string][2]proto.Message{
		"within and in a map": {partner(unknown()), partner(nil)},
		"at the top":          {order(unknown()), order(nil)},
		"in a list":           {products(unknown()), products(nil)},
	} {
		if got := Known(pair[0]); got != pair[0] || !proto.Equal(got, pair[1]) {
			t.Errorf("%s: %v, want %v", name, got, pair[1])
		}
	}
}
