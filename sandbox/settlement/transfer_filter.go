package settlement

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// filter is met by transfers that meet every condition of a filter. It holds until a
// transfer is added or removed.
func (ts *transfers) filter(f *portonev2.PlatformTransferFilterInput) (condition[*transfer], error) {
	if f.GetSettlementStartDateRange() != nil && f.GetSettlementDateRange() != nil {
		return nil, world.Invalid("filter: either settlementStartDateRange or settlementDateRange")
	}
	started, err := dayRange("filter.settlementStartDateRange", f.GetSettlementStartDateRange(), (*transfer).startDate)
	if err != nil {
		return nil, err
	}
	due, err := dayRange("filter.settlementDateRange", f.GetSettlementDateRange(), func(t *transfer) string { return t.GetSettlementDate() })
	if err != nil {
		return nil, err
	}
	keyword, err := keywordFilter(f.GetKeyword())
	if err != nil {
		return nil, err
	}
	return all(
		started,
		due,
		anyAmong(f.GetPartnerTags(), func(t *transfer) []string { return t.GetPartner().GetTags() }),
		among(f.GetContractIds(), (*transfer).contractID),
		anyAmong(f.GetDiscountSharePolicyIds(), (*transfer).sharePolicies),
		anyAmong(f.GetAdditionalFeePolicyIds(), (*transfer).feePolicies),
		among(f.GetPaymentMethodTypes(), (*transfer).paidBy),
		among(f.GetChannelKeys(), (*transfer).channelKey),
		among(f.GetTypes(), (*transfer).kind),
		among(f.GetStatuses(), func(t *transfer) portonev2.PlatformTransferStatus { return t.GetStatus() }),
		keyword,
		propertyFilter(f.GetUserDefinedProperty()),
	), nil
}

// keywordFilter is met by transfers that have the text asked for, of which there may
// be one.
func keywordFilter(k *portonev2.PlatformTransferFilterInputKeyword) (condition[*transfer], error) {
	if k == nil {
		return nil, nil
	}
	asked := slices.DeleteFunc([]condition[*transfer]{
		containing(k.All, (*transfer).anyText),
		exactly(k.PaymentId, only((*transfer).paymentID)),
		exactly(k.TransferId, only(func(t *transfer) string { return t.GetId() })),
		containing(k.TransferMemo, only(func(t *transfer) string { return t.GetMemo() })),
		exactly(k.ProductId, (*transfer).anyProductID),
		exactly(k.ProductName, (*transfer).anyProductName),
		exactly(k.PartnerId, only(func(t *transfer) string { return t.GetPartner().GetId() })),
		containing(k.PartnerName, only(func(t *transfer) string { return t.GetPartner().GetName() })),
		containing(k.PartnerMemo, only(func(t *transfer) string { return t.GetPartner().GetMemo() })),
		containing(k.PartnerSettlementId, only((*transfer).settlementID)),
		exactly(k.PayoutId, only((*transfer).payoutID)),
	}, func(c condition[*transfer]) bool { return c == nil })
	switch len(asked) {
	case 0:
		return nil, nil
	case 1:
		return asked[0], nil
	}
	return nil, world.Invalid("filter.keyword: %d texts are given, where only one may be", len(asked))
}

func propertyFilter(p *portonev2.PlatformTransferPropertyExactMatchInput) condition[*transfer] {
	if p == nil {
		return nil
	}
	return func(t *transfer) bool {
		value, ok := t.property(p.GetKey())
		return ok && value == p.GetValue()
	}
}

// property is the value of a user-defined property of the transfer.
func (t *transfer) property(key string) (string, bool) {
	for _, p := range t.GetUserDefinedProperties() {
		if p.GetKey() == key {
			return p.GetValue().GetString_(), true
		}
	}
	return "", false
}

// What follows is of transfers of orders, and empty for those entered by hand.

func (t *transfer) startDate() string {
	if o := t.order(); o != nil {
		return o.GetSettlementStartDate()
	}
	return ""
}

func (t *transfer) contractID() string {
	if o := t.order(); o != nil {
		return o.GetContract().GetId()
	}
	return ""
}

func (t *transfer) paymentID() string {
	if o := t.order(); o != nil {
		return paymentOf(o.GetPayment()).GetId()
	}
	return ""
}

func (t *transfer) orderName() string {
	if o := t.order(); o != nil {
		return paymentOf(o.GetPayment()).GetOrderName()
	}
	return ""
}

func (t *transfer) channelKey() string {
	if o := t.order(); o != nil {
		return o.GetPayment().GetPortOne().GetChannelKey()
	}
	return ""
}

func (t *transfer) paidBy() portonev2.PaymentMethodType {
	if o := t.order(); o != nil {
		if method := methodType(paymentOf(o.GetPayment()).GetMethod()); method != nil {
			return *method
		}
	}
	return portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_UNSPECIFIED
}

func (t *transfer) lines() []*portonev2.PlatformOrderTransferOrderLine {
	if o := t.order(); o != nil {
		return o.GetOrderLines()
	}
	return nil
}

func (t *transfer) anyProductID(asked func(string) bool) bool {
	return slices.ContainsFunc(t.lines(), func(l *portonev2.PlatformOrderTransferOrderLine) bool { return asked(l.GetProduct().GetId()) })
}

func (t *transfer) anyProductName(asked func(string) bool) bool {
	return slices.ContainsFunc(t.lines(), func(l *portonev2.PlatformOrderTransferOrderLine) bool { return asked(l.GetProduct().GetName()) })
}

// sharePolicies are the policies of all discounts, of the order and of its lines.
func (t *transfer) sharePolicies() []string {
	var ids []string
	add := func(discounts []*portonev2.PlatformOrderTransferDiscount) {
		for _, d := range discounts {
			ids = append(ids, d.GetSharePolicy().GetId())
		}
	}
	if o := t.order(); o != nil {
		add(o.GetDiscounts())
	}
	for _, l := range t.lines() {
		add(l.GetDiscounts())
	}
	return ids
}

// feePolicies are the policies of all additional fees, of the order and of its
// lines.
func (t *transfer) feePolicies() []string {
	var ids []string
	add := func(fees []*portonev2.PlatformOrderTransferAdditionalFee) {
		for _, f := range fees {
			ids = append(ids, f.GetPolicy().GetId())
		}
	}
	if o := t.order(); o != nil {
		add(o.GetAdditionalFees())
	}
	for _, l := range t.lines() {
		add(l.GetAdditionalFees())
	}
	return ids
}

// settlementID and payoutID are empty until there are such.

func (t *transfer) settlementID() string {
	if t.settlement == nil {
		return ""
	}
	return t.settlement.id
}

func (t *transfer) payoutID() string {
	if t.settlement == nil {
		return ""
	}
	return t.settlement.payout.GetId()
}

// anyText looks at the texts of all fields that a keyword is looked for in.
func (t *transfer) anyText(asked func(string) bool) bool {
	partner := t.GetPartner()
	return asked(t.GetId()) || asked(t.GetMemo()) || asked(t.paymentID()) || asked(t.orderName()) ||
		asked(partner.GetId()) || asked(partner.GetName()) || asked(partner.GetMemo()) ||
		t.anyProductID(asked) || t.anyProductName(asked) || asked(t.settlementID()) || asked(t.payoutID())
}
