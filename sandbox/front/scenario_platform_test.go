package front_test

import "slices"

// platformChanges is what happens to a marketplace over time: terms and partners
// are changed, at once and at a set time, archived and recovered; partners are
// connected for tax invoices; a settlement is entered by hand and cancelled.
func platformChanges(m *merchant) {
	m.expect(m.get("/platform/setting"), "settlementAmountType", "GROSS")
	m.expect(m.patch("/platform/setting", object{"deductWht": false}), "setting.deductWht", false)
	m.enterTerms()
	m.enterSellers()
	for _, terms := range []struct {
		path, id, when string
		later, other   object
	}{
		{"/platform/contracts/", "standard", "2026-02-01 00:00", object{"platformFee": object{"fixedRate": 8_000}}, object{"name": "새 계약"}},
		{"/platform/additional-fee-policies/", "delivery", "2026-02-01 01:00", object{"fee": object{"fixedAmount": 700}}, object{"name": "새 배송"}},
		{"/platform/discount-share-policies/", "coupon", "2026-02-01 02:00", object{"partnerShareRate": 30_000}, object{"name": "새 쿠폰"}},
		{"/platform/partners/", "roaster", "2026-02-01 03:00", object{"tags": list{"trusted"}}, object{"memo": "단골"}},
	} {
		m.change(terms.path+terms.id, terms.when, terms.later, terms.other)
		if listed := m.get(terms.path[:len(terms.path)-1]); !slices.Contains(texts(items(listed, "items"), "id"), terms.id) {
			m.t.Errorf("%s is not listed: %v", terms.id, listed)
		}
	}
	m.expect(m.get("/platform/contracts/standard"), "name", "새 계약", "platformFee.rate", 8_000)
	m.expect(m.get("/platform/partners/roaster"), "tags", list{"trusted"}, "memo", "단골")
	m.expect(m.patch("/platform/partners/roaster", object{"tags": list{}}), "partner.tags", list{})
	m.get("/platform/discount-share-policy-filter-options")
	m.get("/platform/partner-filter-options")
	m.severalPartners()
	m.connectPartners()
	m.settleByHand()
}

// change updates an object at once and at a time that is moved, plans an update
// that is called off, and archives and recovers the object.
func (m *merchant) change(path, when string, later, other object) {
	m.t.Helper()
	m.patch(path, other)
	m.post(path+"/schedule", object{"update": later, "appliedAt": at("2027-01-01 00:00")})
	m.put(path+"/schedule", object{"update": later, "appliedAt": at(when)})
	m.text(m.get(path+"/schedule"), "appliedAt")
	m.until(when)
	m.post(path+"/schedule", object{"update": other, "appliedAt": at("2027-01-01 00:00")})
	m.delete(path + "/schedule")
	m.post(path + "/archive")
	m.expect(m.get(path), "isArchived", true)
	m.post(path + "/recover")
	m.expect(m.get(path), "isArchived", false)
}

// severalPartners enters partners together, and changes them together later.
func (m *merchant) severalPartners() {
	m.t.Helper()
	entry := func(id string) object {
		return object{
			"id": id, "name": "파트너 " + id, "contact": object{"name": "김담당", "email": id + "@sandbox.example"}, "defaultContractId": "standard",
			"account": object{"bank": "HANA", "currency": "KRW", "number": "777888" + id, "holder": "김대표"}, "tags": list{"batch"},
			"type": object{"business": object{"companyName": "상점 " + id, "businessRegistrationNumber": supplierBRN, "representativeName": "김대표", "taxationType": "NORMAL"}},
		}
	}
	m.post("/platform/partners/batch", object{"partners": list{entry("1"), entry("2")}})
	m.refused("PLATFORM_PARTNER_IDS_ALREADY_EXISTS", "POST", "/platform/partners/batch", object{"partners": list{entry("2"), entry("3")}})
	m.refused("PLATFORM_PARTNER_NOT_FOUND", "GET", "/platform/partners/3")
	m.post("/platform/partners/schedule", object{
		"filter": object{"tags": list{"batch"}}, "update": object{"memo": "한꺼번에"}, "appliedAt": at("2026-02-02 00:00"),
	})
	m.until("2026-02-02 00:00")
	m.expect(m.get("/platform/partners/2"), "memo", "한꺼번에")
}

// connectPartners connects partners for tax invoices, which makes them
// counterparties, until an invoice is under way.
func (m *merchant) connectPartners() {
	m.t.Helper()
	m.post("/platform/partners/counterparty-connect/roaster")
	m.expect(m.get("/platform/partners/roaster"), "type.memberCompanyConnectionStatus", "CONNECT_PENDING")
	m.post("/platform/partners/counterparty-connect", object{"filter": object{"tags": list{"batch"}}})
	m.until("2026-02-02 09:00")
	m.expect(m.get("/platform/partners/roaster"), "type.memberCompanyConnectionStatus", "CONNECTED")
	m.expect(m.get("/b2b/counterparties/roaster"), "partnerId", "roaster", "ntsConnectionStatus", "CONNECTED")

	in := invoice("S-1", 10_000)
	in["recipient"] = object{"counterpartyId": "roaster"}
	drafted := m.text(m.post("/b2b/tax-invoices/draft", object{"taxInvoice": in}), "taxInvoice.id")
	m.refused("PLATFORM_ONGOING_TAX_INVOICE_EXISTS", "POST", "/platform/partners/counterparty-disconnect/roaster")
	m.delete("/b2b/tax-invoices/" + drafted)
	m.post("/platform/partners/counterparty-disconnect/roaster")
	m.post("/platform/partners/counterparty-disconnect", object{"filter": object{"tags": list{"batch"}}})
	m.until("2026-02-02 10:00")
	m.refused("B2B_COUNTERPARTY_NOT_FOUND", "GET", "/b2b/counterparties/roaster")

	// The names that these calls had before.
	m.post("/platform/partners/member-company-connect/roaster")
	m.post("/platform/partners/member-company-connect", object{"filter": object{"tags": list{"batch"}}})
	m.until("2026-02-02 11:00")
	m.post("/platform/partners/member-company-disconnect/roaster")
	m.post("/platform/partners/member-company-disconnect", object{"filter": object{"tags": list{"batch"}}})
	m.until("2026-02-02 12:00")
	m.expect(m.get("/platform/partners/1"), "type.memberCompanyConnectionStatus", "NOT_CONNECTED")
}

// settleByHand enters amounts by hand: one is deleted before it is settled, the
// settlement of the other after.
func (m *merchant) settleByHand() {
	m.t.Helper()
	bonus := func(id string) object {
		return object{"id": id, "partnerId": "roaster", "settlementAmount": 5_000, "settlementDate": "2026-02-03", "memo": "보너스"}
	}
	m.expect(m.post("/platform/transfers/manual", bonus("typo")), "transfer.status", "SCHEDULED")
	m.delete("/platform/transfers/typo")
	m.refused("PLATFORM_TRANSFER_NOT_FOUND", "GET", "/platform/transfers/typo")
	m.post("/platform/transfers/manual", bonus("bonus"))
	m.until("2026-02-03 00:00")
	settled := m.get("/platform/partner-settlements", object{"filter": object{}})
	m.expect(settled, "page.totalCount", 1)
	m.post("/platform/partner-settlements/delete", object{"partnerSettlementIds": list{m.text(settled, "items.0.id")}})
	m.expect(m.get("/platform/partner-settlements", object{"filter": object{}}), "page.totalCount", 0)
}
