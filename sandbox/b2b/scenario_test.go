package b2b

import (
	"strings"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const sheetSource = portonev2.B2BBulkTaxInvoiceSourceType_B2B_BULK_TAX_INVOICE_SOURCE_TYPE_SHEET

// supplierBRN is the business of the counterparty on the other side of reverse
// invoices, and recipientBRN that on the other side of normal ones.
const (
	supplierBRN  = "1208800767"
	recipientBRN = "2148878782"
)

// input is what a tax invoice of 11,000 won is made of. The document numbers are
// S-1 and R-1; the other side is a counterparty, or one is made.
func (s *sandbox) input(typ portonev2.B2BTaxInvoiceIssuanceType) *portonev2.B2BTaxInvoiceInput {
	in := &portonev2.B2BTaxInvoiceInput{
		TaxationType:         taxable.Enum(),
		IssuanceType:         typ.Enum(),
		WriteDate:            ptr("2026-03-04"),
		PurposeType:          portonev2.B2BTaxInvoicePurposeType_B2B_TAX_INVOICE_PURPOSE_TYPE_RECEIPT.Enum(),
		TotalSupplyAmount:    ptr(int64(10_000)),
		TotalTaxAmount:       ptr(int64(1_000)),
		TotalAmount:          ptr(int64(11_000)),
		SupplierDocumentKey:  ptr("S-1"),
		RecipientDocumentKey: ptr("R-1"),
		Items: []*portonev2.B2BTaxInvoiceItem{
			{Name: ptr("pen"), SupplyCostAmount: ptr(int64(4_000)), TaxAmount: ptr(int64(400))},
			{Name: ptr("ink"), SupplyCostAmount: ptr(int64(6_000)), TaxAmount: ptr(int64(600))},
		},
	}
	if typ == issuanceReverse {
		in.Supplier, in.Recipient = s.other(supplierBRN), &portonev2.B2BTaxInvoiceCompany{}
	} else {
		in.Recipient = s.other(recipientBRN)
	}
	return in
}

// other is a company that is a counterparty in both modes.
func (s *sandbox) other(brn string) *portonev2.B2BTaxInvoiceCompany {
	for _, test := range []bool{false, true} {
		if s.mode(test).counterparties.business(brn) == nil {
			s.counterparty("of-"+brn, brn, test)
		}
	}
	return &portonev2.B2BTaxInvoiceCompany{Brn: ptr(brn)}
}

func (s *sandbox) draft(in *portonev2.B2BTaxInvoiceInput) *portonev2.B2BTaxInvoice {
	s.t.Helper()
	return must(s.t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: in}).GetTaxInvoice()
}

func (s *sandbox) get(id string) *portonev2.B2BTaxInvoice {
	s.t.Helper()
	return must(s.t, s.GetB2BTaxInvoice, &portonev2.GetB2BTaxInvoiceRequest{TaxInvoiceKey: id})
}

func (s *sandbox) list(req *portonev2.GetB2BTaxInvoicesRequest) *portonev2.GetB2BTaxInvoicesResponse {
	s.t.Helper()
	return must(s.t, s.GetB2BTaxInvoices, req)
}

// is expects an invoice to be in a status.
func (s *sandbox) is(id string, want status) *portonev2.B2BTaxInvoice {
	s.t.Helper()
	got := s.get(id)
	if got.GetStatus() != want {
		s.t.Fatalf("the tax invoice is %v, want %v", got.GetStatus(), want)
	}
	return got
}

// issueNow issues an invoice that the NTS has when it returns.
func (s *sandbox) issueNow(in *portonev2.B2BTaxInvoiceInput, modification *portonev2.B2BTaxInvoiceModificationCreateBody) *portonev2.B2BTaxInvoice {
	s.t.Helper()
	made := must(s.t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{
		TaxInvoice: in, Modification: modification,
	}).GetTaxInvoice()
	must(s.t, s.SendToNtsB2BTaxInvoice, &portonev2.SendToNtsB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()})
	s.wait(ntsTakes)
	return s.get(made.GetId())
}

