package errmap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// maxTrailers is how much of a status may travel in trailers, encoded: many clients
// refuse more than 8 KiB of headers, of which other trailers need some.
const maxTrailers = 7 << 10

// trailerSize is what a status takes in trailers: the details in base64, the
// message percent-encoded (gRPC over HTTP/2, "Responses"), in which a Korean
// letter of three bytes becomes nine, and their names.
func trailerSize(st *spb.Status) int {
	const names = len("grpc-status: 16") + len("grpc-message: ") + len("grpc-status-details-bin: ")
	message := 0
	for _, c := range []byte(st.GetMessage()) {
		if c < ' ' || c > '~' || c == '%' {
			message += 3
		} else {
			message++
		}
	}
	return names + message + (proto.Size(st)+2)/3*4
}

// fit returns a status that fits into trailers: st itself if it does, else a copy
// with less in it. Lists are shortened first, since the tail of a long one is what
// a reader needs least; then long texts; then members that the contract does not know. The ErrorInfo
// says what was cut. What a program switches on is never cut.
func fit(st *spb.Status) *spb.Status {
	if trailerSize(st) <= maxTrailers {
		return st
	}
	c := &cutting{status: proto.Clone(st).(*spb.Status)}
	c.unpack()
	for _, step := range []func(){
		func() { c.lists(64) }, func() { c.lists(24) }, func() { c.lists(8) }, func() { c.texts(512) }, func() { c.unrecognized(256) },
		func() { c.lists(1) }, func() { c.texts(96) }, func() { c.unrecognized(0) }, func() { c.lists(0) }, c.metadata,
	} {
		step()
		c.pack()
		if trailerSize(c.status) <= maxTrailers {
			return c.status
		}
	}
	return c.bare()
}

// cutting is a status that is being cut.
type cutting struct {
	status  *spb.Status
	details []proto.Message // nil where a detail cannot be read
	cut     []string
}

func (c *cutting) unpack() {
	c.details = make([]proto.Message, len(c.status.Details))
	for i, detail := range c.status.Details {
		if m, err := detail.UnmarshalNew(); err == nil {
			c.details[i] = m
		}
	}
}

func (c *cutting) pack() {
	for i, m := range c.details {
		if info, ok := m.(*errdetails.ErrorInfo); ok && len(c.cut) > 0 {
			if info.Metadata == nil {
				info.Metadata = make(map[string]string)
			}
			info.Metadata[metaTruncated] = strings.Join(c.cut, ",")
		}
		if m != nil {
			c.status.Details[i] = pack(m)
		}
	}
}

func (c *cutting) note(what string) {
	if !slices.Contains(c.cut, what) {
		c.cut = append(c.cut, what)
	}
}

// lists shortens every list to at most n elements.
func (c *cutting) lists(n int) {
	c.each(func(m protoreflect.Message, fd protoreflect.FieldDescriptor, v protoreflect.Value) {
		if fd.IsList() && v.List().Len() > n {
			m.Mutable(fd).List().Truncate(n)
			c.note("lists")
		}
	})
}

// texts shortens every text to at most n bytes; ids and types are shorter.
func (c *cutting) texts(n int) {
	c.status.Message = c.shorten(c.status.Message, n)
	c.each(func(m protoreflect.Message, fd protoreflect.FieldDescriptor, v protoreflect.Value) {
		if fd.Kind() == protoreflect.StringKind && !fd.IsList() && !fd.IsMap() {
			if short := c.shorten(v.String(), n); short != v.String() {
				m.Set(fd, protoreflect.ValueOfString(short))
			}
		}
	})
}

func (c *cutting) shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	c.note("texts")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// unrecognized drops members that the contract does not know and that are longer
// than n bytes.
func (c *cutting) unrecognized(n int) {
	c.each(func(m protoreflect.Message, fd protoreflect.FieldDescriptor, v protoreflect.Value) {
		if fd.Name() != "unrecognized" || !fd.IsMap() {
			return
		}
		entries := m.Mutable(fd).Map()
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			if len(key.String())+len(value.String()) > n {
				entries.Clear(key)
				c.note("unrecognized")
			}
			return true
		})
	})
}

// metadata shortens the values of the ErrorInfo, all but the idempotency key,
// which PortOne allows 256 bytes.
func (c *cutting) metadata() {
	for _, m := range c.details {
		if info, ok := m.(*errdetails.ErrorInfo); ok {
			for key, value := range info.Metadata {
				if key != metaKey {
					info.Metadata[key] = c.shorten(value, 128)
				}
			}
		}
	}
}

// bare is the last resort: the status with its ErrorInfo and nothing else.
func (c *cutting) bare() *spb.Status {
	st := &spb.Status{Code: c.status.Code, Message: c.shorten(c.status.Message, 96)}
	for _, m := range c.details {
		if info, ok := m.(*errdetails.ErrorInfo); ok {
			c.note("details")
			small := &errdetails.ErrorInfo{Reason: c.shorten(info.Reason, 256), Domain: info.Domain, Metadata: map[string]string{metaTruncated: strings.Join(c.cut, ",")}}
			if key := info.Metadata[metaKey]; key != "" {
				small.Metadata[metaKey] = key
			}
			st.Details = []*anypb.Any{pack(small)}
		}
	}
	return st
}

// each calls f for every field that is set in the details, and in messages within
// them, but for the ErrorInfo and the type of a PortOneError.
func (c *cutting) each(f func(protoreflect.Message, protoreflect.FieldDescriptor, protoreflect.Value)) {
	for _, m := range c.details {
		if _, isInfo := m.(*errdetails.ErrorInfo); m != nil && !isInfo {
			walk(m.ProtoReflect(), f)
		}
	}
}

func walk(m protoreflect.Message, f func(protoreflect.Message, protoreflect.FieldDescriptor, protoreflect.Value)) {
	portoneError := (*portonev2.PortOneError)(nil).ProtoReflect().Descriptor()
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if m.Descriptor() == portoneError && fd.Name() == "type" {
			return true
		}
		f(m, fd, v)
		switch {
		case !m.Has(fd) || fd.Message() == nil || fd.IsMap():
		case fd.IsList():
			for i := range m.Get(fd).List().Len() {
				walk(m.Get(fd).List().Get(i).Message(), f)
			}
		default:
			walk(m.Get(fd).Message(), f)
		}
		return true
	})
}
