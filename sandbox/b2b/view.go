package b2b

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// GetB2BTaxInvoicePdfDownloadUrl returns the address of an invoice as a PDF.
func (s *Store) GetB2BTaxInvoicePdfDownloadUrl(_ context.Context, req *portonev2.GetB2BTaxInvoicePdfDownloadUrlRequest) (*portonev2.GetB2BTaxInvoicePdfDownloadUrlResponse, error) {
	url, err := s.in(req).view(req, "/pdf")
	if err != nil {
		return nil, err
	}
	return &portonev2.GetB2BTaxInvoicePdfDownloadUrlResponse{Url: url}, nil
}

// GetB2BTaxInvoicePopupUrl returns the address of an invoice for a pop-up window.
func (s *Store) GetB2BTaxInvoicePopupUrl(_ context.Context, req *portonev2.GetB2BTaxInvoicePopupUrlRequest) (*portonev2.GetB2BTaxInvoicePopupUrlResponse, error) {
	what := "/popup"
	if req.IncludeMenu != nil && !req.GetIncludeMenu() {
		what += "?menu=false"
	}
	url, err := s.in(req).view(req, what)
	if err != nil {
		return nil, err
	}
	return &portonev2.GetB2BTaxInvoicePopupUrlResponse{Url: url}, nil
}

// GetB2BTaxInvoicePrintUrl returns the address of an invoice to print.
func (s *Store) GetB2BTaxInvoicePrintUrl(_ context.Context, req *portonev2.GetB2BTaxInvoicePrintUrlRequest) (*portonev2.GetB2BTaxInvoicePrintUrlResponse, error) {
	url, err := s.in(req).view(req, "/print")
	if err != nil {
		return nil, err
	}
	return &portonev2.GetB2BTaxInvoicePrintUrlResponse{Url: url}, nil
}

// view is the address of an invoice in some form. It is the same for every key of
// the invoice.
func (m *mode) view(request keyed, what string) (*string, error) {
	inv, err := m.find(request, keyOfID)
	if err != nil {
		return nil, err
	}
	return world.Ptr(m.url("tax-invoices/" + inv.GetId() + what)), nil
}
