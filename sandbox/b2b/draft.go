package b2b

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// DraftB2BTaxInvoice saves a tax invoice as a draft.
func (s *Store) DraftB2BTaxInvoice(_ context.Context, req *portonev2.DraftB2BTaxInvoiceRequest) (*portonev2.DraftB2BTaxInvoiceResponse, error) {
	m := s.in(req)
	d, err := m.compile(manuscript{
		input: req.GetTaxInvoice(), modification: req.GetModification(),
		memo: req.Memo, createRecipient: req.GetCreateRecipientCounterparty(),
	})
	if err != nil {
		return nil, err
	}
	inv := m.save(d)
	return &portonev2.DraftB2BTaxInvoiceResponse{TaxInvoice: proto.CloneOf(inv.B2BTaxInvoice)}, nil
}

// IssueB2BTaxInvoiceImmediately drafts and issues a tax invoice of the supplier.
func (s *Store) IssueB2BTaxInvoiceImmediately(_ context.Context, req *portonev2.IssueB2BTaxInvoiceImmediatelyRequest) (*portonev2.IssueB2BTaxInvoiceImmediatelyResponse, error) {
	m := s.in(req)
	d, err := m.compile(manuscript{
		input: req.GetTaxInvoice(), modification: req.GetModification(), only: issuanceNormal,
		memo: req.Memo, createRecipient: req.GetCreateRecipientCounterparty(),
	})
	switch {
	case err != nil:
		return nil, err
	case d.SupplierDocumentKey == nil: // the contract has no error of its own here
		return nil, world.Invalid("taxInvoice.supplierDocumentKey: needed for issuing")
	}
	if err := m.maySign(d.GetSupplier().GetBrn()); err != nil {
		return nil, err
	}
	inv := m.save(d)
	m.issue(inv)
	return &portonev2.IssueB2BTaxInvoiceImmediatelyResponse{TaxInvoice: proto.CloneOf(inv.B2BTaxInvoice)}, nil
}

// RequestB2BTaxInvoiceReverseIssuance drafts a tax invoice of the recipient and
// asks the supplier to issue it.
func (s *Store) RequestB2BTaxInvoiceReverseIssuance(_ context.Context, req *portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest) (*portonev2.RequestB2BTaxInvoiceReverseIssuanceResponse, error) {
	m := s.in(req)
	d, err := m.compile(manuscript{
		input: req.GetTaxInvoice(), modification: req.GetModification(), only: issuanceReverse, memo: req.Memo,
	})
	switch {
	case err != nil:
		return nil, err
	case d.RecipientDocumentKey == nil: // the contract has no error of its own here
		return nil, world.Invalid("taxInvoice.recipientDocumentKey: needed for requesting reverse issuance")
	}
	shown, err := m.act(opRequest, m.save(d), nil, "tax_invoice.requested")
	if err != nil {
		return nil, err
	}
	return &portonev2.RequestB2BTaxInvoiceReverseIssuanceResponse{TaxInvoice: shown}, nil
}

// UpdateB2BTaxInvoiceDraft replaces the contents of a draft. What it is a
// modification of, how it is taxed and who wrote it stays; a document number may
// be added where there was none.
func (s *Store) UpdateB2BTaxInvoiceDraft(_ context.Context, req *portonev2.UpdateB2BTaxInvoiceDraftRequest) (*portonev2.UpdateB2BTaxInvoiceDraftResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfRecipient)
	if err == nil {
		_, err = next(opUpdate, inv)
	}
	if err != nil {
		return nil, err
	}
	d, err := m.recompile(inv, req.GetTaxInvoice())
	if err != nil {
		return nil, err
	}
	m.invoices.unindex(inv)
	inv.B2BTaxInvoice = d.B2BTaxInvoice
	m.invoices.index(inv)
	inv.read()
	note(inv, req.Memo)
	m.world.Counters.Add("tax_invoice.updated")
	return &portonev2.UpdateB2BTaxInvoiceDraftResponse{TaxInvoice: proto.CloneOf(inv.B2BTaxInvoice)}, nil
}

// manuscript is what a caller wants to be a tax invoice.
type manuscript struct {
	input           *portonev2.B2BTaxInvoiceInput
	modification    *portonev2.B2BTaxInvoiceModificationCreateBody
	memo            *string
	createRecipient bool

	// only is the issuance type that the call is for; unspecified if for both.
	only portonev2.B2BTaxInvoiceIssuanceType
}

// draft is a tax invoice that can be saved: nothing is against it.
type draft struct {
	*portonev2.B2BTaxInvoice

	// recipient is the counterparty to make of the recipient, with the id that was
	// chosen for it. Nil if there is none to make.
	recipient   *portonev2.B2BCounterparty
	recipientID *string
}

