package b2b

import (
	"fmt"
	"unicode/utf8"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Limits of the contract on the contents of a tax invoice.
const (
	maxItems   = 99
	maxRemarks = 3
	maxBook    = 9999
	maxScale   = 2
)

// check returns what is wrong with the contents of a tax invoice whatever the state:
// all of it is INVALID_REQUEST.
func check(in *portonev2.B2BTaxInvoiceInput) error {
	for _, problem := range []func(*portonev2.B2BTaxInvoiceInput) error{
		checkForm, checkCounts, checkCompanies, checkItems, checkContacts, checkTotals, checkParts, checkSums,
	} {
		if err := problem(in); err != nil {
			return err
		}
	}
	return nil
}

func checkForm(in *portonev2.B2BTaxInvoiceInput) error {
	if _, err := parseDay(in.GetWriteDate()); err != nil {
		return world.Invalid("taxInvoice.writeDate: %q is no date YYYY-MM-DD", in.GetWriteDate())
	}
	for _, key := range []struct {
		name string
		text *string
	}{{"supplierDocumentKey", in.SupplierDocumentKey}, {"recipientDocumentKey", in.RecipientDocumentKey}} {
		if key.text != nil && !isDocumentKey(*key.text) {
			return world.Invalid("taxInvoice.%s: Latin letters, digits, - and _ only", key.name)
		}
	}
	for _, book := range []struct {
		name   string
		number int32
	}{{"bookVolume", in.GetBookVolume()}, {"bookIssue", in.GetBookIssue()}} {
		if book.number < 0 || book.number > maxBook {
			return world.Invalid("taxInvoice.%s: 0 to %d", book.name, maxBook)
		}
	}
	return nil
}

func checkCounts(in *portonev2.B2BTaxInvoiceInput) error {
	for _, list := range []struct {
		name       string
		count, max int
	}{
		{"items", len(in.GetItems()), maxItems},
		{"remarks", len(in.GetRemarks()), maxRemarks},
		{"additionalContacts", len(in.GetAdditionalContacts()), maxContacts},
	} {
		if list.count > list.max {
			return world.Invalid("taxInvoice.%s: %d, at most %d are allowed", list.name, list.count, list.max)
		}
	}
	return nil
}

func checkCompanies(in *portonev2.B2BTaxInvoiceInput) error {
	if err := checkCompany("supplier", in.GetSupplier()); err != nil {
		return err
	}
	return checkCompany("recipient", in.GetRecipient())
}

func checkCompany(name string, c *portonev2.B2BTaxInvoiceCompany) error {
	if c == nil {
		return nil
	}
	if c.Brn != nil && !registry.IsBRN(c.GetBrn()) {
		return world.Invalid("taxInvoice.%s.brn: %q is no business registration number of 10 digits", name, c.GetBrn())
	}
	if id := c.GetTaxRegistrationId(); c.TaxRegistrationId != nil && (len(id) != 4 || !registry.IsDigits(id)) {
		return world.Invalid("taxInvoice.%s.taxRegistrationId: %q does not have 4 digits", name, id)
	}
	for _, text := range []limited{
		{"name", c.GetName(), 200},
		{"representativeName", c.GetRepresentativeName(), 100},
		{"address", c.GetAddress(), 300},
		{"businessType", c.GetBusinessType(), 100},
		{"businessClass", c.GetBusinessClass(), 100},
	} {
		if err := text.check("taxInvoice." + name); err != nil {
			return err
		}
	}
	return nil
}

func checkContacts(in *portonev2.B2BTaxInvoiceInput) error {
	for i, contact := range in.GetAdditionalContacts() {
		text := limited{"name", contact.GetName(), 100}
		if err := text.check(fmt.Sprintf("taxInvoice.additionalContacts[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

// limited is a text of limited length.
type limited struct {
	name, text string
	max        int // characters
}

func (l limited) check(of string) error {
	if utf8.RuneCountInString(l.text) > l.max {
		return world.Invalid("%s.%s: at most %d characters", of, l.name, l.max)
	}
	return nil
}

func checkItems(in *portonev2.B2BTaxInvoiceInput) error {
	for i, item := range in.GetItems() {
		if err := checkItem(fmt.Sprintf("taxInvoice.items[%d]", i), item); err != nil {
			return err
		}
	}
	return nil
}

func checkItem(path string, item *portonev2.B2BTaxInvoiceItem) error {
	if item.PurchaseDate != nil {
		if _, err := parseDay(item.GetPurchaseDate()); err != nil {
			return world.Invalid("%s.purchaseDate: %q is no date YYYY-MM-DD", path, item.GetPurchaseDate())
		}
	}
	for _, text := range []limited{{"name", item.GetName(), 100}, {"spec", item.GetSpec(), 100}} {
		if err := text.check(path); err != nil {
			return err
		}
	}
	if !within(item.GetQuantity(), -9_999_999_999, 99_999_999_999) {
		return world.Invalid("%s.quantity: from -99999999.99 to 999999999.99, with a scale of 0 to 2", path)
	}
	if !within(item.GetUnitCostAmount(), -9_999_999_999_999_999, 99_999_999_999_999_999) {
		return world.Invalid("%s.unitCostAmount: from -99999999999999.99 to 999999999999999.99, with a scale of 0 to 2", path)
	}
	return nil
}

// within reports whether a decimal lies between two numbers of hundredths. An absent
// one does.
func within(d *portonev2.Decimal, least, most int64) bool {
	if d.GetScale() < 0 || d.GetScale() > maxScale {
		return false
	}
	for range maxScale - d.GetScale() { // compare at the decimal's own scale, where nothing overflows
		least, most = least/10, most/10
	}
	return least <= d.GetValue() && d.GetValue() <= most
}
