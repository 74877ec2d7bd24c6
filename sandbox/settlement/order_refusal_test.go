package settlement

import (
	"context"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// refusal is a request that is refused, in a market that is prepared for it.
type refusal[R proto.Message] struct {
	name    string
	prepare func(m *market)
	request func() R
	reason  portonev2.ErrorReason
	data    proto.Message
}

// test makes the request, and expects the refusal and no change of anything.
func (r refusal[R]) test(t *testing.T, method string, call func(m *market, req R) error) {
	t.Run(r.name, func(t *testing.T) {
		m := newMarket(t)
		m.pay("p", 10_000, 2_000)
		if r.prepare != nil {
			r.prepare(m)
		}
		before := m.state()
		refused(t, method, call(m, r.request()), r.reason, r.data)
		after := m.state()
		for id, object := range after {
			if !proto.Equal(before[id], object) {
				t.Errorf("%s changed", id)
			}
		}
		if len(before) != len(after) {
			t.Errorf("%d objects before, %d after", len(before), len(after))
		}
	})
}

// state is all that the store shows.
func (m *market) state() map[string]proto.Message {
	objects := make(map[string]proto.Message)
	m.Dump(func(kind, id string, object proto.Message) { objects[kind+" "+id] = object })
	return objects
}

func exceededBy(kind portonev2.PlatformAmountExceededType, product *string, requested, allowed int64) proto.Message {
	return &portonev2.PlatformSettlementAmountExceededError{
		Type: kind.Enum(), ProductId: product, RequestedAmount: &requested, AllowedAmount: &allowed}
}

// TestOrderRefusals has a row for every way in which an order is refused.
func TestOrderRefusals(t *testing.T) {
	simple := func(change func(*orderRequest)) func() *orderRequest {
		return func() *orderRequest {
			req := byAmount("p", 5_000)
			req.Id = world.Ptr("new")
			if change != nil {
				change(req)
			}
			return req
		}
	}
	settledInDollars := simple(func(r *orderRequest) { external(r, portonev2.Currency_CURRENCY_USD) })
	const (
		discountThanOrder = portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_THAN_ORDER
		taxFreeDiscount   = portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_TAX_FREE_THAN_DISCOUNT
		taxFreeOrder      = portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_TAX_FREE_THAN_ORDER_TAX_FREE
		taxFreePayment    = portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_PAYMENT_TAX_FREE_THAN_PAYMENT
	)
	for _, test := range []refusal[*orderRequest]{
		{
			name:    "no such partner",
			request: simple(func(r *orderRequest) { r.PartnerId = world.Ptr("nobody") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_NOT_FOUND,
		}, {
			name:    "archived partner",
			prepare: func(m *market) { m.directory.partners["seller"].IsArchived = world.Ptr(true) },
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_NOT_FOUND,
		}, {
			name:    "no such contract",
			request: simple(func(r *orderRequest) { r.ContractId = world.Ptr("none") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_NOT_FOUND,
		}, {
			name:    "archived default contract",
			prepare: func(m *market) { m.directory.contracts["plain"].IsArchived = world.Ptr(true) },
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_NOT_FOUND,
		}, {
			name:    "no such fee policies, one of them archived",
			prepare: func(m *market) { m.directory.fees["packing"].IsArchived = world.Ptr(true) },
			request: simple(func(r *orderRequest) { r.AdditionalFees = feesBy("x", "express", "packing", "x") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FEE_POLICIES_NOT_FOUND,
			data: &portonev2.PlatformAdditionalFeePoliciesNotFoundError{
				Ids: []string{"x", "packing"}, GraphqlIds: graphqlIDs("PlatformAdditionalFeePolicy", false, []string{"x", "packing"})},
		}, {
			name: "no such share policy, on a product",
			request: func() *orderRequest {
				return byLines("p", lineOf("A", 1_000, 1, ordered("y", 1, 0)))
			},
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICIES_NOT_FOUND,
			data: &portonev2.PlatformDiscountSharePoliciesNotFoundError{
				Ids: []string{"y"}, GraphqlIds: graphqlIDs("PlatformDiscountSharePolicy", false, []string{"y"})},
		}, {
			name:    "undefined property",
			prepare: func(m *market) { m.directory.properties = map[string]bool{"colour": true} },
			request: simple(func(r *orderRequest) { r.UserDefinedProperties = property("size", "1") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND,
		}, {
			name: "property twice",
			request: simple(func(r *orderRequest) {
				r.UserDefinedProperties = append(property("size", "1"), property("size", "2")...)
			}),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		}, {
			name:    "undefined parameter",
			prepare: func(m *market) { m.DefineParameters(false, "weight") },
			request: simple(func(r *orderRequest) {
				r.Parameters = map[string]*portonev2.PlatformSettlementParameterValue{"height": {Decimal: world.Ptr(int64(1))}}
			}),
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_PARAMETER_NOT_FOUND,
		}, {
			name: "parameter with too many decimals",
			request: simple(func(r *orderRequest) {
				r.Parameters = map[string]*portonev2.PlatformSettlementParameterValue{"x": {Decimal: world.Ptr(int64(1)), DecimalScale: world.Ptr(int32(6))}}
			}),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		}, {
			name:    "no such payment",
			request: simple(func(r *orderRequest) { r.PaymentId = world.Ptr("q") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PAYMENT_NOT_FOUND,
		}, {
			name: "payment not paid",
			prepare: func(m *market) {
				m.payments["p"] = &portonev2.Payment{Status: &portonev2.Payment_Ready{Ready: &portonev2.ReadyPayment{}}}
			},
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PAYMENT_NOT_FOUND,
		}, {
			name:    "currency that is not settled in",
			request: simple(func(r *orderRequest) { external(r, portonev2.Currency_CURRENCY_CHF) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED,
		}, {
			name:    "fixed platform fee in another currency",
			prepare: func(m *market) { m.directory.contracts["plain"].PlatformFee = fixedOf(100) },
			request: settledInDollars,
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CONTRACT_PLATFORM_FIXED_AMOUNT_FEE_CURRENCY_AND_SETTLEMENT_CURRENCY_MISMATCHED,
			data: &portonev2.PlatformContractPlatformFixedAmountFeeCurrencyAndSettlementCurrencyMismatchedError{
				Id: world.Ptr("plain"), GraphqlId: world.Ptr("graphql-plain"),
				FeeCurrency: portonev2.Currency_CURRENCY_KRW.Enum(), SettlementCurrency: portonev2.Currency_CURRENCY_USD.Enum()},
		}, {
			name: "fixed additional fee in another currency",
			request: func() *orderRequest {
				req := settledInDollars()
				req.AdditionalFees = feesBy("express", "packing")
				return req
			},
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_ADDITIONAL_FIXED_AMOUNT_FEE_CURRENCY_AND_SETTLEMENT_CURRENCY_MISMATCHED,
			data: &portonev2.PlatformAdditionalFixedAmountFeeCurrencyAndSettlementCurrencyMismatchedError{
				Id: world.Ptr("packing"), GraphqlId: world.Ptr("graphql-packing"),
				FeeCurrency: portonev2.Currency_CURRENCY_KRW.Enum(), SettlementCurrency: portonev2.Currency_CURRENCY_USD.Enum()},
		}, {
			name:    "id in use",
			prepare: func(m *market) { m.enterManual("new", 1, "2026-04-01") },
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ID_ALREADY_USED,
		}, {
			name:    "empty id",
			request: simple(func(r *orderRequest) { r.Id = world.Ptr("") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		}, {
			name:    "second transfer of the payment to the partner",
			prepare: func(m *market) { m.order(byAmount("p", 1_000)) },
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ALREADY_EXISTS,
			data: &portonev2.PlatformTransferAlreadyExistsError{
				TransferId: world.Ptr("of-p"), TransferGraphqlId: world.Ptr(world.GraphQLID("PlatformTransfer", false, "of-p"))},
		}, {
			name:    "product twice",
			request: func() *orderRequest { return byLines("p", lineOf("A", 1, 1), lineOf("B", 1, 1), lineOf("A", 1, 1)) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PRODUCT_ID_DUPLICATED,
			data:    &portonev2.PlatformProductIdDuplicatedError{Id: world.Ptr("A")},
		}, {
			name:    "discount larger than the order",
			request: simple(func(r *orderRequest) { withDiscounts(r, ordered("half", 3_000, 0), ordered("third", 2_001, 0)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
			data:    exceededBy(discountThanOrder, nil, 5_001, 5_000),
		}, {
			name:    "discount larger than the product's line",
			request: func() *orderRequest { return byLines("p", lineOf("A", 1_000, 2, ordered("half", 2_001, 0))) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
			data:    exceededBy(discountThanOrder, world.Ptr("A"), 2_001, 2_000),
		}, {
			name:    "tax-free part larger than the discount",
			request: simple(func(r *orderRequest) { withDiscounts(withTaxFree(r, 2_000), ordered("half", 1_000, 1_001)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
			data:    exceededBy(taxFreeDiscount, nil, 1_001, 1_000),
		}, {
			name:    "tax-free discount larger than the tax-free order",
			request: simple(func(r *orderRequest) { withDiscounts(withTaxFree(r, 500), ordered("half", 1_000, 501)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
			data:    exceededBy(taxFreeOrder, nil, 501, 500),
		}, {
			name:    "tax-free payment larger than the payment",
			request: simple(func(r *orderRequest) { withDiscounts(withTaxFree(r, 4_500), ordered("half", 1_000, 0)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
			data:    exceededBy(taxFreePayment, nil, 4_500, 4_000),
		}, {
			name:    "more than was paid",
			prepare: func(m *market) { m.order(toGrower(byAmount("p", 6_000))) },
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_PAYMENT_AMOUNT_EXCEEDED_PORT_ONE_PAYMENT,
			data: &portonev2.PlatformSettlementPaymentAmountExceededPortOnePaymentError{
				RegisteredSettlementPaymentAmount: world.Ptr(int64(6_000)),
				RequestSettlementPaymentAmount:    world.Ptr(int64(5_000)),
				PortOnePaymentAmount:              world.Ptr(int64(10_000))},
		}, {
			name:    "more tax-free than was paid",
			prepare: func(m *market) { m.order(toGrower(withTaxFree(byAmount("p", 3_000), 500))) },
			request: simple(func(r *orderRequest) { withTaxFree(r, 1_501) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_TAX_FREE_AMOUNT_EXCEEDED_PORT_ONE_PAYMENT,
			data: &portonev2.PlatformSettlementTaxFreeAmountExceededPortOnePaymentError{
				RegisteredSettlementTaxFreeAmount: world.Ptr(int64(500)),
				RequestSettlementTaxFreeAmount:    world.Ptr(int64(1_501)),
				PortOneTaxFreeAmount:              world.Ptr(int64(2_000))},
		}, {
			name:    "more taxed than was paid",
			prepare: func(m *market) { m.order(toGrower(byAmount("p", 4_000))) },
			request: simple(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_SUPPLY_WITH_VAT_AMOUNT_EXCEEDED_PORT_ONE_PAYMENT,
			data: &portonev2.PlatformSettlementSupplyWithVatAmountExceededPortOnePaymentError{
				RegisteredSettlementSupplyWithVatAmount: world.Ptr(int64(4_000)),
				RequestSettlementSupplyWithVatAmount:    world.Ptr(int64(5_000)),
				PortOneSupplyWithVatAmount:              world.Ptr(int64(8_000))},
		}, {
			name: "settled before it starts",
			request: simple(func(r *orderRequest) {
				r.SettlementStartDate, r.SettlementDate = world.Ptr("2026-03-10"), world.Ptr("2026-03-09")
			}),
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_DATE_EARLIER_THAN_SETTLEMENT_START_DATE,
			data: &portonev2.PlatformSettlementDateEarlierThanSettlementStartDateError{
				SettlementStartDate: world.Ptr("2026-03-10"), SettlementDate: world.Ptr("2026-03-09")},
		},
		{name: "no date", request: simple(func(r *orderRequest) { r.SettlementDate = world.Ptr("2026-02-30") }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "no start date", request: simple(func(r *orderRequest) { r.SettlementStartDate = world.Ptr("tomorrow") }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "after the last day", request: simple(func(r *orderRequest) { r.SettlementStartDate = world.Ptr("9999-12-31") }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "amount and lines", request: simple(func(r *orderRequest) {
			r.OrderDetail.OrderLines = byLines("p", lineOf("A", 1, 1)).OrderDetail.OrderLines
		}),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "neither amount nor lines", request: simple(func(r *orderRequest) { r.OrderDetail.OrderAmount = nil }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "negative amount", request: simple(func(r *orderRequest) { r.OrderDetail.OrderAmount = world.Ptr(int64(-1)) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "negative discount", request: simple(func(r *orderRequest) { withDiscounts(r, ordered("half", -1, 0)) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "no pieces", request: func() *orderRequest { return byLines("p", lineOf("A", 1, 0)) },
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "amount beyond all bounds", request: simple(func(r *orderRequest) { r.OrderDetail.OrderAmount = world.Ptr(int64(math.MaxInt64)) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "line beyond all bounds", request: func() *orderRequest { return byLines("p", lineOf("A", maxAmount, math.MaxInt32)) },
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "sum beyond all bounds", request: func() *orderRequest { return byLines("p", lineOf("A", maxAmount, 1), lineOf("B", maxAmount, 1)) },
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "fee beyond all bounds", prepare: func(m *market) { m.directory.fees["express"].Fee = fixedOf(math.MaxInt64) },
			request: simple(func(r *orderRequest) { r.AdditionalFees = feesBy("express") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "platform fee beyond all bounds", prepare: func(m *market) { m.directory.contracts["plain"].PlatformFee = fixedOf(math.MaxInt64) },
			request: simple(nil), reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "more policies than can be", request: simple(func(r *orderRequest) { r.AdditionalFees = feesBy(many("express", maxPolicies+1)...) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "cycle without a day", prepare: func(m *market) {
			m.directory.contracts["plain"].SettlementCycle.Method = monthly()
		}, request: simple(nil), reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "external payment of no day", request: simple(func(r *orderRequest) {
			external(r, portonev2.Currency_CURRENCY_KRW).ExternalPaymentDetail.PaidAt = nil
		}), reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "external payment at an impossible time", request: simple(func(r *orderRequest) {
			external(r, portonev2.Currency_CURRENCY_KRW).ExternalPaymentDetail.PaidAt = &timestamppb.Timestamp{Seconds: math.MaxInt64}
		}), reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "external payment by two methods", request: simple(func(r *orderRequest) {
			external(r, portonev2.Currency_CURRENCY_KRW).ExternalPaymentDetail.Method = &portonev2.PlatformPaymentMethodInput{
				Card: &portonev2.PlatformPaymentMethodCardInput{}, Mobile: &portonev2.PlatformPaymentMethodMobileInput{}}
		}), reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
	} {
		test.test(t, createOrder, func(m *market, req *orderRequest) error {
			_, err := m.CreatePlatformOrderTransfer(context.Background(), req)
			return err
		})
	}
}

func property(key, value string) []*portonev2.PlatformUserDefinedPropertyKeyValue {
	return []*portonev2.PlatformUserDefinedPropertyKeyValue{
		{Key: &key, Value: &portonev2.PlatformUserDefinedPropertyValue{String_: &value}}}
}

// toGrower is an order of the grower instead.
func toGrower(req *orderRequest) *orderRequest {
	req.PartnerId, req.Id = world.Ptr("grower"), nil
	return req
}

func many(text string, count int) []string {
	texts := make([]string, count)
	for i := range texts {
		texts[i] = text
	}
	return texts
}
