package b2b

import (
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Short names for the kinds of keys.
const (
	keyUnspecified = portonev2.B2BTaxInvoiceKeyType_B2B_TAX_INVOICE_KEY_TYPE_UNSPECIFIED
	keyOfSupplier  = portonev2.B2BTaxInvoiceKeyType_B2B_TAX_INVOICE_KEY_TYPE_SUPPLIER
	keyOfRecipient = portonev2.B2BTaxInvoiceKeyType_B2B_TAX_INVOICE_KEY_TYPE_RECIPIENT
	keyOfID        = portonev2.B2BTaxInvoiceKeyType_B2B_TAX_INVOICE_KEY_TYPE_TAX_INVOICE_ID
)

// documentKey is a number that a party gave to a tax invoice. It is that party's
// own: another business may use the same.
type documentKey struct {
	kind portonev2.B2BTaxInvoiceKeyType // keyOfSupplier or keyOfRecipient
	brn  string
	key  string
}

// documentKeys are the numbers that an invoice has.
func documentKeys(inv *portonev2.B2BTaxInvoice) []documentKey {
	var keys []documentKey
	if inv.SupplierDocumentKey != nil {
		keys = append(keys, documentKey{keyOfSupplier, inv.GetSupplier().GetBrn(), inv.GetSupplierDocumentKey()})
	}
	if inv.RecipientDocumentKey != nil {
		keys = append(keys, documentKey{keyOfRecipient, inv.GetRecipient().GetBrn(), inv.GetRecipientDocumentKey()})
	}
	return keys
}

// used is the refusal of a number that another invoice has.
var used = map[portonev2.B2BTaxInvoiceKeyType]portonev2.ErrorReason{
	keyOfSupplier:  supplierKeyUsed,
	keyOfRecipient: recipientKeyUsed,
}

// free refuses an invoice, saved or not, with a number that is another's.
func (l *invoices) free(inv *portonev2.B2BTaxInvoice) error {
	for _, key := range documentKeys(inv) {
		if other := l.byKey[key]; other != nil && (inv.Id == nil || other.GetId() != inv.GetId()) {
			return world.Refuse(used[key.kind], "another tax invoice of %s has the document number %q", key.brn, key.key)
		}
	}
	return nil
}

// keyed is a request that names a tax invoice.
type keyed interface {
	GetTaxInvoiceKey() string
	GetTaxInvoiceKeyType() portonev2.B2BTaxInvoiceKeyType
	GetBrn() string
}

// find looks up the tax invoice that a request names. Kind is what its key is
// unless it says so.
func (m *mode) find(request keyed, kind portonev2.B2BTaxInvoiceKeyType) (*invoice, error) {
	if given := request.GetTaxInvoiceKeyType(); given != keyUnspecified {
		kind = given
	}
	key := request.GetTaxInvoiceKey()
	var inv *invoice
	switch {
	case kind == keyOfID:
		inv = m.invoices.byID[key]
	case request.GetBrn() == "":
		return nil, world.Invalid("brn: required with a document number")
	default:
		inv = m.invoices.byKey[documentKey{kind, request.GetBrn(), key}]
	}
	if inv == nil {
		return nil, world.Refuse(invoiceNotFound, "there is no tax invoice %q of that kind of key", key)
	}
	return inv, nil
}

// isDocumentKey reports whether a text may be a document number.
func isDocumentKey(text string) bool {
	return text != "" && strings.Trim(text, "-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}
