package shop

import (
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestCodesOfPGs: what a PG says for a refusal of Toss Payments means the same by
// its own dictionary. Nice's 3095, which hands on what somebody else said, means
// nothing by itself.
func TestCodesOfPGs(t *testing.T) {
	dictionaries, err := errmap.NewDictionaries(nil)
	if err != nil {
		t.Fatal(err)
	}
	means := func(pg portonev2.PgProvider, code string) portonev2.DeclineReason {
		d, ok := dictionaries.Explain(errmap.PG{Name: strings.TrimPrefix(pg.String(), "PG_PROVIDER_")}, code)
		if !ok {
			return 0
		}
		return d.Reason()
	}
	for pg, b := range books {
		for toss, own := range b.codes {
			if got, want := means(pg, own), means(portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS, toss); got == 0 || got != want {
				t.Errorf("%s: %s means %s, and %s of Toss Payments %s", pg, own, got, toss, want)
			}
		}
		if b.card != "" && b.card != "3095" && means(pg, b.card) != portonev2.DeclineReason_DECLINE_REASON_ISSUER_DECLINED {
			t.Errorf("%s: %s is not a refusal of the card company", pg, b.card)
		}
	}
	if means(portonev2.PgProvider_PG_PROVIDER_NICE_V2, "3095") != 0 {
		t.Error("3095 of Nice is explained")
	}
}

// TestDeclinesByChannel pays with cards that are declined, on the channel of each PG,
// keyed in and by billing key.
func TestDeclinesByChannel(t *testing.T) {
	const overLimit, lost = "4000000000006975", "4000000000009987"
	tests := []struct{ channel, card, want string }{
		{ChannelDefault, overLimit, "REJECT_CARD_PAYMENT"},
		{ChannelKCP, overLimit, "CC61"},
		{ChannelKCP, lost, "CC43"},
		{ChannelNice, lost, "3095"},
		{ChannelKICC, lost, "8350"},
		{ChannelEximbay, lost, "STOLEN_OR_LOST_CARD"},
		{ChannelInicis, lost, "INVALID_CARD_LOST_OR_STOLEN"}, // no code of its own is known
	}
	for _, test := range tests {
		t.Run(test.channel+" "+test.card, func(t *testing.T) {
			s, _ := open()
			request := byCard("p", 100, test.card)
			request.ChannelKey = world.Ptr(test.channel)
			fault := refused(t, s.PayInstantly, request, portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
			if got := fault.Data.(*portonev2.PgProviderError).GetPgCode(); got != test.want {
				t.Errorf("refused with %s, want %s", got, test.want)
			}
			p := look(t, s, "p", failed).(*portonev2.FailedPayment)
			if got := p.GetFailure().GetPgCode(); got != test.want || p.GetChannel().GetKey() != test.channel {
				t.Errorf("%v", p)
			}
		})
	}
}
