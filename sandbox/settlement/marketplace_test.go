package settlement

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

const day = 24 * time.Hour

// TestMarketplace follows an order of two partners to their accounts: settled by
// order, refunded in part, paid out.
func TestMarketplace(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 30_000, 0)
	m.order(byAmount("p", 20_000))
	grown := byLines("p", lineOf("melon", 5_000, 2))
	grown.PartnerId, grown.Id = world.Ptr("grower"), world.Ptr("of-grower")
	m.order(grown)
	if got := m.partnerSettlements(nil); len(got.GetItems()) != 0 || m.status("of-p") != inProcess {
		t.Fatalf("settled at once: %v", got)
	}

	m.world.Clock.Advance(day)
	m.refund("p", "c", 5_000, 0)
	back := cancelLines("grower", "c", takenPieces("melon", 1))
	if got := m.cancel(back); got.GetSettlementDate() != "2026-03-12" {
		t.Fatalf("cancelled on %s", got.GetSettlementDate())
	}

	m.world.Clock.MoveTo(time.Date(2026, 3, 11, 0, 0, 0, 0, world.Korea))
	if m.status("of-p") != settled || m.status("cancel-c") != inProcess {
		t.Errorf("%v and %v on the first settlement date", m.status("of-p"), m.status("cancel-c"))
	}
	m.world.Clock.Advance(day)
	listed := m.partnerSettlements(nil)
	if n := listed.GetCounts().GetPayoutPrepared(); n != 3 || m.status("cancel-c") != settled {
		t.Fatalf("%d settlements, cancel %v", n, m.status("cancel-c"))
	}
	if back := listed.GetItems()[0].GetOrderCancel(); back.GetAmount().GetSettlement() != 4_450 {
		t.Errorf("cancelled %v", back)
	}

	answer, err := m.payOutAll("march", m.settlementIDs()...)
	if err != nil {
		t.Fatal(err)
	}
	if answer.GetPayoutCount() != 2 || answer.GetPartnerSettlementCount() != 3 || answer.GetBulkPayoutId() != "march" {
		t.Errorf("paid out %v", answer)
	}
	payouts, err := m.GetPlatformPayouts(context.Background(), &portonev2.GetPlatformPayoutsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, payouts)
	for i, want := range []int64{8_900 - 4_450, 17_800} {
		if p := payouts.GetItems()[i]; p.GetAmount() != want || p.GetSettlementAmount() != want || p.GetAccount().GetNumber() == "" {
			t.Errorf("payout %d of %d, want %d: %v", i, p.GetAmount(), want, p)
		}
	}
	for _, id := range []string{"of-p", "of-grower", "cancel-c"} {
		if got := m.status(id); got != paidOut {
			t.Errorf("%s is %v", id, got)
		}
	}
	m.checkAccount(t, 22_250)
	if n := m.partnerSettlements(nil).GetCounts().GetPaidOut(); n != 3 {
		t.Errorf("%d settlements paid out", n)
	}
	m.Dump(func(_, _ string, object proto.Message) { worldtest.Complete(t, object) })
}

