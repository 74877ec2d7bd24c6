package front

import (
	"slices"
	"testing"
)

func TestRoutes(t *testing.T) {
	c := newSandbox(t).catalog
	tests := []struct {
		name, method, path string
		operation          string
		params, methods    []string
	}{
		{"a literal path", "GET", "/banks", "getBankInfos", nil, nil},
		{"a parameter", "GET", "/payments/p-1", "getPayment", []string{"p-1"}, nil},
		{"two parameters", "GET", "/platform/bank-accounts/KOOKMIN/123/holder", "getPlatformAccountHolder", []string{"KOOKMIN", "123"}, nil},
		{"a slash within a segment", "GET", "/payments/a%2Fb%2fcancel", "getPayment", []string{"a/b/cancel"}, nil},
		{"an escape of an escape", "GET", "/payments/a%252Fb", "getPayment", []string{"a%2Fb"}, nil},
		{"a plus", "GET", "/payments/a+b", "getPayment", []string{"a+b"}, nil},
		{"Korean", "GET", "/payments/%EC%A3%BC%EB%AC%B8", "getPayment", []string{"주문"}, nil},
		{"a literal before a parameter", "POST", "/platform/partners/counterparty-connect/p-1", "connectPartnerCounterparty", []string{"p-1"}, nil},
		{"a parameter before a literal", "POST", "/platform/partners/p-1/archive", "archivePlatformPartner", []string{"p-1"}, nil},
		{"both: the first literal wins", "POST", "/platform/partners/counterparty-connect/archive", "connectPartnerCounterparty", []string{"archive"}, nil},
		{"the older snapshot's paths", "POST", "/platform/partners/member-company-connect/archive", "connectPartnerMemberCompany", []string{"archive"}, nil},
		{"an escaped literal is none", "POST", "/platform/partners/%73chedule", "", nil, []string{"GET", "HEAD", "PATCH"}},
		{"a literal that has the method", "POST", "/b2b/tax-invoices/draft", "draftB2bTaxInvoice", nil, nil},
		{"a literal that has not", "GET", "/b2b/tax-invoices/draft", "getB2bTaxInvoice", []string{"draft"}, nil},
		{"a name for two parameters", "GET", "/b2b/counterparties/1234567890/certificate", "getB2bCounterpartyCertificate", []string{"1234567890"}, nil},
		{"its other name", "GET", "/b2b/counterparties/c-1", "getB2bCounterparty", []string{"c-1"}, nil},

		{"no such path", "GET", "/payment", "", nil, nil},
		{"the root", "GET", "/", "", nil, nil},
		{"a slash too many", "GET", "/payments/p-1/", "", nil, nil},
		{"two slashes", "GET", "//payments/p-1", "", nil, nil},
		{"a path too long", "GET", "/banks/a/b/c/d/e/f/g", "", nil, nil},
		{"no path", "OPTIONS", "*", "", nil, nil},
		{"a known path, another method", "POST", "/banks", "", nil, []string{"GET", "HEAD"}},
		{"methods of two templates", "PATCH", "/b2b/tax-invoices/draft", "", nil, []string{"DELETE", "GET", "HEAD", "POST", "PUT"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			op, params, methods := c.find(test.method, test.path)
			got := ""
			if op != nil {
				got = op.id
			}
			if got != test.operation || !slices.Equal(params, test.params) || !slices.Equal(methods, test.methods) {
				t.Errorf("%s %s: %q %q %v, want %q %q %v", test.method, test.path, got, params, methods, test.operation, test.params, test.methods)
			}
		})
	}
}
