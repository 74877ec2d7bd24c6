package b2b

import (
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// upload prepares the upload of a file and returns its id.
func (s *sandbox) upload(name string) *string {
	s.t.Helper()
	return must(s.t, s.CreateB2BFileUploadUrl, &portonev2.CreateB2BFileUploadUrlRequest{FileName: &name}).FileId
}

func (s *sandbox) attachments(id string) []*portonev2.B2BTaxInvoiceAttachment {
	s.t.Helper()
	return must(s.t, s.GetB2BTaxInvoiceAttachments, &portonev2.GetB2BTaxInvoiceAttachmentsRequest{TaxInvoiceKey: id}).GetAttachments()
}

// TestAttachments attaches as many files as there may be, and takes one away.
func TestAttachments(t *testing.T) {
	s := newSandbox(t)
	id := s.draft(s.input(issuanceNormal)).GetId()
	attach := func(file *string) *portonev2.AttachB2BTaxInvoiceFileRequest {
		return &portonev2.AttachB2BTaxInvoiceFileRequest{TaxInvoiceKey: id, FileId: file}
	}
	refuse(t, s.AttachB2BTaxInvoiceFile, attach(ptr("unknown")), fileNotFound)
	refuse(t, s.AttachB2BTaxInvoiceFile, attach(s.upload(NotUploaded+".pdf")), fileNotFound)
	refuse(t, s.CreateB2BFileUploadUrl, &portonev2.CreateB2BFileUploadUrlRequest{FileName: ptr("")}, invalidRequest)
	if got := s.attachments(id); len(got) != 0 {
		t.Errorf("at first: %v", got)
	}
	for _, name := range []string{"a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.pdf"} {
		must(t, s.AttachB2BTaxInvoiceFile, attach(s.upload(name)))
	}
	refuse(t, s.AttachB2BTaxInvoiceFile, attach(s.upload("f.pdf")), invalidRequest)

	second := s.attachments(id)[1]
	del := &portonev2.DeleteB2BTaxInvoiceAttachmentRequest{TaxInvoiceKey: id, AttachmentId: second.GetId()}
	must(t, s.DeleteB2BTaxInvoiceAttachment, del)
	refuse(t, s.DeleteB2BTaxInvoiceAttachment, del, attachmentNotFound)
	if got := s.attachments(id); len(got) != 4 || second.GetName() != "b.pdf" || got[1].GetName() != "c.pdf" || !got[1].GetAttachedAt().AsTime().Equal(start) {
		t.Errorf("in the end: %v", got)
	}
	must(t, s.IssueB2BTaxInvoice, &portonev2.IssueB2BTaxInvoiceRequest{TaxInvoiceKey: id})
	refuse(t, s.AttachB2BTaxInvoiceFile, attach(s.upload("g.pdf")), notDraftedStatus)
	if got := s.attachments(id); len(got) != 4 {
		t.Errorf("after the issue: %v", got)
	}
}
