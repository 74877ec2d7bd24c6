package b2b

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// maxAttachments is how many files a tax invoice may have.
	maxAttachments = 5

	// NotUploaded is how the name of a file begins that is not uploaded: attaching
	// it fails with B2B_FILE_NOT_FOUND. The sandbox imitates no S3, so any other
	// file counts as uploaded once its URL was made.
	NotUploaded = "not-uploaded"
)

// file is one whose upload was prepared.
type file struct{ id, name string }

// message is where the file is uploaded to, as the contract has it.
func (f *file) message(m *mode) *portonev2.CreateB2BFileUploadUrlPayload {
	return &portonev2.CreateB2BFileUploadUrlPayload{FileId: world.Ptr(f.id), Url: world.Ptr(m.url("files/" + f.id))}
}

// CreateB2BFileUploadUrl prepares the upload of a file.
func (s *Store) CreateB2BFileUploadUrl(_ context.Context, req *portonev2.CreateB2BFileUploadUrlRequest) (*portonev2.CreateB2BFileUploadUrlPayload, error) {
	m := s.in(req)
	if req.GetFileName() == "" {
		return nil, world.Invalid("fileName: must not be empty")
	}
	f := &file{m.world.IDs.UUID("b2b file"), req.GetFileName()}
	m.files[f.id] = f
	m.world.Counters.Add("tax_invoice.file_prepared")
	return f.message(m), nil
}

// AttachB2BTaxInvoiceFile attaches a file to a draft. The contract does not say how
// many files there may be; here it is five.
func (s *Store) AttachB2BTaxInvoiceFile(_ context.Context, req *portonev2.AttachB2BTaxInvoiceFileRequest) (*portonev2.AttachB2BTaxInvoiceFileResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfID)
	if err == nil {
		_, err = next(opAttach, inv)
	}
	if err != nil {
		return nil, err
	}
	f := m.files[req.GetFileId()]
	switch {
	case f == nil || strings.HasPrefix(f.name, NotUploaded):
		return nil, world.Refuse(fileNotFound, "the file %q has not been uploaded", req.GetFileId())
	case len(inv.attachments) == maxAttachments:
		return nil, world.Invalid("tax invoice %q has %d attachments already", inv.GetId(), maxAttachments)
	}
	inv.attachments = append(inv.attachments, &portonev2.B2BTaxInvoiceAttachment{
		Id:         world.Ptr(m.world.IDs.UUID("b2b attachment")),
		Name:       world.Ptr(f.name),
		AttachedAt: m.world.Clock.Timestamp(),
	})
	m.world.Counters.Add("tax_invoice.file_attached")
	return &portonev2.AttachB2BTaxInvoiceFileResponse{}, nil
}

// DeleteB2BTaxInvoiceAttachment removes a file from a draft.
func (s *Store) DeleteB2BTaxInvoiceAttachment(_ context.Context, req *portonev2.DeleteB2BTaxInvoiceAttachmentRequest) (*portonev2.DeleteB2BTaxInvoiceAttachmentResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfID)
	if err == nil {
		_, err = next(opDetach, inv)
	}
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(inv.attachments, func(a *portonev2.B2BTaxInvoiceAttachment) bool { return a.GetId() == req.GetAttachmentId() })
	if i < 0 {
		return nil, world.Refuse(attachmentNotFound, "tax invoice %q has no attachment %q", inv.GetId(), req.GetAttachmentId())
	}
	inv.attachments = slices.Delete(inv.attachments, i, i+1)
	m.world.Counters.Add("tax_invoice.file_detached")
	return &portonev2.DeleteB2BTaxInvoiceAttachmentResponse{}, nil
}

// GetB2BTaxInvoiceAttachments lists the files of a tax invoice, in the order in
// which they were attached.
func (s *Store) GetB2BTaxInvoiceAttachments(_ context.Context, req *portonev2.GetB2BTaxInvoiceAttachmentsRequest) (*portonev2.GetB2BTaxInvoiceAttachmentsResponse, error) {
	inv, err := s.in(req).find(req, keyOfID)
	if err != nil {
		return nil, err
	}
	response := &portonev2.GetB2BTaxInvoiceAttachmentsResponse{}
	for _, a := range inv.attachments {
		response.Attachments = append(response.Attachments, proto.CloneOf(a))
	}
	return response, nil
}
