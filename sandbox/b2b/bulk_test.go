package b2b

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestBulk follows a bulk while its invoices go different ways.
func TestBulk(t *testing.T) {
	s := newSandbox(t)
	entries := []BulkEntry{
		{Invoice: s.named(s.input(issuanceNormal), "1"), PayoutID: "payout-1"},
		{Invoice: s.named(s.input(issuanceNormal), "2")},
		{Invoice: s.named(s.input(issuanceNormal), "3")},
	}
	made, err := s.DraftBulk(Bulk{Name: "March", Source: sheetSource, Issuance: issuanceNormal, Invoices: entries}, false)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(count int32, status string, stats map[string]int32) {
		t.Helper()
		got := must(t, s.GetB2BBulkTaxInvoice, &portonev2.GetB2BBulkTaxInvoiceRequest{BulkTaxInvoiceId: made.GetId()})
		ok := got.GetTotalInvoiceCount() == count && got.GetTotalAmount() == int64(count)*11_000 &&
			got.GetStatus().String() == "B2B_BULK_TAX_INVOICE_STATUS_"+status && len(got.GetStats()) == len(stats)
		for name, n := range stats {
			stat := got.GetStats()[name]
			ok = ok && stat.GetCount() == n && stat.GetAmountSum() == int64(n)*11_000
		}
		if !ok {
			t.Errorf("%v, want %d %s %v", got, count, status, stats)
		}
	}
	expect(3, "DRAFTED", map[string]int32{"DRAFTED": 3})
	found := s.list(&portonev2.GetB2BTaxInvoicesRequest{Filter: &portonev2.GetB2BTaxInvoicesBodyFilter{
		PrimaryFilter: &portonev2.GetB2BTaxInvoicesBodyPrimaryFilter{BulkTaxInvoiceId: made.Id},
	}}).GetItems()
	if len(found) != 3 || found[2].GetPayoutId() != "payout-1" || found[0].PayoutId != nil {
		t.Fatalf("the invoices: %v", found)
	}
	s.wait(time.Hour)
	must(t, s.DeleteB2BTaxInvoice, &portonev2.DeleteB2BTaxInvoiceRequest{TaxInvoiceKey: found[2].GetId()})
	must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: found[0].GetId()})
	expect(2, "IN_PROGRESS", map[string]int32{"DRAFTED": 1, "ISSUED": 1})
	must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: found[1].GetId()})
	s.wait(72 * time.Hour)
	expect(2, "COMPLETED", map[string]int32{"SENDING_COMPLETED": 2})
	refuse(t, s.GetB2BBulkTaxInvoice, &portonev2.GetB2BBulkTaxInvoiceRequest{BulkTaxInvoiceId: made.GetId(), Test: ptr(true)}, bulkNotFound)
}

func TestBulkStatus(t *testing.T) {
	tests := []struct {
		name   string
		counts map[status]int32
		want   string
	}{
		{"all deleted", nil, "CANCELLED"},
		{"all cancelled", map[status]int32{issuanceCancelled: 1, requestRefused: 1, requestCancelled: 1}, "CANCELLED"},
		{"all failed", map[status]int32{sendingFailed: 2}, "FAILED"},
		{"some failed", map[status]int32{sendingFailed: 2, sendingCompleted: 1}, "COMPLETED"},
		{"on the way", map[status]int32{sending: 1, sendingCompleted: 1}, "IN_PROGRESS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var count int32
			for _, n := range test.counts {
				count += n
			}
			if got := bulkStatus(test.counts, count).String(); got != "B2B_BULK_TAX_INVOICE_STATUS_"+test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// TestBulkIsAllOrNothing has a bulk refused for its last invoice.
func TestBulkIsAllOrNothing(t *testing.T) {
	s := newSandbox(t)
	twice := []BulkEntry{{Invoice: s.input(issuanceNormal)}, {Invoice: s.input(issuanceNormal)}}
	_, err := s.DraftBulk(Bulk{Issuance: issuanceNormal, Invoices: twice}, false)
	var fault *world.Refusal
	if !errors.As(err, &fault) || fault.Reason != supplierKeyUsed {
		t.Errorf("%v", err)
	}
	s.Dump(func(kind, id string, _ proto.Message) {
		if kind == "b2b-tax-invoices" || kind == "b2b-bulk-tax-invoices" {
			t.Errorf("%s %s was made", kind, id)
		}
	})
}
