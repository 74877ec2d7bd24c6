package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// imports gives every file the imports that it needs, beside those that it has.
//
// A message stays in the file where it is, since moving it breaks imports in
// Python; so a schema that was used in one domain and now is used in others
// makes their files import the first one. Should that ever close a circle, a
// person has to move messages to common.proto, which changes nothing on the
// wire.
func (m *merger) imports() {
	defined := make(map[string]string) // full name -> import path
	for _, path := range slices.Sorted(maps.Keys(m.files)) {
		for _, d := range m.files[path].MessageType {
			defined[fullName(d.GetName())] = path
		}
		for _, d := range m.files[path].EnumType {
			defined[fullName(d.GetName())] = path
		}
	}
	defined[timestampName] = "google/protobuf/timestamp.proto"
	defined[httpBodyName] = "google/api/httpbody.proto"
	for _, path := range slices.Sorted(maps.Keys(m.files)) {
		f := m.files[path]
		needs := neededBy(f.FileDescriptorProto, defined)
		for _, need := range needs {
			if need != path && !slices.Contains(f.Dependency, need) {
				f.Dependency = append(f.Dependency, need)
			}
		}
		if len(f.PublicDependency) == 0 && len(f.WeakDependency) == 0 { // they are told by index
			slices.Sort(f.Dependency)
		}
	}
	if circle := m.circle(); circle != nil {
		m.problems = append(m.problems, fmt.Errorf("%s would import each other (%s); move what both need to %s by hand (the wire does not change) and run again",
			strings.Join(circle, " -> "), strings.Join(m.reasons(circle, defined), "; "), commonFile))
	}
}

// reasons tells for each step of a circle of imports what refers to what.
func (m *merger) reasons(circle []string, defined map[string]string) []string {
	var list []string
	for i, path := range circle[:len(circle)-1] {
		for _, d := range m.files[path].MessageType {
			j := slices.IndexFunc(slices.Concat(d.Field, nestedFields(d)), func(f *descriptorpb.FieldDescriptorProto) bool {
				return defined[f.GetTypeName()] == circle[i+1]
			})
			if j >= 0 {
				list = append(list, d.GetName()+" needs "+typeName(slices.Concat(d.Field, nestedFields(d))[j].GetTypeName()))
				break
			}
		}
	}
	return list
}

// neededBy lists the import paths of what a file refers to.
func neededBy(fd *descriptorpb.FileDescriptorProto, defined map[string]string) []string {
	needs := make(map[string]bool)
	need := func(name string) {
		if path, ok := defined[name]; ok {
			needs[path] = true
		}
	}
	options := func(element proto.Message) {
		e := element.ProtoReflect()
		set := e.Get(e.Descriptor().Fields().ByName("options")).Message()
		set.Range(func(option protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			if option.IsExtension() {
				needs[option.ParentFile().Path()] = true
			}
			return true
		})
	}
	for _, d := range fd.MessageType {
		options(d)
		for _, f := range slices.Concat(d.Field, nestedFields(d)) {
			need(f.GetTypeName())
			options(f)
		}
	}
	for _, e := range fd.EnumType {
		for _, v := range e.Value {
			options(v)
		}
	}
	for _, s := range fd.Service {
		for _, method := range s.Method {
			need(method.GetInputType())
			need(method.GetOutputType())
			options(method)
		}
	}
	return slices.Sorted(maps.Keys(needs))
}

func nestedFields(d *descriptorpb.DescriptorProto) []*descriptorpb.FieldDescriptorProto {
	var fields []*descriptorpb.FieldDescriptorProto
	for _, nested := range d.NestedType {
		fields = append(fields, nested.Field...)
	}
	return fields
}

// circle returns files that import each other in a circle, or nil.
func (m *merger) circle() []string {
	var stack []string
	done := make(map[string]bool)
	var visit func(path string) []string
	visit = func(path string) []string {
		if i := slices.Index(stack, path); i >= 0 {
			return append(slices.Clone(stack[i:]), path)
		}
		f, ours := m.files[path]
		if !ours || done[path] {
			return nil
		}
		stack = append(stack, path)
		for _, dependency := range f.Dependency {
			if found := visit(dependency); found != nil {
				return found
			}
		}
		stack = stack[:len(stack)-1]
		done[path] = true
		return nil
	}
	for _, path := range slices.Sorted(maps.Keys(m.files)) {
		if found := visit(path); found != nil {
			return found
		}
	}
	return nil
}
