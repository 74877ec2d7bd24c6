package world

import (
	"errors"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

func TestChannels(t *testing.T) {
	const (
		toss = portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS
		nice = portonev2.PgProvider_PG_PROVIDER_NICE_V2
		test = portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
		live = portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_LIVE
	)
	pgs := PGs{
		{"tosspayments", toss, portonev2.PgCompany_PG_COMPANY_TOSSPAYMENTS},
		{"nice", nice, portonev2.PgCompany_PG_COMPANY_NICE},
	}
	tests := []struct {
		key      string
		provider portonev2.PgProvider // unspecified for no channel
		kind     portonev2.SelectedChannelType
	}{
		{"channel-key-sandbox", toss, test},
		{"my-channel", toss, test},
		{"", toss, test},
		{"channel-key-sandbox-nice", nice, test},
		{"channel-key-sandbox-tosspayments", toss, test},
		{"channel-key-sandbox-kcp", toss, test},
		{"channel-key-sandbox-live", toss, live},
		{"channel-key-sandbox-missing", 0, 0},
		{"nice", toss, test},
		{"live", toss, test},
		{"missing", toss, test},
	}
	for _, want := range tests {
		got, err := pgs.Channel(want.key)
		var fault *Refusal
		if want.provider == 0 {
			if !errors.As(err, &fault) || fault.Reason != portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND {
				t.Errorf("%s: %v, %v", want.key, got, err)
			}
			continue
		}
		if err != nil || got.GetPgProvider() != want.provider || got.GetType() != want.kind || got.GetKey() != want.key || got.GetId() != "id-of-"+want.key {
			t.Errorf("%s: %v, %v", want.key, got, err)
		}
	}
	if pgs.Company(nice) != portonev2.PgCompany_PG_COMPANY_NICE || pgs.Company(portonev2.PgProvider_PG_PROVIDER_PAYPAL) != 0 {
		t.Errorf("companies: %v, %v", pgs.Company(nice), pgs.Company(portonev2.PgProvider_PG_PROVIDER_PAYPAL))
	}
}
