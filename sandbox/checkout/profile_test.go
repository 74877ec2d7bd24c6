package checkout

import (
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// evaluate lists the methods for an order, separated by spaces.
func evaluate(t *testing.T, to order) string {
	t.Helper()
	answer, err := newStore().EvaluateCheckoutProfile(ctx, &portonev2.EvaluateCheckoutProfileRequest{
		ProfileKey: world.Ptr("any"), Country: &to.country, Currency: &to.currency, Amount: &to.amount,
	})
	if err != nil {
		t.Fatalf("%+v: %v", to, err)
	}
	worldtest.Complete(t, answer)
	var names []string
	for _, method := range answer.GetMethods() {
		names = append(names, strings.TrimPrefix(method.GetPaymentMethod().String(), "CHECKOUT_PAYMENT_METHOD_"))
	}
	return strings.Join(names, " ")
}

func TestProfile(t *testing.T) {
	tests := []struct {
		order order
		want  string
	}{
		{order{korea, krw, 10_000}, "CARD_KR N_PAY KAKAO_PAY TOSS_PAY"},
		{order{korea, krw, 100}, "CARD_KR N_PAY KAKAO_PAY"},
		{order{korea, krw, 99}, ""},
		{order{korea, krw, 2_000_000}, "CARD_KR N_PAY KAKAO_PAY TOSS_PAY"},
		{order{korea, krw, 2_000_001}, "CARD_KR N_PAY"},
		{order{korea, usd, 1_000}, ""},
		{order{portonev2.Country_COUNTRY_US, usd, 1_000}, "CARD_INTERNATIONAL PAY_PAL"},
		{order{portonev2.Country_COUNTRY_US, krw, 1_000}, "CARD_INTERNATIONAL"},
		{order{japan, jpy, 300_000}, "CARD_INTERNATIONAL PAY_PAL PAY_PAY"},
		{order{japan, jpy, 1_000}, "CARD_INTERNATIONAL PAY_PAL PAY_PAY CONVENIENCE_STORE_JP"},
		{order{china, cny, 1_000}, "UNION_PAY ALIPAY_CN WE_CHAT_PAY"},
		{order{hongKong, hkd, 1_000}, "ALIPAY_HK"},
		{order{germany, eur, 1_000}, "CARD_INTERNATIONAL PAY_PAL KLARNA"},
	}
	for _, test := range tests {
		if got := evaluate(t, test.order); got != test.want {
			t.Errorf("%v: got %q, want %q", test.order, got, test.want)
		}
	}
}

// TestSessionsAgreeWithProfile creates a session for every method that a profile
// offers.
func TestSessionsAgreeWithProfile(t *testing.T) {
	s := newStore()
	for i := range offers {
		o := offers[i]
		at := order{portonev2.Country_COUNTRY_US, o.currencies[0], max(o.least, 1)}
		if o.countries != nil {
			at.country = o.countries[0]
		}
		create(t, s, func(r *portonev2.CreatePaymentSessionRequest) {
			r.Country, r.Currency, r.TotalAmount, r.PaymentMethod = &at.country, &at.currency, &at.amount, &o.method
		})
		if got := " " + evaluate(t, at) + " "; !strings.Contains(got, " "+strings.TrimPrefix(o.method.String(), "CHECKOUT_PAYMENT_METHOD_")+" ") {
			t.Errorf("%v is not among%s", o.method, got)
		}
	}
}

func TestProfileRefusals(t *testing.T) {
	for _, test := range []struct {
		name, key string
		amount    int64
		want      portonev2.ErrorReason
	}{
		{"no settings", ProfileMissing, 1_000, profileNotFound},
		{"nothing to pay", "any", 0, invalidRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := newStore().EvaluateCheckoutProfile(ctx, &portonev2.EvaluateCheckoutProfileRequest{
				ProfileKey: &test.key, Country: korea.Enum(), Currency: krw.Enum(), Amount: &test.amount,
			})
			expect(t, err, test.want)
		})
	}
}
