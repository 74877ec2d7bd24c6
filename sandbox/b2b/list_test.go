package b2b

import (
	"fmt"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
)

type (
	bodyFilter    = portonev2.GetB2BTaxInvoicesBodyFilter
	primaryFilter = portonev2.GetB2BTaxInvoicesBodyPrimaryFilter
	dateFilter    = portonev2.GetB2BTaxInvoicesBodyDateFilter
)

// Short names for what lists go by.
const (
	byWriteDate = portonev2.B2BSearchDateType_B2B_SEARCH_DATE_TYPE_WRITE
	byIssueDate = portonev2.B2BSearchDateType_B2B_SEARCH_DATE_TYPE_ISSUE
)

// assorted makes four invoices, A to D, a day after each other.
func assorted(t *testing.T) *sandbox {
	s := newSandbox(t)
	written := func(name string, typ portonev2.B2BTaxInvoiceIssuanceType, write string, supply int64) *taxInput {
		in := s.named(s.input(typ), name)
		in.Items, in.WriteDate = nil, ptr(write)
		*in.TotalSupplyAmount, *in.TotalTaxAmount, *in.TotalAmount = supply, supply/10, supply+supply/10
		return in
	}
	s.draft(written("A", issuanceNormal, "2026-01-31", 30))
	s.wait(24 * time.Hour)
	b := written("B", issuanceReverse, "2026-03-02", 10)
	b.PurposeType = portonev2.B2BTaxInvoicePurposeType_B2B_TAX_INVOICE_PURPOSE_TYPE_INVOICE.Enum()
	s.draft(b)
	s.wait(24 * time.Hour)
	c := written("C", issuanceNormal, "2026-03-01", 40)
	c.TaxationType, *c.TotalTaxAmount, *c.TotalAmount = portonev2.B2BTaxInvoiceTaxationType_B2B_TAX_INVOICE_TAXATION_TYPE_FREE.Enum(), 0, 40
	s.draft(c)
	s.wait(24 * time.Hour)
	s.draft(written("D", issuanceNormal, "2026-03-03", 20))
	s.wait(24 * time.Hour)
	must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: "S-A", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN)})
	return s
}

// letters are the names of listed invoices.
func letters(items []*portonev2.B2BTaxInvoiceSummary) string {
	var all string
	for _, item := range items {
		all += item.GetSupplierDocumentKey()[len("S-"):]
	}
	return all
}

