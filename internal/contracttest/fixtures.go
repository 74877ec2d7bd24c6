package contracttest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

// cardPayment is laid out for reading; PortOne sends no white space.
//
//go:embed testdata/card_payment.json
var cardPayment []byte

// The parts of its ids by which one payment differs from another. The
// transaction and the webhook end in the same digits.
const (
	firstPaymentID = "order-20260314-000001"
	firstDigits    = "-000000000001"
)

// CardPayment returns what PortOne answers to getPayment for an everyday payment
// by card: the most common answer of all, and so the one to measure. It is about
// 3.4 KB of JSON without white space. The caller may change it.
func CardPayment() []byte { return payment(1) }

// PaymentsPage returns PortOne's answer to getPayments: a page with n payments
// like CardPayment, each with ids of its own.
func PaymentsPage(n int) []byte {
	page := []byte(`{"items":[`)
	for i := range n {
		if i > 0 {
			page = append(page, ',')
		}
		page = append(page, payment(i+1)...)
	}
	return fmt.Appendf(page, `],"page":{"number":0,"size":%d,"totalCount":%d}}`, n, n)
}

func payment(number int) []byte {
	var compact bytes.Buffer
	if err := json.Compact(&compact, cardPayment); err != nil {
		panic(err) // the file is part of the program
	}
	text := bytes.ReplaceAll(compact.Bytes(), []byte(firstPaymentID), fmt.Appendf(nil, "order-20260314-%06d", number))
	return bytes.ReplaceAll(text, []byte(firstDigits), fmt.Appendf(nil, "-%012d", number))
}
