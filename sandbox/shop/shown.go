package shop

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// shown keeps payments in the form in which lists answer with them: to put one
// together takes longer than all else that a list does with it. A page asked for
// again, or walked through by cursor, is then mostly a copy.
type shown struct {
	kept []*payment // in turn, at most keptShown; next is the oldest once it is full
	next int
}

// keptShown bounds the memory: about 32 MiB for payments of 2 KB.
const keptShown = 16_384

// show is showPayment with the members as unknown fields, which become the same
// bytes on the way out. It is not to be read or changed.
func (s *shown) show(p *payment) *portonev2.Payment {
	if p.wire == nil {
		full := showPayment(p)
		wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(full)
		if err != nil {
			return full // the answer will fail with the same error
		}
		p.wire = wire
		s.keep(p)
	}
	sealed := new(portonev2.Payment)
	sealed.ProtoReflect().SetUnknown(p.wire)
	return sealed
}

func (s *shown) keep(p *payment) {
	if len(s.kept) < keptShown {
		s.kept = append(s.kept, p)
		return
	}
	if oldest := s.kept[s.next]; oldest != p {
		oldest.wire = nil
	}
	s.kept[s.next] = p
	s.next = (s.next + 1) % keptShown
}

// forget drops what was kept of a payment that changes.
func (s *shown) forget(p *payment) { p.wire = nil }
