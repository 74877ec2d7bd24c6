package front_test

import (
	"slices"
	"strings"
)

// partner is a partner as it is entered: a business, with an account whose holder
// was looked up.
func (m *merchant) enterPartner(id, brn, holder, verification string) {
	m.t.Helper()
	m.post("/platform/partners", object{
		"id": id, "name": "파트너 " + id, "contact": object{"name": "김담당", "email": id + "@sandbox.example"},
		"account":           object{"bank": "KOOKMIN", "currency": "KRW", "number": "110-222-333", "holder": holder, "accountVerificationId": verification},
		"defaultContractId": "standard", "tags": list{"new"}, "userDefinedProperties": object{"region": object{"string": "서울"}},
		"type": object{"business": object{"companyName": "상점 " + id, "businessRegistrationNumber": brn, "representativeName": "김대표", "taxationType": "NORMAL"}},
	})
}

// terms are the contract and the policies by which the marketplace settles: 10 %
// for the platform, 500 won for delivery, coupons at the cost of both.
func (m *merchant) enterTerms() {
	m.t.Helper()
	m.post("/platform/contracts", object{
		"id": "standard", "name": "표준 계약", "platformFee": object{"fixedRate": 10_000}, "platformFeeVatPayer": "PARTNER", "subtractPaymentVatAmount": false,
		"settlementCycle": object{"lagDays": 3, "datePolicy": "HOLIDAY_AFTER", "method": object{"daily": object{}}},
	})
	m.post("/platform/additional-fee-policies", object{"id": "delivery", "name": "배송 대행", "fee": object{"fixedAmount": 500}, "vatPayer": "PARTNER"})
	m.post("/platform/discount-share-policies", object{"id": "coupon", "name": "쿠폰 분담", "partnerShareRate": 50_000})
}

// marketplace is one order of the goods of two partners, from the payment to their
// accounts. One of the goods is sent back.
func marketplace(m *merchant) {
	m.control("POST", "definitions", object{"properties": list{"region"}})
	m.enterTerms()
	m.enterSellers()
	m.until("2026-02-02 10:00") // a Monday

	// 30,000 won of coffee and 20,000 of pottery, less a coupon of 4,000 on pottery.
	m.post("/payments/order-1/instant", object{
		"channelKey": "channel-key-sandbox", "orderName": "원두 2봉 외 1건", "method": card("4242424242424242"), "customer": customer,
		"amount": object{"total": 46_000}, "currency": "KRW",
	})
	coffee := m.post("/platform/transfers/order", object{
		"id": "coffee", "partnerId": "roaster", "paymentId": "order-1", "discounts": list{}, "additionalFees": list{object{"policyId": "delivery"}},
		"orderDetail": object{"orderLines": list{object{
			"product": object{"id": "beans", "name": "원두", "amount": 15_000}, "quantity": 2, "discounts": list{}, "additionalFees": list{},
		}}},
	})
	m.expect(coffee, "transfer.amount.order", 30_000, "transfer.amount.platformFee", 3_000, "transfer.amount.platformFeeVat", 300,
		"transfer.amount.additionalFee", 500, "transfer.amount.additionalFeeVat", 50, "transfer.amount.settlement", 26_150,
		"transfer.status", "IN_PROCESS", "transfer.settlementDate", "2026-02-05")
	pottery := m.post("/platform/transfers/order", object{
		"id": "pottery", "partnerId": "potter", "paymentId": "order-1", "orderDetail": object{"orderAmount": 20_000},
		"discounts": list{object{"sharePolicyId": "coupon", "amount": 4_000}}, "additionalFees": list{},
		"userDefinedProperties": list{object{"key": "region", "value": object{"string": "이천"}}},
	})
	m.expect(pottery, "transfer.amount.payment", 16_000, "transfer.amount.discountShare", 2_000, "transfer.amount.platformFee", 2_000,
		"transfer.amount.settlement", 15_800)
	m.refused("PLATFORM_TRANSFER_ALREADY_EXISTS", "POST", "/platform/transfers/order", object{
		"partnerId": "potter", "paymentId": "order-1", "orderDetail": object{"orderAmount": 20_000}, "discounts": list{}, "additionalFees": list{},
	})
	m.refused("PLATFORM_USER_DEFINED_PROPERTY_NOT_FOUND", "POST", "/platform/transfers/manual", object{
		"partnerId": "potter", "settlementAmount": 1_000, "settlementDate": "2026-02-05", "userDefinedProperties": list{object{"key": "taste", "value": object{"string": "x"}}},
	})

	// One bag of coffee comes back.
	m.until("2026-02-04 15:00")
	back := m.post("/payments/order-1/cancel", object{"amount": 15_000, "reason": "한 봉 반품"})
	takenBack := m.post("/platform/transfers/order-cancel", object{
		"id": "coffee-back", "transferId": "coffee", "cancellationId": m.text(back, "cancellation.id"), "discounts": list{},
		"orderDetail": object{"orderLines": list{object{"productId": "beans", "quantity": 1, "discounts": list{}}}},
	})
	m.expect(takenBack, "transfer.amount.order", 15_000, "transfer.amount.platformFee", 1_500, "transfer.amount.additionalFee", 250,
		"transfer.amount.settlement", 13_075,
		"transfer.settlementDate", "2026-02-09") // three days later is a Saturday
	m.expect(m.get("/platform/transfers/coffee"), "status", "IN_PROCESS")

	m.settle()
	m.payOut()
	m.balance()
}

