package main

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/portone-gateway/portone-gateway/contract"
)

// file is a file of the contract that a merge adds to.
type file struct {
	*descriptorpb.FileDescriptorProto
	line  int32                                  // of the last new element, see locate
	grown map[*descriptorpb.DescriptorProto]bool // messages with new fields
}

// New elements pretend to stand behind everything that is there, since the
// printer orders elements by their lines.
const firstNewLine = 1 << 20

func newFile(fd *descriptorpb.FileDescriptorProto) *file {
	if fd.SourceCodeInfo == nil {
		fd.SourceCodeInfo = &descriptorpb.SourceCodeInfo{}
	}
	// Lines of imports say nothing once the list is sorted anew.
	fd.SourceCodeInfo.Location = slices.DeleteFunc(fd.SourceCodeInfo.Location, func(l *descriptorpb.SourceCodeInfo_Location) bool {
		return len(l.Path) == 2 && l.Path[0] == 3
	})
	return &file{FileDescriptorProto: fd, line: firstNewLine, grown: make(map[*descriptorpb.DescriptorProto]bool)}
}

// locate gives a new element the next line.
func (f *file) locate(path []int32) *descriptorpb.SourceCodeInfo_Location {
	f.line++
	return f.locateAt(path, f.line)
}

// locateAt gives an element a line, moving it there if it has one.
func (f *file) locateAt(path []int32, line int32) *descriptorpb.SourceCodeInfo_Location {
	for _, l := range f.SourceCodeInfo.Location {
		if slices.Equal(l.Path, path) {
			l.Span = []int32{line, 0, 1}
			return l
		}
	}
	l := &descriptorpb.SourceCodeInfo_Location{Path: path, Span: []int32{line, 0, 1}}
	f.SourceCodeInfo.Location = append(f.SourceCodeInfo.Location, l)
	return l
}

// shift moves the locations below parent that have an index of at least from, as
// inserting an element there does.
func (f *file) shift(parent []int32, from int32) {
	for _, l := range f.SourceCodeInfo.Location {
		if len(l.Path) > len(parent) && slices.Equal(l.Path[:len(parent)], parent) && l.Path[len(parent)] >= from {
			l.Path[len(parent)]++
		}
	}
}

// finish makes the file whole again after a merge.
func (f *file) finish() {
	for i, m := range f.MessageType {
		if f.grown[m] {
			f.moveLast([]int32{fileMessage, int32(i)}, m)
		}
		addSyntheticOneofs(m)
	}
}

// moveLast puts the field `unrecognized` behind those that were added.
func (f *file) moveLast(path []int32, m *descriptorpb.DescriptorProto) {
	for i, field := range m.Field {
		if field.GetNumber() == contract.UnrecognizedNumber {
			f.locateAt(append(slices.Clone(path), messageField, int32(i)), f.line+1)
		}
	}
}

// dropSyntheticOneofs removes the oneofs that stand for proto3's `optional`. They
// must follow all others, so they are made anew once a message is complete.
func dropSyntheticOneofs(m *descriptorpb.DescriptorProto) {
	first := len(m.OneofDecl)
	for _, f := range m.Field {
		if f.GetProto3Optional() {
			first = min(first, int(f.GetOneofIndex()))
			f.OneofIndex = nil
		}
	}
	m.OneofDecl = m.OneofDecl[:first]
}

func addSyntheticOneofs(m *descriptorpb.DescriptorProto) {
	for _, f := range m.Field {
		if f.GetProto3Optional() {
			f.OneofIndex = proto.Int32(int32(len(m.OneofDecl)))
			m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + f.GetName())})
		}
	}
}
