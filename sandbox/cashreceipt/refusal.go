package cashreceipt

import (
	"regexp"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// identityNumbers are the forms of the numbers that identify a customer, without
// hyphens. Unspecified is for requests that do not say the kind.
var identityNumbers = map[portonev2.IssueCashReceiptCustomerInputIdentityNumberType]*regexp.Regexp{
	portonev2.IssueCashReceiptCustomerInputIdentityNumberType_ISSUE_CASH_RECEIPT_CUSTOMER_INPUT_IDENTITY_NUMBER_TYPE_UNSPECIFIED: regexp.MustCompile(`^(\d{10,11}|\d{13,19})$`),
	portonev2.IssueCashReceiptCustomerInputIdentityNumberType_ISSUE_CASH_RECEIPT_CUSTOMER_INPUT_IDENTITY_NUMBER_TYPE_PHONE:       regexp.MustCompile(`^01\d{8,9}$`),
	portonev2.IssueCashReceiptCustomerInputIdentityNumberType_ISSUE_CASH_RECEIPT_CUSTOMER_INPUT_IDENTITY_NUMBER_TYPE_CARD:        regexp.MustCompile(`^\d{13,19}$`),
	portonev2.IssueCashReceiptCustomerInputIdentityNumberType_ISSUE_CASH_RECEIPT_CUSTOMER_INPUT_IDENTITY_NUMBER_TYPE_BUSINESS:    regexp.MustCompile(`^\d{10}$`),
}

// refusal is the PG's reason not to issue a receipt, nil if it has none. The codes
// are ones of Toss Payments, whatever the PG.
func refusal(req *portonev2.IssueCashReceiptRequest) *world.Refusal {
	if req.GetCurrency() != portonev2.Currency_CURRENCY_KRW {
		return pgRefuses("INVALID_REQUEST", "현금영수증은 원화 결제에만 발급할 수 있습니다.")
	}
	customer := req.GetCustomer()
	number := strings.ReplaceAll(customer.GetIdentityNumber(), "-", "")
	if form := identityNumbers[customer.GetIdentityNumberType()]; form == nil || !form.MatchString(number) {
		return pgRefuses("INVALID_REQUIRED_PARAM", "고객 식별 번호가 올바르지 않습니다.")
	}
	return nil
}

// pgRefuses makes a PG_PROVIDER with the PG's code and message.
func pgRefuses(code, message string) *world.Refusal {
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER, "the PG refused").
		With(&portonev2.PgProviderError{PgCode: &code, PgMessage: &message})
}
