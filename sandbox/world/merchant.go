package world

import (
	"time"
)

const (
	// MerchantID is the company to which all stores of the sandbox belong.
	MerchantID = "merchant-sandbox"

	// DefaultStoreID is the store of a request that names none. Stores may have any
	// id.
	DefaultStoreID = "store-sandbox"
)

// StoreOf is the store that a request means.
func StoreOf(id *string) string {
	if id == nil {
		return DefaultStoreID
	}
	return *id
}

// Korea is the time zone of all days: of settlements, tax invoices, reports, and
// of the month in which a card expires.
var Korea = time.FixedZone("KST", 9*60*60)