func TestFilters(t *testing.T) {
	s := assorted(t)
	all := s.list(&portonev2.GetB2BTaxInvoicesRequest{}).GetItems()
	a, d := all[0], all[1]
	primary := func(f *primaryFilter) *bodyFilter { return &bodyFilter{PrimaryFilter: f} }
	dates := func(f *dateFilter) *bodyFilter { return primary(&primaryFilter{DateFilter: f}) }
	days := func(from, until string) []*portonev2.DateRangeOption {
		return []*portonev2.DateRangeOption{{From: &from, Until: &until}}
	}
	tests := []struct {
		name   string
		filter *bodyFilter
		want   string
	}{
		{"none: the latest change of status first", nil, "ADCB"},
		{"empty", &bodyFilter{PrimaryFilter: &primaryFilter{}}, "ADCB"},
		{"id", primary(&primaryFilter{TaxInvoiceId: d.Id}), "D"},
		{"ids", primary(&primaryFilter{TaxInvoiceIds: []string{d.GetId(), a.GetId(), "x"}}), "AD"},
		{"bulk", primary(&primaryFilter{BulkTaxInvoiceId: ptr("x")}), ""},
		{"payout", primary(&primaryFilter{PayoutId: ptr("x")}), ""},
		{"approval number", primary(&primaryFilter{NtsApprovalNumber: a.NtsApprovalNumber}), "A"},
		{"supplier key", primary(&primaryFilter{SupplierDocumentKey: ptr("S-C")}), "C"},
		{"recipient key", primary(&primaryFilter{RecipientDocumentKey: ptr("R-B")}), "B"},
		{"the last month", dates(&dateFilter{}), "ADCB"},
		{"registered on a day", dates(&dateFilter{DateRange: days("2026-03-05", "2026-03-05")}), "B"},
		{"written in a period", dates(&dateFilter{DateType: byWriteDate.Enum(), DateRange: days("2026-03-01", "2026-03-02")}), "CB"},
		{"written in one of two", dates(&dateFilter{DateType: byWriteDate.Enum(), DateRange: append(days("2026-01-01", "2026-01-31"), days("2026-03-03", "2026-03-03")...)}), "AD"},
		{"written in the last month", dates(&dateFilter{DateType: byWriteDate.Enum()}), "DCB"},
		{"issued today", dates(&dateFilter{DateType: byIssueDate.Enum(), DateRange: days("2026-03-08", "2026-03-08")}), "A"},
		{"issued yesterday", dates(&dateFilter{DateType: byIssueDate.Enum(), DateRange: days("2026-03-07", "2026-03-07")}), ""},
		{"supplier", &bodyFilter{SupplierBrn: ptr(registry.MerchantBRN)}, "ADC"},
		{"partner as recipient", &bodyFilter{PartnerBrn: ptr(recipientBRN)}, "ADC"},
		{"partner as supplier", &bodyFilter{PartnerBrn: ptr(supplierBRN)}, "B"},
		{"status", &bodyFilter{Statuses: []status{issued, sending}}, "A"},
		{"taxation", &bodyFilter{TaxationTypes: []portonev2.B2BTaxInvoiceTaxationType{taxable}}, "ADB"},
		{"modified", &bodyFilter{DocumentModificationTypes: []portonev2.B2BTaxInvoiceDocumentModificationType{modifiedDocument}}, ""},
		{"in time", &bodyFilter{IsDelayed: ptr(false)}, "DCB"},
		{"late", &bodyFilter{IsDelayed: ptr(true)}, "A"},
		{"reverse", &bodyFilter{IssuanceTypes: []portonev2.B2BTaxInvoiceIssuanceType{issuanceReverse}}, "B"},
		{"purpose", &bodyFilter{PurposeTypes: []portonev2.B2BTaxInvoicePurposeType{portonev2.B2BTaxInvoicePurposeType_B2B_TAX_INVOICE_PURPOSE_TYPE_INVOICE}}, "B"},
		{"counterparty", &bodyFilter{CounterpartyId: ptr("of-" + supplierBRN)}, "B"},
		{"empty counterparty", &bodyFilter{CounterpartyId: ptr("")}, ""},
		{"all conditions count", &bodyFilter{SupplierBrn: ptr(registry.MerchantBRN), Statuses: []status{drafted}}, "DC"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := s.list(&portonev2.GetB2BTaxInvoicesRequest{Filter: test.filter})
			if letters(got.GetItems()) != test.want || int(got.GetPage().GetTotalCount()) != len(test.want) {
				t.Errorf("%s of %d, want %s", letters(got.GetItems()), got.GetPage().GetTotalCount(), test.want)
			}
		})
	}
	for name, req := range map[string]*portonev2.GetB2BTaxInvoicesRequest{
		"two primary conditions": {Filter: primary(&primaryFilter{TaxInvoiceId: d.Id, PayoutId: ptr("x")})},
		"no day":                 {Filter: dates(&dateFilter{DateRange: days("2026-03", "2026-03-08")})},
		"backward":               {Filter: dates(&dateFilter{DateRange: days("2026-03-08", "2026-03-07")})},
		"not begun":              {Filter: dates(&dateFilter{DateRange: []*portonev2.DateRangeOption{{From: ptr("2099-01-01")}}})},
		"a page too large":       {PageSize: ptr(int32(1001))},
		"a negative page":        {PageNumber: ptr(int32(-1))},
	} {
		t.Run(name, func(t *testing.T) { refuse(t, s.GetB2BTaxInvoices, req, invalidRequest) })
	}
}

