package b2b

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// companyStates are the states of a counterparty that lists show for a recipient;
// they show no others.
var companyStates = map[portonev2.B2BCounterpartyBusinessStatus]portonev2.B2BCompanyStateBusinessStatus{
	stateInBusiness: portonev2.B2BCompanyStateBusinessStatus_B2B_COMPANY_STATE_BUSINESS_STATUS_IN_BUSINESS,
	stateClosed:     portonev2.B2BCompanyStateBusinessStatus_B2B_COMPANY_STATE_BUSINESS_STATUS_CLOSED,
	stateSuspended:  portonev2.B2BCompanyStateBusinessStatus_B2B_COMPANY_STATE_BUSINESS_STATUS_SUSPENDED,
}

// summary is an invoice as lists show it. It shares nothing with the invoice.
func (m *mode) summary(inv *invoice) *portonev2.B2BTaxInvoiceSummary {
	doc := proto.CloneOf(inv.B2BTaxInvoice)
	shown := &portonev2.B2BTaxInvoiceSummary{
		Id:                          doc.Id,
		TaxationType:                doc.TaxationType,
		DocumentModificationType:    doc.DocumentModificationType,
		IsDelayed:                   doc.IsDelayed,
		IssuanceType:                doc.IssuanceType,
		BulkTaxInvoiceId:            doc.BulkTaxInvoiceId,
		TotalSupplyAmount:           doc.TotalSupplyAmount,
		TotalTaxAmount:              doc.TotalTaxAmount,
		TotalAmount:                 doc.TotalAmount,
		PurposeType:                 doc.PurposeType,
		SupplierBrn:                 doc.GetSupplier().Brn,
		SupplierName:                doc.GetSupplier().Name,
		SupplierRepresentativeName:  doc.GetSupplier().RepresentativeName,
		SupplierDocumentKey:         doc.SupplierDocumentKey,
		SupplierCounterpartyId:      doc.GetSupplier().CounterpartyId,
		RecipientBrn:                doc.GetRecipient().Brn,
		RecipientName:               doc.GetRecipient().Name,
		RecipientRepresentativeName: doc.GetRecipient().RepresentativeName,
		RecipientDocumentKey:        doc.RecipientDocumentKey,
		RecipientCounterpartyId:     doc.GetRecipient().CounterpartyId,
		WriteDate:                   doc.WriteDate,
		IssuanceDueDate:             doc.IssuanceDueDate,
		Status:                      doc.Status,
		DraftedAt:                   doc.DraftedAt,
		RequestedAt:                 doc.RequestedAt,
		IssuedAt:                    doc.IssuedAt,
		StatusUpdatedAt:             doc.StatusUpdatedAt,
		NtsSentAt:                   doc.NtsSentAt,
		NtsApprovalNumber:           doc.NtsApprovalNumber,
		NtsResult:                   doc.NtsResult,
		NtsResultReceivedAt:         doc.NtsResultReceivedAt,
		NtsResultCode:               doc.NtsResultCode,
		Memo:                        doc.Memo,
		Items:                       doc.Items,
	}
	if inv.payoutID != "" {
		shown.PayoutId = world.Ptr(inv.payoutID)
	}
	m.setRecipientState(shown)
	return shown
}

// setRecipientState shows whether the recipient operates, as far as it was looked
// up.
func (m *mode) setRecipientState(shown *portonev2.B2BTaxInvoiceSummary) {
	recipient := m.counterparties.byID[shown.GetRecipientCounterpartyId()]
	found, ok := companyStates[recipient.GetBusinessStatus()]
	if !ok {
		return
	}
	shown.RecipientBusinessStatus = found.Enum()
	if recipient.GetBusinessStatus() != stateInBusiness {
		shown.RecipientClosedSuspendedDate = registry.Find(recipient.GetBrn()).StoppedOn()
	}
}
