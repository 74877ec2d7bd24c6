package errmap

import (
	"net/http"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// TestSubjects: what an error is about has the id that the call has for it.
func TestSubjects(t *testing.T) {
	m := mapper(t)
	tests := []struct {
		operation, typ, param string
		want                  string // the name of the ResourceInfo, or the subject of the PreconditionFailure
	}{
		{"getPayment", "PAYMENT_NOT_FOUND", "paymentId", "x"},
		{"cancelPayment", "PAYMENT_NOT_PAID", "paymentId", "payment/x"},
		{"stopPaymentCancellation", "PAYMENT_CANCELLATION_NOT_FOUND", "cancellationId", "x"},
		{"getPaymentSession", "SESSION_NOT_FOUND", "sessionId", "x"},
		{"getCashReceiptByPaymentId", "CASH_RECEIPT_NOT_FOUND", "paymentId", "x"},
		{"getBillingKeyInfo", "BILLING_KEY_NOT_FOUND", "billingKey", "x"},
		{"getPaymentSchedule", "PAYMENT_SCHEDULE_NOT_FOUND", "paymentScheduleId", "x"},
		{"getB2bTaxInvoice", "B2B_TAX_INVOICE_NOT_FOUND", "taxInvoiceKey", "x"},
		{"getPlatformCompanyState", "PLATFORM_COMPANY_NOT_FOUND", "businessRegistrationNumber", "x"},
		{"scheduleContract", "PLATFORM_CONTRACT_SCHEDULE_ALREADY_EXISTS", "id", "x"},
		{"updatePlatformContract", "PLATFORM_CONTRACT_NOT_FOUND", "id", "x"},
		{"updatePlatformPartner", "PLATFORM_CONTRACT_NOT_FOUND", "id", ""}, // the id is the partner's
		{"getPayment", "PAYMENT_NOT_FOUND", "storeId", ""},
	}
	for _, test := range tests {
		t.Run(test.operation+" "+test.typ, func(t *testing.T) {
			c := &Subject{Operation: operation(t, test.operation), IDs: []ID{{test.param, "x"}}}
			e := m.Answer(c, 400, nil, []byte(`{"type":"`+test.typ+`"}`)).Full()
			got := detailOf[*errdetails.ResourceInfo](e).GetResourceName()
			if failure := detailOf[*errdetails.PreconditionFailure](e); failure != nil {
				got = failure.GetViolations()[0].GetSubject()
			}
			if got != test.want {
				t.Errorf("it is about %q, want %q: %v", got, test.want, e)
			}
		})
	}
}

// TestRetryInfo: a wait that PortOne names counts more than our own.
func TestRetryInfo(t *testing.T) {
	m := mapper(t)
	tests := []struct {
		name, typ, header string
		want              time.Duration // 0 for none
	}{
		{"a type that says so", "IDEMPOTENCY_OUTSTANDING_REQUEST", "", time.Second},
		{"such a type and a header", "IDEMPOTENCY_OUTSTANDING_REQUEST", "30", 30 * time.Second},
		{"a header alone", "PAYMENT_NOT_FOUND", "5", 5 * time.Second},
		{"neither", "PAYMENT_NOT_FOUND", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			if test.header != "" {
				header.Set("Retry-After", test.header)
			}
			e := m.Answer(&Subject{Operation: operation(t, "cancelPayment")}, 409, header, []byte(`{"type":"`+test.typ+`"}`))
			if got := detailOf[*errdetails.RetryInfo](e.Full()).GetRetryDelay().AsDuration(); got != test.want {
				t.Errorf("wait %s, want %s", got, test.want)
			}
		})
	}
}
