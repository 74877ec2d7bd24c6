package front

import "slices"

// pieces are parts of the demo's requests that occur more than once, or are long.
var pieces = map[string]string{
	"card":      `{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}}`,
	"customer":  `{"id":"demo-customer","name":{"full":"김데모"},"email":"demo@sandbox.example","phoneNumber":"01012345678"}`,
	"account":   `{"bank":"KOOKMIN","currency":"KRW","number":"12345678901234","holder":"김데모"}`,
	"overLimit": `{"card":{"credential":{"number":"4000000000006975","expiryYear":"99","expiryMonth":"12"}}}`,
	"verification": `"channelKey":"channel-key-sandbox","operator":"SKT","method":"SMS","customer":{"name":"김데모","phoneNumber":"01012345678",
		"identityNumber":"9001011","ipAddress":"203.0.113.7"}`,
	"invoice": `"taxationType":"TAXABLE","issuanceType":"NORMAL","purposeType":"RECEIPT","recipient":{"counterpartyId":"demo-buyer"},
		"totalSupplyAmount":200000,"totalTaxAmount":20000,"totalAmount":220000,"items":[{"name":"사무용 의자","supplyCostAmount":200000,"taxAmount":20000}]`,
	"contact": `{"name":"김데모","email":"partner@sandbox.example","phoneNumber":"01012345678"}`,
}

// demo makes the objects of the demo, in this order: a shop that sells by card, by
// subscription and by virtual account, that knows who its customers are, settles
// with its partners, and issues tax invoices. Every list shows something, that of
// payment schedules after ten seconds.
var demo = slices.Concat(demoPayments, demoSubscription, demoCustomers, demoMarketplace, demoTaxInvoices)

// demoPayments are payments in every state that a shop comes across.
var demoPayments = []demoRequest{
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
	{operation: "payInstantly", refused: "PG_PROVIDER", request: `{"paymentId":"demo-payment-5","channelKey":"channel-key-sandbox","orderName":"노트북",
		"method":{{piece "overLimit"}},"customer":{{piece "customer"}},"amount":{"total":1890000},"currency":"KRW"}`},
	{operation: "payInstantly", request: `{"paymentId":"demo-virtual-account","channelKey":"channel-key-sandbox","orderName":"사무용 의자","method":{"virtualAccount":{
		"bank":"SHINHAN","expiry":{"validHours":72},"option":{"type":"NORMAL"}}},"customer":{{piece "customer"}},
		"amount":{"total":189000},"currency":"KRW"}`},
	{operation: "issueCashReceipt", request: `{"paymentId":"demo-cash","channelKey":"channel-key-sandbox","type":"PERSONAL","orderName":"현장 판매",
		"currency":"KRW","amount":{"total":11000},"customer":{"identityNumber":"01012345678"}}`},
}

// demoSubscription is a billing key, what was charged to it, and what will be.
var demoSubscription = []demoRequest{
	{operation: "issueBillingKey", request: `{"channelKey":"channel-key-sandbox","method":{{piece "card"}},"customer":{{piece "customer"}}}`,
		keep: map[string]string{"billingKey": "billingKeyInfo.billingKey"}},
	{operation: "payWithBillingKey", request: `{"paymentId":"demo-subscription-1","billingKey":"{{kept "billingKey"}}","orderName":"월 구독료",
		"customer":{{piece "customer"}},"amount":{"total":9900},"currency":"KRW"}`},
	{operation: "createPaymentSchedule", request: `{"paymentId":"demo-trial","timeToPay":"{{after "10s"}}",
		"payment":{"billingKey":"{{kept "billingKey"}}","orderName":"체험 후 첫 결제","customer":{{piece "customer"}},"amount":{"total":4900},"currency":"KRW"}}`},
	{operation: "createPaymentSchedule", request: `{"paymentId":"demo-subscription-2","timeToPay":"{{after "720h"}}",
		"payment":{"billingKey":"{{kept "billingKey"}}","orderName":"월 구독료","customer":{{piece "customer"}},"amount":{"total":9900},"currency":"KRW"}}`},
	{operation: "createPaymentSchedule", request: `{"paymentId":"demo-subscription-3","timeToPay":"{{after "1440h"}}",
		"payment":{"billingKey":"{{kept "billingKey"}}","orderName":"월 구독료","customer":{{piece "customer"}},"amount":{"total":9900},"currency":"KRW"}}`},
}

