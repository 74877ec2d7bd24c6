package b2b

import (
	"context"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Bulk is a bulk of tax invoices to draft. At PortOne bulks come from spreadsheets
// that are uploaded in the console, and from payouts of the platform; no RPC makes
// one.
type Bulk struct {
	Name   string
	Source portonev2.B2BBulkTaxInvoiceSourceType

	// Issuance is the issuance type of all invoices, whatever theirs says.
	Issuance portonev2.B2BTaxInvoiceIssuanceType

	Invoices []BulkEntry
}

// BulkEntry is an invoice of a bulk.
type BulkEntry struct {
	Invoice *portonev2.B2BTaxInvoiceInput

	// PayoutID is the payout behind the invoice; empty if there is none.
	PayoutID string
}

// DraftBulk drafts all invoices of a bulk or, if one of them cannot be drafted,
// none, and returns the error that drafting that one alone would have met. Like
// calls of RPCs it needs the sandbox's lock.
func (s *Store) DraftBulk(b Bulk, test bool) (*portonev2.B2BBulkTaxInvoice, error) {
	m := s.mode(test)
	drafts := make([]*draft, len(b.Invoices))
	taken := newInvoices()
	for i, entry := range b.Invoices {
		input := proto.CloneOf(entry.Invoice)
		input.IssuanceType = b.Issuance.Enum()
		d, err := m.compile(manuscript{input: input})
		if err == nil {
			err = taken.free(d.B2BTaxInvoice)
		}
		if err != nil {
			return nil, err
		}
		taken.index(&invoice{B2BTaxInvoice: d.B2BTaxInvoice})
		drafts[i] = d
	}
	id := m.world.IDs.UUID("b2b bulk tax invoice")
	m.bulks[id] = &portonev2.B2BBulkTaxInvoice{
		Id:           world.Ptr(id),
		GraphqlId:    world.Ptr(m.graphqlID("B2bBulkTaxInvoice", id)),
		Name:         world.Ptr(b.Name),
		CreatedAt:    m.world.Clock.Timestamp(),
		SourceType:   b.Source.Enum(),
		IssuanceType: b.Issuance.Enum(),
	}
	for i, d := range drafts {
		inv := m.save(d)
		inv.BulkTaxInvoiceId, inv.payoutID = world.Ptr(id), b.Invoices[i].PayoutID
	}
	m.world.Counters.Add("tax_invoice.bulk_drafted")
	return m.bulk(m.bulks[id]), nil
}

// GetB2BBulkTaxInvoice returns a bulk as its invoices are now.
func (s *Store) GetB2BBulkTaxInvoice(_ context.Context, req *portonev2.GetB2BBulkTaxInvoiceRequest) (*portonev2.B2BBulkTaxInvoice, error) {
	m := s.in(req)
	b := m.bulks[req.GetBulkTaxInvoiceId()]
	if b == nil {
		return nil, world.Refuse(bulkNotFound, "there is no bulk tax invoice %q", req.GetBulkTaxInvoiceId())
	}
	return m.bulk(b), nil
}

// bulk completes a copy of a bulk with what its invoices say. A deleted invoice is
// no part of it any more.
func (m *mode) bulk(b *portonev2.B2BBulkTaxInvoice) *portonev2.B2BBulkTaxInvoice {
	shown := proto.CloneOf(b)
	shown.Stats = make(map[string]*portonev2.B2BBulkTaxInvoiceStat)
	shown.StatusUpdatedAt = shown.CreatedAt
	var count int32
	var total int64
	counts := make(map[status]int32)
	for inv := range m.invoices.latestFirst() {
		if inv.GetBulkTaxInvoiceId() != b.GetId() {
			continue
		}
		if count == 0 {
			shown.StatusUpdatedAt = proto.CloneOf(inv.StatusUpdatedAt)
		}
		count, total = count+1, total+inv.GetTotalAmount()
		counts[inv.GetStatus()]++
		tally(shown.Stats, inv)
	}
	shown.Status = bulkStatus(counts, count).Enum()
	shown.TotalInvoiceCount, shown.TotalAmount = world.Ptr(count), world.Ptr(total)
	return shown
}

// tally counts an invoice among those of its status.
func tally(stats map[string]*portonev2.B2BBulkTaxInvoiceStat, inv *invoice) {
	name := statusName(inv.GetStatus())
	stat := stats[name]
	if stat == nil {
		stat = &portonev2.B2BBulkTaxInvoiceStat{Count: world.Ptr(int32(0)), AmountSum: world.Ptr(int64(0))}
		stats[name] = stat
	}
	*stat.Count++
	*stat.AmountSum += inv.GetTotalAmount()
}

// bulkStatus sums the statuses of the invoices of a bulk up.
func bulkStatus(counts map[status]int32, count int32) portonev2.B2BBulkTaxInvoiceStatus {
	ended := counts[requestCancelled] + counts[requestRefused] + counts[issuanceCancelled]
	switch count {
	case ended: // or all were deleted
		return portonev2.B2BBulkTaxInvoiceStatus_B2B_BULK_TAX_INVOICE_STATUS_CANCELLED
	case counts[drafted]:
		return portonev2.B2BBulkTaxInvoiceStatus_B2B_BULK_TAX_INVOICE_STATUS_DRAFTED
	case counts[sendingFailed]:
		return portonev2.B2BBulkTaxInvoiceStatus_B2B_BULK_TAX_INVOICE_STATUS_FAILED
	case ended + counts[sendingCompleted] + counts[sendingFailed]:
		return portonev2.B2BBulkTaxInvoiceStatus_B2B_BULK_TAX_INVOICE_STATUS_COMPLETED
	}
	return portonev2.B2BBulkTaxInvoiceStatus_B2B_BULK_TAX_INVOICE_STATUS_IN_PROGRESS
}
