package checkout

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// report sums up the sales from one day until another.
func report(s *Store, from, until string, filter *portonev2.PaymentReconciliationTransactionSummaryFilterInput) (*portonev2.GetPaymentReconciliationTransactionVatReportResponse, error) {
	return s.GetPaymentReconciliationTransactionVatReport(ctx, &portonev2.GetPaymentReconciliationTransactionVatReportRequest{
		DateRange: &portonev2.DateRange{From: &from, Until: &until}, Filter: filter,
	})
}

// merchant is a merchant account at Toss Payments.
func merchant(id string) *portonev2.ReconciliationPgSpecifier {
	return &portonev2.ReconciliationPgSpecifier{
		PgMerchantId: &id, PgProvider: portonev2.ReconciliationPgProvider_RECONCILIATION_PG_PROVIDER_TOSSPAYMENTS.Enum(),
	}
}

func TestVATReport(t *testing.T) {
	const perDay = 1_754_000
	matched := portonev2.PaymentReconciliationStatus_PAYMENT_RECONCILIATION_STATUS_MATCHED
	missed := portonev2.PaymentReconciliationStatus_PAYMENT_RECONCILIATION_STATUS_NOT_MATCHED
	type filter = portonev2.PaymentReconciliationTransactionSummaryFilterInput
	type statuses = []portonev2.PaymentReconciliationStatus
	tests := []struct {
		name, from, until string
		filter            *filter
		want              int64
		merchants         int
	}{
		{"a day", "2026-01-01", "2026-01-01", nil, perDay, 1},
		{"a month", "2026-01-01", "2026-01-31", nil, 31 * perDay, 1},
		{"until the future", "2026-01-31", "2026-12-31", nil, perDay, 1},
		{"the future", "2026-02-01", "2026-12-31", nil, 0, 1},
		{"all time", "0001-01-01", "9999-12-31", nil, 739_647 * perDay, 1},
		{"a store", "2026-01-01", "2026-01-01", &filter{StoreIds: []string{"any"}}, perDay, 1},
		{"two merchants", "2026-01-01", "2026-01-01", &filter{PgSpecifiers: []*portonev2.ReconciliationPgSpecifier{merchant("a"), merchant("b"), merchant("a")}}, 2 * perDay, 2},
		{"what matches", "2026-01-01", "2026-01-01", &filter{ReconciliationStatuses: statuses{missed, matched}}, perDay, 1},
		{"what does not match", "2026-01-01", "2026-01-01", &filter{ReconciliationStatuses: statuses{missed}}, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := report(newStore(), test.from, test.until, test.filter)
			if err != nil {
				t.Fatal(err)
			}
			worldtest.Complete(t, got)
			if got.GetSummary().GetTotalAmount() != test.want || len(got.GetPgSpecifiers()) != test.merchants || (len(got.GetItems()) > 0) != (test.want > 0) {
				t.Errorf("%s to %s, %v: %v, want %d", test.from, test.until, test.filter, got, test.want)
			}
		})
	}
}

// TestKoreanDay asks for a day that has come in Korea and not yet in UTC.
func TestKoreanDay(t *testing.T) {
	s := New(world.New(world.NewStoppedClock(time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC))), nil)
	got, err := report(s, "2026-02-01", "2026-02-01", nil)
	if err != nil || len(got.GetItems()) == 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestVATReportRefusals(t *testing.T) {
	for _, test := range []struct{ from, until string }{
		{"2026-01-02", "2026-01-01"},
		{"2026-02-30", "2026-03-01"},
		{"2026-02-01", "yesterday"},
	} {
		_, err := report(newStore(), test.from, test.until, nil)
		expect(t, err, invalidRequest)
		_, err = newStore().GetPaymentReconciliationSettlementVatReport(ctx, &portonev2.GetPaymentReconciliationSettlementVatReportRequest{
			DateRange: &portonev2.DateRange{From: &test.from, Until: &test.until},
		})
		expect(t, err, invalidRequest)
	}
}

// TestVATReportAddsUp draws ranges: items add up to the summary, amounts to totals,
// and both reports say the same.
func TestVATReportAddsUp(t *testing.T) {
	s := newStore()
	rapid.Check(t, func(t *rapid.T) {
		from := start.AddDate(0, 0, -rapid.IntRange(-10, 1_000).Draw(t, "days ago"))
		days := &portonev2.DateRange{
			From:  world.Ptr(from.Format(time.DateOnly)),
			Until: world.Ptr(from.AddDate(0, 0, rapid.IntRange(0, 1_000).Draw(t, "days")).Format(time.DateOnly)),
		}
		got, err := report(s, days.GetFrom(), days.GetUntil(), nil)
		if err != nil {
			t.Fatalf("%v: %v", days, err)
		}
		var sum sales
		for _, item := range got.GetItems() {
			one := sales{supply: item.GetSupplyAmount(), vat: item.GetVatAmount(), taxFree: item.GetTaxFreeAmount()}
			if one.total() != item.GetTotalAmount() {
				t.Fatalf("%v: %v", days, item)
			}
			sum.supply, sum.vat, sum.taxFree = sum.supply+one.supply, sum.vat+one.vat, sum.taxFree+one.taxFree
		}
		all := got.GetSummary()
		if sum != (sales{supply: all.GetTotalSupplyAmount(), vat: all.GetTotalVatAmount(), taxFree: all.GetTotalTaxFreeAmount()}) || sum.total() != all.GetTotalAmount() {
			t.Fatalf("%v: %v", days, got)
		}
		settled, err := s.GetPaymentReconciliationSettlementVatReport(ctx, &portonev2.GetPaymentReconciliationSettlementVatReportRequest{DateRange: days})
		if err != nil || !proto.Equal(settled.GetSummary(), all) || len(settled.GetItems()) != len(got.GetItems()) {
			t.Fatalf("%v: settled %v, %v; made %v", days, settled, err, got)
		}
	})
}
