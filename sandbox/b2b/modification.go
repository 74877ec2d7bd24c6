package b2b

import (
	"errors"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Short names for what an invoice is.
const (
	originalDocument = portonev2.B2BTaxInvoiceDocumentModificationType_B2B_TAX_INVOICE_DOCUMENT_MODIFICATION_TYPE_NORMAL
	modifiedDocument = portonev2.B2BTaxInvoiceDocumentModificationType_B2B_TAX_INVOICE_DOCUMENT_MODIFICATION_TYPE_MODIFICATION
)

// setModification notes what a draft modifies. The original must have reached the
// NTS, and may be a modified invoice itself. Only a modified invoice may have a
// negative total: it cancels what the original said.
func (m *mode) setModification(d *draft, body *portonev2.B2BTaxInvoiceModificationCreateBody) error {
	d.DocumentModificationType = originalDocument.Enum()
	if body == nil {
		if d.GetTotalAmount() < 0 {
			return refuseUnmodified()
		}
		return nil
	}
	original, err := m.original(body)
	switch {
	case err != nil:
		return err
	case original.GetStatus() != sendingCompleted:
		return world.Refuse(originalNotCompleted, "tax invoice %q is %s", original.GetId(), original.GetStatus())
	case original.GetTaxationType() != d.GetTaxationType():
		return world.Refuse(taxationTypeChanged, "tax invoice %q has another taxationType", original.GetId())
	}
	root := original.GetId()
	if original.Modification != nil {
		root = original.GetModification().GetRootTaxInvoiceId()
	}
	d.DocumentModificationType = modifiedDocument.Enum()
	d.Modification = &portonev2.B2BTaxInvoiceModification{
		Type:                      body.GetType().Enum(),
		OriginalNtsApprovalNumber: world.Ptr(original.GetNtsApprovalNumber()),
		OriginalTaxInvoiceId:      world.Ptr(original.GetId()),
		RootTaxInvoiceId:          world.Ptr(root),
	}
	return nil
}

// original finds the invoice that is to be modified.
func (m *mode) original(body *portonev2.B2BTaxInvoiceModificationCreateBody) (*invoice, error) {
	inv, err := m.find(body, keyOfRecipient)
	if refusal := (*world.Refusal)(nil); errors.As(err, &refusal) && refusal.Reason == invoiceNotFound {
		err = world.Refuse(originalNotFound, "there is no tax invoice %q of that kind of key to modify", body.GetTaxInvoiceKey())
	}
	return inv, err
}

func refuseUnmodified() error {
	return world.Refuse(modificationMissing, "a negative totalAmount cancels what another tax invoice says: modification is missing")
}