// enterSellers makes a business and a person partners, with what was looked up.
func (m *merchant) enterSellers() {
	m.t.Helper()
	holder := m.get("/platform/bank-accounts/KOOKMIN/110222333/holder?businessRegistrationNumber=2208162517")
	name, verification := m.text(holder, "holderName"), m.text(holder, "accountVerificationId")
	m.refused("PLATFORM_ACCOUNT_VERIFICATION_FAILED", "POST", "/platform/partners", object{
		"name": "다른 사람", "contact": object{"name": "a", "email": "a@sandbox.example"}, "defaultContractId": "standard", "tags": list{},
		"account": object{"bank": "KOOKMIN", "currency": "KRW", "number": "110222333", "holder": "다른 사람", "accountVerificationId": verification},
		"type":    object{"nonWhtPayer": object{}},
	})
	m.enterPartner("roaster", "2208162517", name, verification)
	m.expect(m.get("/platform/companies/2208162517/state"), "companyState.businessStatus", "IN_BUSINESS", "companyState.taxationType", "NORMAL")
	m.expect(m.get("/platform/partners/roaster"), "type.businessStatus", "IN_BUSINESS", "account.status", "VERIFIED", "userDefinedProperties.region.string", "서울")
	m.post("/platform/partners", object{
		"id": "potter", "name": "이도예", "contact": object{"name": "이도예", "email": "potter@sandbox.example"},
		"account":           object{"bank": "SHINHAN", "currency": "KRW", "number": "555-666", "holder": "이도예"},
		"defaultContractId": "standard", "tags": list{}, "type": object{"whtPayer": object{"birthdate": "1990-01-31"}},
	})
}

// settle waits until everything is settled.
func (m *merchant) settle() {
	m.t.Helper()
	m.until("2026-02-05 00:00")
	m.expect(m.get("/platform/transfers/coffee"), "status", "SETTLED")
	m.expect(m.get("/platform/transfers/coffee-back"), "status", "IN_PROCESS")
	m.refused("PLATFORM_TRANSFER_NON_DELETABLE_STATUS", "DELETE", "/platform/transfers/coffee")
	m.until("2026-02-09 00:00")
	m.expect(m.get("/platform/transfers/coffee-back"), "status", "SETTLED")
}