// TestIssuedAndSent drafts an invoice of the merchant, issues it, and lets the
// regular transmission take it to the NTS.
func TestIssuedAndSent(t *testing.T) {
	s := newSandbox(t)
	made := s.draft(s.input(issuanceNormal))
	if made.GetStatus() != drafted || made.GetSupplier().GetBrn() != registry.MerchantBRN || made.GetRecipient().GetCounterpartyId() != "of-"+recipientBRN ||
		made.GetRecipient().GetName() == "" || made.GetIssuanceDueDate() != "2026-04-10" || made.NtsApprovalNumber != nil {
		t.Errorf("drafted: %v", made)
	}
	issuedNow := must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{
		TaxInvoiceKey: "S-1", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN), Memo: ptr("ok"),
	}).GetTaxInvoice()
	if issuedNow.GetStatus() != issued || issuedNow.GetIsDelayed() || issuedNow.GetMemo() != "ok" || issuedNow.GetIssuedAt() == nil ||
		len(issuedNow.GetNtsApprovalNumber()) != 24 || !strings.HasPrefix(issuedNow.GetNtsApprovalNumber(), "20260304") {
		t.Errorf("issued: %v", issuedNow)
	}
	id := made.GetId()
	regular := time.Date(2026, 3, 5, regularHour, 0, 0, 0, world.Korea)
	s.world.Clock.MoveTo(regular.Add(-time.Second))
	s.is(id, issued)
	s.wait(time.Second)
	if got := s.is(id, sending); !got.GetNtsSentAt().AsTime().Equal(regular) || got.NtsResultCode != nil {
		t.Errorf("sent: %v", got)
	}
	s.wait(ntsTakes)
	if got := s.is(id, sendingCompleted); got.GetNtsResultCode() != "SUC001" || got.GetNtsResult() == "" || got.GetNtsResultReceivedAt() == nil {
		t.Errorf("completed: %v", got)
	}
	for _, name := range []string{"drafted", "issued", "sent", "sending_completed"} {
		if s.world.Counters["tax_invoice."+name] != 1 {
			t.Errorf("counters: %v", s.world.Counters)
		}
	}
}

// TestReverse has the supplier refuse one request and issue another.
func TestReverse(t *testing.T) {
	s := newSandbox(t)
	made := s.draft(s.input(issuanceReverse))
	if made.GetRecipient().GetBrn() != registry.MerchantBRN || made.GetSupplier().GetCounterpartyId() == "" {
		t.Errorf("drafted: %v", made)
	}
	byKey := &portonev2.RequestB2BTaxInvoiceRequest{TaxInvoiceKey: "R-1", TaxInvoiceKeyType: keyOfRecipient.Enum(), Brn: ptr(registry.MerchantBRN)}
	if got := must(t, s.RequestB2BTaxInvoice, byKey).GetTaxInvoice(); got.GetStatus() != requested || got.GetRequestedAt() == nil {
		t.Errorf("requested: %v", got)
	}
	refused := must(t, s.RefuseB2BTaxInvoiceRequest, &portonev2.RefuseB2BTaxInvoiceRequestRequest{
		TaxInvoiceKey: "S-1", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(supplierBRN), Memo: ptr("wrong price"),
	}).GetTaxInvoice()
	if refused.GetStatus() != requestRefused || refused.GetMemo() != "wrong price" {
		t.Errorf("refused: %v", refused)
	}
	must(t, s.DeleteB2BTaxInvoice, &portonev2.DeleteB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()})

	again := must(t, s.RequestB2BTaxInvoiceReverseIssuance, &portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest{
		TaxInvoice: s.input(issuanceReverse), Memo: ptr("again"),
	}).GetTaxInvoice()
	if again.GetStatus() != requested || again.GetMemo() != "again" || again.GetDraftedAt() == nil {
		t.Errorf("requested again: %v", again)
	}
	must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: again.GetId()})
	s.is(again.GetId(), issued)
}

// TestCancelled cancels an issued invoice before the NTS has it, and a request
// before the supplier approves. Both stay out of the NTS.
func TestCancelled(t *testing.T) {
	s := newSandbox(t)
	made := must(t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: s.input(issuanceNormal)}).GetTaxInvoice()
	must(t, s.CancelB2BTaxInvoiceIssuance, &portonev2.CancelB2BTaxInvoiceIssuanceRequest{TaxInvoiceKey: made.GetId()})
	asked := must(t, s.RequestB2BTaxInvoiceReverseIssuance, &portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest{TaxInvoice: s.input(issuanceReverse)}).GetTaxInvoice()
	must(t, s.CancelB2BTaxInvoiceRequest, &portonev2.CancelB2BTaxInvoiceRequestRequest{TaxInvoiceKey: asked.GetId()})
	s.wait(72 * time.Hour)
	s.is(made.GetId(), issuanceCancelled)
	s.is(asked.GetId(), requestCancelled)
}

