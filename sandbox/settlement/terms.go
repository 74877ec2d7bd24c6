package settlement

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// feeCurrency is the currency of fees of a fixed amount. The contract gives them
// none; PortOne's console and document count them in won.
const feeCurrency = portonev2.Currency_CURRENCY_KRW

// terms are what a new order is settled by.
type terms struct {
	contract *portonev2.PlatformContract
	fees     map[string]*portonev2.PlatformAdditionalFeePolicy
	shares   map[string]*portonev2.PlatformDiscountSharePolicy
}

// terms looks up the contract and the policies that an order names. Archived ones
// are as good as none.
func (m *mode) terms(partner *portonev2.PlatformPartner, req *portonev2.CreatePlatformOrderTransferRequest) (*terms, error) {
	contractID := partner.GetDefaultContractId()
	if req.ContractId != nil {
		contractID = *req.ContractId
	}
	contract, ok := m.directory.Contract(contractID, m.test)
	if !ok || contract.GetIsArchived() {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_NOT_FOUND, "no contract %q in use", contractID)
	}
	feeIDs, shareIDs := namedPolicies(req)
	fees, missing := lookUp(feeIDs, m.test, m.directory.AdditionalFeePolicy)
	if len(missing) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FEE_POLICIES_NOT_FOUND,
			"no additional fee policies %q in use", missing).
			With(&portonev2.PlatformAdditionalFeePoliciesNotFoundError{
				Ids: missing, GraphqlIds: graphqlIDs("PlatformAdditionalFeePolicy", m.test, missing)})
	}
	shares, missing := lookUp(shareIDs, m.test, m.directory.DiscountSharePolicy)
	if len(missing) > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICIES_NOT_FOUND,
			"no discount share policies %q in use", missing).
			With(&portonev2.PlatformDiscountSharePoliciesNotFoundError{
				Ids: missing, GraphqlIds: graphqlIDs("PlatformDiscountSharePolicy", m.test, missing)})
	}
	return &terms{contract: contract, fees: fees, shares: shares}, nil
}

// namedPolicies returns the ids of the policies of an order, the order's own first.
func namedPolicies(req *portonev2.CreatePlatformOrderTransferRequest) (fees, shares []string) {
	name := func(feesGiven []*portonev2.CreatePlatformOrderTransferBodyAdditionalFee, discounts []*portonev2.CreatePlatformOrderTransferBodyDiscount) {
		for _, f := range feesGiven {
			fees = append(fees, f.GetPolicyId())
		}
		for _, d := range discounts {
			shares = append(shares, d.GetSharePolicyId())
		}
	}
	name(req.GetAdditionalFees(), req.GetDiscounts())
	for _, l := range req.GetOrderDetail().GetOrderLines() {
		name(l.GetAdditionalFees(), l.GetDiscounts())
	}
	return fees, shares
}

// lookUp finds policies, and tells which ids have none in use, each once.
func lookUp[P interface{ GetIsArchived() bool }](ids []string, test bool, find func(id string, test bool) (P, bool)) (found map[string]P, missing []string) {
	found = make(map[string]P)
	asked := make(map[string]bool)
	for _, id := range ids {
		if asked[id] {
			continue
		}
		asked[id] = true
		policy, ok := find(id, test)
		if !ok || policy.GetIsArchived() {
			missing = append(missing, id)
			continue
		}
		found[id] = policy
	}
	return found, missing
}

func graphqlIDs(schema string, test bool, ids []string) []string {
	made := make([]string, len(ids))
	for i, id := range ids {
		made[i] = world.GraphQLID(schema, test, id)
	}
	return made
}

// checkCurrency refuses a settlement in a currency other than that of the fixed
// fees. Fees are those of the request, in its order.
func (t *terms) checkCurrency(currency portonev2.Currency, fees []string) error {
	if currency == feeCurrency {
		return nil
	}
	if t.contract.GetPlatformFee().GetFixedAmount() != nil {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_PLATFORM_FIXED_AMOUNT_FEE_CURRENCY_AND_SETTLEMENT_CURRENCY_MISMATCHED,
			"the fixed fee of contract %q is in won", t.contract.GetId()).
			With(&portonev2.PlatformContractPlatformFixedAmountFeeCurrencyAndSettlementCurrencyMismatchedError{
				Id:                 t.contract.Id,
				GraphqlId:          t.contract.GraphqlId,
				FeeCurrency:        feeCurrency.Enum(),
				SettlementCurrency: currency.Enum(),
			})
	}
	for _, id := range fees {
		policy := t.fees[id]
		if policy.GetFee().GetFixedAmount() == nil {
			continue
		}
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FIXED_AMOUNT_FEE_CURRENCY_AND_SETTLEMENT_CURRENCY_MISMATCHED,
			"the fixed fee of policy %q is in won", id).
			With(&portonev2.PlatformAdditionalFixedAmountFeeCurrencyAndSettlementCurrencyMismatchedError{
				Id:                 policy.Id,
				GraphqlId:          policy.GraphqlId,
				FeeCurrency:        feeCurrency.Enum(),
				SettlementCurrency: currency.Enum(),
			})
	}
	return nil
}