// demoCustomers are identity verifications: one that is verified, and one that waits
// for the code.
var demoCustomers = []demoRequest{
	{operation: "sendIdentityVerification", request: `{"identityVerificationId":"demo-identity-1",{{piece "verification"}}}`},
	{operation: "confirmIdentityVerification", request: `{"identityVerificationId":"demo-identity-1","otp":"000000"}`},
	{operation: "sendIdentityVerification", request: `{"identityVerificationId":"demo-identity-2",{{piece "verification"}}}`},
}

// demoMarketplace is a marketplace that has just paid a bonus out.
var demoMarketplace = []demoRequest{
	{operation: "createPlatformContract", request: `{"id":"demo-contract","name":"기본 계약","platformFee":{"fixedRate":10000},
		"settlementCycle":{"lagDays":3,"datePolicy":"HOLIDAY_BEFORE","method":{"daily":{}}},"platformFeeVatPayer":"PARTNER","subtractPaymentVatAmount":false}`},
	{operation: "createPlatformAdditionalFeePolicy", request: `{"id":"demo-delivery-fee","name":"배송 대행","fee":{"fixedAmount":500},"vatPayer":"PARTNER"}`},
	{operation: "createPlatformDiscountSharePolicy", request: `{"id":"demo-coupon","name":"쿠폰 분담","partnerShareRate":50000}`},
	{operation: "createPlatformPartner", request: `{"id":"demo-partner-1","name":"데모 커피","contact":{{piece "contact"}},"account":{{piece "account"}},
		"defaultContractId":"demo-contract","tags":["cafe"],"type":{"business":{"companyName":"데모 커피","businessRegistrationNumber":"2208162517",
		"representativeName":"김데모","taxationType":"NORMAL"}}}`},
	{operation: "createPlatformPartner", request: `{"id":"demo-partner-2","name":"이데모","contact":{{piece "contact"}},"account":{{piece "account"}},
		"defaultContractId":"demo-contract","tags":[],"type":{"whtPayer":{"birthdate":"1990-01-31"}}}`},
	{operation: "createPlatformOrderTransfer", request: `{"id":"demo-transfer","partnerId":"demo-partner-1","paymentId":"demo-payment-1",
		"orderDetail":{"orderAmount":25000},"discounts":[],"additionalFees":[{"policyId":"demo-delivery-fee"}]}`},
	{operation: "createPlatformManualTransfer", request: `{"id":"demo-bonus","partnerId":"demo-partner-2","settlementAmount":30000,
		"settlementDate":"{{today}}","memo":"이벤트 보너스"}`},
	{operation: "getPlatformPartnerSettlements", request: `{"filter":{}}`, keep: map[string]string{"settlement": "items.0.id"}},
	{operation: "completePlatformPayoutByPartnerSettlementIds", request: `{"partnerSettlementIds":["{{kept "settlement"}}"],"bulkPayoutId":"demo-payout"}`},
	{operation: "createPlatformManualTransfer", request: `{"id":"demo-refund","partnerId":"demo-partner-1","settlementAmount":12000,
		"settlementDate":"{{today}}","memo":"배송비 환급"}`},
}

// demoTaxInvoices are an issued tax invoice and a draft, to the same buyer.
var demoTaxInvoices = []demoRequest{
	{operation: "createB2bCounterparty", request: `{"counterpartyId":"demo-buyer","counterparty":{"brn":"1208147521","name":"데모 상사","representativeName":"박데모",
		"contact":{{piece "contact"}}},"options":{"checkBusinessStatus":true}}`},
	{operation: "issueB2bTaxInvoiceImmediately", request: `{"taxInvoice":{"supplierDocumentKey":"demo-invoice-1","writeDate":"{{today}}",{{piece "invoice"}}}}`},
	{operation: "draftB2bTaxInvoice", request: `{"taxInvoice":{"writeDate":"{{today}}",{{piece "invoice"}}}}`},
}
