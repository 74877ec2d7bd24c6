package b2b

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// invoice is a tax invoice with what the contract shows elsewhere.
type invoice struct {
	*portonev2.B2BTaxInvoice

	payoutID     string // the payout behind it; empty if there is none
	cancelReason string // the memo of the call that cancelled or refused it
	attachments  []*portonev2.B2BTaxInvoiceAttachment

	listed listed
	slot   int // in the order of changes of status
}

// listed is what lists look at most. It stands beside the message because lists
// run through all invoices, and each pointer in a message costs them a while.
type listed struct {
	status    status
	issuance  portonev2.B2BTaxInvoiceIssuanceType
	taxation  portonev2.B2BTaxInvoiceTaxationType
	document  portonev2.B2BTaxInvoiceDocumentModificationType
	purpose   portonev2.B2BTaxInvoicePurposeType
	delayed   bool
	drafted   int64 // seconds since 1970
	issued    int64 // the same; 0 before
	writeDate int64 // YYYYMMDD
	supplier  string
	recipient string
}

// partner is the BRN of the other side, from the view of the one who wrote the
// invoice.
func (l *listed) partner() string {
	if l.issuance == issuanceReverse {
		return l.supplier
	}
	return l.recipient
}

// read takes from the message what lists look at. Every change of the message
// ends with it.
func (inv *invoice) read() {
	inv.listed = listed{
		status:    inv.GetStatus(),
		issuance:  inv.GetIssuanceType(),
		taxation:  inv.GetTaxationType(),
		document:  inv.GetDocumentModificationType(),
		purpose:   inv.GetPurposeType(),
		delayed:   inv.GetIsDelayed(),
		drafted:   inv.GetDraftedAt().GetSeconds(),
		issued:    inv.GetIssuedAt().GetSeconds(),
		writeDate: dayNumber(inv.GetWriteDate()),
		supplier:  inv.GetSupplier().GetBrn(),
		recipient: inv.GetRecipient().GetBrn(),
	}
}

// with reports whether a counterparty is a party to the invoice.
func (inv *invoice) with(counterpartyID string) bool {
	return counterpartyID != "" && (inv.GetSupplier().GetCounterpartyId() == counterpartyID || inv.GetRecipient().GetCounterpartyId() == counterpartyID)
}

// reverse reports whether the recipient wrote the invoice.
func (inv *invoice) reverse() bool { return inv.GetIssuanceType() == issuanceReverse }

// partner is the other side, from the view of the one who wrote the invoice.
func (inv *invoice) partner() *portonev2.B2BTaxInvoiceCompany {
	if inv.reverse() {
		return inv.GetSupplier()
	}
	return inv.GetRecipient()
}

// invoices are those of a mode.
type invoices struct {
	byID  map[string]*invoice
	byKey map[documentKey]*invoice
	order
}

func newInvoices() *invoices {
	return &invoices{byID: make(map[string]*invoice), byKey: make(map[documentKey]*invoice)}
}

func (l *invoices) add(inv *invoice) {
	l.byID[inv.GetId()] = inv
	inv.read()
	l.push(inv)
	l.index(inv)
}

func (l *invoices) remove(inv *invoice) {
	l.unindex(inv)
	delete(l.byID, inv.GetId())
	l.drop(inv)
}

// index makes an invoice known by its document numbers.
func (l *invoices) index(inv *invoice) {
	for _, key := range documentKeys(inv.B2BTaxInvoice) {
		l.byKey[key] = inv
	}
}

func (l *invoices) unindex(inv *invoice) {
	for _, key := range documentKeys(inv.B2BTaxInvoice) {
		delete(l.byKey, key)
	}
}

// GetB2BTaxInvoice returns a tax invoice.
func (s *Store) GetB2BTaxInvoice(_ context.Context, req *portonev2.GetB2BTaxInvoiceRequest) (*portonev2.B2BTaxInvoice, error) {
	inv, err := s.in(req).find(req, keyOfID)
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(inv.B2BTaxInvoice), nil
}

// DeleteB2BTaxInvoice deletes a tax invoice that is not in force. Its document
// numbers are free again.
func (s *Store) DeleteB2BTaxInvoice(_ context.Context, req *portonev2.DeleteB2BTaxInvoiceRequest) (*portonev2.DeleteB2BTaxInvoiceResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfID)
	if err == nil {
		_, err = next(opRemove, inv)
	}
	if err != nil {
		return nil, err
	}
	m.invoices.remove(inv)
	m.world.Counters.Add("tax_invoice.deleted")
	return &portonev2.DeleteB2BTaxInvoiceResponse{}, nil
}

// enter gives an invoice of the mode another status, which makes it the latest to
// have changed.
func (m *mode) enter(inv *invoice, status portonev2.B2BTaxInvoiceStatus) {
	m.mark(inv, status)
	inv.read()
	m.invoices.drop(inv)
	m.invoices.push(inv)
	m.changed(inv)
}

// mark gives an invoice a status and notes when that was.
func (m *mode) mark(inv *invoice, status portonev2.B2BTaxInvoiceStatus) {
	now := m.world.Clock.Timestamp()
	inv.Status, inv.StatusUpdatedAt = status.Enum(), now
	switch status {
	case drafted:
		inv.DraftedAt = now
	case requested:
		inv.RequestedAt = now
	case issued:
		inv.IssuedAt = now
	case sending:
		inv.NtsSentAt = now
	case sendingCompleted, sendingFailed:
		inv.NtsResultReceivedAt = now
	}
}

// dueDate is the last day for issuing an invoice: the tenth of the month after the
// one that is written on it.
func dueDate(writeDate time.Time) time.Time {
	return time.Date(writeDate.Year(), writeDate.Month()+1, 10, 0, 0, 0, 0, world.Korea)
}

// parseDay reads a date of the contract, which is one in Korea.
func parseDay(text string) (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, text, world.Korea)
}

// Short names for the two ways to write an invoice.
const (
	issuanceNormal  = portonev2.B2BTaxInvoiceIssuanceType_B2B_TAX_INVOICE_ISSUANCE_TYPE_NORMAL
	issuanceReverse = portonev2.B2BTaxInvoiceIssuanceType_B2B_TAX_INVOICE_ISSUANCE_TYPE_REVERSE
)
