package world

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Refusal is a typed error of PortOne, with which a domain refuses a call.
type Refusal struct {
	// Reason is the error's type.
	Reason portonev2.ErrorReason

	// Message is for developers, in English. It may be empty.
	Message string

	// Data has the members of the error beyond type and message, such as a
	// *portonev2.PgProviderError. Nil where the type has none.
	Data proto.Message
}

// Refuse makes a Refusal with a message in the form of fmt.Sprintf. Enum values are
// written as PortOne's JSON has them.
func Refuse(reason portonev2.ErrorReason, format string, args ...any) *Refusal {
	for i, arg := range args {
		if value, ok := arg.(protoreflect.Enum); ok {
			args[i] = bareName(value)
		}
	}
	return &Refusal{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// bareName is the name of an enum value without its enum's prefix.
func bareName(value protoreflect.Enum) string {
	values := value.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.Get(0).Name()), "UNSPECIFIED")
	named := values.ByNumber(value.Number())
	if named == nil {
		return strconv.Itoa(int(value.Number()))
	}
	return strings.TrimPrefix(string(named.Name()), prefix)
}

// Invalid is an INVALID_REQUEST, for what is wrong whatever the state.
func Invalid(format string, args ...any) *Refusal {
	return Refuse(portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST, format, args...)
}

// With returns the refusal with data.
func (f *Refusal) With(data proto.Message) *Refusal {
	f.Data = data
	return f
}

// Error implements error.
func (f *Refusal) Error() string {
	if f.Message == "" {
		return f.Reason.String()
	}
	return f.Reason.String() + ": " + f.Message
}