// payOut pays out what is settled: what the potter gets is subject to withholding
// tax, 3 % and a tenth of it.
func (m *merchant) payOut() {
	m.t.Helper()
	settled := m.get("/platform/partner-settlements", object{"filter": object{"statuses": list{"PAYOUT_PREPARED"}}})
	m.expect(settled, "page.totalCount", 3, "counts.payoutPrepared", 3)
	ids := texts(items(settled, "items"), "id")
	paidOut := m.post("/platform/partner-settlements/complete-payout", object{"partnerSettlementIds": ids, "bulkPayoutId": "february"})
	m.expect(paidOut, "bulkPayoutId", "february", "payoutCount", 2, "partnerSettlementCount", 3)
	m.refused("PLATFORM_NON_PAYABLE_PARTNER_SETTLEMENTS", "POST", "/platform/partner-settlements/complete-payout", object{"partnerSettlementIds": ids, "bulkPayoutId": "again"})

	payouts := items(m.get("/platform/payouts"), "items")
	byPartner := make(map[string]any)
	for _, p := range payouts {
		byPartner[m.text(p, "partner.id")] = p
	}
	m.expect(byPartner["roaster"], "amount", 13_075, "settlementAmount", 13_075, "status", "SUCCEEDED")
	m.expect(byPartner["potter"], "settlementAmount", 15_800, "incomeTaxAmount", 474, "localIncomeTaxAmount", 47, "amount", 15_279)
	m.expect(m.get("/platform/bulk-payouts"), "items.0.id", "february", "items.0.totalPayoutAmount", 13_075+15_279)
	m.expect(m.get("/platform/bulk-account-transfers"), "items.0.totalAmount", 13_075+15_279, "items.0.status", "COMPLETED")
	for _, id := range []string{"coffee", "pottery", "coffee-back"} {
		m.expect(m.get("/platform/transfers/"+id), "status", "PAID_OUT")
	}
}

// balance holds all sums against each other: what the customer paid is what the
// partners and the tax office got, what the platform earned, and what came back.
func (m *merchant) balance() {
	m.t.Helper()
	payment := m.get("/payments/order-1")
	m.expect(payment, "status", "PARTIAL_CANCELLED", "amount.paid", 46_000, "amount.cancelled", 15_000)
	kept := m.number(payment, "amount.paid") - m.number(payment, "amount.cancelled")

	var settled, earned, borne int64
	for _, id := range []string{"coffee", "pottery", "coffee-back"} {
		transfer, sign := m.get("/platform/transfers/"+id), int64(1)
		if transfer["type"] == "ORDER_CANCEL" {
			sign = -1
		}
		amount := func(name string) int64 { return sign * m.number(transfer, "amount."+name) }
		settled += amount("settlement")
		earned += amount("platformFee") + amount("platformFeeVat") + amount("additionalFee") + amount("additionalFeeVat")
		borne += amount("discount") - amount("discountShare")
	}
	var paidOut, withheld, moved int64
	for _, p := range items(m.get("/platform/payouts"), "items") {
		paidOut += m.number(p, "amount")
		withheld += m.number(p, "incomeTaxAmount") + m.number(p, "localIncomeTaxAmount")
	}
	for _, transfer := range items(m.get("/platform/account-transfers"), "items") {
		if pick(transfer, "type") == "WITHDRAWAL" {
			moved += m.number(transfer, "amount")
		}
	}
	if kept != settled+earned-borne || settled != paidOut+withheld || moved != paidOut {
		m.t.Errorf("%d kept; %d settled, %d earned, %d borne; %d paid out, %d withheld; %d moved", kept, settled, earned, borne, paidOut, withheld, moved)
	}
	summaries := m.get("/platform/transfer-summaries")
	if got := texts(items(summaries, "transferSummaries"), "id"); !slices.Equal(got, []string{"coffee", "coffee-back", "pottery"}) {
		m.t.Errorf("listed %v", got)
	}
	status, sheet := m.call("GET", "/platform/transfer-summaries/sheet-file", object{"filter": object{}})
	if lines := strings.Count(strings.TrimSpace(string(sheet)), "\n"); status != 200 || lines != 3 {
		m.t.Errorf("the sheet: %d %s", status, sheet)
	}
}
