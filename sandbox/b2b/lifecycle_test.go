package b2b

import (
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// calls has for each operation the RPC that carries it out.
var calls = [operations]struct {
	name    string
	reverse bool // the invoice to do it to
	do      func(s *sandbox, id string) error
}{
	opUpdate: {"update", false, func(s *sandbox, id string) error {
		_, err := try(s.t, s.UpdateB2BTaxInvoiceDraft, &portonev2.UpdateB2BTaxInvoiceDraftRequest{
			TaxInvoiceKey: &id, TaxInvoiceKeyType: keyOfID.Enum(), TaxInvoice: s.input(issuanceNormal),
		})
		return err
	}},
	opAttach: {"attach", false, func(s *sandbox, id string) error {
		f := must(s.t, s.CreateB2BFileUploadUrl, &portonev2.CreateB2BFileUploadUrlRequest{FileName: ptr("a.pdf")})
		_, err := try(s.t, s.AttachB2BTaxInvoiceFile, &portonev2.AttachB2BTaxInvoiceFileRequest{TaxInvoiceKey: id, FileId: f.FileId})
		return err
	}},
	opDetach: {"detach", false, func(s *sandbox, id string) error {
		inv := s.live.invoices.byID[id]
		inv.attachments = append(inv.attachments, &portonev2.B2BTaxInvoiceAttachment{Id: ptr("a")})
		_, err := try(s.t, s.DeleteB2BTaxInvoiceAttachment, &portonev2.DeleteB2BTaxInvoiceAttachmentRequest{TaxInvoiceKey: id, AttachmentId: "a"})
		return err
	}},
	opRequest: {"request", true, func(s *sandbox, id string) error {
		_, err := try(s.t, s.RequestB2BTaxInvoice, &portonev2.RequestB2BTaxInvoiceRequest{TaxInvoiceKey: id})
		return err
	}},
	opCancelRequest: {"cancel request", true, func(s *sandbox, id string) error {
		_, err := try(s.t, s.CancelB2BTaxInvoiceRequest, &portonev2.CancelB2BTaxInvoiceRequestRequest{TaxInvoiceKey: id})
		return err
	}},
	opRefuseRequest: {"refuse request", true, func(s *sandbox, id string) error {
		_, err := try(s.t, s.RefuseB2BTaxInvoiceRequest, &portonev2.RefuseB2BTaxInvoiceRequestRequest{TaxInvoiceKey: id})
		return err
	}},
	opIssueNormal:  {"issue a normal one", false, issueByID},
	opIssueReverse: {"issue a reverse one", true, issueByID},
	opCancelIssuance: {"cancel issuance", false, func(s *sandbox, id string) error {
		_, err := try(s.t, s.CancelB2BTaxInvoiceIssuance, &portonev2.CancelB2BTaxInvoiceIssuanceRequest{TaxInvoiceKey: id})
		return err
	}},
	opSend: {"send", false, func(s *sandbox, id string) error {
		_, err := try(s.t, s.SendToNtsB2BTaxInvoice, &portonev2.SendToNtsB2BTaxInvoiceRequest{TaxInvoiceKey: id})
		return err
	}},
	opRemove: {"delete", false, func(s *sandbox, id string) error {
		_, err := try(s.t, s.DeleteB2BTaxInvoice, &portonev2.DeleteB2BTaxInvoiceRequest{TaxInvoiceKey: id})
		return err
	}},
}

func issueByID(s *sandbox, id string) error {
	_, err := try(s.t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: id})
	return err
}

// having makes an invoice and puts it into a status.
func (s *sandbox) having(reverse bool, st status) *invoice {
	typ := issuanceNormal
	if reverse {
		typ = issuanceReverse
	}
	inv := s.live.invoices.byID[s.draft(s.input(typ)).GetId()]
	inv.Status = st.Enum()
	return inv
}

