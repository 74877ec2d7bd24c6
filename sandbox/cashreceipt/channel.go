package cashreceipt

import (
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// issuer is a PG that issues cash receipts by hand.
type issuer struct {
	name     string // in channel keys
	provider portonev2.PgProvider
	company  portonev2.PgCompany
}

// issuers are those of the sandbox, the usual one first.
var issuers = []issuer{
	{"tosspayments", portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS, portonev2.PgCompany_PG_COMPANY_TOSSPAYMENTS},
	{"nice", portonev2.PgProvider_PG_PROVIDER_NICE_V2, portonev2.PgCompany_PG_COMPANY_NICE},
	{"kcp", portonev2.PgProvider_PG_PROVIDER_KCP_V2, portonev2.PgCompany_PG_COMPANY_KCP},
	{"inicis", portonev2.PgProvider_PG_PROVIDER_INICIS_V2, portonev2.PgCompany_PG_COMPANY_INICIS},
	{"galaxia", portonev2.PgProvider_PG_PROVIDER_GALAXIA, portonev2.PgCompany_PG_COMPANY_GALAXIA},
	{"welcome", portonev2.PgProvider_PG_PROVIDER_WELCOME, portonev2.PgCompany_PG_COMPANY_WELCOME},
}

// reserved is how channel keys begin that stand for another channel than the usual
// one.
const reserved = "channel-key-sandbox-"

// channel is the one behind a channel key, and whether there is one. The keys of
// the package's comment choose; every other key is a test channel of the first of
// issuers.
func channel(channelKey string) (*portonev2.SelectedChannel, bool) {
	name, special := strings.CutPrefix(channelKey, reserved)
	if special && name == "missing" {
		return nil, false
	}
	kind := portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
	if special && name == "live" {
		kind = portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_LIVE
	}
	chosen := issuers[0]
	for _, candidate := range issuers {
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

// company is the one behind a PG module, unspecified if it issues no receipts by
// hand.
func company(provider portonev2.PgProvider) portonev2.PgCompany {
	for _, candidate := range issuers {
		if candidate.provider == provider {
			return candidate.company
		}
	}
	return portonev2.PgCompany_PG_COMPANY_UNSPECIFIED
}
