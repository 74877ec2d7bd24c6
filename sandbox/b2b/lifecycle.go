package b2b

import (
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// status is that of a tax invoice.
type status = portonev2.B2BTaxInvoiceStatus

// Short names for the statuses of a tax invoice. The sandbox never leaves an
// invoice in one of the others, which at PortOne are those of a bulk in the making
// and of a queue.
const (
	drafted           = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_DRAFTED
	requested         = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_REQUESTED
	requestCancelled  = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_REQUEST_CANCELLED
	requestRefused    = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_REQUEST_REFUSED
	issued            = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_ISSUED
	issuanceCancelled = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_ISSUANCE_CANCELLED
	sending           = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_SENDING
	sendingCompleted  = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_SENDING_COMPLETED
	sendingFailed     = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_SENDING_FAILED

	// deleted is where a deleted invoice is.
	deleted = portonev2.B2BTaxInvoiceStatus_B2B_TAX_INVOICE_STATUS_UNSPECIFIED
)

// operation is something that is done to a tax invoice.
type operation int

const (
	opUpdate operation = iota
	opAttach
	opDetach
	opRequest
	opCancelRequest
	opRefuseRequest
	opIssueNormal
	opIssueReverse
	opCancelIssuance
	opSend
	opRemove
	operations int = iota
)

// rule is what an operation does.
type rule struct {
	next    map[status]status     // by the status that it is done in
	refusal portonev2.ErrorReason // in every other status

	// needs is the document number that the invoice must have; unspecified for none.
	needs portonev2.B2BTaxInvoiceKeyType
}

// lifecycle is the life of a tax invoice, but for what the NTS does: SENDING ends
// as SENDING_COMPLETED or SENDING_FAILED by itself.
var lifecycle = [operations]rule{
	opUpdate: {next: map[status]status{drafted: drafted}, refusal: notDraftedStatus},
	opAttach: {next: map[status]status{drafted: drafted}, refusal: notDraftedStatus},
	opDetach: {next: map[status]status{drafted: drafted}, refusal: notDraftedStatus},

	opRequest:       {next: map[status]status{drafted: requested}, refusal: notDraftedStatus, needs: keyOfRecipient},
	opCancelRequest: {next: map[status]status{requested: requestCancelled}, refusal: notRequestedStatus, needs: keyOfRecipient},
	opRefuseRequest: {next: map[status]status{requested: requestRefused}, refusal: notRequestedStatus, needs: keyOfSupplier},

	opIssueNormal:    {next: map[status]status{drafted: issued}, refusal: notDraftedStatus, needs: keyOfSupplier},
	opIssueReverse:   {next: map[status]status{requested: issued}, refusal: notRequestedStatus, needs: keyOfSupplier},
	opCancelIssuance: {next: map[status]status{issued: issuanceCancelled}, refusal: notIssuedStatus},
	opSend:           {next: map[status]status{issued: sending}, refusal: notIssuedStatus},

	opRemove: {next: map[status]status{
		drafted: deleted, requestRefused: deleted, requestCancelled: deleted, issuanceCancelled: deleted, sendingFailed: deleted,
	}, refusal: nonDeletableStatus},
}

// next is the status that an operation takes an invoice to, or why it does not.
func next(op operation, inv *invoice) (status, error) {
	r := lifecycle[op]
	to, ok := r.next[inv.GetStatus()]
	switch {
	case !ok:
		return 0, world.Refuse(r.refusal, "tax invoice %q is %s", inv.GetId(), inv.GetStatus())
	case r.needs == keyOfSupplier && inv.SupplierDocumentKey == nil:
		return 0, refuseKeyless(noSupplierKey, inv)
	case r.needs == keyOfRecipient && inv.RecipientDocumentKey == nil:
		return 0, refuseKeyless(noRecipientKey, inv)
	}
	return to, nil
}

// refuseKeyless tells which document number an invoice lacks.
func refuseKeyless(reason portonev2.ErrorReason, inv *invoice) error {
	return world.Refuse(reason, "tax invoice %q lacks the document number that this needs", inv.GetId())
}

// over reports whether nothing more happens to an invoice in a status by itself or
// by the parties, other than that it is deleted or modified.
func over(s status) bool {
	switch s {
	case requestCancelled, requestRefused, issuanceCancelled, sendingCompleted, sendingFailed:
		return true
	}
	return false
}

// statusName is a status as PortOne's JSON has it.
func statusName(s status) string { return strings.TrimPrefix(s.String(), "B2B_TAX_INVOICE_STATUS_") }
