package front

import (
	"net/url"
	"strings"
	"testing"
)

// TestBackwardRanges expects every list to refuse a range that ends before it
// begins, and to take one of a moment.
func TestBackwardRanges(t *testing.T) {
	const (
		times = `{"from":"2026-01-02T00:00:00Z","until":"2026-01-01T23:59:59.999Z"}`
		days  = `{"from":"2026-01-02","until":"2026-01-01"}`
	)
	s := newSandbox(t)
	tests := []struct{ method, path, request, field string }{
		{"GET", "/payments", `{"filter":` + times + `}`, "filter.from"},
		{"GET", "/payments", `{"filter":{"cashReceiptIssuedAtRange":` + times + `}}`, "filter.cashReceiptIssuedAtRange.from"},
		{"GET", "/payments-by-cursor", times, "from"},
		{"GET", "/payment-schedules", `{"filter":` + times + `}`, "filter.from"},
		{"GET", "/billing-keys", `{"filter":` + times + `}`, "filter.from"},
		{"GET", "/cash-receipts", `{"filter":` + times + `}`, "filter.from"},
		{"GET", "/identity-verifications", `{"filter":` + times + `}`, "filter.from"},
		{"GET", "/platform/payouts", `{"filter":{"criteria":{"scheduledTimestampRange":` + times + `}}}`, "filter.criteria.scheduledTimestampRange.from"},
		{"GET", "/platform/account-transfers", `{"filter":{"tradeTimestampRange":` + times + `}}`, "filter.tradeTimestampRange.from"},
		{"GET", "/platform/transfer-summaries", `{"filter":{"settlementDateRange":` + days + `}}`, "filter.settlementDateRange.from"},
		{"GET", "/b2b/tax-invoices", `{"filter":{"primaryFilter":{"dateFilter":{"dateRange":[{},` + days + `]}}}}`,
			"filter.primaryFilter.dateFilter.dateRange[1].from"},
	}
	for _, test := range tests {
		t.Run(test.path+" "+test.field, func(t *testing.T) {
			send := func(request string) (typ, message string) {
				if test.method == "GET" {
					return errorOf(ask(s, "GET", test.path+"?requestBody="+url.QueryEscape(request), ""))
				}
				return errorOf(ask(s, test.method, test.path, request))
			}
			if typ, message := send(test.request); typ != "INVALID_REQUEST" || message != test.field+": is after until" {
				t.Errorf("%q: %s", typ, message)
			}
			moment := strings.NewReplacer("2026-01-01T23:59:59.999Z", "2026-01-02T00:00:00Z", "2026-01-01", "2026-01-02").Replace(test.request)
			if typ, message := send(moment); typ != "" {
				t.Errorf("a moment is refused: %s: %s", typ, message)
			}
		})
	}
}
