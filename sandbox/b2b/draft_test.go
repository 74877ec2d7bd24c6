package b2b

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
)

type (
	taxInput     = portonev2.B2BTaxInvoiceInput
	company      = portonev2.B2BTaxInvoiceCompany
	modification = portonev2.B2BTaxInvoiceModificationCreateBody
)

const contractCancelled = portonev2.B2BTaxInvoiceModificationType_B2B_TAX_INVOICE_MODIFICATION_TYPE_CANCELLATION_OF_CONTRACT

// writer is a call that makes a tax invoice of contents.
type writer struct {
	name   string
	typ    portonev2.B2BTaxInvoiceIssuanceType
	refuse func(s *sandbox, in *taxInput, mod *modification, want portonev2.ErrorReason)
}

var writers = []writer{
	{"draft", issuanceNormal, func(s *sandbox, in *taxInput, mod *modification, want portonev2.ErrorReason) {
		s.t.Helper()
		refuse(s.t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: in, Modification: mod}, want)
	}},
	{"draft reverse", issuanceReverse, func(s *sandbox, in *taxInput, mod *modification, want portonev2.ErrorReason) {
		s.t.Helper()
		refuse(s.t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: in, Modification: mod}, want)
	}},
	{"issue immediately", issuanceNormal, func(s *sandbox, in *taxInput, mod *modification, want portonev2.ErrorReason) {
		s.t.Helper()
		refuse(s.t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: in, Modification: mod}, want)
	}},
	{"request reverse issuance", issuanceReverse, func(s *sandbox, in *taxInput, mod *modification, want portonev2.ErrorReason) {
		s.t.Helper()
		refuse(s.t, s.RequestB2BTaxInvoiceReverseIssuance, &portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest{TaxInvoice: in, Modification: mod}, want)
	}},
}

// negate makes an input one that takes back.
func negate(in *taxInput) {
	in.Items = nil
	*in.TotalSupplyAmount, *in.TotalTaxAmount, *in.TotalAmount = -10_000, -1_000, -11_000
}

// of names an invoice of the merchant's, as the one that is modified.
func of(key string) *modification {
	return &modification{Type: contractCancelled.Enum(), TaxInvoiceKey: ptr(key), TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN)}
}

