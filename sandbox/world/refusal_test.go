package world

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

func TestRefuse(t *testing.T) {
	tests := []struct {
		name string
		arg  any
		want string
	}{
		{"a state", portonev2.PaymentStatus_PAYMENT_STATUS_PAID, "it is PAID"},
		{"a state without a name", portonev2.PaymentStatus(99), "it is 99"},
		{"a text", "PAYMENT_STATUS_PAID", "it is PAYMENT_STATUS_PAID"},
		{"a number", 7, "it is 7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_PAID, "it is %v", test.arg).Message; got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