// checkAccount expects one bulk payout of an amount, and bank transfers to match.
func (m *market) checkAccount(t *testing.T, total int64) {
	t.Helper()
	bulks, err := m.GetPlatformBulkPayouts(context.Background(), &portonev2.GetPlatformBulkPayoutsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, bulks)
	if b := bulks.GetItems()[0]; b.GetTotalPayoutAmount() != total || b.GetPayoutStats().GetAmount().GetSucceeded() != total ||
		bulks.GetCounts().GetCompleted() != 1 {
		t.Errorf("bulk payouts %v", bulks)
	}
	batches, err := m.GetPlatformBulkAccountTransfers(context.Background(), &portonev2.GetPlatformBulkAccountTransfersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, batches)
	if b := batches.GetItems()[0]; b.GetTotalAmount() != total || b.GetStats().GetAmount().GetSucceeded() != total || batches.GetCounts().GetCompleted() != 1 {
		t.Errorf("batches %v", batches)
	}
	transfers, err := m.GetPlatformAccountTransfers(context.Background(), &portonev2.GetPlatformAccountTransfersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Complete(t, transfers)
	balance := int64(0)
	for _, transfer := range transfers.GetItems() {
		balance += transfer.GetDeposit().GetAmount() - transfer.GetWithdrawal().GetAmount()
	}
	if balance != 0 || transfers.GetCounts().GetSucceeded() != int64(len(transfers.GetItems())) {
		t.Errorf("balance %d of %v", balance, transfers)
	}
}

// TestStatuses follows a transfer that starts in the future through its statuses.
func TestStatuses(t *testing.T) {
	m := newMarket(t)
	req := external(byAmount("p", 1_000), portonev2.Currency_CURRENCY_KRW)
	req.SettlementStartDate = world.Ptr("2026-03-12")
	m.order(req)
	m.enterManual("manual", 500, "2026-03-13")
	for _, step := range []struct {
		at            string
		order, manual portonev2.PlatformTransferStatus
	}{
		{"2026-03-11", scheduled, scheduled},
		{"2026-03-12", inProcess, scheduled},
		{"2026-03-13", inProcess, settled},
		{"2026-03-14", settled, settled},
	} {
		m.world.Clock.MoveTo(mustDay(step.at))
		if o, e := m.status("of-p"), m.status("manual"); o != step.order || e != step.manual {
			t.Errorf("on %s: %v and %v, want %v and %v", step.at, o, e, step.order, step.manual)
		}
	}
}

// TestGathering expects transfers to come together by partner, contract, type, date
// and currency, as long as their settlement is not paid out.
func TestGathering(t *testing.T) {
	m := newMarket(t)
	m.directory.contracts["other"] = contract("other")
	order := func(id string, change func(*orderRequest)) {
		req := external(byAmount(id, 1_000), portonev2.Currency_CURRENCY_KRW)
		req.SettlementStartDate, req.SettlementDate = world.Ptr("2026-03-01"), world.Ptr("2026-03-05")
		if change != nil {
			change(req)
		}
		m.order(req)
	}
	order("a", nil)
	order("b", func(r *orderRequest) { r.SettlementStartDate = world.Ptr("2026-03-03") })
	order("c", func(r *orderRequest) { r.PartnerId = world.Ptr("grower") })
	order("d", func(r *orderRequest) { r.ContractId = world.Ptr("other") })
	order("e", func(r *orderRequest) { r.SettlementDate = world.Ptr("2026-03-06") })
	order("f", func(r *orderRequest) { r.ExternalPaymentDetail.Currency = portonev2.Currency_CURRENCY_USD.Enum() })
	m.enterManual("g", 1_000, "2026-03-05")
	m.enterManual("h", -300, "2026-03-05")
	if ids := m.settlementIDs(); len(ids) != 6 {
		t.Fatalf("%d settlements", len(ids))
	}
	listed := m.partnerSettlements(nil).GetItems()
	first := listed[5].GetOrder()
	if first.GetAmount().GetSettlement() != 1_780 || first.GetSettlementStartDateRange().GetFrom() != "2026-03-01" ||
		first.GetSettlementStartDateRange().GetUntil() != "2026-03-03" {
		t.Errorf("a and b: %v", first)
	}
	checkSum(t, "gathered", first.GetAmount())
	if manual := listed[0].GetManual(); manual.GetAmount() != 700 {
		t.Errorf("g and h: %v", manual)
	}

	if _, err := m.payOutAll("one", m.settlementIDs()[0]); err != nil {
		t.Fatal(err)
	}
	order("late", nil)
	if ids := m.settlementIDs(); len(ids) != 7 || m.status("of-late") != settled || m.status("of-a") != paidOut {
		t.Errorf("%d settlements, late %v", len(ids), m.status("of-late"))
	}

	m.directory.setting.ManualSettlementPerTransfer = world.Ptr(true)
	m.enterManual("i", 1, "2026-03-05")
	m.enterManual("j", 1, "2026-03-05")
	if ids := m.settlementIDs(); len(ids) != 9 {
		t.Errorf("%d settlements, with manual ones apart", len(ids))
	}
}

// TestTaxes pays out to partners of every kind.
func TestTaxes(t *testing.T) {
	business := partner("x").GetType()
	exempt := partner("x").GetType()
	exempt.GetBusiness().TaxationType = portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_TAX_FREE.Enum()
	const (
		gross = portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_GROSS
		net   = portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_NET
	)
	tests := []struct {
		name    string
		due     split
		partner *portonev2.PlatformPartnerType
		amount  portonev2.SettlementAmountType
		want    tax
		paid    int64 // with withholding tax deducted
	}{
		{"business, gross", split{1_000_000, 0}, business, gross, tax{supply: 909_091, vat: 90_909}, 1_000_000},
		{"business, net", split{1_000_000, 0}, business, net, tax{supply: 1_000_000, vat: 100_000}, 1_100_000},
		{"business, partly tax-free", split{1_000_000, 450_000}, business, gross, tax{supply: 500_000, taxFree: 450_000, vat: 50_000}, 1_000_000},
		{"fees larger than the taxed part", split{900, 1_000}, business, gross, tax{taxFree: 900}, 900},
		{"business exempt from VAT", split{1_000_000, 0}, exempt, net, tax{supply: 1_000_000}, 1_000_000},
		{"person with withholding tax", split{1_000_000, 0}, person(true), gross, tax{supply: 1_000_000, income: 30_000, localIncome: 3_000}, 967_000},
		{"a tax of less than one", split{99, 0}, person(true), gross, tax{supply: 99, income: 2}, 97},
		{"person without", split{1_000_000, 0}, person(false), gross, tax{supply: 1_000_000}, 1_000_000},
		{"nothing", split{}, business, gross, tax{}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := taxes(test.due, test.partner, &portonev2.PlatformSetting{SettlementAmountType: test.amount.Enum()})
			if got != test.want || got.paid(true) != test.paid || got.paid(false) != got.gross() {
				t.Errorf("%+v, paid %d; want %+v, paid %d", got, got.paid(true), test.want, test.paid)
			}
		})
	}
}

