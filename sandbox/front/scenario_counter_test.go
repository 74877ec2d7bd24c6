package front_test

import "slices"

// counter is a day at the counter: payments in the browser, with escrow, with
// promotions, through a payment session, and everything around them.
func counter(m *merchant) {
	tokens := m.post("/login/api-secret", object{"apiSecret": "a-secret"})
	m.text(m.post("/token/refresh", object{"refreshToken": m.text(tokens, "refreshToken")}), "accessToken")
	if banks := items(m.get("/banks"), "items"); len(banks) == 0 {
		m.t.Error("no banks")
	}
	m.payInWindow()
	m.storeCardInWindow()
	m.deliverEscrow()
	m.discount()
	m.payInCrypto()
	m.session()
	m.reports()
	m.books()
}

// payInWindow has the customer pay in the browser what was registered before; the
// server confirms.
func (m *merchant) payInWindow() {
	m.t.Helper()
	m.post("/payments/tea/pre-register", object{"totalAmount": 12_000, "currency": "KRW"})
	opened := m.control("POST", "window", object{"paymentId": "tea", "orderName": "녹차", "totalAmount": 12_000, "confirm": true})
	token := m.text(opened, "token")
	m.expect(m.get("/payments/tea"), "status", "READY")
	m.refused("INFORMATION_MISMATCH", "POST", "/payments/tea/confirm", object{"paymentToken": token, "totalAmount": 11_000})
	m.post("/payments/tea/confirm", object{"paymentToken": token, "totalAmount": 12_000, "currency": "KRW"})
	m.expect(m.get("/payments/tea"), "status", "PAID")
	m.post("/payments/tea/capture", object{})
	m.refused("ALREADY_PAID", "POST", "/payments/tea/pre-register", object{"totalAmount": 12_000})
	resent := m.post("/payments/tea/resend-webhook", object{})
	m.expect(resent, "webhook.paymentStatus", "PAID", "webhook.trigger", "MANUAL")
}

// storeCardInWindow has customers store their cards in the browser, one of them
// with a first payment.
func (m *merchant) storeCardInWindow() {
	m.t.Helper()
	stored := m.control("POST", "window", object{"billingKey": true, "confirm": true})
	confirmed := m.post("/billing-keys/confirm", object{"billingIssueToken": m.text(stored, "token")})
	m.post("/payments/refill/billing-key", object{
		"billingKey": m.text(confirmed, "billingKey"), "orderName": "리필", "amount": object{"total": 7_000}, "currency": "KRW",
	})
	both := m.control("POST", "window", object{
		"billingKey": true, "confirm": true, "paymentId": "first", "orderName": "첫 결제", "totalAmount": 9_900,
	})
	m.post("/billing-keys/confirm-issue-and-pay", object{"billingIssueToken": m.text(both, "token")})
	m.expect(m.get("/payments/first"), "status", "PAID")
}

// deliverEscrow delivers what was paid to a third party.
func (m *merchant) deliverEscrow() {
	m.t.Helper()
	escrow := order("도자기", 80_000, card("4242424242424242"))
	escrow["isEscrow"] = true
	m.post("/payments/vase/instant", escrow)
	parcel := func(invoice string) object {
		return object{
			"logistics": object{"company": "CJ", "invoiceNumber": invoice, "sentAt": at("2026-01-31 17:00")},
			"sender":    object{"name": "상점"}, "receiver": object{"name": "김고객"},
		}
	}
	m.post("/payments/vase/escrow/logistics", parcel("1"))
	m.expect(m.patch("/payments/vase/escrow/logistics", parcel("2")), "invoiceNumber", "2")
	m.post("/payments/vase/escrow/complete", object{"fromStore": false})
	m.expect(m.get("/payments/vase"), "escrow.status", "CONFIRMED", "escrow.invoiceNumber", "2")
}

// discount takes a promotion's discount off, and part of it back.
func (m *merchant) discount() {
	m.t.Helper()
	reduced := order("찻잔", 60_000, card("4242424242424242"))
	reduced["promotionId"] = "promotion-sandbox-amount"
	m.post("/payments/cup/instant", reduced)
	m.expect(m.get("/payments/cup"), "amount.total", 60_000, "amount.discount", 7_000, "amount.paid", 53_000)
	spent := m.get("/promotions/promotion-sandbox-amount")
	m.expect(spent, "status", "IN_PROGRESS", "spentAmount", 7_000)
	m.post("/payments/cup/cancel", object{"reason": "고객 변심"})
	m.expect(m.get("/promotions/promotion-sandbox-amount"), "spentAmount", 0)
	if offers := items(m.get("/payment-gateways/card-promotion?channelKey=channel-key-sandbox&amount=60000"), "promotions"); len(offers) == 0 {
		m.t.Error("no promotions of the PG")
	}

	inicis := order("찻상", 40_000, card("4242424242424242"))
	inicis["channelKey"] = "channel-key-sandbox-inicis"
	m.post("/payments/table/instant", inicis)
	m.text(m.post("/payments/table/register-store-receipt", object{"items": list{
		object{"storeBusinessRegistrationNumber": buyerBRN, "storeName": "입점 상점", "totalAmount": 40_000, "currency": "KRW"},
	}}), "receiptUrl")
}

