package settlement

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestCancelRefusals has a row for every way in which taking back is refused. The
// payment p was refunded twice: c, 10,000 of which 2,000 tax-free, and small, 1,000.
func TestCancelRefusals(t *testing.T) {
	whole := func(change func(*cancelRequest)) func() *cancelRequest {
		return func() *cancelRequest {
			req := cancelOf("p", "c")
			if change != nil {
				change(req)
			}
			return req
		}
	}
	lines := func(given ...*takenLine) func() *cancelRequest {
		return func() *cancelRequest { return cancelLines("p", "c", given...) }
	}
	byProducts := func(m *market) {
		m.order(byLines("p", lineOf("A", 1_000, 5, ordered("half", 500, 0)), lineOf("B", 2_000, 1)))
	}
	byTotal := func(m *market) {
		m.order(withDiscounts(withTaxFree(byAmount("p", 9_000), 2_000), ordered("half", 1_000, 200)))
	}
	toDetail := func(r *cancelRequest) {
		r.ExternalCancellationDetail = &portonev2.CreatePlatformOrderCancelTransferBodyExternalCancellationDetail{}
	}
	const invalidRequest = portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST
	for _, test := range []refusal[*cancelRequest]{
		{
			name:    "no such transfer",
			request: whole(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND,
		}, {
			name:    "no order transfer",
			prepare: func(m *market) { m.enterManual("of-p", 1, "2026-04-01") },
			request: whole(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND,
		}, {
			name:    "transfer of another partner",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { r.PartnerId = world.Ptr("grower") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND,
		}, {
			name:    "payment without a transfer",
			request: whole(func(r *cancelRequest) { namePayment(r, "p") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND,
		}, {
			name:    "no such payment",
			request: whole(func(r *cancelRequest) { namePayment(r, "q") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PAYMENT_NOT_FOUND,
		}, {
			name:    "payment that is gone",
			prepare: func(m *market) { byTotal(m); delete(m.payments, "p") },
			request: whole(nil),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PAYMENT_NOT_FOUND,
		}, {
			name:    "payment alone",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { namePayment(r, "p"); r.PartnerId = nil }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_SPECIFY_TRANSFER,
		}, {
			name: "payment with two transfers",
			prepare: func(m *market) {
				m.directory.setting.SupportsMultipleOrderTransfersPerPartner = world.Ptr(true)
				second := byAmount("p", 1_000)
				second.Id = world.Ptr("second")
				m.order(byAmount("p", 1_000))
				m.order(second)
			},
			request: whole(func(r *cancelRequest) { namePayment(r, "p") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANNOT_SPECIFY_TRANSFER,
		}, {
			name:    "PortOne payment, external cancellation",
			prepare: byTotal,
			request: whole(toDetail),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLATION_AND_PAYMENT_TYPE_MISMATCHED,
		}, {
			name:    "external payment, PortOne cancellation",
			prepare: func(m *market) { m.order(external(byAmount("p", 1_000), portonev2.Currency_CURRENCY_KRW)) },
			request: whole(func(r *cancelRequest) { namePayment(r, "p") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLATION_AND_PAYMENT_TYPE_MISMATCHED,
		}, {
			name:    "no such cancellation",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { r.CancellationId = world.Ptr("none") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLATION_NOT_FOUND,
		}, {
			name:    "cancelled as a whole before",
			prepare: func(m *market) { byTotal(m); m.cancel(cancelOf("p", "c")) },
			request: whole(func(r *cancelRequest) { r.CancellationId, r.Id = world.Ptr("small"), nil }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_ORDER_TRANSFER_ALREADY_CANCELLED,
		}, {
			name:    "the same cancellation again",
			prepare: func(m *market) { byTotal(m); m.cancel(cancelAmount("p", "c", 100)) },
			request: whole(func(r *cancelRequest) { r.Id = nil }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ALREADY_EXISTS,
			data: &portonev2.PlatformTransferAlreadyExistsError{
				TransferId: world.Ptr("cancel-c"), TransferGraphqlId: world.Ptr(world.GraphQLID("PlatformTransfer", false, "cancel-c"))},
		}, {
			name:    "id in use",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { r.Id = world.Ptr("of-p") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ID_ALREADY_USED,
		}, {
			name:    "undefined property",
			prepare: func(m *market) { byTotal(m); m.directory.properties = map[string]bool{"colour": true} },
			request: whole(func(r *cancelRequest) { r.UserDefinedProperties = property("size", "1") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND,
		}, {
			name:    "lines of an order by amount",
			prepare: byTotal,
			request: lines(takenPieces("A", 1)),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_ORDER_DETAIL_MISMATCHED,
		}, {
			name:    "amount of an order by lines",
			prepare: byProducts,
			request: func() *cancelRequest { return cancelAmount("p", "c", 1) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_ORDER_DETAIL_MISMATCHED,
		}, {
			name:    "product twice",
			prepare: byProducts,
			request: lines(takenPieces("A", 1), takenPieces("A", 1)),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PRODUCT_ID_DUPLICATED,
			data:    &portonev2.PlatformProductIdDuplicatedError{Id: world.Ptr("A")},
		}, {
			name:    "no such product",
			prepare: byProducts,
			request: lines(takenPieces("Z", 1)),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_PRODUCT_ID_NOT_FOUND,
			data:    &portonev2.PlatformProductIdNotFoundError{Id: world.Ptr("Z")},
		}, {
			name:    "more pieces than are left",
			prepare: func(m *market) { byProducts(m); m.cancel(cancelLines("p", "small", takenPieces("A", 1))) },
			request: lines(takenPieces("A", 5)),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_PRODUCT_QUANTITY_EXCEEDED,
			data:    &portonev2.PlatformCancellableProductQuantityExceededError{ProductId: world.Ptr("A"), CancellableQuantity: world.Ptr(int64(4))},
		}, {
			name:    "more taxed than is left",
			prepare: func(m *market) { byTotal(m); m.cancel(cancelAmount("p", "small", 1_000)) },
			request: func() *cancelRequest { return cancelAmount("p", "c", 6_001) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_AMOUNT_EXCEEDED,
			data:    leftOver(6_000, 6_001, portonev2.PlatformCancellableAmountType_PLATFORM_CANCELLABLE_AMOUNT_TYPE_SUPPLY_WITH_VAT),
		}, {
			name:    "more tax-free than is left",
			prepare: byTotal,
			request: func() *cancelRequest {
				req := cancelAmount("p", "c", 3_000)
				req.TaxFreeAmount = world.Ptr(int64(2_001))
				return req
			},
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_AMOUNT_EXCEEDED,
			data:   leftOver(2_000, 2_001, portonev2.PlatformCancellableAmountType_PLATFORM_CANCELLABLE_AMOUNT_TYPE_TAX_FREE),
		}, {
			name:    "more than the customer paid, without the discount",
			prepare: byTotal,
			request: func() *cancelRequest { return cancelAmount("p", "c", 7_000) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_AMOUNT_EXCEEDED,
			data:    leftOver(6_200, 7_000, portonev2.PlatformCancellableAmountType_PLATFORM_CANCELLABLE_AMOUNT_TYPE_SUPPLY_WITH_VAT),
		}, {
			name:    "more than was paid for the product, without its discount",
			prepare: byProducts,
			request: lines(takenPieces("A", 5)),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_AMOUNT_EXCEEDED,
			data:    leftOver(4_500, 5_000, portonev2.PlatformCancellableAmountType_PLATFORM_CANCELLABLE_AMOUNT_TYPE_SUPPLY_WITH_VAT),
		}, {
			name:    "discount policy that was not used",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { withTaken(r, taken("third", 1, 0)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_DISCOUNT_SHARE_POLICY_NOT_FOUND,
			data: &portonev2.PlatformTransferDiscountSharePolicyNotFoundError{DiscountSharePolicyId: world.Ptr("third"),
				DiscountSharePolicyGraphqlId: world.Ptr(world.GraphQLID("PlatformDiscountSharePolicy", false, "third"))},
		}, {
			name:    "discount policy that the product did not use",
			prepare: byProducts,
			request: lines(takenPieces("B", 1, taken("half", 1, 0))),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_DISCOUNT_SHARE_POLICY_NOT_FOUND,
			data: &portonev2.PlatformTransferDiscountSharePolicyNotFoundError{DiscountSharePolicyId: world.Ptr("half"),
				DiscountSharePolicyGraphqlId: world.Ptr(world.GraphQLID("PlatformDiscountSharePolicy", false, "half")), ProductId: world.Ptr("B")},
		}, {
			name:    "discount policy twice",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { withTaken(r, taken("half", 1, 0), taken("half", 1, 0)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_DISCOUNT_SHARE_POLICY_ID_DUPLICATED,
			data: &portonev2.PlatformDiscountSharePolicyIdDuplicatedError{Id: world.Ptr("half"),
				GraphqlId: world.Ptr(world.GraphQLID("PlatformDiscountSharePolicy", false, "half"))},
		}, {
			name:    "more of a discount than is left",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { withTaken(r, taken("half", 1_001, 0)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_DISCOUNT_AMOUNT_EXCEEDED,
			data: &portonev2.PlatformCancellableDiscountAmountExceededError{
				DiscountSharePolicyId: world.Ptr("half"), DiscountSharePolicyGraphqlId: world.Ptr("graphql-half"),
				CancellableAmount: world.Ptr(int64(1_000)), RequestAmount: world.Ptr(int64(1_001))},
		}, {
			name:    "more of a product's discount than is left",
			prepare: byProducts,
			request: lines(takenPieces("A", 1, taken("half", 501, 0))),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_DISCOUNT_AMOUNT_EXCEEDED,
			data: &portonev2.PlatformCancellableDiscountAmountExceededError{
				DiscountSharePolicyId: world.Ptr("half"), DiscountSharePolicyGraphqlId: world.Ptr("graphql-half"),
				CancellableAmount: world.Ptr(int64(500)), RequestAmount: world.Ptr(int64(501)), ProductId: world.Ptr("A")},
		}, {
			name:    "more of a discount's tax-free part than is left",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { withTaken(r, taken("half", 500, 201)) }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCELLABLE_DISCOUNT_TAX_FREE_AMOUNT_EXCEEDED,
			data: &portonev2.PlatformCancellableDiscountTaxFreeAmountExceededError{
				DiscountSharePolicyId: world.Ptr("half"), DiscountSharePolicyGraphqlId: world.Ptr("graphql-half"),
				CancellableAmount: world.Ptr(int64(200)), RequestAmount: world.Ptr(int64(201))},
		}, {
			name:    "discount larger than what is cancelled",
			prepare: byTotal,
			request: func() *cancelRequest { return withTaken(cancelAmount("p", "c", 500), taken("half", 501, 0)) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED,
			data:    exceededBy(portonev2.PlatformAmountExceededType_PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_THAN_ORDER, nil, 501, 500),
		}, {
			name:    "more taxed than PortOne cancelled",
			prepare: byTotal,
			request: func() *cancelRequest { return cancelAmount("p", "small", 1_001) },
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_CANCEL_AMOUNT_EXCEEDED_PORT_ONE_CANCEL,
			data:    overRefunded(0, 1_001, 1_000, portonev2.PlatformPortOnePaymentCancelAmountType_PLATFORM_PORT_ONE_PAYMENT_CANCEL_AMOUNT_TYPE_SUPPLY_WITH_VAT),
		}, {
			name: "more than PortOne cancelled, together with another transfer",
			prepare: func(m *market) {
				m.order(byAmount("p", 3_000))
				other := toGrower(byAmount("p", 3_000))
				other.Id = world.Ptr("of-other")
				m.order(other)
				m.cancel(cancelAmount("other", "small", 600))
			},
			request: func() *cancelRequest {
				req := cancelAmount("p", "small", 401)
				req.Id = nil
				return req
			},
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_CANCEL_AMOUNT_EXCEEDED_PORT_ONE_CANCEL,
			data:   overRefunded(600, 401, 1_000, portonev2.PlatformPortOnePaymentCancelAmountType_PLATFORM_PORT_ONE_PAYMENT_CANCEL_AMOUNT_TYPE_SUPPLY_WITH_VAT),
		}, {
			name:    "more tax-free than PortOne cancelled",
			prepare: byTotal,
			request: func() *cancelRequest {
				req := cancelAmount("p", "small", 100)
				req.TaxFreeAmount = world.Ptr(int64(50))
				return req
			},
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_CANCEL_AMOUNT_EXCEEDED_PORT_ONE_CANCEL,
			data:   overRefunded(0, 50, 0, portonev2.PlatformPortOnePaymentCancelAmountType_PLATFORM_PORT_ONE_PAYMENT_CANCEL_AMOUNT_TYPE_TAX_FREE),
		}, {
			name:    "settled before it starts",
			prepare: byTotal,
			request: whole(func(r *cancelRequest) { r.SettlementDate = world.Ptr("2026-03-08") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_DATE_EARLIER_THAN_SETTLEMENT_START_DATE,
			data: &portonev2.PlatformSettlementDateEarlierThanSettlementStartDateError{
				SettlementStartDate: world.Ptr("2026-03-09"), SettlementDate: world.Ptr("2026-03-08")},
		},
		{name: "amount and everything", prepare: byTotal, request: whole(func(r *cancelRequest) { r.OrderDetail.OrderAmount = world.Ptr(int64(1)) }), reason: invalidRequest},
		{name: "empty detail", prepare: byTotal, request: whole(func(r *cancelRequest) { r.OrderDetail.All = nil }), reason: invalidRequest},
		{name: "negative amount", prepare: byTotal, request: func() *cancelRequest { return cancelAmount("p", "c", -1) }, reason: invalidRequest},
		{name: "negative pieces", prepare: byProducts, request: lines(takenPieces("A", -1)), reason: invalidRequest},
		{name: "negative discount", prepare: byTotal, request: whole(func(r *cancelRequest) { withTaken(r, taken("half", -1, 0)) }), reason: invalidRequest},
		{name: "no date", prepare: byTotal, request: whole(func(r *cancelRequest) { r.SettlementDate = world.Ptr("soon") }), reason: invalidRequest},
	} {
		prepare := test.prepare
		test.prepare = func(m *market) {
			m.refund("p", "c", 10_000, 2_000)
			m.refund("p", "small", 1_000, 0)
			if prepare != nil {
				prepare(m)
			}
		}
		test.test(t, cancelOrder, func(m *market, req *cancelRequest) error {
			_, err := m.CreatePlatformOrderCancelTransfer(context.Background(), req)
			return err
		})
	}
}

func namePayment(req *cancelRequest, payment string) {
	req.TransferId, req.PartnerId, req.PaymentId = nil, world.Ptr("seller"), &payment
}

func leftOver(left, requested int64, kind portonev2.PlatformCancellableAmountType) proto.Message {
	return &portonev2.PlatformCancellableAmountExceededError{CancellableAmount: &left, RequestAmount: &requested, AmountType: kind.Enum()}
}

func overRefunded(registered, requested, refunded int64, kind portonev2.PlatformPortOnePaymentCancelAmountType) proto.Message {
	return &portonev2.PlatformSettlementCancelAmountExceededPortOneCancelError{
		RegisteredSettlementCancelAmount: &registered, RequestSettlementCancelAmount: &requested,
		PortOneCancelAmount: &refunded, AmountType: kind.Enum()}
}
