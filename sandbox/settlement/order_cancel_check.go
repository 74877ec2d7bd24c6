package settlement

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// checkCancel refuses requests that are wrong in themselves.
func checkCancel(req *portonev2.CreatePlatformOrderCancelTransferRequest, test bool) error {
	detail := req.GetOrderDetail()
	if detail != nil && countTrue(detail.OrderAmount != nil, len(detail.GetOrderLines()) > 0, detail.GetAll() != nil) != 1 {
		return world.Invalid("orderDetail: one of orderAmount, orderLines and all")
	}
	if at := req.GetExternalCancellationDetail().GetCancelledAt(); at != nil && !at.IsValid() {
		return world.Invalid("externalCancellationDetail.cancelledAt: no time that can be")
	}
	if err := firstError(
		checkAmount("orderDetail.orderAmount", detail.GetOrderAmount()),
		checkAmount("taxFreeAmount", req.GetTaxFreeAmount()),
		checkTakenBack("discounts", req.GetDiscounts(), test),
	); err != nil {
		return err
	}
	known := make(map[string]bool)
	for _, l := range detail.GetOrderLines() {
		if err := firstError(
			checkQuantity(l.GetQuantity()),
			checkTakenBack("orderLines.discounts", l.GetDiscounts(), test),
			checkProduct(known, l.GetProductId()),
		); err != nil {
			return err
		}
	}
	return nil
}

// checkTakenBack refuses discounts that are out of bounds, or list a policy twice.
func checkTakenBack(member string, discounts []*portonev2.CreatePlatformOrderCancelTransferBodyDiscount, test bool) error {
	if err := checkDiscounts(member, discounts); err != nil {
		return err
	}
	known := make(map[string]bool)
	for _, d := range discounts {
		id := d.GetSharePolicyId()
		if known[id] {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICY_ID_DUPLICATED,
				"the policy %q is listed twice", id).
				With(&portonev2.PlatformDiscountSharePolicyIdDuplicatedError{Id: &id, GraphqlId: world.Ptr(world.GraphQLID("PlatformDiscountSharePolicy", test, id))})
		}
		known[id] = true
	}
	return nil
}
