package shop

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestChannel is a channel key with which the sandbox behaves in a set way. Any
// other key is a test channel of Toss Payments.
type TestChannel struct {
	Key string

	// About says what the channel is for.
	About string

	// Provider is the PG module behind the channel.
	Provider portonev2.PgProvider

	// Live makes payments that are not test payments. No money moves all the
	// same.
	Live bool

	// Missing means that there is no such channel: CHANNEL_NOT_FOUND.
	Missing bool
}

// The reserved channel keys.
const (
	ChannelDefault  = "channel-key-sandbox"
	ChannelLive     = "channel-key-sandbox-live"
	ChannelMissing  = "channel-key-sandbox-missing"
	ChannelInicis   = "channel-key-sandbox-inicis"
	ChannelNaverPay = "channel-key-sandbox-naverpay"
	ChannelTripleA  = "channel-key-sandbox-triple-a"
)

// testChannels is what TestChannels returns.
var testChannels = []TestChannel{
	{Key: ChannelDefault, Provider: portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS,
		About: "Toss Payments; what every key that is not listed is, too"},
	{Key: ChannelLive, Provider: portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS, Live: true,
		About: "a live channel, for code that tells test payments from real ones"},
	{Key: ChannelMissing, Missing: true,
		About: "no channel: CHANNEL_NOT_FOUND"},
	{Key: ChannelInicis, Provider: portonev2.PgProvider_PG_PROVIDER_INICIS_V2,
		About: "KG Inicis, the only one that takes RegisterStoreReceipt"},
	{Key: ChannelNaverPay, Provider: portonev2.PgProvider_PG_PROVIDER_NAVERPAY,
		About: "Naver Pay: a billing key is deleted with a reason and a requester only"},
	{Key: ChannelTripleA, Provider: portonev2.PgProvider_PG_PROVIDER_TRIPLE_A,
		About: "Triple-A, cryptocurrency: a payment stays PAY_PENDING for PendingApproval; a cancellation needs a refundEmail and stays REQUESTED for PendingCancellation, in which it can be stopped"},
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
	test := TestChannel{Key: key, Provider: portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS}
	for _, reserved := range testChannels {
		if reserved.Key == key {
			test = reserved
		}
	}
	if test.Missing {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND, "no channel %q", key)
	}
	kind := portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
	if test.Live {
		kind = portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_LIVE
	}
	c[key] = &portonev2.SelectedChannel{
		Type: kind.Enum(), Id: world.Ptr("id-of-" + key), Key: world.Ptr(key), Name: world.Ptr(key),
		PgProvider: test.Provider.Enum(), PgMerchantId: world.Ptr("sandbox"),
	}
	return c[key], nil
}

// routes returns what a request may go through: one channel, or the two of a
// group. PortOne wants either a channel key or a group id.
func (c channels) routes(channelKey, groupID *string) ([]route, error) {
	if channelKey != nil {
		channel, err := c.find(*channelKey)
		return []route{{channel: channel}}, err
	}
	if groupID == nil {
		return nil, invalid("channelKey or channelGroupId is required")
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

// test says whether no real money moves.
func (r route) test() bool {
	return r.channel.GetType() == portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
}

// through says whether a PG is behind the route.
func (r route) through(pg portonev2.PgProvider) bool { return r.channel.GetPgProvider() == pg }