// TestContentRefusals writes invoices that every writer refuses, and expects no
// trace of them.
func TestContentRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *sandbox, in *taxInput)
		mod    *modification
		want   portonev2.ErrorReason
	}{
		{"unknown supplier", func(_ *sandbox, in *taxInput) { in.Supplier = &company{Brn: ptr("9999999999")} }, nil, supplierNotFound},
		{"unknown supplier id", func(_ *sandbox, in *taxInput) { in.Supplier = &company{CounterpartyId: ptr("x")} }, nil, supplierNotFound},
		{"unknown recipient", func(_ *sandbox, in *taxInput) { in.Recipient = &company{Brn: ptr("9999999999")} }, nil, recipientNotFound},
		{"unknown recipient id", func(_ *sandbox, in *taxInput) { in.Recipient = &company{CounterpartyId: ptr("x")} }, nil, recipientNotFound},
		{"another BRN than the counterparty's", func(_ *sandbox, in *taxInput) {
			in.Recipient = &company{CounterpartyId: ptr("of-" + recipientBRN), Brn: ptr(supplierBRN)}
		}, nil, invalidRequest},
		{"unconnected supplier", func(s *sandbox, in *taxInput) { in.Supplier = s.other(registry.BRNNotConnected) }, nil, notConnected},
		{"contacts of the merchant", func(_ *sandbox, in *taxInput) {
			in.UseCounterpartyAdditionalContacts = ptr(true)
			in.Supplier, in.Recipient = &company{Brn: ptr(registry.MerchantBRN)}, &company{Brn: ptr(registry.MerchantBRN)}
		}, nil, counterpartyNotFound},
		{"used supplier key", func(_ *sandbox, in *taxInput) {
			in.Supplier, in.SupplierDocumentKey = &company{Brn: ptr(registry.MerchantBRN)}, ptr("S-used")
		}, nil, supplierKeyUsed},
		{"used recipient key", func(s *sandbox, in *taxInput) {
			in.Recipient, in.RecipientDocumentKey = s.other(recipientBRN), ptr("R-used")
		}, nil, recipientKeyUsed},
		{"negative but no modification", func(_ *sandbox, in *taxInput) { negate(in) }, nil, modificationMissing},
		{"modifies nothing", func(_ *sandbox, in *taxInput) { negate(in) }, of("S-unknown"), originalNotFound},
		{"modifies without BRN", func(_ *sandbox, in *taxInput) { negate(in) }, &modification{Type: contractCancelled.Enum(), TaxInvoiceKey: ptr("R-sent")}, invalidRequest},
		{"modifies what was not sent", func(_ *sandbox, in *taxInput) { negate(in) }, of("S-used"), originalNotCompleted},
		{"modifies what is taxed otherwise", func(_ *sandbox, in *taxInput) {
			in.Items, in.TaxationType = nil, portonev2.B2BTaxInvoiceTaxationType_B2B_TAX_INVOICE_TAXATION_TYPE_FREE.Enum()
			*in.TotalTaxAmount, *in.TotalAmount = 0, 10_000
		}, of("S-sent"), taxationTypeChanged},
	}
	for _, w := range writers {
		for _, test := range tests {
			t.Run(w.name+": "+test.name, func(t *testing.T) {
				s := newSandbox(t)
				s.other(recipientBRN)
				s.draft(s.named(s.input(issuanceNormal), "used"))
				s.issueNow(s.named(s.input(issuanceNormal), "sent"), nil)
				in := s.input(w.typ)
				test.change(s, in)
				before, counters := s.list(&portonev2.GetB2BTaxInvoicesRequest{}), len(s.world.Counters)
				w.refuse(s, in, test.mod, test.want)
				same(t, "the list after it", s.list(&portonev2.GetB2BTaxInvoicesRequest{}), before)
				if len(s.world.Counters) != counters {
					t.Errorf("counters: %v", s.world.Counters)
				}
			})
		}
	}
}

// named gives an input other document numbers.
func (s *sandbox) named(in *taxInput, name string) *taxInput {
	in.SupplierDocumentKey, in.RecipientDocumentKey = ptr("S-"+name), ptr("R-"+name)
	return in
}

// TestIssuanceTypes uses each call for the other kind of invoice.
func TestIssuanceTypes(t *testing.T) {
	s := newSandbox(t)
	unsaid := s.input(issuanceNormal)
	unsaid.IssuanceType = nil
	refuse(t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: unsaid}, issuanceTypeMismatch)
	refuse(t, s.RequestB2BTaxInvoiceReverseIssuance, &portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest{TaxInvoice: s.input(issuanceNormal)}, issuanceTypeMismatch)
	refuse(t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: s.input(issuanceReverse), CreateRecipientCounterparty: ptr(true)}, issuanceTypeMismatch)
	made := s.draft(s.input(issuanceNormal))
	refuse(t, s.RequestB2BTaxInvoice, &portonev2.RequestB2BTaxInvoiceRequest{TaxInvoiceKey: made.GetId()}, issuanceTypeMismatch)

	keyless := s.input(issuanceNormal)
	keyless.SupplierDocumentKey, keyless.RecipientDocumentKey = nil, nil
	refuse(t, s.IssueB2BTaxInvoiceImmediately, &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: keyless}, invalidRequest)
	keyless = s.input(issuanceReverse)
	keyless.RecipientDocumentKey = nil
	refuse(t, s.RequestB2BTaxInvoiceReverseIssuance, &portonev2.RequestB2BTaxInvoiceReverseIssuanceRequest{TaxInvoice: keyless}, invalidRequest)
}

