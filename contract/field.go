package contract

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// The field of every message that holds what the message has no place for: JSON name
// to raw JSON text. Its number is the same in all of them.
const (
	UnrecognizedNumber = 1000
	UnrecognizedName   = "unrecognized"
)

// Numbers of the fields of portone.v2.PortOneError that are written without its Go
// type.
var (
	PortOneErrorReason     = numberOf((*portonev2.PortOneError)(nil), "reason")
	PortOneErrorType       = numberOf((*portonev2.PortOneError)(nil), "type")
	PortOneErrorMessage    = numberOf((*portonev2.PortOneError)(nil), "message")
	PortOneErrorHTTPStatus = numberOf((*portonev2.PortOneError)(nil), "http_status")
)

func numberOf(message protoreflect.ProtoMessage, field protoreflect.Name) protowire.Number {
	return message.ProtoReflect().Descriptor().Fields().ByName(field).Number()
}
