package shop

import (
	"maps"
	"slices"
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
	portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PG_TX_ID:                           (*attempt).pgTxText,
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

// textFields are the fields of paymentTexts, in order.
var textFields = slices.Sorted(maps.Keys(paymentTexts))

// texts are the members of a payment that a text is looked for in, in lower case and
// one behind the other: to visit the members of 100,000 payments takes too long for a
// list call.
type texts struct {
	joined string
	ends   []uint32 // by place in textFields
}

// textEnd stands behind every text, and in none of them: it is not UTF-8.
const textEnd = "\xff"

func textsOf(a *attempt) texts {
	var joined strings.Builder
	ends := make([]uint32, len(textFields))
	for i, field := range textFields {
		joined.WriteString(strings.ToLower(paymentTexts[field](a)))
		ends[i] = uint32(joined.Len())
		joined.WriteString(textEnd)
	}
	return texts{joined.String(), ends}
}

// at is the text at a place in textFields.
func (t *texts) at(i int) string {
	if i == 0 {
		return t.joined[:t.ends[0]]
	}
	return t.joined[t.ends[i-1]+uint32(len(textEnd)) : t.ends[i]]
}

// textCondition is met by payments whose member, or any of them, has a text in it,
// whatever its case.
func textCondition(search *portonev2.PaymentTextSearch) condition {
	part := strings.ToLower(search.GetValue())
	if search.GetField() == portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_ALL {
		return func(a *attempt) bool { return strings.Contains(a.payment.texts.joined, part) }
	}
	i, found := slices.BinarySearch(textFields, search.GetField())
	return func(a *attempt) bool { return found && strings.Contains(a.payment.texts.at(i), part) }
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

// pgTxText is empty as long as a payment does not show its transaction at the PG.
func (a *attempt) pgTxText() string {
	if a.status == ready || a.status == failed {
		return ""
	}
	return a.pgTxID
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
