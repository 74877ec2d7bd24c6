package cashreceipt

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// issuers are the PGs that issue cash receipts by hand.
var issuers = world.PGs{
	{Name: "tosspayments", Provider: portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS, Company: portonev2.PgCompany_PG_COMPANY_TOSSPAYMENTS},
	{Name: "nice", Provider: portonev2.PgProvider_PG_PROVIDER_NICE_V2, Company: portonev2.PgCompany_PG_COMPANY_NICE},
	{Name: "kcp", Provider: portonev2.PgProvider_PG_PROVIDER_KCP_V2, Company: portonev2.PgCompany_PG_COMPANY_KCP},
	{Name: "inicis", Provider: portonev2.PgProvider_PG_PROVIDER_INICIS_V2, Company: portonev2.PgCompany_PG_COMPANY_INICIS},
	{Name: "galaxia", Provider: portonev2.PgProvider_PG_PROVIDER_GALAXIA, Company: portonev2.PgCompany_PG_COMPANY_GALAXIA},
	{Name: "welcome", Provider: portonev2.PgProvider_PG_PROVIDER_WELCOME, Company: portonev2.PgCompany_PG_COMPANY_WELCOME},
}
