package portoneclient

import (
	"encoding/json"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Every case of a Payment has these; the generated getters take nil.
type paymentCase interface {
	GetId() string
	GetTransactionId() string
	GetStoreId() string
	GetOrderName() string
	GetAmount() *portonev2.PaymentAmount
	GetCurrency() portonev2.Currency
	GetMethod() *portonev2.PaymentMethod
	GetChannel() *portonev2.SelectedChannel
	GetCustomer() *portonev2.Customer
	GetUnrecognized() map[string]string
}

// caseOf is the case of a payment that is set. Where none is, it is one that has
// nothing.
func caseOf(p *portonev2.Payment) paymentCase {
	m := p.ProtoReflect()
	if set := m.WhichOneof(m.Descriptor().Oneofs().ByName("status")); set != nil {
		if c, ok := m.Get(set).Message().Interface().(paymentCase); ok {
			return c
		}
	}
	return (*portonev2.ReadyPayment)(nil)
}

// IDOf is the id that the caller gave the payment, whatever its status; empty for a
// status that this contract does not know. So it is with all the functions below.
func IDOf(p *portonev2.Payment) string { return caseOf(p).GetId() }

// TransactionIDOf is PortOne's id of the latest attempt to pay.
func TransactionIDOf(p *portonev2.Payment) string { return caseOf(p).GetTransactionId() }

// StoreIDOf is the id of the payment's store.
func StoreIDOf(p *portonev2.Payment) string { return caseOf(p).GetStoreId() }

// OrderNameOf is what was bought.
func OrderNameOf(p *portonev2.Payment) string { return caseOf(p).GetOrderName() }

// AmountOf is the payment's amount, in the currency's minor unit; nil, and not 0, if it
// is not known.
func AmountOf(p *portonev2.Payment) *portonev2.PaymentAmount { return caseOf(p).GetAmount() }

// CurrencyOf is the currency of the amounts; UNSPECIFIED also for one that this contract
// does not know.
func CurrencyOf(p *portonev2.Payment) portonev2.Currency { return caseOf(p).GetCurrency() }

// MethodOf is how the customer pays; nil if that is not known yet.
func MethodOf(p *portonev2.Payment) *portonev2.PaymentMethod { return caseOf(p).GetMethod() }

// ChannelOf is the channel, and so the PG; nil if that is not known yet.
func ChannelOf(p *portonev2.Payment) *portonev2.SelectedChannel { return caseOf(p).GetChannel() }

// CustomerOf is who pays.
func CustomerOf(p *portonev2.Payment) *portonev2.Customer { return caseOf(p).GetCustomer() }

// FailureOf is why a payment failed, with the PG's code; nil if it did not.
func FailureOf(p *portonev2.Payment) *portonev2.PaymentFailure { return p.GetFailed().GetFailure() }

// CancellationsOf are the cancellations of a payment, of which some may have failed or
// not be done yet.
func CancellationsOf(p *portonev2.Payment) []*portonev2.PaymentCancellation {
	with, ok := caseOf(p).(interface {
		GetCancellations() []*portonev2.PaymentCancellation
	})
	if !ok {
		return nil
	}
	return with.GetCancellations()
}

// StatusOf is the payment's status; UNSPECIFIED for one that this contract does not
// know: see StatusTextOf.
func StatusOf(p *portonev2.Payment) portonev2.PaymentStatus {
	text := StatusTextOf(p)
	if text == "PAY_PENDING" { // PortOne's name in payments; in filters it is PENDING
		return portonev2.PaymentStatus_PAYMENT_STATUS_PENDING
	}
	return portonev2.PaymentStatus(portonev2.PaymentStatus_value["PAYMENT_STATUS_"+text])
}

// StatusTextOf is the payment's status as PortOne sends it, such as PAID, known or not.
func StatusTextOf(p *portonev2.Payment) string {
	m := p.ProtoReflect()
	if set := m.WhichOneof(m.Descriptor().Oneofs().ByName("status")); set != nil {
		note, _ := proto.GetExtension(set.Message().Options(), portonev2.E_Discriminator).(*portonev2.Discriminator)
		return note.GetValue()
	}
	var text string
	if json.Unmarshal([]byte(p.GetUnrecognized()["status"]), &text) != nil {
		return ""
	}
	return text
}
