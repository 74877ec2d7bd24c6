package main

import (
	"strings"
	"unicode"
)

// words splits a camelCase or PascalCase name. A digit belongs to the word that
// it stands in: B2bTaxInvoice is B2b, Tax, Invoice.
func words(name string) []string {
	var list []string
	start := 0
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		lowerToUpper := unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1])
		endOfCapitals := unicode.IsUpper(runes[i]) && unicode.IsUpper(runes[i-1]) &&
			i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if lowerToUpper || endOfCapitals {
			list = append(list, string(runes[start:i]))
			start = i
		}
	}
	return append(list, string(runes[start:]))
}

// lowerSnake turns storeId into store_id.
func lowerSnake(name string) string { return strings.ToLower(strings.Join(words(name), "_")) }

// upperSnake turns CashReceiptType into CASH_RECEIPT_TYPE.
func upperSnake(name string) string { return strings.ToUpper(strings.Join(words(name), "_")) }

// pascal turns getPayment into GetPayment.
func pascal(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// lowerFirst turns PaymentMethodCard into paymentMethodCard.
func lowerFirst(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// caseField is the name of the field for a case of a union. Most discriminator
// values are UPPER_SNAKE (PARTIAL_CANCELLED), some are the names of schemas
// (PaymentMethodCard).
func caseField(value string) string {
	if isScreamingSnake(value) {
		return strings.ToLower(value)
	}
	return lowerSnake(value)
}

// jsonName is the JSON name that protobuf derives from a field name.
func jsonName(field string) string {
	var b strings.Builder
	up := false
	for _, c := range field {
		switch {
		case c == '_':
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(c))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
