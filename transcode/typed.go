package transcode

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// shared compiles the types of messages given to Marshal and Unmarshal.
var shared Cache

// Marshal returns a message as PortOne's JSON. It is a helper for whoever holds
// messages; AppendJSON does without. Safe for concurrent use.
func Marshal(message proto.Message) ([]byte, error) {
	m, err := shared.Message(message.ProtoReflect().Descriptor())
	if err != nil {
		return nil, err
	}
	wire, err := proto.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("transcode: %w", err)
	}
	return m.AppendJSON(nil, wire)
}

// Unmarshal reads PortOne's JSON into a message, which is reset first. It is a
// helper for whoever wants messages; AppendWire does without. Safe for concurrent
// use.
func Unmarshal(json []byte, message proto.Message, mode Mode) error {
	m, err := shared.Message(message.ProtoReflect().Descriptor())
	if err != nil {
		return err
	}
	wire, err := m.AppendWire(nil, json, mode)
	if err != nil {
		return err
	}
	return proto.Unmarshal(wire, message)
}
