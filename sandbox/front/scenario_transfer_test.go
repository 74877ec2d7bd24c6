package front_test

import "slices"

// byAccount is a payment method: a virtual account to pay into, with a cash
// receipt for a person.
func byAccount(hours int) object {
	return object{"virtualAccount": object{
		"bank": "SHINHAN", "expiry": object{"validHours": hours}, "option": object{"type": "NORMAL"},
		"cashReceipt": object{"type": "PERSONAL", "customerIdentityNumber": "01012345678"},
	}}
}

// order is a payment that is requested from the server.
func order(name string, total int64, method object) object {
	return object{
		"channelKey": "channel-key-sandbox", "orderName": name, "method": method, "customer": customer,
		"amount": object{"total": total}, "currency": "KRW",
	}
}

// virtualAccounts are three orders by bank transfer: one is paid, and refunded in
// two parts; one is not paid in time, and then by card; one is called off.
func virtualAccounts(m *merchant) {
	m.expect(m.post("/payments/desk/instant", order("책상", 110_000, byAccount(48))), "payment.paidAt", "2026-01-31T09:00:00Z")
	waiting := m.get("/payments/desk")
	m.expect(waiting, "status", "VIRTUAL_ACCOUNT_ISSUED", "method.bank", "SHINHAN", "method.expiredAt", "2026-02-02T09:00:00Z", "amount.paid", 0, "cashReceipt", nil)
	m.text(waiting, "method.accountNumber")
	m.post("/payments/lamp/instant", order("조명", 33_000, byAccount(24)))
	m.post("/payments/shelf/instant", order("선반", 55_000, byAccount(24)))
	m.refused("PAYMENT_NOT_PAID", "POST", "/payments/desk/cancel", object{"reason": "고객 변심"})

	m.refundDeposit()

	// The other two accounts end: one at its deadline, one before.
	m.post("/payments/shelf/virtual-account/close", object{})
	m.expect(m.get("/payments/shelf"), "status", "FAILED")
	m.until("2026-02-01 18:00")
	m.expect(m.get("/payments/lamp"), "status", "FAILED", "failedAt", "2026-02-01T09:00:00Z")
	m.refused("PAYMENT_NOT_WAITING_FOR_DEPOSIT", "POST", "/payments/lamp/virtual-account/close", object{})
	m.post("/payments/lamp/instant", order("조명", 33_000, card("5555555555554444")))
	m.expect(m.get("/payments/lamp"), "status", "PAID", "method.type", "PaymentMethodCard")

	m.receiptByHand()
}

// refundDeposit has the customer pay, and gets the money back to them in two parts.
func (m *merchant) refundDeposit() {
	m.t.Helper()
	m.control("POST", "deposits", object{"paymentId": "desk"})
	m.expect(m.get("/payments/desk"), "status", "PAID", "amount.paid", 110_000, "cashReceipt.status", "ISSUED", "cashReceipt.totalAmount", 110_000)
	m.expect(m.get("/cash-receipts"), "page.totalCount", 1, "items.0.paymentId", "desk", "items.0.isManual", false)

	refundTo := object{"bank": "KOOKMIN", "number": "12345678901234", "holderName": "김고객"}
	m.refused("INVALID_REQUEST", "POST", "/payments/desk/cancel", object{"reason": "한쪽 파손", "amount": 30_000})
	m.refused("CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN", "POST", "/payments/desk/cancel",
		object{"reason": "한쪽 파손", "amount": 30_000, "refundAccount": refundTo, "currentCancellableAmount": 100_000})
	part := m.post("/payments/desk/cancel", object{
		"reason": "한쪽 파손", "amount": 30_000, "refundAccount": refundTo, "currentCancellableAmount": 110_000,
	})
	m.expect(part, "cancellation.status", "SUCCEEDED", "cancellation.totalAmount", 30_000)
	m.refused("CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", "POST", "/payments/desk/cancel",
		object{"reason": "너무 많음", "amount": 80_001, "refundAccount": refundTo})
	m.expect(m.get("/payments/desk"), "status", "PARTIAL_CANCELLED", "cashReceipt.status", "ISSUED")
	m.expect(m.post("/payments/desk/cancel", object{"reason": "반품", "refundAccount": refundTo}), "cancellation.totalAmount", 80_000)

	gone := m.get("/payments/desk")
	m.expect(gone, "status", "CANCELLED", "amount.cancelled", 110_000, "method.refundStatus", "COMPLETED", "cashReceipt.status", "CANCELLED")
	m.expect(m.get("/payments/desk/cash-receipt"), "status", "CANCELLED", "cancelledAt", "2026-01-31T09:00:00Z")
	m.refused("PAYMENT_ALREADY_CANCELLED", "POST", "/payments/desk/cancel", object{"reason": "다시", "refundAccount": refundTo})
}

