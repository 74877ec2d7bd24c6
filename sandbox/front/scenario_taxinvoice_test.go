package front_test

import (
	"slices"
	"strings"
)

const (
	merchantBRN = "1234567891"
	buyerBRN    = "2208162517"
	supplierBRN = "1208147521"
)

// invoice is what a tax invoice of the merchant to the buyer says: supply and a
// tenth of it in tax.
func invoice(number string, supply int64) object {
	return object{
		"taxationType": "TAXABLE", "issuanceType": "NORMAL", "purposeType": "RECEIPT", "writeDate": "2026-02-02", "supplierDocumentKey": number,
		"recipient":         object{"counterpartyId": "buyer"},
		"totalSupplyAmount": supply, "totalTaxAmount": supply / 10, "totalAmount": supply + supply/10,
		"items": list{object{"name": "사무용 의자", "supplyCostAmount": supply, "taxAmount": supply / 10}},
	}
}

// taxInvoices is a tax invoice with all that belongs to it: the buyer becomes a
// counterparty, the invoice is drafted, changed, issued, sent to the NTS and
// corrected. Others are asked for, withdrawn, refused and deleted.
func taxInvoices(m *merchant) {
	m.until("2026-02-02 10:00")
	m.enterBuyer()
	id := m.draftInvoice()
	m.attach(id)

	issued := m.post("/b2b/tax-invoices/"+id+"/issue", object{"memo": "2월분"})
	m.expect(issued, "taxInvoice.status", "ISSUED", "taxInvoice.isDelayed", false, "taxInvoice.totalAmount", 220_000)
	m.refused("B2B_TAX_INVOICE_NOT_DRAFTED_STATUS", "PUT", "/b2b/tax-invoices/draft", object{"taxInvoiceKey": id, "taxInvoiceKeyType": "TAX_INVOICE_ID", "taxInvoice": invoice("S-1", 300_000)})
	m.refused("B2B_TAX_INVOICE_NON_DELETABLE_STATUS", "DELETE", "/b2b/tax-invoices/"+id)
	m.download(id)
	m.until("2026-02-04 00:00") // the NTS takes a night
	m.expect(m.get("/b2b/tax-invoices/"+id), "status", "SENDING_COMPLETED", "ntsResultCode", "SUC001")
	m.refused("B2B_TAX_INVOICE_NOT_ISSUED_STATUS", "POST", "/b2b/tax-invoices/"+id+"/cancel-issuance", object{})

	m.correct(id)
	m.askAndRefuse()
	m.cancelInTime()
}

// enterBuyer makes a counterparty of a business that was looked up.
func (m *merchant) enterBuyer() {
	m.t.Helper()
	looked := m.post("/b2b/companies/business-info", object{"brnList": list{buyerBRN, "0000000008"}})
	m.expect(looked, "result.0.businessInfo.brn", buyerBRN, "result.1.businessInfo", nil)
	name := m.text(looked, "result.0.businessInfo.name")
	made := m.post("/b2b/counterparties", object{
		"counterpartyId": "buyer",
		"counterparty":   object{"brn": buyerBRN, "contact": object{"name": "이구매", "email": "buyer@sandbox.example"}},
		"options":        object{"businessInfoVerificationId": m.text(looked, "result.0.verificationId"), "checkBusinessStatus": true},
	})
	m.expect(made, "counterparty.companyName", name, "counterparty.businessStatus", "IN_BUSINESS", "counterparty.ntsConnectionStatus", "CONNECTED")
	m.refused("B2B_COUNTERPARTY_ID_ALREADY_EXISTS", "POST", "/b2b/counterparties", object{
		"counterpartyId": "buyer", "counterparty": object{"brn": supplierBRN, "name": "a", "representativeName": "b", "contact": object{"name": "c", "email": "d@sandbox.example"}},
	})
	m.expect(m.patch("/b2b/counterparties/buyer", object{"counterparty": object{"brn": buyerBRN, "memo": "단골"}}), "counterparty.memo", "단골", "counterparty.companyName", name)
	m.expect(m.get("/b2b/counterparties/buyer"), "memo", "단골")
	m.expect(m.get("/b2b/counterparties"), "page.totalCount", 1)
	m.expect(m.post("/b2b/counterparties/"+buyerBRN+"/certificate/validate"), "isValid", true)
	m.text(m.get("/b2b/counterparties/"+buyerBRN+"/certificate"), "expiredAt")
	m.text(m.get("/b2b/counterparties/"+buyerBRN+"/certificate/registration-url"), "url")
}

