package checkout

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// cardPromotions are those of the PG behind every channel. Amounts are in won.
var cardPromotions = []struct {
	id                string
	company           portonev2.PgPromotionCardCompany
	discount, minimum int64
}{
	{"sandbox-shinhan-5000", portonev2.PgPromotionCardCompany_PG_PROMOTION_CARD_COMPANY_SHINHAN_CARD, 5_000, 50_000},
	{"sandbox-shinhan-20000", portonev2.PgPromotionCardCompany_PG_PROMOTION_CARD_COMPANY_SHINHAN_CARD, 20_000, 150_000},
	{"sandbox-kookmin-3000", portonev2.PgPromotionCardCompany_PG_PROMOTION_CARD_COMPANY_KOOKMIN_CARD, 3_000, 30_000},
	{"sandbox-hyundai-10000", portonev2.PgPromotionCardCompany_PG_PROMOTION_CARD_COMPANY_HYUNDAI_CARD, 10_000, 100_000},
}

// GetPgCardPromotions lists the promotions for an amount. CHANNEL_NOT_FOUND: the
// channel is ChannelMissing.
func (s *Store) GetPgCardPromotions(_ context.Context, req *portonev2.GetPgCardPromotionsRequest) (*portonev2.GetPgCardPromotionsResponse, error) {
	if req.GetAmount() <= 0 {
		return nil, world.Invalid("amount must be positive: %d", req.GetAmount())
	}
	if req.GetChannelKey() == ChannelMissing {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND, "no channel %q", req.GetChannelKey())
	}
	answer := &portonev2.GetPgCardPromotionsResponse{}
	for _, p := range cardPromotions {
		if req.GetAmount() < p.minimum || req.CardCompany != nil && req.GetCardCompany() != p.company {
			continue
		}
		answer.Promotions = append(answer.Promotions, &portonev2.PgCardPromotion{
			PromotionId:          world.Ptr(p.id),
			CardCompany:          p.company.Enum(),
			DiscountAmount:       world.Ptr(p.discount),
			MinimumPaymentAmount: world.Ptr(p.minimum),
		})
	}
	return answer, nil
}