// TestPayout looks at a payout beyond its amounts.
func TestPayout(t *testing.T) {
	m := newMarket(t)
	m.directory.setting.DefaultDepositMemo = world.Ptr("market")
	m.directory.partners["seller"].Type = person(true)
	m.enterManual("bonus", 1_000_000, "2026-03-09")
	m.directory.partners["seller"].Account.Number = world.Ptr("999")
	_, err := m.CompletePlatformPayoutByPartnerSettlementIds(context.Background(), &portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest{
		BulkPayoutId: world.Ptr("b"), Name: world.Ptr("March"), PartnerSettlementIds: m.settlementIDs(), CompletedAt: world.Ptr("2026-03-08")})
	if err != nil {
		t.Fatal(err)
	}
	p := m.live.payouts.all[0]
	if p.GetAmount() != 967_000 || p.GetIncomeTaxAmount() != 30_000 || p.GetAccount().GetNumber() != "999" || p.GetDepositMemo() != "market" {
		t.Errorf("payout %v", p)
	}
	sent := m.live.bank.transfers[1].GetWithdrawal()
	if sent.GetAmount() != 967_000 || sent.GetPayoutId() != p.GetId() || !sent.GetTradedAt().AsTime().Equal(mustDay("2026-03-08")) {
		t.Errorf("sent %v", sent)
	}
	if got := m.live.payouts.bulks[0].GetName(); got != "March" {
		t.Errorf("bulk payout %q", got)
	}
	if n := m.world.Counters["platform.payout.completed"]; n != 1 {
		t.Errorf("counted %d", n)
	}
}