// allowed is by hand what the contract says: the statuses in which an operation is
// done, and those that it leads to.
var allowed = [operations]string{
	opUpdate: "DRAFTED>DRAFTED", opAttach: "DRAFTED>DRAFTED", opDetach: "DRAFTED>DRAFTED",
	opRequest:       "DRAFTED>REQUESTED",
	opCancelRequest: "REQUESTED>REQUEST_CANCELLED", opRefuseRequest: "REQUESTED>REQUEST_REFUSED",
	opIssueNormal: "DRAFTED>ISSUED", opIssueReverse: "REQUESTED>ISSUED",
	opCancelIssuance: "ISSUED>ISSUANCE_CANCELLED", opSend: "ISSUED>SENDING",
	opRemove: "DRAFTED> REQUEST_REFUSED> REQUEST_CANCELLED> ISSUANCE_CANCELLED> SENDING_FAILED>",
}

// TestLifecycle does everything in every status of the contract.
func TestLifecycle(t *testing.T) {
	statuses := portonev2.B2BTaxInvoiceStatus(0).Descriptor().Values()
	for op, call := range calls {
		want := transitions(allowed[op])
		for i := 1; i < statuses.Len(); i++ {
			from := status(statuses.Get(i).Number())
			t.Run(call.name+" when "+statusName(from), func(t *testing.T) {
				s := newSandbox(t)
				inv := s.having(call.reverse, from)
				id, err := inv.GetId(), call.do(s, inv.GetId())
				to, ok := want[statusName(from)]
				fault, _ := err.(*world.Refusal)
				switch {
				case !ok && (fault == nil || fault.Reason != lifecycle[op].refusal || inv.GetStatus() != from):
					t.Errorf("%v and %v, want %v", err, inv.GetStatus(), lifecycle[op].refusal)
				case ok && err != nil:
					t.Error(err)
				case ok && to == "" && s.live.invoices.byID[id] != nil:
					t.Error("it is still there")
				case ok && to != "" && statusName(inv.GetStatus()) != to:
					t.Errorf("now %v, want %s", inv.GetStatus(), to)
				}
			})
		}
	}
}

// transitions reads a line of allowed.
func transitions(line string) map[string]string {
	all := make(map[string]string)
	for _, step := range strings.Fields(line) {
		from, to, _ := strings.Cut(step, ">")
		all[from] = to
	}
	return all
}

// TestLifecycleKeys does what needs a document number to invoices without any.
func TestLifecycleKeys(t *testing.T) {
	for op, want := range map[operation]portonev2.ErrorReason{
		opRequest: noRecipientKey, opCancelRequest: noRecipientKey, opRefuseRequest: noSupplierKey,
		opIssueNormal: noSupplierKey, opIssueReverse: noSupplierKey,
	} {
		t.Run(calls[op].name, func(t *testing.T) {
			s := newSandbox(t)
			for from := range lifecycle[op].next {
				inv := s.having(calls[op].reverse, from)
				s.live.invoices.unindex(inv)
				inv.SupplierDocumentKey, inv.RecipientDocumentKey = nil, nil
				err := calls[op].do(s, inv.GetId())
				if fault, ok := err.(*world.Refusal); !ok || fault.Reason != want || inv.GetStatus() != from {
					t.Errorf("in %v: %v, want %v", from, err, want)
				}
			}
		})
	}
}

