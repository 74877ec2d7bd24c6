package b2b

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// signingService is the part of an NTS approval number that stands for the service
// through which an invoice is signed.
const signingService = "41009999"

// IssueB2BTaxInvoice signs a draft of the supplier, or a request of the recipient.
// A supplier other than the merchant needs a valid certificate.
func (s *Store) IssueB2BTaxInvoice(_ context.Context, req *portonev2.IssueB2BTaxInvoiceRequest) (*portonev2.IssueB2BTaxInvoiceResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfID)
	if err == nil {
		err = m.mayIssue(inv)
	}
	if err != nil {
		return nil, err
	}
	m.issue(inv)
	note(inv, req.Memo)
	return &portonev2.IssueB2BTaxInvoiceResponse{TaxInvoice: proto.CloneOf(inv.B2BTaxInvoice)}, nil
}

// RequestB2BTaxInvoice asks the supplier to issue a draft of the recipient.
func (s *Store) RequestB2BTaxInvoice(_ context.Context, req *portonev2.RequestB2BTaxInvoiceRequest) (*portonev2.RequestB2BTaxInvoiceResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfID)
	switch {
	case err != nil:
		return nil, err
	case !inv.reverse():
		return nil, world.Refuse(issuanceTypeMismatch, "tax invoice %q is NORMAL: the supplier issues it unasked", inv.GetId())
	}
	shown, err := m.act(opRequest, inv, nil, "tax_invoice.requested")
	if err != nil {
		return nil, err
	}
	return &portonev2.RequestB2BTaxInvoiceResponse{TaxInvoice: shown}, nil
}

// CancelB2BTaxInvoiceRequest withdraws a request.
func (s *Store) CancelB2BTaxInvoiceRequest(_ context.Context, req *portonev2.CancelB2BTaxInvoiceRequestRequest) (*portonev2.CancelB2BTaxInvoiceRequestResponse, error) {
	shown, err := s.in(req).end(opCancelRequest, req, req.Memo, "tax_invoice.request_cancelled")
	if err != nil {
		return nil, err
	}
	return &portonev2.CancelB2BTaxInvoiceRequestResponse{TaxInvoice: shown}, nil
}

// RefuseB2BTaxInvoiceRequest rejects a request on behalf of the supplier.
func (s *Store) RefuseB2BTaxInvoiceRequest(_ context.Context, req *portonev2.RefuseB2BTaxInvoiceRequestRequest) (*portonev2.RefuseB2BTaxInvoiceRequestResponse, error) {
	shown, err := s.in(req).end(opRefuseRequest, req, req.Memo, "tax_invoice.request_refused")
	if err != nil {
		return nil, err
	}
	return &portonev2.RefuseB2BTaxInvoiceRequestResponse{TaxInvoice: shown}, nil
}

// CancelB2BTaxInvoiceIssuance cancels an issued tax invoice that the NTS does not
// have yet.
func (s *Store) CancelB2BTaxInvoiceIssuance(_ context.Context, req *portonev2.CancelB2BTaxInvoiceIssuanceRequest) (*portonev2.CancelB2BTaxInvoiceIssuanceResponse, error) {
	shown, err := s.in(req).end(opCancelIssuance, req, req.Memo, "tax_invoice.issuance_cancelled")
	if err != nil {
		return nil, err
	}
	return &portonev2.CancelB2BTaxInvoiceIssuanceResponse{TaxInvoice: shown}, nil
}

// end carries out an operation that ends an invoice, for the reason that its memo
// gives.
func (m *mode) end(op operation, request keyed, memo *string, counter string) (*portonev2.B2BTaxInvoice, error) {
	inv, err := m.find(request, keyOfID)
	if err != nil {
		return nil, err
	}
	shown, err := m.act(op, inv, memo, counter)
	if err == nil && memo != nil {
		inv.cancelReason = *memo
	}
	return shown, err
}

// act carries out an operation that does no more than change the status, and
// returns a copy of the invoice.
func (m *mode) act(op operation, inv *invoice, memo *string, counter string) (*portonev2.B2BTaxInvoice, error) {
	to, err := next(op, inv)
	if err != nil {
		return nil, err
	}
	m.enter(inv, to)
	note(inv, memo)
	m.world.Counters.Add(counter)
	return proto.CloneOf(inv.B2BTaxInvoice), nil
}

// note replaces the memo of an invoice, if there is a new one.
func note(inv *invoice, memo *string) {
	if memo != nil {
		inv.Memo = world.Ptr(*memo)
	}
}

// mayIssue returns what is against issuing an invoice.
func (m *mode) mayIssue(inv *invoice) error {
	op := opIssueNormal
	if inv.reverse() {
		op = opIssueReverse
	}
	if _, err := next(op, inv); err != nil {
		return err
	}
	return m.maySign(inv.GetSupplier().GetBrn())
}

// issue signs an invoice, and has it sent to the NTS the next day.
func (m *mode) issue(inv *invoice) {
	today := m.today()
	inv.IsDelayed = world.Ptr(today.Format(time.DateOnly) > inv.GetIssuanceDueDate())
	inv.NtsApprovalNumber = world.Ptr(fmt.Sprintf("%s%s%08d",
		today.Format("20060102"), signingService, m.world.IDs.Number("nts approval")))
	m.enter(inv, issued)
	m.sendLater(inv)
	m.world.Counters.Add("tax_invoice.issued")
}
