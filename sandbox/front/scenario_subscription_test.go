package front_test

import (
	"fmt"
	"slices"
)

// customer is the buyer of the scenarios.
var customer = object{
	"id": "customer-1", "name": object{"full": "김고객"}, "email": "customer@sandbox.example", "phoneNumber": "01012345678",
}

// card is a payment method: a card that is keyed in.
func card(number string) object {
	return object{"card": object{"credential": object{"number": number, "expiryYear": "30", "expiryMonth": "12"}}}
}

// subscription is a monthly subscription by billing key, from January to May. The
// card is over its limit in the second month, so that month is charged again a
// week later; in the end the customer unsubscribes.
func subscription(m *merchant) {
	issued := m.post("/billing-keys", object{
		"channelKey": "channel-key-sandbox", "customer": customer,
		"method": card("4000000000000341"), // declines its second charge
	})
	key := m.text(issued, "billingKeyInfo.billingKey")
	m.expect(m.get("/billing-keys/"+key), "status", "ISSUED", "customer.id", "customer-1", "methods.0.card.brand", "VISA")

	schedule := func(paymentID, when string) string {
		m.t.Helper()
		answer := m.post("/payments/"+paymentID+"/schedule", object{
			"timeToPay": at(when),
			"payment": object{
				"billingKey": key, "orderName": "월 구독료", "customer": customer, "amount": object{"total": 9900}, "currency": "KRW",
			},
		})
		return m.text(answer, "schedule.id")
	}
	first := schedule("month-1", "2026-02-28 10:00")
	second := schedule("month-2", "2026-03-31 10:00")
	third := schedule("month-3", "2026-04-30 10:00")
	fourth := schedule("month-4", "2026-05-31 10:00")
	m.refused("PAYMENT_SCHEDULE_ALREADY_EXISTS", "POST", "/payments/month-1/schedule", object{
		"timeToPay": at("2026-03-01 10:00"),
		"payment":   object{"billingKey": key, "orderName": "월 구독료", "amount": object{"total": 9900}, "currency": "KRW"},
	})
	m.refused("PAYMENT_SCHEDULE_ALREADY_EXISTS", "DELETE", "/billing-keys/"+key)
	m.expect(m.get("/payment-schedules", object{"filter": object{"billingKey": key, "from": at("2026-01-01 00:00"), "until": at("2026-12-31 00:00")}}),
		"page.totalCount", 4, "items.0.status", "SCHEDULED")

	// The first month is paid when the time comes, and not before.
	m.refused("PAYMENT_NOT_FOUND", "GET", "/payments/month-1")
	m.until("2026-02-28 09:59")
	m.expect(m.get("/payment-schedules/"+first), "status", "SCHEDULED", "paymentId", "month-1")
	m.until("2026-02-28 10:00")
	m.expect(m.get("/payment-schedules/"+first), "status", "SUCCEEDED")
	m.expect(m.get("/payments/month-1"),
		"status", "PAID", "amount.total", 9900, "amount.paid", 9900, "billingKey", key, "scheduleId", first, "paidAt", "2026-02-28T01:00:00Z")

	// The second month fails, and is scheduled anew under the same payment id.
	m.until("2026-04-01 09:00")
	m.expect(m.get("/payment-schedules/"+second), "status", "FAILED")
	m.expect(m.get("/payments/month-2"), "status", "FAILED", "failure.pgCode", "REJECT_CARD_PAYMENT", "amount.paid", 0)
	again := schedule("month-2", "2026-04-07 10:00")
	m.until("2026-04-07 10:00")
	m.expect(m.get("/payment-schedules/"+again), "status", "SUCCEEDED")
	m.expect(m.get("/payments/month-2"), "status", "PAID", "scheduleId", again)
	m.expect(m.get("/payments/month-2/transactions"), "items.0.status", "FAILED", "items.1.status", "PAID", "items.2", nil)

	// The third month is paid; then the customer has had enough.
	m.until("2026-05-02 10:00")
	m.expect(m.get("/payment-schedules/"+third), "status", "SUCCEEDED")
	m.expect(m.delete("/payment-schedules", object{"billingKey": key}), "revokedScheduleIds", list{fourth})
	m.refused("PAYMENT_SCHEDULE_ALREADY_REVOKED", "DELETE", "/payment-schedules", object{"scheduleIds": list{fourth}})
	m.delete("/billing-keys/" + key + "?reason=" + "unsubscribed")
	m.refused("BILLING_KEY_ALREADY_DELETED", "DELETE", "/billing-keys/"+key)
	m.refused("BILLING_KEY_ALREADY_DELETED", "POST", "/payments/month-5/billing-key", object{
		"billingKey": key, "orderName": "월 구독료", "amount": object{"total": 9900}, "currency": "KRW",
	})
	m.expect(m.get("/billing-keys/"+key), "status", "DELETED", "deletedAt", "2026-05-02T01:00:00Z")
	m.expect(m.get("/billing-keys", object{"filter": object{"status": list{"DELETED"}, "from": at("2026-01-01 00:00")}}), "page.totalCount", 1)

	// May brings nothing, and the books say three months.
	m.until("2026-06-01 00:00")
	paid := m.get("/payments", object{"filter": object{"status": list{"PAID"}, "from": at("2026-01-01 00:00"), "isScheduled": true}})
	if got := texts(items(paid, "items"), "id"); !slices.Equal(got, []string{"month-1", "month-2", "month-3"}) {
		m.t.Errorf("paid: %v", got)
	}
	counted := m.control("GET", "counters", nil)["payment.charged"]
	if fmt.Sprint(counted) != "3" {
		m.t.Errorf("counted %v", counted)
	}
}