// TestUnknownInvoice names invoices that are not there in every call that names
// one.
func TestUnknownInvoice(t *testing.T) {
	s := newSandbox(t)
	s.draft(s.input(issuanceNormal))
	tests := []struct {
		name string
		key  string
		kind portonev2.B2BTaxInvoiceKeyType
		brn  *string
		want portonev2.ErrorReason
	}{
		{"unknown id", "unknown", keyOfID, nil, invoiceNotFound},
		{"a number for an id", "S-1", keyOfID, ptr(registry.MerchantBRN), invoiceNotFound},
		{"the other party's number", "S-1", keyOfRecipient, ptr(registry.MerchantBRN), invoiceNotFound},
		{"another BRN", "S-1", keyOfSupplier, ptr(recipientBRN), invoiceNotFound},
		{"no BRN", "S-1", keyOfSupplier, nil, invalidRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, kind := test.key, test.kind.Enum()
			refuse(t, s.GetB2BTaxInvoice, &portonev2.GetB2BTaxInvoiceRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.DeleteB2BTaxInvoice, &portonev2.DeleteB2BTaxInvoiceRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.RequestB2BTaxInvoice, &portonev2.RequestB2BTaxInvoiceRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.CancelB2BTaxInvoiceRequest, &portonev2.CancelB2BTaxInvoiceRequestRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.RefuseB2BTaxInvoiceRequest, &portonev2.RefuseB2BTaxInvoiceRequestRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.CancelB2BTaxInvoiceIssuance, &portonev2.CancelB2BTaxInvoiceIssuanceRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.SendToNtsB2BTaxInvoice, &portonev2.SendToNtsB2BTaxInvoiceRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.AttachB2BTaxInvoiceFile, &portonev2.AttachB2BTaxInvoiceFileRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.DeleteB2BTaxInvoiceAttachment, &portonev2.DeleteB2BTaxInvoiceAttachmentRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.GetB2BTaxInvoiceAttachments, &portonev2.GetB2BTaxInvoiceAttachmentsRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.GetB2BTaxInvoicePdfDownloadUrl, &portonev2.GetB2BTaxInvoicePdfDownloadUrlRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.GetB2BTaxInvoicePopupUrl, &portonev2.GetB2BTaxInvoicePopupUrlRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.GetB2BTaxInvoicePrintUrl, &portonev2.GetB2BTaxInvoicePrintUrlRequest{TaxInvoiceKey: k, TaxInvoiceKeyType: kind, Brn: test.brn}, test.want)
			refuse(t, s.UpdateB2BTaxInvoiceDraft, &portonev2.UpdateB2BTaxInvoiceDraftRequest{TaxInvoiceKey: &k, TaxInvoiceKeyType: kind, Brn: test.brn, TaxInvoice: s.input(issuanceNormal)}, test.want)
		})
	}
}

// TestViews expects one address for each form of an invoice, by whatever key.
func TestViews(t *testing.T) {
	s := newSandbox(t)
	made := s.draft(s.input(issuanceNormal))
	for name, urls := range map[string][]string{
		"pdf": {
			must(t, s.GetB2BTaxInvoicePdfDownloadUrl, &portonev2.GetB2BTaxInvoicePdfDownloadUrlRequest{TaxInvoiceKey: made.GetId()}).GetUrl(),
			must(t, s.GetB2BTaxInvoicePdfDownloadUrl, &portonev2.GetB2BTaxInvoicePdfDownloadUrlRequest{
				TaxInvoiceKey: "R-1", TaxInvoiceKeyType: keyOfRecipient.Enum(), Brn: ptr(recipientBRN),
			}).GetUrl(),
		},
		"print": {must(t, s.GetB2BTaxInvoicePrintUrl, &portonev2.GetB2BTaxInvoicePrintUrlRequest{TaxInvoiceKey: made.GetId()}).GetUrl()},
		"popup": {
			must(t, s.GetB2BTaxInvoicePopupUrl, &portonev2.GetB2BTaxInvoicePopupUrlRequest{TaxInvoiceKey: made.GetId(), IncludeMenu: ptr(true)}).GetUrl(),
			must(t, s.GetB2BTaxInvoicePopupUrl, &portonev2.GetB2BTaxInvoicePopupUrlRequest{TaxInvoiceKey: made.GetId()}).GetUrl(),
		},
		"popup?menu=false": {must(t, s.GetB2BTaxInvoicePopupUrl, &portonev2.GetB2BTaxInvoicePopupUrlRequest{TaxInvoiceKey: made.GetId(), IncludeMenu: ptr(false)}).GetUrl()},
	} {
		for _, url := range urls {
			if want := host + "/b2b/live/tax-invoices/" + made.GetId() + "/" + name; url != want {
				t.Errorf("%s, want %s", url, want)
			}
		}
	}
}
