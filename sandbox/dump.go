package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// object is an object of a domain, as it was when it was dumped.
type object struct {
	kind, id string
	desc     protoreflect.MessageDescriptor
	wire     []byte
}

// runDump shows every object of every domain, sorted, so that equal worlds have
// equal dumps: {"objects":[{"kind":...,"id":...,"object":{...}},...]}.
func (s *Sandbox) runDump([]byte) (any, error) {
	objects, err := s.objects()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`{"objects":[`)
	for i, o := range objects {
		text, err := s.contract.wireJSON(o.desc, o.wire)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.kind, o.id, err)
		}
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"kind":%s,"id":%s,"object":%s}`, quoted(o.kind), quoted(o.id), text)
	}
	out.WriteString("]}")
	return json.RawMessage(out.Bytes()), nil
}

// objects takes every object out of the domains.
func (s *Sandbox) objects() (all []object, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer recoverTo(&err)
	s.state.world.Clock.Settle()
	for _, d := range s.state.domains {
		d.Dump(func(kind, id string, message proto.Message) {
			wire, problem := proto.MarshalOptions{Deterministic: true}.Marshal(message)
			if problem != nil {
				err = fmt.Errorf("%s %s: %w", kind, id, problem)
			}
			all = append(all, object{kind, id, message.ProtoReflect().Descriptor(), wire})
		})
	}
	slices.SortFunc(all, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id), bytes.Compare(a.wire, b.wire))
	})
	return all, err
}