// TestIssuedAndCorrected corrects an invoice that the NTS has twice: it takes it
// back, then takes the correction back too.
func TestIssuedAndCorrected(t *testing.T) {
	s := newSandbox(t)
	original := s.issueNow(s.input(issuanceNormal), nil)
	refuse(t, s.CancelB2BTaxInvoiceIssuance, &portonev2.CancelB2BTaxInvoiceIssuanceRequest{TaxInvoiceKey: original.GetId()}, notIssuedStatus)

	correct := func(number, of string, sign int64) *portonev2.B2BTaxInvoice {
		in := s.input(issuanceNormal)
		in.SupplierDocumentKey, in.RecipientDocumentKey = ptr("S-"+number), nil
		for _, amount := range []*int64{in.TotalSupplyAmount, in.TotalTaxAmount, in.TotalAmount} {
			*amount *= sign
		}
		in.Items = nil
		return s.issueNow(in, &portonev2.B2BTaxInvoiceModificationCreateBody{
			Type:          portonev2.B2BTaxInvoiceModificationType_B2B_TAX_INVOICE_MODIFICATION_TYPE_CANCELLATION_OF_CONTRACT.Enum(),
			TaxInvoiceKey: ptr(of), TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN),
		})
	}
	first := correct("2", "S-1", -1)
	want := &portonev2.B2BTaxInvoiceModification{
		Type:                      portonev2.B2BTaxInvoiceModificationType_B2B_TAX_INVOICE_MODIFICATION_TYPE_CANCELLATION_OF_CONTRACT.Enum(),
		OriginalNtsApprovalNumber: original.NtsApprovalNumber, OriginalTaxInvoiceId: original.Id, RootTaxInvoiceId: original.Id,
	}
	same(t, "the first correction", first.GetModification(), want)
	if first.GetStatus() != sendingCompleted || first.GetTotalAmount() != -11_000 || first.GetDocumentModificationType() != modifiedDocument {
		t.Errorf("the first correction: %v", first)
	}
	second := correct("3", "S-2", 1)
	want.OriginalNtsApprovalNumber, want.OriginalTaxInvoiceId = first.NtsApprovalNumber, first.Id
	same(t, "the second correction", second.GetModification(), want)
	same(t, "the original", s.get(original.GetId()), original)
	found := s.list(&portonev2.GetB2BTaxInvoicesRequest{Filter: &portonev2.GetB2BTaxInvoicesBodyFilter{
		DocumentModificationTypes: []portonev2.B2BTaxInvoiceDocumentModificationType{modifiedDocument},
	}})
	if found.GetPage().GetTotalCount() != 2 {
		t.Errorf("%d modified invoices", found.GetPage().GetTotalCount())
	}
}

// TestSendingFails has the NTS turn an invoice down, which is then deleted and
// leaves its numbers free.
func TestSendingFails(t *testing.T) {
	s := newSandbox(t)
	in := s.input(issuanceNormal)
	in.Recipient = s.other(registry.BRNTransmissionFails)
	made := s.issueNow(in, nil)
	if made.GetStatus() != sendingFailed || made.GetNtsResultCode() != "ERR001" {
		t.Errorf("%v", made)
	}
	must(t, s.DeleteB2BTaxInvoice, &portonev2.DeleteB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()})
	s.draft(in)
}

// TestDelayed issues an invoice after its due date.
func TestDelayed(t *testing.T) {
	for _, test := range []struct {
		name    string
		at      time.Time
		delayed bool
	}{
		{"in the last second", time.Date(2026, 4, 10, 23, 59, 59, 0, world.Korea), false},
		{"a second later", time.Date(2026, 4, 11, 0, 0, 0, 0, world.Korea), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSandbox(t)
			made := s.draft(s.input(issuanceNormal))
			s.world.Clock.MoveTo(test.at)
			got := must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()}).GetTaxInvoice()
			if got.GetIsDelayed() != test.delayed {
				t.Errorf("delayed: %t", got.GetIsDelayed())
			}
		})
	}
}

// TestCounterpartyInUse keeps a counterparty until its invoice is over.
func TestCounterpartyInUse(t *testing.T) {
	s := newSandbox(t)
	made := s.draft(s.input(issuanceNormal))
	del := &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: "of-" + recipientBRN}
	refuse(t, s.DeleteB2BCounterparty, del, counterpartyOngoing)
	must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()})
	refuse(t, s.DeleteB2BCounterparty, del, counterpartyOngoing)
	s.wait(72 * time.Hour)
	must(t, s.DeleteB2BCounterparty, del)
	s.is(made.GetId(), sendingCompleted)
}

// TestCertificateForIssuing lets no one sign without a valid certificate.
func TestCertificateForIssuing(t *testing.T) {
	for _, brn := range []string{registry.BRNWithoutCertificate, registry.BRNExpiredCertificate} {
		s := newSandbox(t)
		in := s.input(issuanceReverse)
		in.Supplier = s.other(brn)
		made := must(t, s.RequestB2BTaxInvoiceReverseIssuance, &portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest{TaxInvoice: in}).GetTaxInvoice()
		issue := &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()}
		refuse(t, s.IssueB2BTaxInvoice, issue, externalService)
		normal := s.input(issuanceNormal)
		normal.Supplier = s.other(brn)
		normal.SupplierDocumentKey, normal.RecipientDocumentKey = ptr("S-2"), nil
		refuse(t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: normal}, externalService)

		must(t, s.GetB2BCounterpartyCertificateRegistrationUrl, &portonev2.GetB2BCounterpartyCertificateRegistrationUrlRequest{Brn: brn})
		s.wait(registeringTakes)
		must(t, s.IssueB2BTaxInvoice, issue)
		must(t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: normal})
	}
}
