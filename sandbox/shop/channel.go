package shop

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestChannel is a channel key with which payments behave in a set way. Any other
// key is a test channel of Toss Payments.
type TestChannel struct {
	Key string

	// About says what the channel is for.
	About string
}

// The reserved channel keys.
const (
	ChannelDefault  = "channel-key-sandbox"
	ChannelLive     = world.ReservedChannels + world.LiveChannel
	ChannelMissing  = world.ReservedChannels + world.MissingChannel
	ChannelInicis   = world.ReservedChannels + "inicis"
	ChannelNaverPay = world.ReservedChannels + "naverpay"
	ChannelTripleA  = world.ReservedChannels + "triple-a"
	ChannelKCP      = world.ReservedChannels + "kcp"
	ChannelNice     = world.ReservedChannels + "nice"
	ChannelKICC     = world.ReservedChannels + "kicc"
	ChannelEximbay  = world.ReservedChannels + "eximbay"
)

// pgs are the PGs that payments and billing keys go through.
var pgs = world.PGs{
	{Name: "tosspayments", Provider: portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS, Company: portonev2.PgCompany_PG_COMPANY_TOSSPAYMENTS},
	{Name: "inicis", Provider: portonev2.PgProvider_PG_PROVIDER_INICIS_V2, Company: portonev2.PgCompany_PG_COMPANY_INICIS},
	{Name: "naverpay", Provider: portonev2.PgProvider_PG_PROVIDER_NAVERPAY, Company: portonev2.PgCompany_PG_COMPANY_NAVERPAY},
	{Name: "triple-a", Provider: portonev2.PgProvider_PG_PROVIDER_TRIPLE_A, Company: portonev2.PgCompany_PG_COMPANY_TRIPLE_A},
	{Name: "kcp", Provider: portonev2.PgProvider_PG_PROVIDER_KCP_V2, Company: portonev2.PgCompany_PG_COMPANY_KCP},
	{Name: "nice", Provider: portonev2.PgProvider_PG_PROVIDER_NICE_V2, Company: portonev2.PgCompany_PG_COMPANY_NICE},
	{Name: "kicc", Provider: portonev2.PgProvider_PG_PROVIDER_KICC_V2, Company: portonev2.PgCompany_PG_COMPANY_KICC},
	{Name: "eximbay", Provider: portonev2.PgProvider_PG_PROVIDER_EXIMBAY_V2, Company: portonev2.PgCompany_PG_COMPANY_EXIMBAY},
}

// testChannels is what TestChannels returns.
var testChannels = []TestChannel{
	{ChannelDefault, "Toss Payments; what every key that is not listed is, too"},
	{ChannelLive, "a live channel, for code that tells test payments from real ones"},
	{ChannelMissing, "no channel: CHANNEL_NOT_FOUND"},
	{ChannelInicis, "KG Inicis, the only one that takes RegisterStoreReceipt"},
	{ChannelNaverPay, "Naver Pay: a billing key is deleted with a reason and a requester only"},
	{ChannelTripleA, "Triple-A, cryptocurrency: a payment stays PAY_PENDING for PendingApproval; a cancellation needs a refundEmail and stays REQUESTED for PendingCancellation, in which it can be stopped"},
	{ChannelKCP, "NHN KCP: refuses with its own codes, such as CC61"},
	{ChannelNice, "Nice Payments: refuses with its own codes; whatever a card company says is 3095"},
	{ChannelKICC, "KICC: refuses with its own codes, such as 8521"},
	{ChannelEximbay, "Eximbay: refuses with its own codes, such as EXPIRED_CARD"},
}

// TestChannels lists the reserved channel keys, for documentation.
func TestChannels() []TestChannel { return append([]TestChannel(nil), testChannels...) }

// route is what a payment or billing key goes through.
type route struct {
	channel *portonev2.SelectedChannel
	group   *portonev2.ChannelGroupSummary // nil without a group
}

// channels has every channel that was used, so that payments share it.
type channels map[string]*portonev2.SelectedChannel

// find returns the channel of a key.
func (c channels) find(key string) (*portonev2.SelectedChannel, error) {
	if channel := c[key]; channel != nil {
		return channel, nil
	}
	channel, err := pgs.Channel(key)
	if err != nil {
		return nil, err
	}
	c[key] = channel
	return channel, nil
}

// routes returns what a request may go through: one channel, or the two of a
// group. PortOne wants either a channel key or a group id.
func (c channels) routes(channelKey, groupID *string) ([]route, error) {
	if channelKey != nil {
		channel, err := c.find(*channelKey)
		return []route{{channel: channel}}, err
	}
	if groupID == nil {
		return nil, world.Invalid("channelKey or channelGroupId is required")
	}
	group := &portonev2.ChannelGroupSummary{Id: groupID, Name: groupID, IsForTest: world.Ptr(true)}
	var both []route
	for _, suffix := range []string{"-1", "-2"} {
		channel, err := c.find(*groupID + suffix)
		if err != nil {
			return nil, err
		}
		both = append(both, route{channel, group})
	}
	return both, nil
}

// test reports whether no real money moves.
func (r route) test() bool {
	return r.channel.GetType() == portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
}

// through reports whether a PG is behind the route.
func (r route) through(pg portonev2.PgProvider) bool { return r.channel.GetPgProvider() == pg }
