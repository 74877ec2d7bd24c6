package control

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/auth"
	"github.com/portone-gateway/portone-gateway/sandbox/checkout"
	"github.com/portone-gateway/portone-gateway/sandbox/faults"
	"github.com/portone-gateway/portone-gateway/sandbox/identity"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/settlement"
	"github.com/portone-gateway/portone-gateway/sandbox/shop"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// special is a value with which the sandbox behaves in a set way.
type special struct {
	Value string `json:"value"`
	About string `json:"about"`
}

// specials are those that are kept ready for tests, by what they are.
func specials() map[string][]special {
	values := map[string][]special{
		"secrets": {{auth.InvalidSecret, "refused: UNAUTHORIZED"}},
		"identityVerifications": {
			{identity.AnyCode, "a one-time code that is always right"},
			{identity.PhoneSilent, "a phone number whose owner never approves in the app"},
			{identity.PhoneUnknown, "a phone number that is somebody else's: sending fails"},
		},
		"promotions": {
			{shop.PromotionAmount, "1,000 won off, 7,000 from 50,000 on, with cards of Shinhan Card"},
			{shop.PromotionPercent, "5 % off from 10,000 won on, 10 % from 100,000, with cards of Hyundai Card"},
			{shop.PromotionTerminated, "was stopped"},
		},
		"checkoutProfiles": {{checkout.ProfileMissing, "has no settings: PROFILE_SETTINGS_NOT_FOUND"}},
		"refundAccounts":   {{shop.RefusedRefundAccount, "refused by the PG"}},
	}
	for _, card := range shop.TestCards() {
		values["cards"] = append(values["cards"], special{card.Number, card.About})
	}
	for _, channel := range shop.TestChannels() {
		values["channels"] = append(values["channels"], special{channel.Key, channel.About})
	}
	for _, b := range registry.Reserved() {
		values["businesses"] = append(values["businesses"], special{b.BRN, b.About})
	}
	for _, account := range settlement.ReservedAccounts {
		values["bankAccounts"] = append(values["bankAccounts"], special{account.Number, "its holder cannot be looked up: " + errorType(account.Reason)})
	}
	values["stores"] = []special{{world.DefaultStoreID, "the store of a request that names none"}}
	return values
}

// faultsAbout says how to ask for faults.
var faultsAbout = "header " + faults.Header + ", or ids that begin with " + faults.Prefix + ", with directives: " + faults.DirectiveNames()

// listing says what there is to control, and what tests can use.
func (h *Handler) listing([]byte) (any, error) {
	list := make([]map[string]string, len(commands))
	for i, c := range commands {
		list[i] = map[string]string{"method": c.method, "path": Prefix + c.path, "about": c.about}
	}
	return map[string]any{
		"about":      "An imitation of PortOne's API V2; these are the operations that control it, and what it keeps ready for tests.",
		"operations": list,
		"reserved":   specials(),
		"webhooks":   map[string]string{"url": h.receiver.URL, "secret": h.receiver.Secret, "about": "where webhooks are posted, if anywhere, and what signs them (Standard Webhooks)"},
		"faults":     faultsAbout,
		"trouble":    faultsAbout, // its former name, which users read
	}, nil
}

// errorType is the type of errors with a reason, as PortOne's JSON has it.
func errorType(number portonev2.ErrorReason) string {
	value := number.Descriptor().Values().ByNumber(number.Number())
	return proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType).GetType()
}
