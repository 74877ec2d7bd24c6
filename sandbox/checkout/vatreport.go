package checkout

import (
	"context"
	"slices"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// sales are what a merchant sells by one method on one day, in won.
type sales struct {
	method               portonev2.SimplifiedPaymentMethodType
	supply, vat, taxFree int64
}

// dailySales are those of every merchant at a PG on every day. All of them match
// the PG's record, and are settled on the day.
var dailySales = []sales{
	{portonev2.SimplifiedPaymentMethodType_SIMPLIFIED_PAYMENT_METHOD_TYPE_CARD, 1_000_000, 100_000, 50_000},
	{portonev2.SimplifiedPaymentMethodType_SIMPLIFIED_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT, 300_000, 30_000, 0},
	{portonev2.SimplifiedPaymentMethodType_SIMPLIFIED_PAYMENT_METHOD_TYPE_TRANSFER, 200_000, 20_000, 10_000},
	{portonev2.SimplifiedPaymentMethodType_SIMPLIFIED_PAYMENT_METHOD_TYPE_POINT, 40_000, 4_000, 0},
}

// GetPaymentReconciliationSettlementVatReport sums up dailySales. Stores do not
// matter; each PG merchant of the filter counts once.
func (s *Store) GetPaymentReconciliationSettlementVatReport(_ context.Context, req *portonev2.GetPaymentReconciliationSettlementVatReportRequest) (*portonev2.GetPaymentReconciliationSettlementVatReportResponse, error) {
	days, err := s.days(req.GetDateRange())
	if err != nil {
		return nil, err
	}
	merchants := merchantsOf(req.GetFilter().GetPgSpecifiers())
	items, summary := sumUp(days * int64(len(merchants)))
	return &portonev2.GetPaymentReconciliationSettlementVatReportResponse{
		Items: items, Summary: summary, PgSpecifiers: merchants,
	}, nil
}

// GetPaymentReconciliationTransactionVatReport sums up dailySales, or nothing if
// the filter leaves out what matches. Stores do not matter; each PG merchant of the
// filter counts once.
func (s *Store) GetPaymentReconciliationTransactionVatReport(_ context.Context, req *portonev2.GetPaymentReconciliationTransactionVatReportRequest) (*portonev2.GetPaymentReconciliationTransactionVatReportResponse, error) {
	days, err := s.days(req.GetDateRange())
	if err != nil {
		return nil, err
	}
	statuses := req.GetFilter().GetReconciliationStatuses()
	if len(statuses) > 0 && !slices.Contains(statuses, portonev2.PaymentReconciliationStatus_PAYMENT_RECONCILIATION_STATUS_MATCHED) {
		days = 0
	}
	merchants := merchantsOf(req.GetFilter().GetPgSpecifiers())
	items, summary := sumUp(days * int64(len(merchants)))
	return &portonev2.GetPaymentReconciliationTransactionVatReportResponse{
		Items: items, Summary: summary, PgSpecifiers: merchants,
	}, nil
}

// days counts the days of a range that have come, today included.
func (s *Store) days(r *portonev2.DateRange) (int64, error) {
	from, err := time.Parse(time.DateOnly, r.GetFrom())
	if err != nil {
		return 0, world.Invalid("dateRange.from is not a date: %q", r.GetFrom())
	}
	until, err := time.Parse(time.DateOnly, r.GetUntil())
	if err != nil {
		return 0, world.Invalid("dateRange.until is not a date: %q", r.GetUntil())
	}
	if until.Before(from) {
		return 0, world.Invalid("dateRange.until %s is before dateRange.from %s", r.GetUntil(), r.GetFrom())
	}
	year, month, day := s.world.Clock.Now().In(world.Korea).Date()
	if today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); until.After(today) {
		until = today
	}
	// In seconds, because a Duration ends at 292 years.
	return max(0, (until.Unix()-from.Unix())/(24*60*60)+1), nil
}

// merchantsOf are the PG merchants of a report: those of its filter, each once, or
// else the one of the sandbox.
func merchantsOf(filter []*portonev2.ReconciliationPgSpecifier) []*portonev2.ReconciliationPgSpecifier {
	type merchant struct {
		id string
		pg portonev2.ReconciliationPgProvider
	}
	seen := make(map[merchant]bool)
	var all []*portonev2.ReconciliationPgSpecifier
	for _, given := range filter {
		m := merchant{given.GetPgMerchantId(), given.GetPgProvider()}
		if !seen[m] {
			seen[m] = true
			all = append(all, &portonev2.ReconciliationPgSpecifier{PgMerchantId: &m.id, PgProvider: &m.pg})
		}
	}
	if all == nil {
		all = append(all, &portonev2.ReconciliationPgSpecifier{
			PgMerchantId: world.Ptr("sandbox"),
			PgProvider:   portonev2.ReconciliationPgProvider_RECONCILIATION_PG_PROVIDER_TOSSPAYMENTS.Enum(),
		})
	}
	return all
}

// sumUp is dailySales some times over. There are no items if that is never.
func sumUp(times int64) ([]*portonev2.PaymentReconciliationVatReportItem, *portonev2.PaymentReconciliationVatReportSummary) {
	var items []*portonev2.PaymentReconciliationVatReportItem
	var all sales
	for _, one := range dailySales {
		one.supply, one.vat, one.taxFree = one.supply*times, one.vat*times, one.taxFree*times
		all.supply, all.vat, all.taxFree = all.supply+one.supply, all.vat+one.vat, all.taxFree+one.taxFree
		if times > 0 {
			items = append(items, &portonev2.PaymentReconciliationVatReportItem{
				PaymentMethod: one.method.Enum(),
				SupplyAmount:  world.Ptr(one.supply),
				VatAmount:     world.Ptr(one.vat),
				TaxFreeAmount: world.Ptr(one.taxFree),
				TotalAmount:   world.Ptr(one.total()),
			})
		}
	}
	return items, &portonev2.PaymentReconciliationVatReportSummary{
		TotalSupplyAmount:  world.Ptr(all.supply),
		TotalVatAmount:     world.Ptr(all.vat),
		TotalTaxFreeAmount: world.Ptr(all.taxFree),
		TotalAmount:        world.Ptr(all.total()),
	}
}

// total is the price, taxes included.
func (s sales) total() int64 { return s.supply + s.vat + s.taxFree }
