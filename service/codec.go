package service

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // callers may compress
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
)

// frame is a message as it is on the wire.
type frame struct {
	wire mem.Buffer

	// tooLarge tells that the message was, and is not there.
	tooLarge bool
}

// bytes are the message. They are good until free.
func (f *frame) bytes() []byte {
	if f.wire == nil {
		return nil
	}
	return f.wire.ReadOnlyData()
}

func (f *frame) free() {
	if f.wire != nil {
		f.wire.Free()
		f.wire = nil
	}
}

// newFrame makes a frame of a slice of bytepool.Shared, which goes back there
// when the frame has been sent.
func newFrame(wire *[]byte) *frame {
	return &frame{wire: mem.NewBuffer(wire, &bytepool.Shared)}
}

// codec passes frames through as raw bytes, and leaves all other messages, such as
// those of health and reflection, to the standard codec for protobuf.
type codec struct{ others encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Name implements encoding.CodecV2.
func (codec) Name() string { return proto.Name }

// Marshal implements encoding.CodecV2. The frame is the codec's after this.
func (c codec) Marshal(message any) (mem.BufferSlice, error) {
	f, ok := message.(*frame)
	if !ok {
		return c.others.Marshal(message)
	}
	if f.wire == nil {
		return nil, nil
	}
	wire := f.wire
	f.wire = nil
	return mem.BufferSlice{wire}, nil
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, message any) error {
	f, ok := message.(*frame)
	if !ok {
		return c.others.Unmarshal(data, message)
	}
	if f.tooLarge = data.Len() > MaxMessage; !f.tooLarge {
		f.wire = data.MaterializeToBuffer(&bytepool.Shared)
	}
	return nil
}