// TestUpdateDraft replaces the contents of a draft.
func TestUpdateDraft(t *testing.T) {
	s := newSandbox(t)
	first := s.input(issuanceReverse)
	first.SupplierDocumentKey, first.Remarks = nil, []string{"old"}
	made := s.draft(first)

	second := s.input(issuanceReverse)
	second.SupplierDocumentKey, second.RecipientDocumentKey, second.Supplier = ptr("S-9"), nil, s.other("2118832222")
	got := must(t, s.UpdateB2BTaxInvoiceDraft, &portonev2.UpdateB2BTaxInvoiceDraftRequest{
		TaxInvoiceKey: ptr("R-1"), Brn: ptr(registry.MerchantBRN), TaxInvoice: second, Memo: ptr("new"),
	}).GetTaxInvoice()
	if got.GetId() != made.GetId() || len(got.GetRemarks()) != 0 || got.GetMemo() != "new" || got.GetSupplierDocumentKey() != "S-9" ||
		got.GetRecipientDocumentKey() != "R-1" || got.GetSupplier().GetBrn() != "2118832222" || !proto.Equal(got.DraftedAt, made.DraftedAt) {
		t.Errorf("%v", got)
	}
	same(t, "by its new number", must(t, s.GetB2BTaxInvoice, &portonev2.GetB2BTaxInvoiceRequest{
		TaxInvoiceKey: "S-9", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr("2118832222"),
	}), got)
}

func TestUpdateDraftRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *sandbox, in *taxInput)
		want   portonev2.ErrorReason
	}{
		{"another supplier key", func(_ *sandbox, in *taxInput) { in.SupplierDocumentKey = ptr("S-2") }, documentKeyChanged},
		{"another taxation type", func(_ *sandbox, in *taxInput) {
			in.Items, in.TaxationType = nil, portonev2.B2BTaxInvoiceTaxationType_B2B_TAX_INVOICE_TAXATION_TYPE_FREE.Enum()
			*in.TotalTaxAmount, *in.TotalAmount = 0, 10_000
		}, taxationTypeChanged},
		{"another issuance type", func(_ *sandbox, in *taxInput) { in.IssuanceType = nil }, issuanceTypeMismatch},
		{"negative", func(_ *sandbox, in *taxInput) { negate(in) }, modificationMissing},
		{"too much", func(_ *sandbox, in *taxInput) { *in.TotalAmount++ }, invalidRequest},
		{"used recipient key", func(_ *sandbox, in *taxInput) { in.RecipientDocumentKey = ptr("R-used") }, recipientKeyUsed},
		{"used supplier key", func(s *sandbox, in *taxInput) { in.Supplier = s.other(supplierBRN) }, supplierKeyUsed},
		{"unknown supplier", func(_ *sandbox, in *taxInput) { in.Supplier = &company{CounterpartyId: ptr("x")} }, supplierNotFound},
		{"unknown recipient", func(_ *sandbox, in *taxInput) { in.Recipient = &company{CounterpartyId: ptr("x")} }, recipientNotFound},
		{"unconnected supplier", func(s *sandbox, in *taxInput) { in.Supplier = s.other(registry.BRNNotConnected) }, notConnected},
		{"no counterparty's contacts", func(_ *sandbox, in *taxInput) {
			in.UseCounterpartyAdditionalContacts, in.Recipient = ptr(true), &company{Brn: ptr(registry.MerchantBRN)}
		}, counterpartyNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSandbox(t)
			first := s.input(issuanceNormal)
			first.RecipientDocumentKey = nil
			made := s.draft(first)
			used := s.input(issuanceNormal)
			used.Supplier, used.RecipientDocumentKey = s.other(supplierBRN), ptr("R-used")
			s.draft(used)
			in := s.input(issuanceNormal)
			test.change(s, in)
			refuse(t, s.UpdateB2BTaxInvoiceDraft, &portonev2.UpdateB2BTaxInvoiceDraftRequest{
				TaxInvoiceKey: ptr("S-1"), TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN), TaxInvoice: in,
			}, test.want)
			same(t, "the draft", s.get(made.GetId()), made)
		})
	}
}

