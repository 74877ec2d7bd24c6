package identity

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// verifiers are the PGs that verify identities.
var verifiers = world.PGs{
	{Name: "danal", Provider: portonev2.PgProvider_PG_PROVIDER_DANAL, Company: portonev2.PgCompany_PG_COMPANY_DANAL},
	{Name: "inicis", Provider: portonev2.PgProvider_PG_PROVIDER_INICIS_UNIFIED, Company: portonev2.PgCompany_PG_COMPANY_INICIS},
	{Name: "kcp", Provider: portonev2.PgProvider_PG_PROVIDER_KCP_V2, Company: portonev2.PgCompany_PG_COMPANY_KCP},
}
