package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"
)

// Summary counts what a merge did.
type Summary struct {
	Operations, Messages, Fields, Values Count

	Retyped     []string // fields that got another message type, accepted by a person
	Uncommented []string // services, RPCs and enums that a person has to describe
}

// Count counts elements of one kind.
type Count struct {
	Added      int // new in proto/
	Kept       int // there before, and still in the document
	Gone       int // not in the document, kept and marked deprecated ...
	Deprecated int // ... of which this run marked so many
}

// String is the summary as people read it.
func (s *Summary) String() string {
	var b strings.Builder
	line := func(name string, c Count) {
		fmt.Fprintf(&b, "%-12s %5d added %5d kept %5d deprecated (%d of them now)\n", name, c.Added, c.Kept, c.Gone, c.Deprecated)
	}
	line("operations", s.Operations)
	line("messages", s.Messages)
	line("fields", s.Fields)
	line("enum values", s.Values)
	for _, name := range s.Retyped {
		fmt.Fprintf(&b, "retyped      %s\n", name)
	}
	if len(s.Uncommented) > 0 {
		some, more := s.Uncommented, ""
		if most := 20; len(some) > most {
			some, more = some[:most], ", ..."
		}
		fmt.Fprintf(&b, "to describe  %d services, RPCs and enums: %s%s\n", len(s.Uncommented), strings.Join(some, ", "), more)
	}
	return b.String()
}

// uncommented lists the services, RPCs and enums without a comment.
func (s *Summary) uncommented(protos Protos) {
	for _, path := range protos.paths() {
		fd := protos[path]
		for i, service := range fd.Service {
			s.want(fd, service.GetName(), fileService, int32(i))
			for j, method := range service.Method {
				s.want(fd, service.GetName()+"."+method.GetName(), fileService, int32(i), serviceMethod, int32(j))
			}
		}
		for i, enum := range fd.EnumType {
			s.want(fd, enum.GetName(), fileEnum, int32(i))
		}
	}
}

func (s *Summary) want(fd *descriptorpb.FileDescriptorProto, name string, path ...int32) {
	for _, l := range fd.SourceCodeInfo.GetLocation() {
		if slices.Equal(l.Path, path) && strings.TrimSpace(l.GetLeadingComments()) != "" {
			return
		}
	}
	s.Uncommented = append(s.Uncommented, name)
}
