package settlement

import (
	"maps"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// checkOrder refuses orders that are wrong in themselves.
func checkOrder(req *portonev2.CreatePlatformOrderTransferRequest) error {
	detail := req.GetOrderDetail()
	if (detail.OrderAmount != nil) == (len(detail.GetOrderLines()) > 0) {
		return world.Invalid("orderDetail: either orderAmount or orderLines")
	}
	if err := firstError(
		checkAmount("orderDetail.orderAmount", detail.GetOrderAmount()),
		checkAmount("taxFreeAmount", req.GetTaxFreeAmount()),
		checkDiscounts("discounts", req.GetDiscounts()),
	); err != nil {
		return err
	}
	known := make(map[string]bool)
	for _, l := range detail.GetOrderLines() {
		product := l.GetProduct()
		if err := firstError(
			checkAmount("product.amount", product.GetAmount()),
			checkAmount("product.taxFreeAmount", product.GetTaxFreeAmount()),
			checkQuantity(l.GetQuantity()),
			checkDiscounts("orderLines.discounts", l.GetDiscounts()),
			checkProduct(known, product.GetId()),
		); err != nil {
			return err
		}
	}
	return nil
}

// discounted is a discount of a new order, or one that is cancelled.
type discounted interface {
	GetAmount() int64
	GetTaxFreeAmount() int64
}

func checkDiscounts[D discounted](member string, discounts []D) error {
	for _, d := range discounts {
		if err := firstError(checkAmount(member+".amount", d.GetAmount()), checkAmount(member+".taxFreeAmount", d.GetTaxFreeAmount())); err != nil {
			return err
		}
	}
	return nil
}

func checkAmount(member string, amount int64) error {
	if !validAmount(amount) {
		return world.Invalid("%s: %d is not between 0 and %d", member, amount, int64(maxAmount))
	}
	return nil
}

func checkQuantity(quantity int32) error {
	if quantity < 1 {
		return world.Invalid("quantity: %d is less than 1", quantity)
	}
	return nil
}

// checkProduct refuses a product that is known, and knows it from then on.
func checkProduct(known map[string]bool, id string) error {
	if known[id] {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_PRODUCT_ID_DUPLICATED, "product %q is listed twice", id).
			With(&portonev2.PlatformProductIdDuplicatedError{Id: &id})
	}
	known[id] = true
	return nil
}

// checkExternal refuses a payment made elsewhere that tells of several methods, or
// from which no settlement start date follows.
func checkExternal(req *portonev2.CreatePlatformOrderTransferRequest) error {
	detail := req.GetExternalPaymentDetail()
	if detail == nil {
		return nil
	}
	if detail.GetPaidAt() == nil && req.SettlementStartDate == nil {
		return world.Invalid("settlementStartDate: required where externalPaymentDetail has no paidAt")
	}
	if at := detail.GetPaidAt(); at != nil && !at.IsValid() {
		return world.Invalid("externalPaymentDetail.paidAt: no time that can be")
	}
	method := detail.GetMethod()
	if countTrue(
		method.GetCard() != nil, method.GetTransfer() != nil, method.GetVirtualAccount() != nil,
		method.GetGiftCertificate() != nil, method.GetMobile() != nil, method.GetEasyPay() != nil,
	) > 1 {
		return world.Invalid("externalPaymentDetail.method: one method only")
	}
	return nil
}

func countTrue(conditions ...bool) int {
	count := 0
	for _, met := range conditions {
		if met {
			count++
		}
	}
	return count
}

// checkParameters refuses settlement parameters that are not defined, or that are
// no decimal numbers.
func (m *mode) checkParameters(parameters map[string]*portonev2.PlatformSettlementParameterValue) error {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if len(m.parameters) > 0 && !m.parameters[name] {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_PARAMETER_NOT_FOUND,
				"the settlement parameter %q is not defined", name)
		}
		if scale := parameters[name].GetDecimalScale(); scale < 0 || scale > 5 {
			return world.Invalid("parameters: the decimalScale of %q is not between 0 and 5", name)
		}
	}
	return nil
}