// TestBRNMatch lists an invoice that names a business whose counterparty came
// later.
func TestBRNMatch(t *testing.T) {
	s := newSandbox(t)
	in := s.input(issuanceNormal)
	in.Recipient = &company{Brn: ptr(acme), Name: ptr("Acme"), RepresentativeName: ptr("Kim")}
	s.draft(in)
	s.counterparty("acme", acme, false)
	for match, want := range map[bool]int{false: 0, true: 1} {
		got := s.list(&portonev2.GetB2BTaxInvoicesRequest{Filter: &bodyFilter{CounterpartyId: ptr("acme"), IncludeBrnMatch: &match}})
		if len(got.GetItems()) != want {
			t.Errorf("with a match by BRN (%t): %v", match, got.GetItems())
		}
	}
}

func TestSorts(t *testing.T) {
	s := assorted(t)
	for by, want := range map[string]string{
		"WRITE_DATE": "DBCA", "ISSUANCE_DUE_DATE": "DCBA", "TOTAL_AMOUNT": "CADB", "TOTAL_SUPPLY_AMOUNT": "CADB",
		"TOTAL_TAX_AMOUNT": "ADBC", "ISSUED_AT": "ADCB", "NTS_SENT_AT": "ADCB", "REQUESTED_AT": "ADCB", "STATUS_UPDATED_AT": "ADCB",
	} {
		sort := &portonev2.B2BTaxInvoiceSortInput{
			By: portonev2.B2BTaxInvoiceSortBy(portonev2.B2BTaxInvoiceSortBy_value["B2B_TAX_INVOICE_SORT_BY_"+by]).Enum(),
		}
		if got := letters(s.list(&portonev2.GetB2BTaxInvoicesRequest{Sort: sort}).GetItems()); got != want {
			t.Errorf("by %s: %s, want %s", by, got, want)
		}
	}
	ascending := &portonev2.B2BTaxInvoiceSortInput{Order: portonev2.SortOrder_SORT_ORDER_ASC.Enum()}
	if got := letters(s.list(&portonev2.GetB2BTaxInvoicesRequest{Sort: ascending}).GetItems()); got != "BCDA" {
		t.Errorf("ascending: %s", got)
	}
	ascending.By = portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_TOTAL_TAX_AMOUNT.Enum()
	if got := letters(s.list(&portonev2.GetB2BTaxInvoicesRequest{Sort: ascending, PageSize: ptr(int32(3)), PageNumber: ptr(int32(0))}).GetItems()); got != "CBD" {
		t.Errorf("ascending by tax, the first three: %s", got)
	}
}

// TestSummary shows whether the recipient is in business.
func TestSummary(t *testing.T) {
	s := newSandbox(t)
	must(t, s.CreateB2BCounterparty, &portonev2.CreateB2BCounterpartyRequest{
		Counterparty: counterpartyInput(registry.BRNClosed), Options: &portonev2.B2BCounterpartyCreateOptions{CheckBusinessStatus: ptr(true)},
	})
	in := s.input(issuanceNormal)
	in.Recipient = &company{Brn: ptr(registry.BRNClosed)}
	s.draft(in)
	s.draft(s.named(s.input(issuanceNormal), "2"))
	got := s.list(&portonev2.GetB2BTaxInvoicesRequest{}).GetItems()
	if got[0].RecipientBusinessStatus != nil || got[1].GetRecipientClosedSuspendedDate() != *registry.Find(registry.BRNClosed).StoppedOn() || len(got[0].GetItems()) != 2 {
		t.Errorf("%v", got)
	}
}

// BenchmarkList lists a page of 100,000 invoices.
func BenchmarkList(b *testing.B) {
	s := newSandbox(&testing.T{})
	for i := range 100_000 {
		s.draft(s.named(s.input(issuanceNormal), fmt.Sprint(i)))
	}
	sorts := []portonev2.B2BTaxInvoiceSortBy{0, portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_TOTAL_AMOUNT}
	for _, by := range sorts {
		b.Run(by.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.GetB2BTaxInvoices(b.Context(), &portonev2.GetB2BTaxInvoicesRequest{
					Filter: &bodyFilter{Statuses: []status{drafted}}, Sort: &portonev2.B2BTaxInvoiceSortInput{By: by.Enum()},
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
