package sandbox

// pieces are parts of the demo's requests that occur more than once.
var pieces = map[string]string{
	"card":     `{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}}`,
	"customer": `{"id":"demo-customer","name":{"full":"김데모"},"email":"demo@sandbox.example","phoneNumber":"01012345678"}`,
	"account":  `{"bank":"KOOKMIN","currency":"KRW","number":"12345678901234","holder":"김데모"}`,
	"contact":  `{"name":"김데모","email":"partner@sandbox.example","phoneNumber":"01012345678"}`,
}

// demo makes the objects of the demo, in this order: a shop that sells by card, by
// subscription and by virtual account, and that settles with its partners.
var demo = []wish{
	{operation: "payInstantly", request: `{"paymentId":"demo-payment-1","channelKey":"channel-key-sandbox","orderName":"커피 원두 1kg","method":{{piece "card"}},
		"customer":{{piece "customer"}},"amount":{"total":25000},"currency":"KRW"}`},
	{operation: "payInstantly", request: `{"paymentId":"demo-payment-2","channelKey":"channel-key-sandbox","orderName":"도서 3권","method":{{piece "card"}},
		"customer":{{piece "customer"}},"amount":{"total":54000,"taxFree":54000},"currency":"KRW"}`},
	{operation: "payInstantly", request: `{"paymentId":"demo-payment-3","channelKey":"channel-key-sandbox","orderName":"머그잔 2개","method":{{piece "card"}},
		"customer":{{piece "customer"}},"amount":{"total":32000},"currency":"KRW",
		"products":[{"id":"mug","name":"머그잔","amount":16000,"quantity":2}]}`},
	{operation: "cancelPayment", request: `{"paymentId":"demo-payment-3","amount":16000,"reason":"한 개 파손"}`},
	{operation: "payInstantly", request: `{"paymentId":"demo-payment-4","channelKey":"channel-key-sandbox","orderName":"여행 상품","method":{{piece "card"}},
		"customer":{{piece "customer"}},"amount":{"total":480000},"currency":"KRW"}`},
	{operation: "cancelPayment", request: `{"paymentId":"demo-payment-4","reason":"고객 변심"}`},
	{operation: "payInstantly", request: `{"paymentId":"demo-virtual-account","channelKey":"channel-key-sandbox","orderName":"사무용 의자","method":{"virtualAccount":{
		"bank":"SHINHAN","expiry":{"validHours":72},"option":{"type":"NORMAL"}}},"customer":{{piece "customer"}},
		"amount":{"total":189000},"currency":"KRW"}`},

	{operation: "issueBillingKey", request: `{"channelKey":"channel-key-sandbox","method":{{piece "card"}},"customer":{{piece "customer"}}}`,
		keep: map[string]string{"billingKey": "billingKeyInfo.billingKey"}},
	{operation: "payWithBillingKey", request: `{"paymentId":"demo-subscription-1","billingKey":"{{kept "billingKey"}}","orderName":"월 구독료",
		"customer":{{piece "customer"}},"amount":{"total":9900},"currency":"KRW"}`},
	{operation: "createPaymentSchedule", request: `{"paymentId":"demo-subscription-2","timeToPay":"{{after "720h"}}",
		"payment":{"billingKey":"{{kept "billingKey"}}","orderName":"월 구독료","customer":{{piece "customer"}},"amount":{"total":9900},"currency":"KRW"}}`},

	{operation: "createPlatformContract", request: `{"id":"demo-contract","name":"기본 계약","platformFee":{"fixedRate":10000},
		"settlementCycle":{"lagDays":3,"datePolicy":"HOLIDAY_BEFORE","method":{"daily":{}}},"platformFeeVatPayer":"PARTNER","subtractPaymentVatAmount":false}`},
	{operation: "createPlatformAdditionalFeePolicy", request: `{"id":"demo-delivery-fee","name":"배송 대행","fee":{"fixedAmount":500},"vatPayer":"PARTNER"}`},
	{operation: "createPlatformPartner", request: `{"id":"demo-partner-1","name":"데모 커피","contact":{{piece "contact"}},"account":{{piece "account"}},
		"defaultContractId":"demo-contract","tags":["cafe"],"type":{"business":{"companyName":"데모 커피","businessRegistrationNumber":"1234567891",
		"representativeName":"김데모","taxationType":"NORMAL"}}}`},
	{operation: "createPlatformPartner", request: `{"id":"demo-partner-2","name":"이데모","contact":{{piece "contact"}},"account":{{piece "account"}},
		"defaultContractId":"demo-contract","tags":[],"type":{"whtPayer":{"birthdate":"1990-01-31"}}}`},
	{operation: "createPlatformOrderTransfer", request: `{"id":"demo-transfer","partnerId":"demo-partner-1","paymentId":"demo-payment-1",
		"orderDetail":{"orderAmount":25000},"discounts":[],"additionalFees":[{"policyId":"demo-delivery-fee"}]}`},
}