// TestParties expects what a caller leaves out about a party to be completed.
func TestParties(t *testing.T) {
	s := newSandbox(t)
	in := s.input(issuanceNormal)
	in.Recipient = &company{Brn: ptr("9999999999"), Name: ptr("Stranger"), RepresentativeName: ptr("X")}
	if got := s.draft(in).GetRecipient(); got.CounterpartyId != nil || got.GetName() != "Stranger" {
		t.Errorf("a stranger: %v", got)
	}
	in = s.named(s.input(issuanceNormal), "2")
	in.Recipient = &company{
		CounterpartyId: ptr("of-" + recipientBRN), Name: ptr("Branch"),
		Contact: &portonev2.B2BTaxInvoiceContact{Email: ptr("branch@example")},
	}
	got := s.draft(in).GetRecipient()
	if got.GetBrn() != recipientBRN || got.GetName() != "Branch" || got.GetRepresentativeName() != "Kim" || got.GetContact().Name != nil {
		t.Errorf("a branch: %v", got)
	}
	in = s.named(s.input(issuanceReverse), "3")
	in.Supplier = nil
	refuse(t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: in}, invalidRequest)
}

// TestCounterpartyContacts takes the additional contacts from the other party,
// unless there are some.
func TestCounterpartyContacts(t *testing.T) {
	for _, typ := range []portonev2.B2BTaxInvoiceIssuanceType{issuanceNormal, issuanceReverse} {
		s := newSandbox(t)
		in := s.input(typ)
		brn := recipientBRN
		if typ == issuanceReverse {
			brn = supplierBRN
		}
		must(t, s.UpdateB2BCounterparty, &portonev2.UpdateB2BCounterpartyRequest{
			CounterpartyId: "of-" + brn,
			Counterparty:   &portonev2.B2BCounterpartyInput{Brn: ptr(brn), AdditionalContacts: []*portonev2.B2BCounterpartyContactInput{contactInput("Park")}},
		})
		in.UseCounterpartyAdditionalContacts = ptr(true)
		if got := s.draft(in).GetAdditionalContacts(); len(got) != 1 || got[0].GetName() != "Park" {
			t.Errorf("%v: %v", typ, got)
		}
		in = s.named(in, "2")
		in.AdditionalContacts = []*portonev2.B2BTaxInvoiceAdditionalContact{{Email: ptr("own@example")}}
		if got := s.draft(in).GetAdditionalContacts(); len(got) != 1 || got[0].GetEmail() != "own@example" {
			t.Errorf("%v, with own ones: %v", typ, got)
		}
	}
}

// TestCreateRecipient makes a counterparty of a recipient.
func TestCreateRecipient(t *testing.T) {
	s := newSandbox(t)
	in := s.input(issuanceNormal)
	in.Recipient = &company{
		Brn: ptr(acme), CounterpartyId: ptr("new"), Name: ptr("Acme"), RepresentativeName: ptr("Kim"),
		Contact: &portonev2.B2BTaxInvoiceContact{Email: ptr("a@acme.example")},
	}
	req := &portonev2.IssueB2BTaxInvoiceImmediatelyRequest{TaxInvoice: in, CreateRecipientCounterparty: ptr(true)}
	made := must(t, s.IssueB2BTaxInvoiceImmediately, req).GetTaxInvoice()
	c := must(t, s.GetB2BCounterparty, &portonev2.GetB2BCounterpartyRequest{CounterpartyId: "new"})
	if made.GetRecipient().GetCounterpartyId() != "new" || c.GetContact().GetName() != "Kim" || c.GetBrn() != acme {
		t.Errorf("%v and %v", made.GetRecipient(), c)
	}
	s.named(in, "2")
	refuse(t, s.IssueB2BTaxInvoiceImmediately, req, idExists)
	draft := &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: in, CreateRecipientCounterparty: ptr(true)}
	refuse(t, s.DraftB2BTaxInvoice, draft, idExists)
	in.Recipient.CounterpartyId = nil
	if got := must(t, s.DraftB2BTaxInvoice, draft).GetTaxInvoice(); got.GetRecipient().GetCounterpartyId() != "new" {
		t.Errorf("a business that is a counterparty becomes another: %v", got)
	}
	s.named(in, "3").Recipient.Brn = ptr("1048139291")
	if got := must(t, s.DraftB2BTaxInvoice, draft).GetTaxInvoice(); got.GetRecipient().GetCounterpartyId() == "" {
		t.Errorf("no counterparty: %v", got)
	}
	s.named(in, "4").Recipient = &company{Brn: ptr("1048139292"), Name: ptr("Acme"), RepresentativeName: ptr("Kim")}
	refuse(t, s.DraftB2BTaxInvoice, draft, invalidRequest)
}

