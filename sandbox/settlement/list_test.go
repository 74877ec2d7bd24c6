package settlement

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

type transferFilterInput = portonev2.PlatformTransferFilterInput

// stocked is a market with the transfers "of-p" (PortOne, by lines, with a discount
// and a fee), "cancel-c", "of-e" (external, to the grower) and "manual" (paid out).
func stocked(t testing.TB) *market {
	m := newMarket(t)
	m.pay("p", 10_000, 0)
	m.refund("p", "c", 5_000, 0)
	m.order(withFees(byLines("p", lineOf("A", 5_000, 2, ordered("half", 100, 0))), "express"))
	m.cancel(cancelLines("p", "c", takenPieces("A", 1)))
	elsewhere := external(byAmount("e", 1_000), portonev2.Currency_CURRENCY_KRW)
	elsewhere.PartnerId, elsewhere.Memo = world.Ptr("grower"), world.Ptr("melons, \"fresh\"")
	elsewhere.SettlementStartDate = world.Ptr("2026-03-20")
	elsewhere.UserDefinedProperties = property("colour", "green")
	m.order(elsewhere)
	m.enterManual("manual", 700, "2026-03-09")
	if _, err := m.payOutAll("bulk", m.settlementIDs()...); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTransferFilter has a row for every condition.
func TestTransferFilter(t *testing.T) {
	m := stocked(t)
	keyword := func(set func(*portonev2.PlatformTransferFilterInputKeyword)) *transferFilterInput {
		k := &portonev2.PlatformTransferFilterInputKeyword{}
		set(k)
		return &transferFilterInput{Keyword: k}
	}
	days := func(from, until string) *portonev2.DateRange { return &portonev2.DateRange{From: &from, Until: &until} }
	settlementID := m.live.settlements.all[0].id
	tests := []struct {
		name   string
		filter *transferFilterInput
		want   string
	}{
		{"none", nil, "manual of-e cancel-c of-p"},
		{"empty", &transferFilterInput{}, "manual of-e cancel-c of-p"},
		{"start dates", &transferFilterInput{SettlementStartDateRange: days("2026-03-10", "2026-03-20")}, "of-e"},
		{"settlement dates", &transferFilterInput{SettlementDateRange: days("2026-03-09", "2026-03-11")}, "manual cancel-c of-p"},
		{"tags", &transferFilterInput{PartnerTags: []string{"x", "tag-grower"}}, "of-e"},
		{"contracts", &transferFilterInput{ContractIds: []string{"plain"}}, "of-e cancel-c of-p"},
		{"shares", &transferFilterInput{DiscountSharePolicyIds: []string{"half"}}, "of-p"},
		{"fees", &transferFilterInput{AdditionalFeePolicyIds: []string{"express"}}, "cancel-c of-p"},
		{"methods", &transferFilterInput{PaymentMethodTypes: []portonev2.PaymentMethodType{portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CARD}}, "cancel-c of-p"},
		{"channels", &transferFilterInput{ChannelKeys: []string{"channel-1"}}, "cancel-c of-p"},
		{"types", &transferFilterInput{Types: []portonev2.PlatformTransferType{portonev2.PlatformTransferType_PLATFORM_TRANSFER_TYPE_ORDER}}, "of-e of-p"},
		{"statuses", &transferFilterInput{Statuses: []portonev2.PlatformTransferStatus{scheduled, paidOut}}, "manual of-e"},
		{"two conditions", &transferFilterInput{ContractIds: []string{"plain"}, PartnerTags: []string{"tag-seller"}}, "cancel-c of-p"},
		{"property", &transferFilterInput{UserDefinedProperty: &portonev2.PlatformTransferPropertyExactMatchInput{Key: world.Ptr("colour"), Value: world.Ptr("green")}}, "of-e"},
		{"all fields", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.All = world.Ptr("Product") }), "cancel-c of-p"},
		{"payment", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.PaymentId = world.Ptr("e") }), "of-e"},
		{"transfer", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.TransferId = world.Ptr("of-") }), ""},
		{"memo", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.TransferMemo = world.Ptr("melon") }), "of-e"},
		{"product", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.ProductId = world.Ptr("A") }), "cancel-c of-p"},
		{"product name", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.ProductName = world.Ptr("Product A") }), "cancel-c of-p"},
		{"partner", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.PartnerId = world.Ptr("grower") }), "of-e"},
		{"partner name", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.PartnerName = world.Ptr("e grow") }), "of-e"},
		{"partner memo", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) { k.PartnerMemo = world.Ptr("of sell") }), "manual cancel-c of-p"},
		{"settlement", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) {
			k.PartnerSettlementId = world.Ptr(settlementID[4:])
		}), "manual"},
		{"payout", keyword(func(k *portonev2.PlatformTransferFilterInputKeyword) {
			k.PayoutId = world.Ptr(m.live.payouts.all[0].GetId())
		}), "manual"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, err := m.GetPlatformTransferSummaries(context.Background(), &portonev2.GetPlatformTransferSummariesRequest{Filter: test.filter})
			if err != nil {
				t.Fatal(err)
			}
			worldtest.Complete(t, answer)
			var ids []string
			for _, s := range answer.GetTransferSummaries() {
				ids = append(ids, s.GetManual().GetId()+s.GetOrder().GetId()+s.GetOrderCancel().GetId())
			}
			if got := strings.Join(ids, " "); got != test.want || int(answer.GetPage().GetTotalCount()) != len(ids) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestTransferFilterRefusals(t *testing.T) {
	m := stocked(t)
	days := func(from, until string) *portonev2.DateRange { return &portonev2.DateRange{From: &from, Until: &until} }
	for name, filter := range map[string]*transferFilterInput{
		"two ranges": {SettlementDateRange: days("2026-03-01", "2026-03-02"), SettlementStartDateRange: days("2026-03-01", "2026-03-02")},
		"no date":    {SettlementDateRange: days("2026-03-01", "2026-03-32")},
		"backward":   {SettlementStartDateRange: days("2026-03-02", "2026-03-01")},
		"two texts":  {Keyword: &portonev2.PlatformTransferFilterInputKeyword{All: world.Ptr("o"), PartnerMemo: world.Ptr("o")}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.GetPlatformTransferSummaries(context.Background(), &portonev2.GetPlatformTransferSummariesRequest{Filter: filter})
			refused(t, "PlatformTransferService.GetPlatformTransferSummaries", err, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
			err = m.DownloadPlatformTransferSheet(&portonev2.DownloadPlatformTransferSheetRequest{Filter: filter}, nil)
			refused(t, "PlatformTransferService.DownloadPlatformTransferSheet", err, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
		})
	}
}

// download is a stream that keeps what is sent.
type download struct {
	grpc.ServerStream
	pieces []*httpbody.HttpBody
}

func (d *download) Send(piece *httpbody.HttpBody) error {
	d.pieces = append(d.pieces, piece)
	return nil
}

// sheetOf downloads a sheet and reads it.
func (m *market) sheetOf(filter *transferFilterInput, fields ...string) (rows [][]string, pieces int) {
	m.t.Helper()
	var d download
	if err := m.DownloadPlatformTransferSheet(&portonev2.DownloadPlatformTransferSheetRequest{Filter: filter, Fields: fields}, &d); err != nil {
		m.t.Fatal(err)
	}
	var text strings.Builder
	for _, piece := range d.pieces {
		if piece.GetContentType() != "text/csv; charset=utf-8" {
			m.t.Errorf("content type %q", piece.GetContentType())
		}
		text.Write(piece.GetData())
	}
	body, marked := strings.CutPrefix(text.String(), "\ufeff")
	if !marked {
		m.t.Errorf("no byte order mark before %.20q", text.String())
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		m.t.Fatal(err)
	}
	return rows, len(d.pieces)
}

func TestSheet(t *testing.T) {
	m := stocked(t)
	rows, _ := m.sheetOf(nil, "TRANSFER_ID", "TRANSFER_TYPE", "TRANSFER_STATUS", "TRANSFER_MEMO", "TRANSFER_SETTLEMENT_AMOUNT",
		"TRANSFER_PAYMENT_METHOD", "TRANSFER_colour", "PARTNER_ID", "PARTNER_region", "FORMULA_any")
	want := [][]string{
		{"정산 아이디", "정산 유형", "상태", "메모", "정산 금액", "결제 수단", "colour", "파트너 아이디", "region", "any"},
		{"manual", "MANUAL", "PAID_OUT", "", "700", "", "", "seller", "north of seller", ""},
		{"of-e", "ORDER", "SCHEDULED", "melons, \"fresh\"", "890", "", "green", "grower", "north of grower", ""},
		{"cancel-c", "ORDER_CANCEL", "IN_PROCESS", "", "4175", "CARD", "", "seller", "north of seller", ""},
		{"of-p", "ORDER", "IN_PROCESS", "", "8300", "CARD", "", "seller", "north of seller", ""},
	}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("%q\nwant\n%q", rows, want)
	}
	rows, _ = m.sheetOf(&transferFilterInput{Keyword: &portonev2.PlatformTransferFilterInputKeyword{TransferId: world.Ptr("of-p")}})
	if len(rows) != 2 || len(rows[0]) != len(columns) {
		t.Errorf("without fields %q", rows)
	}
	var keys []string
	for _, c := range append(slices.Clone(columns), partnerColumns...) {
		keys = append(keys, c.key)
	}
	m.sheetOf(nil, keys...) // none panics on any type
	for _, field := range []string{"PARTNER_STATUS_UPDATED_AT", "SETTLEMENT_AMOUNT", "FORMULA_", ""} {
		err := m.DownloadPlatformTransferSheet(&portonev2.DownloadPlatformTransferSheetRequest{Fields: []string{field}}, &download{})
		refused(t, "PlatformTransferService.DownloadPlatformTransferSheet", err, portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
	}
}

func TestLongSheet(t *testing.T) {
	m := newMarket(t)
	for i := range 2_000 {
		m.enterManual(fmt.Sprintf("transfer-number-%d", i), 1, "2026-04-01")
	}
	if rows, pieces := m.sheetOf(nil, "TRANSFER_ID", "PARTNER_NAME"); len(rows) != 2_001 || pieces < 2 {
		t.Errorf("%d rows in %d pieces", len(rows), pieces)
	}
}

// TestSettlementFilter has a row for every condition on partner settlements.
func TestSettlementFilter(t *testing.T) {
	m := stocked(t)
	m.world.Clock.Advance(30 * day)
	m.world.Clock.Settle()
	type input = portonev2.PlatformPartnerSettlementFilterInput
	type keyword = portonev2.PlatformPartnerSettlementFilterKeywordInput
	id := m.settlementIDs()[0]
	for _, test := range []struct {
		name   string
		filter *input
		want   int
	}{
		{"none", nil, 4},
		{"dates", &input{SettlementDates: []string{"2026-03-11"}}, 2},
		{"contracts", &input{ContractIds: []string{"plain"}}, 3},
		{"tags", &input{PartnerTags: []string{"tag-grower"}}, 1},
		{"currencies", &input{SettlementCurrencies: []portonev2.Currency{portonev2.Currency_CURRENCY_USD}}, 0},
		{"statuses", &input{Statuses: []portonev2.PlatformPartnerSettlementStatus{payoutDone}}, 1},
		{"partners", &input{PartnerIds: []string{"seller"}}, 3},
		{"types", &input{SettlementTypes: []portonev2.PlatformPartnerSettlementType{portonev2.PlatformPartnerSettlementType_PLATFORM_PARTNER_SETTLEMENT_TYPE_ORDER_CANCEL}}, 1},
		{"id", &input{Keyword: &keyword{PartnerSettlementId: &id}}, 1},
		{"payout", &input{Keyword: &keyword{PayoutId: world.Ptr(m.live.payouts.all[0].GetId())}}, 1},
		{"bulk payout", &input{Keyword: &keyword{BulkPayoutId: world.Ptr("bulk")}}, 1},
	} {
		got := m.partnerSettlements(test.filter)
		if len(got.GetItems()) != test.want {
			t.Errorf("%s: %d settlements, want %d", test.name, len(got.GetItems()), test.want)
		}
		if test.name == "statuses" && got.GetCounts().GetPayoutPrepared() != 3 {
			t.Errorf("statuses narrow the counts: %v", got.GetCounts())
		}
	}
}

// TestPayoutFilters has a row for every condition on payouts and what is about them.
func TestPayoutFilters(t *testing.T) {
	m := stocked(t)
	now := &portonev2.DateTimeRange{From: timestamppb.New(start), Until: timestamppb.New(start)}
	past := &portonev2.DateTimeRange{From: timestamppb.New(start.Add(-2)), Until: timestamppb.New(start.Add(-1))}
	no, id := world.Ptr("none"), world.Ptr(m.live.payouts.all[0].GetId())
	type criteria = portonev2.PlatformPayoutFilterInputCriteria
	for name, filter := range map[string]*portonev2.PlatformPayoutFilterInput{
		"":         nil,
		"statuses": {Statuses: []portonev2.PlatformPayoutStatus{portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_SUCCEEDED}},
		"everything": {
			PartnerIds: []string{"seller"}, PayoutAccountBanks: []portonev2.Bank{portonev2.Bank_BANK_HANA}, PartnerTags: []string{"tag-seller"},
			PayoutCurrencies: []portonev2.Currency{portonev2.Currency_CURRENCY_KRW}, PayoutIds: []string{*id},
			TaxInvoiceStatuses:   []portonev2.PlatformPayoutTaxInvoiceStatus{portonev2.PlatformPayoutTaxInvoiceStatus_PLATFORM_PAYOUT_TAX_INVOICE_STATUS_NONE},
			PartnerTypes:         []portonev2.PlatformPartnerTypeName{portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_BUSINESS},
			PartnerTaxationTypes: []portonev2.PlatformPartnerTaxationType{portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_NORMAL},
			SettlementStatementStatuses: []portonev2.PlatformPayoutSettlementStatementStatus{
				portonev2.PlatformPayoutSettlementStatementStatus_PLATFORM_PAYOUT_SETTLEMENT_STATEMENT_STATUS_UNSENT},
			Criteria: &criteria{TimestampRange: now, StatusUpdatedTimestampRange: now, PayoutId: id, BulkPayoutId: world.Ptr("bulk")},
		},
		"no partner":   {PartnerIds: []string{"grower"}},
		"no time":      {Criteria: &criteria{TimestampRange: past}},
		"no schedule":  {Criteria: &criteria{ScheduledTimestampRange: now}},
		"no statement": {Criteria: &criteria{SettlementStatementId: no}},
		"no issue":     {Criteria: &criteria{SettlementStatementIssuedTimestampRange: now}},
		"no invoice":   {Criteria: &criteria{TaxInvoiceId: no}},
		"no status":    {Statuses: []portonev2.PlatformPayoutStatus{portonev2.PlatformPayoutStatus_PLATFORM_PAYOUT_STATUS_FAILED}},
	} {
		answer, err := m.GetPlatformPayouts(context.Background(), &portonev2.GetPlatformPayoutsRequest{Filter: filter})
		if err != nil || len(answer.GetItems()) == 1 == strings.HasPrefix(name, "no ") {
			t.Errorf("payouts, %s: %v, %v", name, answer, err)
		}
	}
	for name, filter := range map[string]*portonev2.PlatformBulkPayoutFilterInput{
		"everything": {Methods: []portonev2.PlatformPayoutMethod{portonev2.PlatformPayoutMethod_PLATFORM_PAYOUT_METHOD_DIRECT},
			Criteria: &portonev2.PlatformBulkPayoutFilterInputCriteria{TimestampRange: now, StatusUpdatedTimestampRange: now, BulkPayoutId: world.Ptr("bulk")}},
		"no method": {Methods: []portonev2.PlatformPayoutMethod{portonev2.PlatformPayoutMethod_PLATFORM_PAYOUT_METHOD_AGENCY}},
		"no status": {Statuses: []portonev2.PlatformBulkPayoutStatus{portonev2.PlatformBulkPayoutStatus_PLATFORM_BULK_PAYOUT_STATUS_ONGOING}},
	} {
		answer, err := m.GetPlatformBulkPayouts(context.Background(), &portonev2.GetPlatformBulkPayoutsRequest{Filter: filter})
		if err != nil || len(answer.GetItems()) == 1 == strings.HasPrefix(name, "no ") {
			t.Errorf("bulk payouts, %s: %v, %v", name, answer, err)
		}
	}
	sent := m.live.bank.transfers[1].GetWithdrawal()
	for name, filter := range map[string]*portonev2.PlatformAccountTransferFilter{
		"everything": {TradeTimestampRange: now, CreatedTimestampRange: now, StatusUpdatedTimestampRange: now, AccountTransferId: sent.Id,
			BankAccountId: sent.BankAccountId, BulkAccountTransferId: sent.BulkAccountTransferId, PayoutId: id, AccountTransferIds: []string{sent.GetId()},
			DepositAccountHolder: world.Ptr("Holder of seller")},
		"deposits":    {Types: []portonev2.PlatformAccountTransferType{portonev2.PlatformAccountTransferType_PLATFORM_ACCOUNT_TRANSFER_TYPE_DEPOSIT}},
		"depositor":   {DepositorName: world.Ptr(accountHolder)},
		"no schedule": {ScheduledTimestampRange: now},
		"no memo":     {DepositMemo: no},
		"no text":     {WithdrawalMemo: no},
		"no status":   {Statuses: []portonev2.PlatformAccountTransferStatus{portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_FAILED}},
	} {
		answer, err := m.GetPlatformAccountTransfers(context.Background(), &portonev2.GetPlatformAccountTransfersRequest{Filter: filter})
		if err != nil || len(answer.GetItems()) == 1 == strings.HasPrefix(name, "no ") {
			t.Errorf("account transfers, %s: %v, %v", name, answer, err)
		}
	}
	batches, err := m.GetPlatformBulkAccountTransfers(context.Background(), &portonev2.GetPlatformBulkAccountTransfersRequest{
		Filter: &portonev2.PlatformBulkAccountTransferFilterInput{Criteria: &portonev2.PlatformBulkAccountTransferFilterInputCriteria{
			TimestampRange: now, StatusUpdatedTimestampRange: now, BulkAccountTransferId: sent.BulkAccountTransferId}}})
	if err != nil || len(batches.GetItems()) != 1 {
		t.Errorf("batches: %v, %v", batches, err)
	}
}

// TestPages expects every list to refuse a page that cannot be.
func TestPages(t *testing.T) {
	m, ctx, page := stocked(t), context.Background(), &portonev2.PageInput{Size: world.Ptr(int32(60_001))}
	for method, call := range map[string]func() error{
		"PlatformTransferService.GetPlatformTransferSummaries": func() error {
			_, err := m.GetPlatformTransferSummaries(ctx, &portonev2.GetPlatformTransferSummariesRequest{Page: page})
			return err
		},
		"PlatformPartnerSettlementService.GetPlatformPartnerSettlements": func() error {
			_, err := m.GetPlatformPartnerSettlements(ctx, &portonev2.GetPlatformPartnerSettlementsRequest{Page: page})
			return err
		},
		"PlatformPayoutService.GetPlatformPayouts": func() error {
			_, err := m.GetPlatformPayouts(ctx, &portonev2.GetPlatformPayoutsRequest{Page: page})
			return err
		},
		"PlatformBulkPayoutService.GetPlatformBulkPayouts": func() error {
			_, err := m.GetPlatformBulkPayouts(ctx, &portonev2.GetPlatformBulkPayoutsRequest{Page: page})
			return err
		},
		"PlatformAccountTransferService.GetPlatformAccountTransfers": func() error {
			_, err := m.GetPlatformAccountTransfers(ctx, &portonev2.GetPlatformAccountTransfersRequest{Page: page})
			return err
		},
		"PlatformBulkAccountTransferService.GetPlatformBulkAccountTransfers": func() error {
			_, err := m.GetPlatformBulkAccountTransfers(ctx, &portonev2.GetPlatformBulkAccountTransfersRequest{Page: page})
			return err
		},
	} {
		refused(t, method, call(), portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, nil)
	}
}

// BenchmarkSummaries lists a page of 100,000 transfers, without and with a search in
// all fields.
func BenchmarkSummaries(b *testing.B) {
	m := newMarket(b)
	for i := range 100_000 {
		req := &manualRequest{Id: world.Ptr(fmt.Sprint(i)), PartnerId: world.Ptr("seller"), SettlementAmount: world.Ptr(int64(1)), SettlementDate: world.Ptr("2026-04-01")}
		if _, err := m.CreatePlatformManualTransfer(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
	for name, filter := range map[string]*transferFilterInput{
		"all":     nil,
		"tags":    {PartnerTags: []string{"tag-seller"}},
		"keyword": {Keyword: &portonev2.PlatformTransferFilterInputKeyword{All: world.Ptr("99999")}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := m.GetPlatformTransferSummaries(context.Background(), &portonev2.GetPlatformTransferSummariesRequest{Filter: filter}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
