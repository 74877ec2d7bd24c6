package shop

import (
	"strconv"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// paymentTexts are the members of a payment that a text is looked for in; ALL is
// each of them.
var paymentTexts = map[portonev2.PaymentTextSearchField]func(*attempt) string{
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PAYMENT_ID:                         func(a *attempt) string { return a.payment.id },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_TX_ID:                              func(a *attempt) string { return a.id },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_SCHEDULE_ID:                        func(a *attempt) string { return a.scheduleID },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_FAIL_REASON:                        func(a *attempt) string { return a.failure.GetReason() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_ISSUER:                        func(a *attempt) string { return a.shownCard().GetIssuer() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_ACQUIRER:                      func(a *attempt) string { return a.shownCard().GetPublisher() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_BIN:                           func(a *attempt) string { return a.shownCard().GetBin() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_NUMBER:                        func(a *attempt) string { return a.shownCard().GetNumber() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_APPROVAL_NUMBER:               func(a *attempt) string { return a.method.GetPaymentMethodCard().GetApprovalNumber() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_RECEIPT_NAME:                  func(a *attempt) string { return a.shownCard().GetName() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CARD_INSTALLMENT:                   (*attempt).installmentText,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_TRANS_BANK:                         func(a *attempt) string { return bankText(a.method.GetPaymentMethodTransfer().GetBank()) },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_VIRTUAL_ACCOUNT_HOLDER_NAME:        func(a *attempt) string { return a.method.GetPaymentMethodVirtualAccount().GetRemitteeName() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_VIRTUAL_ACCOUNT_BANK:               func(a *attempt) string { return bankText(a.method.GetPaymentMethodVirtualAccount().GetBank()) },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_VIRTUAL_ACCOUNT_NUMBER:             func(a *attempt) string { return a.method.GetPaymentMethodVirtualAccount().GetAccountNumber() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PG_MERCHANT_ID:                     func(a *attempt) string { return a.route.channel.GetPgMerchantId() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PG_TX_ID:                           func(a *attempt) string { return a.pgTxID },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PG_RECEIPT_ID:                      func(a *attempt) string { return a.receipt.GetIssued().GetPgReceiptId() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_RECEIPT_APPROVAL_NUMBER:            func(a *attempt) string { return a.receipt.GetIssued().GetIssueNumber() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PG_CANCELLATION_ID:                 func(a *attempt) string { return a.joined(func(c *cancellation) string { return c.pgID }) },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CANCEL_REASON:                      func(a *attempt) string { return a.joined(func(c *cancellation) string { return c.reason }) },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_ORDER_NAME:                         func(a *attempt) string { return a.name },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_NAME:                      func(a *attempt) string { return a.customer.GetName() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_EMAIL:                     func(a *attempt) string { return a.customer.GetEmail() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_PHONE_NUMBER:              func(a *attempt) string { return a.customer.GetPhoneNumber() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_ADDRESS:                   func(a *attempt) string { return a.customer.GetAddress().GetSeparated().GetOneLine() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_ZIPCODE:                   func(a *attempt) string { return a.customer.GetZipcode() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_USER_AGENT:                         func(a *attempt) string { return a.origin.GetUserAgent() },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_BILLING_KEY:                        func(a *attempt) string { return a.billingKey },
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PROMOTION_ID:                       (*attempt).promotionText,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_GIFT_CERTIFICATION_APPROVAL_NUMBER: func(a *attempt) string { return a.method.GetPaymentMethodGiftCertificate().GetApprovalNumber() },
}

// steadyFields are those whose texts stay what they are once an attempt is made. A
// list has them beside each payment in one piece, since to look them up in a
// hundred thousand payments takes too long.
var steadyFields = []portonev2.PaymentTextSearchField{
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_ORDER_NAME,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_NAME,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_EMAIL,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_PHONE_NUMBER,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_ADDRESS,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_CUSTOMER_ZIPCODE,
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_USER_AGENT,
}

// textEnd stands behind each text of steadyTexts, and in none of them.
const textEnd = "\x00"

// steadyTexts has the texts of steadyFields, in their order and in lower case.
func (a *attempt) steadyTexts() string {
	var all strings.Builder
	for _, field := range steadyFields {
		text := strings.ToLower(paymentTexts[field](a))
		all.WriteString(strings.ReplaceAll(text, textEnd, " "))
		all.WriteString(textEnd)
	}
	return all.String()
}

// steadyCondition is that the text of one of steadyFields has a part, whatever
// its case.
func steadyCondition(field int, part string) func(*facets) bool {
	part = strings.ToLower(part)
	return func(f *facets) bool {
		rest, text := f.texts, ""
		for range field + 1 {
			text, rest, _ = strings.Cut(rest, textEnd)
		}
		return strings.Contains(text, part)
	}
}

// textCondition is that a member, or any of them, has a text in it.
func textCondition(search *portonev2.PaymentTextSearch) func(*attempt) bool {
	in := partIn(search.GetValue())
	if search.GetField() == portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_ALL {
		return func(a *attempt) bool {
			for _, member := range paymentTexts {
				if in(member(a)) {
					return true
				}
			}
			return false
		}
	}
	member := paymentTexts[search.GetField()]
	return func(a *attempt) bool { return member != nil && in(member(a)) }
}

// partIn is how texts are searched: for any part of them, whatever its case.
func partIn(part string) func(text string) bool {
	part = strings.ToLower(part)
	return func(text string) bool {
		return len(text) >= len(part) && strings.Contains(strings.ToLower(text), part)
	}
}

// joined is a text of every cancellation.
func (a *attempt) joined(of func(*cancellation) string) string {
	texts := make([]string, len(a.cancellations))
	for i, c := range a.cancellations {
		texts[i] = of(c)
	}
	return strings.Join(texts, "\n")
}

func (a *attempt) installmentText() string {
	if installment := a.method.GetPaymentMethodCard().GetInstallment(); installment != nil {
		return strconv.Itoa(int(installment.GetMonth()))
	}
	return ""
}

func (a *attempt) promotionText() string {
	if a.promotion == nil {
		return ""
	}
	return a.promotion.shown.GetId()
}

// bankText is empty for no bank.
func bankText(bank portonev2.Bank) string {
	if bank == portonev2.Bank_BANK_UNSPECIFIED {
		return ""
	}
	return strings.TrimPrefix(bank.String(), "BANK_")
}
