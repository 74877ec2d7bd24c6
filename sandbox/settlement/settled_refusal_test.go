package settlement

import (
	"context"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

type manualRequest = portonev2.CreatePlatformManualTransferRequest

func TestManualRefusals(t *testing.T) {
	entered := func(change func(*manualRequest)) func() *manualRequest {
		return func() *manualRequest {
			req := &manualRequest{PartnerId: world.Ptr("seller"), SettlementAmount: world.Ptr(int64(-100)), SettlementDate: world.Ptr("2026-04-01")}
			change(req)
			return req
		}
	}
	for _, test := range []refusal[*manualRequest]{
		{name: "no such partner", request: entered(func(r *manualRequest) { r.PartnerId = world.Ptr("nobody") }),
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_NOT_FOUND},
		{name: "currency that is not settled in", request: entered(func(r *manualRequest) { r.SettlementCurrency = portonev2.Currency_CURRENCY_CHF.Enum() }),
			reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED},
		{name: "negative, settled one by one", prepare: func(m *market) { m.directory.setting.ManualSettlementPerTransfer = world.Ptr(true) },
			request: entered(func(*manualRequest) {}), reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_NEGATIVE_AMOUNT_NOT_ALLOWED},
		{name: "id in use", prepare: func(m *market) { m.enterManual("x", 1, "2026-04-01") },
			request: entered(func(r *manualRequest) { r.Id = world.Ptr("x") }), reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ID_ALREADY_USED},
		{name: "undefined property", prepare: func(m *market) { m.directory.properties = map[string]bool{"colour": true} },
			request: entered(func(r *manualRequest) { r.UserDefinedProperties = property("size", "1") }),
			reason:  portonev2.ErrorReason_ERROR_REASON_PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND},
		{name: "no date", request: entered(func(r *manualRequest) { r.SettlementDate = world.Ptr("1 April") }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "tax-free part larger than the whole", request: entered(func(r *manualRequest) { r.SettlementTaxFreeAmount = world.Ptr(int64(-101)) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "tax-free part of the other sign", request: entered(func(r *manualRequest) { r.SettlementTaxFreeAmount = world.Ptr(int64(1)) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
		{name: "amount beyond all bounds", request: entered(func(r *manualRequest) { r.SettlementAmount = world.Ptr(int64(-1 << 63)) }),
			reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST},
	} {
		test.test(t, "PlatformTransferService.CreatePlatformManualTransfer", func(m *market, req *manualRequest) error {
			_, err := m.CreatePlatformManualTransfer(context.Background(), req)
			return err
		})
	}
}

func TestGetAndDeleteRefusals(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 10_000, 0)
	m.refund("p", "c", 10_000, 0)
	m.order(byAmount("p", 10_000))
	m.cancel(cancelOf("p", "c"))
	m.enterManual("due", 1, "2026-03-09")
	_, err := m.GetPlatformTransfer(context.Background(), &portonev2.GetPlatformTransferRequest{Id: "of-p", Test: world.Ptr(true)})
	refused(t, "PlatformTransferService.GetPlatformTransfer", err, portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND, nil)
	for _, test := range []struct {
		id     string
		reason portonev2.ErrorReason
	}{
		{"none", portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NOT_FOUND},
		{"of-p", portonev2.ErrorReason_ERROR_REASON_PLATFORM_CANCEL_ORDER_TRANSFERS_EXISTS},
		{"due", portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_NON_DELETABLE_STATUS},
	} {
		_, err := m.DeletePlatformTransfer(context.Background(), &portonev2.DeletePlatformTransferRequest{Id: test.id})
		refused(t, "PlatformTransferService.DeletePlatformTransfer", err, test.reason, nil)
	}
	for _, id := range []string{"cancel-c", "of-p"} {
		if _, err := m.DeletePlatformTransfer(context.Background(), &portonev2.DeletePlatformTransferRequest{Id: id}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	m.world.Clock.Advance(100 * day)
	if ids := m.settlementIDs(); len(ids) != 1 {
		t.Errorf("what was deleted is settled: %d settlements", len(ids))
	}
	m.order(byAmount("p", 10_000)) // the payment is free again
}

// TestDeleteSettlements deletes partner settlements, and refuses to.
func TestDeleteSettlements(t *testing.T) {
	const method = "PlatformPartnerSettlementService.DeletePlatformPartnerSettlements"
	m := newMarket(t)
	m.pay("p", 10_000, 0)
	m.refund("p", "c", 4_000, 0)
	m.order(byAmount("p", 10_000))
	m.enterManual("bonus", 100, "2026-03-09")
	m.world.Clock.Advance(2 * day)
	m.cancel(cancelAmount("p", "c", 4_000))
	m.world.Clock.Advance(2 * day)
	ids := m.settlementIDs() // bonus, order, cancel
	del := func(ids ...string) error {
		_, err := m.DeletePlatformPartnerSettlements(context.Background(), &portonev2.DeletePlatformPartnerSettlementsRequest{PartnerSettlementIds: ids})
		return err
	}
	refused(t, method, del(), portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
	refused(t, method, del("x", ids[0], "x"), portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_SETTLEMENTS_NOT_FOUND,
		&portonev2.PlatformPartnerSettlementsNotFoundError{Ids: []string{"x"}, GraphqlIds: graphqlIDs("PlatformPartnerSettlement", false, []string{"x"})})
	refused(t, method, del(ids[1]), portonev2.ErrorReason_ERROR_REASON_PLATFORM_REFERENCED_CANCEL_ORDER_TRANSFERS_EXIST,
		&portonev2.PlatformReferencedCancelOrderTransfersExistError{Ids: []string{"of-p"}})
	if _, err := m.payOutAll("b", ids[0]); err != nil {
		t.Fatal(err)
	}
	refused(t, method, del(ids...), portonev2.ErrorReason_ERROR_REASON_PLATFORM_NON_DELETABLE_PARTNER_SETTLEMENTS,
		&portonev2.PlatformNonDeletablePartnerSettlementsError{Ids: ids[:1], GraphqlIds: graphqlIDs("PlatformPartnerSettlement", false, ids[:1])})
	if err := del(ids[1], ids[2], ids[1]); err != nil {
		t.Fatal(err)
	}
	if left := m.settlementIDs(); len(left) != 1 || len(m.live.transfers.all) != 1 {
		t.Errorf("%d settlements and %d transfers are left", len(left), len(m.live.transfers.all))
	}
	m.order(byAmount("p", 10_000))
	m.world.Clock.Advance(10 * day)
	if left := m.settlementIDs(); len(left) != 2 {
		t.Errorf("%d settlements after the order came again", len(left))
	}
}

func TestPayoutRefusals(t *testing.T) {
	const method = "PlatformPayoutService.CompletePlatformPayoutByPartnerSettlementIds"
	m := newMarket(t)
	m.enterManual("plus", 100, "2026-03-09")
	m.enterManual("minus", -101, "2026-03-08")
	m.enterManual("done", 1, "2026-03-07")
	dollars := &manualRequest{PartnerId: world.Ptr("grower"), SettlementAmount: world.Ptr(int64(5)), SettlementDate: world.Ptr("2026-03-09"),
		SettlementCurrency: portonev2.Currency_CURRENCY_USD.Enum()}
	if _, err := m.CreatePlatformManualTransfer(context.Background(), dollars); err != nil {
		t.Fatal(err)
	}
	ids := m.settlementIDs() // plus, minus, done, dollars
	if _, err := m.payOutAll("b", ids[2]); err != nil {
		t.Fatal(err)
	}
	for _, test := range []refusal[*portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest]{
		{name: "none", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_NO_SELECTED_PARTNER_SETTLEMENTS,
			request: payoutOf("c")},
		{name: "twice", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_DUPLICATED_PARTNER_SETTLEMENT_IDS,
			request: payoutOf("c", ids[0], ids[0])},
		{name: "bulk payout that is there", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_BULK_PAYOUT_ID_ALREADY_EXISTS,
			request: payoutOf("b", ids[0])},
		{name: "unknown", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_PARTNER_SETTLEMENTS_NOT_FOUND,
			request: payoutOf("c", "x", ids[0], "y"),
			data: &portonev2.PlatformPartnerSettlementsNotFoundError{
				Ids: []string{"x", "y"}, GraphqlIds: graphqlIDs("PlatformPartnerSettlement", false, []string{"x", "y"})}},
		{name: "paid out", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_NON_PAYABLE_PARTNER_SETTLEMENTS,
			request: payoutOf("c", ids[0], ids[2]),
			data: &portonev2.PlatformNonPayablePartnerSettlementsError{
				Ids: ids[2:3], GraphqlIds: graphqlIDs("PlatformPartnerSettlement", false, ids[2:3])}},
		{name: "less than nothing", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED,
			request: payoutOf("c", ids[0], ids[1])},
		{name: "several currencies", reason: portonev2.ErrorReason_ERROR_REASON_PLATFORM_CURRENCY_NOT_SUPPORTED,
			request: payoutOf("c", ids[0], ids[3])},
		{name: "no date", reason: portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST,
			request: func() *portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest {
				req := payoutOf("c", ids[0])()
				req.CompletedAt = world.Ptr("today")
				return req
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := m.CompletePlatformPayoutByPartnerSettlementIds(context.Background(), test.request())
			refused(t, method, err, test.reason, test.data)
			if len(m.live.payouts.all) != 1 || len(m.live.bank.transfers) != 2 {
				t.Errorf("%d payouts", len(m.live.payouts.all))
			}
		})
	}
}

func payoutOf(bulk string, ids ...string) func() *portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest {
	return func() *portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest {
		return &portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest{BulkPayoutId: &bulk, PartnerSettlementIds: ids}
	}
}