// TestLimits goes one step over each limit on the contents.
func TestLimits(t *testing.T) {
	long := func(n int) *string { return ptr(strings.Repeat("가", n)) }
	item := func(change func(*portonev2.B2BTaxInvoiceItem)) func(*taxInput) {
		return func(in *taxInput) { change(in.Items[0]) }
	}
	decimal := func(value int64, scale int32) *portonev2.Decimal {
		return &portonev2.Decimal{Value: ptr(value), Scale: ptr(scale)}
	}
	tests := []struct {
		name   string
		change func(*taxInput)
		ok     bool
	}{
		{"nothing", func(*taxInput) {}, true},
		{"no such day", func(in *taxInput) { in.WriteDate = ptr("2026-02-29") }, false},
		{"a key with a space", func(in *taxInput) { in.SupplierDocumentKey = ptr("S 1") }, false},
		{"an empty key", func(in *taxInput) { in.RecipientDocumentKey = ptr("") }, false},
		{"a key with inner letters", func(in *taxInput) { in.RecipientDocumentKey = ptr("a가b") }, false},
		{"book volume", func(in *taxInput) { in.BookVolume = ptr(int32(10_000)) }, false},
		{"the largest book", func(in *taxInput) { in.BookVolume, in.BookIssue = ptr(int32(9_999)), ptr(int32(0)) }, true},
		{"negative book issue", func(in *taxInput) { in.BookIssue = ptr(int32(-1)) }, false},
		{"remarks", func(in *taxInput) { in.Remarks = make([]string, 4) }, false},
		{"contacts", func(in *taxInput) {
			for range 6 {
				in.AdditionalContacts = append(in.AdditionalContacts, &portonev2.B2BTaxInvoiceAdditionalContact{Email: ptr("a")})
			}
		}, false},
		{"contact name", func(in *taxInput) {
			in.AdditionalContacts = []*portonev2.B2BTaxInvoiceAdditionalContact{{Email: ptr("a"), Name: long(101)}}
		}, false},
		{"items", func(in *taxInput) {
			for len(in.Items) < 100 {
				in.Items = append(in.Items, &portonev2.B2BTaxInvoiceItem{})
			}
		}, false},
		{"item name", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Name = long(101) }), false},
		{"item spec", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Spec = long(101) }), false},
		{"a long item name", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Name = long(100) }), true},
		{"item date", item(func(i *portonev2.B2BTaxInvoiceItem) { i.PurchaseDate = ptr("4.3.2026") }), false},
		{"quantity", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Quantity = decimal(99_999_999_999, 2) }), true},
		{"quantity over", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Quantity = decimal(1_000_000_000, 0) }), false},
		{"quantity under", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Quantity = decimal(-1_000_000_000, 1) }), false},
		{"scale", item(func(i *portonev2.B2BTaxInvoiceItem) { i.Quantity = decimal(1, 3) }), false},
		{"unit cost", item(func(i *portonev2.B2BTaxInvoiceItem) { i.UnitCostAmount = decimal(-10_000_000_000_000_000, 2) }), false},
		{"BRN", func(in *taxInput) { in.Recipient.Brn = ptr("12345") }, false},
		{"company name", func(in *taxInput) { in.Recipient.Name = long(201) }, false},
		{"address", func(in *taxInput) { in.Recipient.Address = long(301) }, false},
		{"branch", func(in *taxInput) { in.Recipient.TaxRegistrationId = ptr("12a4") }, false},
		{"a branch", func(in *taxInput) { in.Recipient.TaxRegistrationId = ptr("0001") }, true},
		{"supplier's business class", func(in *taxInput) { in.Supplier = &company{BusinessClass: long(101)} }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSandbox(t)
			in := s.input(issuanceNormal)
			test.change(in)
			if test.ok {
				s.draft(in)
			} else {
				refuse(t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{TaxInvoice: in}, invalidRequest)
			}
		})
	}
}
