package settlement

import portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

// tax is how a payout is taxed: what it consists of, and what is withheld of it.
type tax struct {
	supply, taxFree, vat int64

	// income and localIncome are withheld from persons who owe that tax: 3 %, and
	// a tenth of it, each rounded down.
	income, localIncome int64
}

// incomeTaxRate is 3 %.
const incomeTaxRate = 3_000

// taxes divides what is due to a partner, which is not negative, into its parts. By
// the setting, the due amount includes VAT (GROSS), or VAT is added to it (NET).
// VAT concerns businesses, unless they are exempt from it.
func taxes(due split, partner *portonev2.PlatformPartnerType, setting *portonev2.PlatformSetting) tax {
	t := tax{taxFree: min(max(due.taxFree, 0), due.total)}
	taxed := due.total - t.taxFree
	switch {
	case !chargesVAT(partner):
		t.supply = taxed
	case setting.GetSettlementAmountType() == portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_NET:
		t.supply, t.vat = taxed, vatOn(taxed)
	default:
		t.vat = vatWithin(taxed)
		t.supply = taxed - t.vat
	}
	if partner.GetWhtPayer() != nil {
		t.income = atRate(t.gross(), incomeTaxRate)
		t.localIncome = t.income / 10
	}
	return t
}

func chargesVAT(partner *portonev2.PlatformPartnerType) bool {
	business := partner.GetBusiness()
	return business != nil &&
		business.GetTaxationType() != portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_TAX_FREE
}

func (t tax) gross() int64 { return t.supply + t.taxFree + t.vat }

// paid is what the partner gets, with the withholding tax deducted or not.
func (t tax) paid(deduct bool) int64 {
	if !deduct {
		return t.gross()
	}
	return t.gross() - t.income - t.localIncome
}
