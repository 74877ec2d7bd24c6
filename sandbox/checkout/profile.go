package checkout

import (
	"context"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// order is what decides on the methods on offer. The amount is in the currency's
// minor unit.
type order struct {
	country  portonev2.Country
	currency portonev2.Currency
	amount   int64
}

// offer is a rule of a checkout profile: a method, the channel to pay through, and
// for which orders it is on offer.
type offer struct {
	method     portonev2.CheckoutPaymentMethod
	channel    string
	countries  []portonev2.Country // nil: all but Korea
	currencies []portonev2.Currency

	// From least to most, in the currency's minor unit; 0 is no limit.
	least, most int64
}

// fits reports whether the method is on offer for an order.
func (o *offer) fits(to order) bool {
	there := slices.Contains(o.countries, to.country)
	if o.countries == nil {
		there = to.country != portonev2.Country_COUNTRY_KR
	}
	return there && slices.Contains(o.currencies, to.currency) &&
		to.amount >= o.least && (o.most == 0 || to.amount <= o.most)
}

// offered reports whether a method is on offer for an order.
func offered(method portonev2.CheckoutPaymentMethod, to order) bool {
	return slices.ContainsFunc(offers, func(o offer) bool { return o.method == method && o.fits(to) })
}

// EvaluateCheckoutProfile lists the methods on offer for an order, in the order of
// offers. PROFILE_SETTINGS_NOT_FOUND: the profile is ProfileMissing.
func (s *Store) EvaluateCheckoutProfile(_ context.Context, req *portonev2.EvaluateCheckoutProfileRequest) (*portonev2.EvaluateCheckoutProfileResponse, error) {
	if req.GetAmount() <= 0 {
		return nil, world.Invalid("amount must be positive: %d", req.GetAmount())
	}
	if req.GetProfileKey() == ProfileMissing {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PROFILE_SETTINGS_NOT_FOUND,
			"no settings for profile %q", req.GetProfileKey())
	}
	answer := &portonev2.EvaluateCheckoutProfileResponse{}
	for i := range offers {
		if !offers[i].fits(order{req.GetCountry(), req.GetCurrency(), req.GetAmount()}) {
			continue
		}
		answer.Methods = append(answer.Methods, &portonev2.EvaluatedCheckoutMethod{
			PaymentMethod: offers[i].method.Enum(),
			ChannelKey:    world.Ptr(offers[i].channel),
		})
	}
	return answer, nil
}
