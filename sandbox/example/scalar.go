package example

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	exampleAmount = 1000 // of money, in minor units: all int64 of the contract are amounts or large counts
	exampleCount  = 1
)

// usual has the values of enums whose first value would look odd in Korea.
var usual = map[protoreflect.Name]protoreflect.Name{
	"Currency": "CURRENCY_KRW",
	"Country":  "COUNTRY_KR",
	"Bank":     "BANK_KOOKMIN",
}

// dated has the names of dates that do not end in "date".
var dated = map[string]bool{"from": true, "until": true, "completedAt": true}

// texts has what strings say whose names end in something, in lower case. The
// first that fits counts.
var texts = []struct{ suffix, text string }{
	{"birthdate", "1990-01-31"},
	{"url", "https://sandbox.example/file"},
	{"email", "someone@sandbox.example"},
	{"phonenumber", "01012345678"},
	{"brn", "1234567890"},
	{"businessregistrationnumber", "1234567890"},
	{"accountnumber", "12345678901234"},
}

// scalar makes a value that is no message.
func (m *maker) scalar(fd protoreflect.FieldDescriptor) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(m.text(fd))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(enumValue(fd.Enum()))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(exampleCount)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(exampleAmount)
	default:
		return fd.Default() // a boolean: the contract has no other kind
	}
}

func (m *maker) text(fd protoreflect.FieldDescriptor) string {
	name := strings.ToLower(fd.JSONName())
	if jsonText(fd) {
		return "{}"
	}
	for _, t := range texts {
		if strings.HasSuffix(name, t.suffix) {
			return t.text
		}
	}
	if strings.HasSuffix(name, "date") || dated[fd.JSONName()] {
		return m.now.Format("2006-01-02")
	}
	return "example-" + strings.ReplaceAll(string(fd.Name()), "_", "-")
}

func enumValue(enum protoreflect.EnumDescriptor) protoreflect.EnumNumber {
	if value := enum.Values().ByName(usual[enum.Name()]); value != nil {
		return value.Number()
	}
	return enum.Values().Get(1).Number() // the first one is the unspecified
}