// draftInvoice drafts an invoice and changes the draft.
func (m *merchant) draftInvoice() (id string) {
	m.t.Helper()
	drafted := m.post("/b2b/tax-invoices/draft", object{"taxInvoice": invoice("S-1", 100_000)})
	m.expect(drafted, "taxInvoice.status", "DRAFTED", "taxInvoice.supplier.brn", merchantBRN, "taxInvoice.recipient.brn", buyerBRN)
	m.refused("B2B_TAX_INVOICE_SUPPLIER_DOCUMENT_KEY_ALREADY_USED", "POST", "/b2b/tax-invoices/draft", object{"taxInvoice": invoice("S-1", 100_000)})
	id = m.text(drafted, "taxInvoice.id")
	m.expect(m.put("/b2b/tax-invoices/draft", object{"taxInvoiceKey": id, "taxInvoiceKeyType": "TAX_INVOICE_ID", "taxInvoice": invoice("S-1", 200_000)}), "taxInvoice.totalAmount", 220_000)
	m.refused("B2B_COUNTERPARTY_ONGOING_TAX_INVOICE_EXISTS", "DELETE", "/b2b/counterparties/buyer")
	return id
}

// attach attaches two files and takes one off again.
func (m *merchant) attach(id string) {
	m.t.Helper()
	for _, name := range []string{"명세서.pdf", "사진.png"} {
		file := m.post("/b2b/file-upload-url", object{"fileName": name})
		m.text(file, "url")
		m.post("/b2b/tax-invoices/"+id+"/attach-file", object{"fileId": m.text(file, "fileId")})
	}
	attached := m.get("/b2b/tax-invoices/" + id + "/attachments")
	if got := texts(items(attached, "attachments"), "name"); !slices.Equal(got, []string{"명세서.pdf", "사진.png"}) {
		m.t.Errorf("attached: %v", attached)
	}
	m.delete("/b2b/tax-invoices/" + id + "/attachments/" + m.text(attached, "attachments.1.id"))
	m.expect(m.get("/b2b/tax-invoices/"+id+"/attachments"), "attachments.1", nil)
}

// download looks at an invoice by its document number, in every form.
func (m *merchant) download(id string) {
	m.t.Helper()
	byNumber := "/b2b/tax-invoices/S-1"
	query := "?taxInvoiceKeyType=SUPPLIER&brn=" + merchantBRN
	m.expect(m.get(byNumber+query), "id", id, "status", "ISSUED")
	for _, form := range []string{"pdf-download-url", "popup-url", "print-url"} {
		m.text(m.get(byNumber+"/"+form+query), "url")
	}
}

