package webhook

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// The families of types: what stands before the point.
const (
	familyTransaction = "Transaction"
	familyBillingKey  = "BillingKey"
	familyTaxInvoice  = "TaxInvoice"
)

// knownTypes are the types of the contract by PortOne's names.
var knownTypes = typeNames()

// typeNames derives PortOne's names: EVENT_TYPE_TRANSACTION_PAY_PENDING is
// Transaction.PayPending.
func typeNames() map[string]eventsv1.EventType {
	names := make(map[string]eventsv1.EventType)
	for _, family := range []string{familyTransaction, familyBillingKey, familyTaxInvoice} {
		prefix := "EVENT_TYPE_" + upperSnake(family) + "_"
		for name, value := range eventsv1.EventType_value {
			if rest, found := strings.CutPrefix(name, prefix); found {
				names[family+"."+camel(rest)] = eventsv1.EventType(value)
			}
		}
	}
	return names
}

// upperSnake turns BillingKey into BILLING_KEY.
func upperSnake(camel string) string {
	var b strings.Builder
	for i, c := range camel {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToUpper(b.String())
}

// camel turns PAY_PENDING into PayPending.
func camel(snake string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(snake, "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}

// newData makes the empty data message of the event's family; nil if it is not known.
func newData(event *eventsv1.Event) proto.Message {
	family, _, _ := strings.Cut(event.GetType(), ".")
	switch family {
	case familyTransaction:
		return &eventsv1.TransactionData{}
	case familyBillingKey:
		return &eventsv1.BillingKeyData{}
	case familyTaxInvoice:
		return &eventsv1.TaxInvoiceData{}
	}
	return nil
}

// setData puts a message of newData into the event.
func setData(event *eventsv1.Event, data proto.Message) {
	switch data := data.(type) {
	case *eventsv1.TransactionData:
		event.Data = &eventsv1.Event_Transaction{Transaction: data}
	case *eventsv1.BillingKeyData:
		event.Data = &eventsv1.Event_BillingKey{BillingKey: data}
	case *eventsv1.TaxInvoiceData:
		event.Data = &eventsv1.Event_TaxInvoice{TaxInvoice: data}
	}
}

// setMembers sets the fields of a data message, which are strings and int64s. What has
// no field, or not the field's type, goes into its map of unrecognized members.
func setMembers(data proto.Message, members []member) {
	message := data.ProtoReflect()
	fields := message.Descriptor().Fields()
	for _, m := range members {
		if field := fields.ByJSONName(m.name); field != nil && !field.IsMap() {
			if value, ok := valueOf(field.Kind(), m.value); ok {
				message.Set(field, value)
				continue
			}
		}
		unrecognized := message.Mutable(fields.ByName("unrecognized")).Map()
		unrecognized.Set(protoreflect.ValueOfString(m.name).MapKey(), protoreflect.ValueOfString(string(m.value)))
	}
}

func valueOf(kind protoreflect.Kind, raw []byte) (protoreflect.Value, bool) {
	switch kind {
	case protoreflect.StringKind:
		text, ok := asString(raw)
		return protoreflect.ValueOfString(text), ok
	case protoreflect.Int64Kind:
		number, ok := asInt64(raw)
		return protoreflect.ValueOfInt64(number), ok
	}
	return protoreflect.Value{}, false
}
