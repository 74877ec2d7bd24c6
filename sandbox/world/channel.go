package world

import (
	"slices"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// ReservedChannels is how the keys of channels begin that behave in a set way:
// what follows is the name of a PG, LiveChannel or MissingChannel. Every other
// key is that of a test channel of the PG that is usual for the service.
const ReservedChannels = "channel-key-sandbox-"

// Names that are no PG's.
const (
	// LiveChannel is a live channel of the usual PG. No money moves all the same.
	LiveChannel = "live"

	// MissingChannel is no channel: CHANNEL_NOT_FOUND.
	MissingChannel = "missing"
)

// PG is a payment gateway, as the channels of one service name it.
type PG struct {
	Name     string // in reserved channel keys
	Provider portonev2.PgProvider
	Company  portonev2.PgCompany
}

// PGs are those that a service has channels of, the usual one first. At PortOne,
// too, one company is another module for payments than for identity
// verifications, so each service says what a name means to it.
type PGs []PG

// Channel is the one behind a channel key. CHANNEL_NOT_FOUND if there is none.
func (p PGs) Channel(key string) (*portonev2.SelectedChannel, error) {
	name, reserved := strings.CutPrefix(key, ReservedChannels)
	pg, kind := p[0], portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST
	switch i := slices.IndexFunc(p, func(pg PG) bool { return pg.Name == name }); {
	case !reserved:
	case name == MissingChannel:
		return nil, Refuse(portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND, "no channel %q", key)
	case name == LiveChannel:
		kind = portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_LIVE
	case i >= 0:
		pg = p[i]
	}
	return &portonev2.SelectedChannel{
		Type: kind.Enum(), Id: Ptr("id-of-" + key), Key: &key, Name: &key,
		PgProvider: pg.Provider.Enum(), PgMerchantId: Ptr("sandbox"),
	}, nil
}

// Company is the one behind a PG module, unspecified if none of p is.
func (p PGs) Company(provider portonev2.PgProvider) portonev2.PgCompany {
	for _, pg := range p {
		if pg.Provider == provider {
			return pg.Company
		}
	}
	return portonev2.PgCompany_PG_COMPANY_UNSPECIFIED
}
