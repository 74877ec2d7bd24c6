package identity

import (
	"slices"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// verifier is a PG that verifies identities.
type verifier struct {
	name     string // in channel keys
	provider portonev2.PgProvider
	company  portonev2.PgCompany
}

// verifiers are those of the sandbox, the usual one first.
var verifiers = []verifier{
	{"danal", portonev2.PgProvider_PG_PROVIDER_DANAL, portonev2.PgCompany_PG_COMPANY_DANAL},
	{"inicis", portonev2.PgProvider_PG_PROVIDER_INICIS_UNIFIED, portonev2.PgCompany_PG_COMPANY_INICIS},
	{"kcp", portonev2.PgProvider_PG_PROVIDER_KCP_V2, portonev2.PgCompany_PG_COMPANY_KCP},
}

// reserved is how channel keys begin that stand for another channel than the usual
// one.
const reserved = "channel-key-sandbox-"

// channel is the one behind a channel key, and whether there is one. The keys of
// the package's comment choose; every other key is a test channel of the first of
// verifiers.
func channel(channelKey string) (*portonev2.SelectedChannel, bool) {
	name, special := strings.CutPrefix(channelKey, reserved)
	if special && name == "missing" {
		return nil, false
	}
	kind := portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
	if special && name == "live" {
		kind = portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_LIVE
	}
	chosen := verifiers[0]
	for _, candidate := range verifiers {
		if special && name == candidate.name {
			chosen = candidate
		}
	}
	return &portonev2.SelectedChannel{
		Type:         kind.Enum(),
		Id:           world.Ptr("id-of-" + channelKey),
		Key:          &channelKey,
		Name:         &channelKey,
		PgProvider:   chosen.provider.Enum(),
		PgMerchantId: world.Ptr("sandbox"),
	}, true
}

// company is the one behind a PG module that verifies identities.
func company(provider portonev2.PgProvider) portonev2.PgCompany {
	at := slices.IndexFunc(verifiers, func(v verifier) bool { return v.provider == provider })
	return verifiers[at].company
}