// compile makes a draft of a manuscript. It changes nothing.
func (m *mode) compile(ms manuscript) (*draft, error) {
	if err := check(world.Known(ms.input)); err != nil {
		return nil, err
	}
	typ := issuanceType(ms.input)
	switch {
	case ms.only != 0 && typ != ms.only:
		return nil, world.Refuse(issuanceTypeMismatch, "issuanceType is not the one that this is for")
	case ms.createRecipient && typ == issuanceReverse:
		return nil, world.Refuse(issuanceTypeMismatch, "the recipient of a REVERSE tax invoice writes it, and cannot be made from it")
	}
	d := &draft{B2BTaxInvoice: contents(ms.input)}
	if err := m.setParties(d, ms.input, ms.createRecipient); err != nil {
		return nil, err
	}
	if err := m.setModification(d, ms.modification); err != nil {
		return nil, err
	}
	if ms.memo != nil {
		d.Memo = world.Ptr(*ms.memo)
	}
	return d, m.invoices.free(d.B2BTaxInvoice)
}

// recompile makes a draft of new contents for a draft. It changes nothing.
func (m *mode) recompile(inv *invoice, input *portonev2.B2BTaxInvoiceInput) (*draft, error) {
	if err := check(world.Known(input)); err != nil {
		return nil, err
	}
	switch {
	case issuanceType(input) != inv.GetIssuanceType():
		return nil, world.Refuse(issuanceTypeMismatch, "tax invoice %q has another issuanceType", inv.GetId())
	case input.GetTaxationType() != inv.GetTaxationType():
		return nil, world.Refuse(taxationTypeChanged, "tax invoice %q has another taxationType", inv.GetId())
	case changed(inv.SupplierDocumentKey, input.SupplierDocumentKey), changed(inv.RecipientDocumentKey, input.RecipientDocumentKey):
		return nil, world.Refuse(documentKeyChanged, "the document numbers of tax invoice %q cannot be changed", inv.GetId())
	case input.GetTotalAmount() < 0 && inv.Modification == nil:
		return nil, refuseUnmodified()
	}
	d := &draft{B2BTaxInvoice: contents(input)}
	if err := m.setParties(d, input, false); err != nil {
		return nil, err
	}
	keep(d.B2BTaxInvoice, inv.B2BTaxInvoice)
	return d, m.invoices.free(d.B2BTaxInvoice)
}

// changed reports whether a member that is there is to become another. Absence asks
// for no change.
func changed(present, given *string) bool {
	return present != nil && given != nil && *present != *given
}

// keep carries over what an update of a draft leaves as it is.
func keep(to, from *portonev2.B2BTaxInvoice) {
	to.Id, to.Status, to.DraftedAt, to.StatusUpdatedAt = from.Id, from.Status, from.DraftedAt, from.StatusUpdatedAt
	to.DocumentModificationType, to.Modification = from.DocumentModificationType, from.Modification
	to.BulkTaxInvoiceId, to.Memo = from.BulkTaxInvoiceId, from.Memo
	if to.SupplierDocumentKey == nil {
		to.SupplierDocumentKey = from.SupplierDocumentKey
	}
	if to.RecipientDocumentKey == nil {
		to.RecipientDocumentKey = from.RecipientDocumentKey
	}
}

// save makes a draft one of the mode's tax invoices.
func (m *mode) save(d *draft) *invoice {
	if d.recipient != nil {
		m.register(d.recipient, d.recipientID)
		d.Recipient.CounterpartyId = world.Ptr(d.recipient.GetId())
	}
	inv := &invoice{B2BTaxInvoice: d.B2BTaxInvoice}
	inv.Id = world.Ptr(m.world.IDs.UUID("b2b tax invoice"))
	m.mark(inv, drafted)
	m.invoices.add(inv)
	m.world.Counters.Add("tax_invoice.drafted")
	return inv
}

// issuanceType is who writes the invoice: the recipient, unless the input says
// otherwise.
func issuanceType(input *portonev2.B2BTaxInvoiceInput) portonev2.B2BTaxInvoiceIssuanceType {
	if input.IssuanceType == nil {
		return issuanceReverse
	}
	return input.GetIssuanceType()
}

// contents copies what an invoice has from its input, but for the parties.
func contents(input *portonev2.B2BTaxInvoiceInput) *portonev2.B2BTaxInvoice {
	in := proto.CloneOf(input)
	written, _ := parseDay(in.GetWriteDate()) // has been checked
	return &portonev2.B2BTaxInvoice{
		TaxationType:         in.TaxationType,
		IssuanceType:         issuanceType(in).Enum(),
		SerialNumber:         in.SerialNumber,
		BookVolume:           in.BookVolume,
		BookIssue:            in.BookIssue,
		WriteDate:            in.WriteDate,
		IssuanceDueDate:      world.Ptr(dueDate(written).Format(time.DateOnly)),
		PurposeType:          in.PurposeType,
		TotalSupplyAmount:    in.TotalSupplyAmount,
		TotalTaxAmount:       in.TotalTaxAmount,
		TotalAmount:          in.TotalAmount,
		CashAmount:           in.CashAmount,
		CheckAmount:          in.CheckAmount,
		CreditAmount:         in.CreditAmount,
		NoteAmount:           in.NoteAmount,
		Remarks:              in.Remarks,
		SupplierDocumentKey:  in.SupplierDocumentKey,
		RecipientDocumentKey: in.RecipientDocumentKey,
		SendSms:              world.Ptr(in.GetSendSms()),
		Items:                in.Items,
		AdditionalContacts:   in.AdditionalContacts,
	}
}
