package front

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
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

// Dump takes every object of every domain, sorted, so that equal worlds have equal
// dumps, and returns what writes them: {"objects":[{"kind":...,"id":...,
// "object":{...}},...]}. It can be written once.
func (s *Server) Dump() (func(io.Writer) error, error) {
	objects, err := s.objects()
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error { return s.writeObjects(w, objects) }, nil
}

// writeObjects writes a dump, object by object, and lets go of each.
func (s *Server) writeObjects(w io.Writer, objects []object) error {
	before := `{"objects":[`
	for i, o := range objects {
		text, err := s.catalog.wireJSON(o.desc, o.wire)
		if err != nil {
			return fmt.Errorf("%s %s: %w", o.kind, o.id, err)
		}
		objects[i] = object{}
		shown, err := json.Marshal(shownObject{o.kind, o.id, text})
		if err != nil {
			return fmt.Errorf("%s %s: %w", o.kind, o.id, err)
		}
		if _, err := io.WriteString(w, before); err != nil {
			return err
		}
		if _, err := w.Write(shown); err != nil {
			return err
		}
		before = ","
	}
	if len(objects) > 0 {
		before = ""
	}
	_, err := io.WriteString(w, before+"]}\n")
	return err
}

// shownObject is an object in a dump.
type shownObject struct {
	Kind   string          `json:"kind"`
	ID     string          `json:"id"`
	Object json.RawMessage `json:"object"`
}

// objects takes every object out of the domains, sorted. It takes bytes, since
// domains may go on changing what they show.
func (s *Server) objects() ([]object, error) {
	all, err := s.snapshot()
	slices.SortFunc(all, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id), bytes.Compare(a.wire, b.wire))
	})
	return all, err
}

// snapshot is objects in any order, all of one moment.
func (s *Server) snapshot() (all []object, err error) {
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
	return all, err
}