// correct takes the invoice back by one with negative amounts, which the NTS gets
// at once, and lists both.
func (m *merchant) correct(id string) {
	m.t.Helper()
	negative := invoice("S-2", -200_000)
	m.refused("B2B_MODIFICATION_NOT_PROVIDED", "POST", "/b2b/tax-invoices/issue-immediately", object{"taxInvoice": negative})
	corrected := m.post("/b2b/tax-invoices/issue-immediately", object{
		"taxInvoice": negative, "modification": object{"type": "CANCELLATION_OF_CONTRACT", "taxInvoiceKey": id, "taxInvoiceKeyType": "TAX_INVOICE_ID"},
	})
	m.expect(corrected, "taxInvoice.status", "ISSUED", "taxInvoice.documentModificationType", "MODIFICATION",
		"taxInvoice.modification.originalTaxInvoiceId", id, "taxInvoice.totalAmount", -220_000)
	second := m.text(corrected, "taxInvoice.id")
	m.expect(m.post("/b2b/tax-invoices/"+second+"/send-to-nts"), "taxInvoice.status", "SENDING")
	m.until("2026-02-04 12:00")
	m.expect(m.get("/b2b/tax-invoices/"+second), "status", "SENDING_COMPLETED")

	var sum int64
	for _, listed := range items(m.get("/b2b/tax-invoices"), "items") {
		sum += m.number(listed, "totalAmount")
	}
	if sum != 0 {
		m.t.Errorf("the invoice and its correction come to %d", sum)
	}
	status, sheet := m.call("GET", "/b2b/tax-invoices-sheet", object{"filter": object{}})
	if lines := strings.Count(strings.TrimSpace(string(sheet)), "\n"); status != 200 || lines != 2 {
		m.t.Errorf("the sheet: %d %s", status, sheet)
	}
}

// askAndRefuse asks a supplier for invoices: one request is withdrawn, one
// refused and deleted, one issued.
func (m *merchant) askAndRefuse() {
	m.t.Helper()
	m.post("/b2b/counterparties", object{"counterpartyId": "supplier", "counterparty": object{
		"brn": supplierBRN, "name": "공급 상사", "representativeName": "박공급", "contact": object{"name": "박공급", "email": "supplier@sandbox.example"},
	}})
	wanted := func(number string) object {
		in := invoice("of-"+number, 50_000)
		in["issuanceType"], in["recipientDocumentKey"] = "REVERSE", number
		in["supplier"], in["recipient"] = object{"counterpartyId": "supplier"}, object{}
		return in
	}
	drafted := m.text(m.post("/b2b/tax-invoices/draft", object{"taxInvoice": wanted("R-1")}), "taxInvoice.id")
	m.expect(m.post("/b2b/tax-invoices/"+drafted+"/request", object{}), "taxInvoice.status", "REQUESTED")
	m.expect(m.post("/b2b/tax-invoices/"+drafted+"/cancel-request", object{"memo": "수량 변경"}), "taxInvoice.status", "REQUEST_CANCELLED")

	asked := m.text(m.post("/b2b/tax-invoices/request-reverse-issuance", object{"taxInvoice": wanted("R-2")}), "taxInvoice.id")
	m.expect(m.post("/b2b/tax-invoices/"+asked+"/refuse-request", object{"memo": "금액이 다릅니다"}), "taxInvoice.status", "REQUEST_REFUSED")
	m.delete("/b2b/tax-invoices/" + asked)
	m.refused("B2B_TAX_INVOICE_NOT_FOUND", "GET", "/b2b/tax-invoices/"+asked)

	again := m.text(m.post("/b2b/tax-invoices/request-reverse-issuance", object{"taxInvoice": wanted("R-2")}), "taxInvoice.id")
	m.expect(m.post("/b2b/tax-invoices/"+again+"/issue", object{}), "taxInvoice.status", "ISSUED")
}

// cancelInTime cancels an issued invoice before the NTS has it, and lets the buyer
// go.
func (m *merchant) cancelInTime() {
	m.t.Helper()
	hasty := m.text(m.post("/b2b/tax-invoices/issue-immediately", object{"taxInvoice": invoice("S-3", 10_000)}), "taxInvoice.id")
	m.expect(m.post("/b2b/tax-invoices/"+hasty+"/cancel-issuance", object{"memo": "중복 발행"}), "taxInvoice.status", "ISSUANCE_CANCELLED")
	m.until("2026-02-06 00:00")
	m.expect(m.get("/b2b/tax-invoices/"+hasty), "status", "ISSUANCE_CANCELLED", "ntsResultCode", nil)
	m.delete("/b2b/counterparties/buyer")
	m.refused("B2B_COUNTERPARTY_NOT_FOUND", "GET", "/b2b/counterparties/buyer")
}
