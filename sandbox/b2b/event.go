package b2b

import portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

// events are the types of webhooks by the status that a tax invoice comes into.
var events = map[status]string{
	requested: "TaxInvoice.Requested", issued: "TaxInvoice.Issued", requestCancelled: "TaxInvoice.RequestCancelled",
	issuanceCancelled: "TaxInvoice.IssuanceCancelled", requestRefused: "TaxInvoice.Refused", sendingCompleted: "TaxInvoice.SendingCompleted",
}

// eventData are the data of such a webhook. PortOne always writes all of them.
type eventData struct {
	TaxInvoiceID         string `json:"taxInvoiceId"`
	SupplierDocumentKey  string `json:"supplierDocumentKey"`
	RecipientDocumentKey string `json:"recipientDocumentKey"`
	Status               string `json:"status"`
	SupplierBRN          string `json:"supplierBrn"`
	TotalAmount          int64  `json:"totalAmount"`
	TotalSupplyAmount    int64  `json:"totalSupplyAmount"`
	TotalTaxAmount       int64  `json:"totalTaxAmount"`
}

func dataOf(inv *portonev2.B2BTaxInvoice) eventData {
	return eventData{
		TaxInvoiceID: inv.GetId(), SupplierDocumentKey: inv.GetSupplierDocumentKey(), RecipientDocumentKey: inv.GetRecipientDocumentKey(),
		Status: statusName(inv.GetStatus()), SupplierBRN: inv.GetSupplier().GetBrn(),
		TotalAmount: inv.GetTotalAmount(), TotalSupplyAmount: inv.GetTotalSupplyAmount(), TotalTaxAmount: inv.GetTotalTaxAmount(),
	}
}

// announce reports a change of status to whoever listens, if PortOne has a webhook for
// it.
func (s *Store) announce(inv *invoice) {
	if event := events[inv.GetStatus()]; event != "" && s.OnChange != nil {
		s.OnChange(event, dataOf(inv.B2BTaxInvoice))
	}
}