// receiptByHand issues cash receipts for payments made elsewhere and here.
func (m *merchant) receiptByHand() {
	m.t.Helper()
	receipt := func(paymentID string, total int64) object {
		return object{
			"paymentId": paymentID, "channelKey": "channel-key-sandbox", "type": "PERSONAL", "orderName": "조명", "currency": "KRW",
			"amount": object{"total": total}, "customer": object{"identityNumber": "01012345678"},
		}
	}
	m.refused("CASH_RECEIPT_NOT_FOUND", "GET", "/payments/lamp/cash-receipt")
	m.refused("INVALID_REQUEST", "POST", "/cash-receipts", receipt("lamp", 33_001))
	m.post("/cash-receipts", receipt("lamp", 33_000))
	m.refused("CASH_RECEIPT_ALREADY_ISSUED", "POST", "/cash-receipts", receipt("lamp", 33_000))
	m.expect(m.get("/payments/lamp"), "cashReceipt.status", "ISSUED", "cashReceipt.totalAmount", 33_000)
	m.expect(m.post("/payments/lamp/cash-receipt/cancel", object{}), "cancelledAmount", 33_000)
	m.expect(m.get("/payments/lamp"), "cashReceipt.status", "CANCELLED")
	m.refused("CASH_RECEIPT_NOT_ISSUED", "POST", "/payments/lamp/cash-receipt/cancel", object{})

	m.post("/cash-receipts", receipt("paid-elsewhere", 5_000))
	refused := m.refused("PG_PROVIDER", "POST", "/cash-receipts", func() object {
		r := receipt("in-dollars", 5_000)
		r["currency"] = "USD"
		return r
	}())
	m.text(refused, "pgCode")
	listed := m.get("/cash-receipts", object{"filter": object{"timeRangeField": "STATUS_UPDATED_AT"}})
	if got := texts(items(listed, "items"), "status"); !slices.Equal(got, []string{"CANCELLED", "CANCELLED", "ISSUED", "ISSUE_FAILED"}) {
		m.t.Errorf("receipts: %v", listed)
	}
}

// identities are three customers who prove who they are: by a one-time code, in an
// app, and not at all.
func identities(m *merchant) {
	customer := func(phone string) object {
		return object{"name": "김고객", "phoneNumber": phone, "identityNumber": "9001011", "ipAddress": "203.0.113.7"}
	}
	send := func(id, phone, method string) (string, object) {
		return "/identity-verifications/" + id + "/send",
			object{"channelKey": "channel-key-sandbox", "customer": customer(phone), "operator": "SKT", "method": method}
	}
	path, body := send("adult", "01012345678", "SMS")
	m.post(path, body)
	m.refused("IDENTITY_VERIFICATION_ALREADY_SENT", "POST", path, body)
	m.expect(m.get("/identity-verifications/adult"), "status", "READY")
	first := m.control("POST", "codes", object{"identityVerificationId": "adult"})
	wrong := m.refused("PG_PROVIDER", "POST", "/identity-verifications/adult/confirm", object{"otp": "000001"})
	m.text(wrong, "pgMessage")
	m.post("/identity-verifications/adult/resend", object{})
	m.refused("PG_PROVIDER", "POST", "/identity-verifications/adult/confirm", object{"otp": m.text(first, "code")})
	second := m.control("POST", "codes", object{"identityVerificationId": "adult"})
	done := m.post("/identity-verifications/adult/confirm", object{"otp": m.text(second, "code")})
	m.expect(done, "identityVerification.status", "VERIFIED", "identityVerification.verifiedCustomer.name", "김고객",
		"identityVerification.verifiedCustomer.birthDate", "1990-01-01", "identityVerification.verifiedCustomer.gender", "MALE")
	m.refused("IDENTITY_VERIFICATION_ALREADY_VERIFIED", "POST", "/identity-verifications/adult/confirm", object{"otp": "000000"})

	m.post(send("by-app", "01087654321", "APP"))
	m.expect(m.post("/identity-verifications/by-app/confirm", object{}), "identityVerification.status", "VERIFIED")

	m.post(send("silent", "01000000001", "APP"))
	m.refused("PG_PROVIDER", "POST", "/identity-verifications/silent/confirm", object{})
	m.until("2026-01-31 18:10")
	m.expect(m.get("/identity-verifications/silent"), "status", "FAILED")
	m.refused("IDENTITY_VERIFICATION_NOT_SENT", "POST", "/identity-verifications/silent/confirm", object{})

	listed := m.get("/identity-verifications")
	if got := texts(items(listed, "items"), "status"); !slices.Equal(got, []string{"FAILED", "VERIFIED", "VERIFIED"}) {
		m.t.Errorf("listed: %v", listed)
	}
}