// payInCrypto has a payment that takes time, and a cancellation that is stopped.
func (m *merchant) payInCrypto() {
	m.t.Helper()
	m.control("POST", "window", object{"paymentId": "coin", "orderName": "기념품", "totalAmount": 90_000, "channelKey": "channel-key-sandbox-triple-a"})
	m.expect(m.get("/payments/coin"), "status", "PAY_PENDING")
	m.until("2026-01-31 19:00")
	m.expect(m.get("/payments/coin"), "status", "PAID", "method.type", "PaymentMethodCrypto")
	asked := m.post("/payments/coin/cancel", object{"reason": "고객 변심", "refundEmail": "customer@sandbox.example"})
	m.expect(asked, "cancellation.status", "REQUESTED")
	m.post("/payments/coin/cancellations/"+m.text(asked, "cancellation.id")+"/stop", object{})
	m.expect(m.get("/payments/coin"), "status", "PAID", "cancellations.0.status", "FAILED")
}

// session makes a link to a checkout page, and closes it.
func (m *merchant) session() {
	m.t.Helper()
	offered := m.get("/checkout-profiles/evaluate?profileKey=profile-key-sandbox&country=US&currency=USD&amount=1000")
	if len(items(offered, "methods")) == 0 {
		m.t.Errorf("nothing is offered: %v", offered)
	}
	opened := m.post("/payment-sessions", object{
		"storeId": "store-sandbox", "paymentId": "link", "profileKey": "profile-key-sandbox", "country": "US", "currency": "USD",
		"totalAmount": 1_000, "orderName": "Tea",
	})
	path := "/payment-sessions/" + m.text(opened, "sessionId")
	m.expect(m.get(path), "orderName", "Tea")
	m.post(path+"/close", object{})
	m.refused("SESSION_EXPIRED", "GET", path)
}

// reports reads what PGs report, and reports to one.
func (m *merchant) reports() {
	m.t.Helper()
	january := object{"dateRange": object{"from": "2026-01-01", "until": "2026-01-31"}}
	for _, kind := range []string{"settlements", "transactions"} {
		m.get("/payment-reconciliations/"+kind+"/vat-report", january)
	}
	m.expect(m.get("/kakaopay/payment/order?pgTxId=T1234&channelKey=channel-key-sandbox"), "statusCode", 200)
	m.post("/paymentwall/delivery/confirm", object{
		"transactionId": m.text(m.get("/payments/tea"), "transactionId"), "deliveryType": "DIGITAL", "deliveryStatus": "DELIVERED",
		"estimatedDeliveryDatetime": at("2026-02-01 10:00"), "estimatedUpdateDatetime": at("2026-02-01 10:00"),
		"refundable": true, "details": "전자 쿠폰", "shippingAddressEmail": "customer@sandbox.example",
	})
}

// books reads all payments and events by cursor, a few at a time, and holds them
// against each other.
func (m *merchant) books() {
	m.t.Helper()
	all := func(path, wrapper string) (ids []string) {
		cursor := ""
		for {
			query := object{"size": 3, "from": at("2026-01-01 00:00"), "until": at("2026-12-31 00:00")}
			if cursor != "" {
				query["cursor"] = cursor
			}
			page := items(m.get(path, query), "items")
			if len(page) == 0 {
				return ids
			}
			for _, item := range page {
				ids = append(ids, m.text(item, wrapper+".id"))
			}
			cursor = m.text(page[len(page)-1], "cursor")
		}
	}
	payments, events := all("/payments-by-cursor", "payment"), all("/payment-events-by-cursor", "paymentEvent")
	slices.Sort(payments)
	if want := []string{"coin", "cup", "first", "refill", "table", "tea", "vase"}; !slices.Equal(payments, want) {
		m.t.Errorf("payments %v, want %v", payments, want)
	}
	if len(events) != len(payments)+1 { // the cup was cancelled
		m.t.Errorf("events %v", events)
	}
}
