package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/reporter"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "google.golang.org/genproto/googleapis/api/annotations" // so that the contract's imports resolve
	_ "google.golang.org/genproto/googleapis/api/httpbody"

	_ "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Protos are the files of proto/portone/v2 as descriptors, with their comments,
// by import path.
type Protos map[string]*descriptorpb.FileDescriptorProto

// paths returns the import paths in order.
func (p Protos) paths() []string {
	var list []string
	for path := range p {
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}

// readProtos reads dir/portone/v2/*.proto. A folder that does not exist is an
// empty contract.
func readProtos(dir string) (Protos, error) {
	entries, err := os.ReadDir(filepath.Join(dir, folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".proto") {
			paths = append(paths, folder+entry.Name())
		}
	}
	return compile(paths, func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, path)) })
}

// compile parses and links protos.
func compile(paths []string, read func(path string) ([]byte, error)) (Protos, error) {
	compiler := protocompile.Compiler{
		SourceInfoMode: protocompile.SourceInfoStandard,
		Reporter:       reporter.NewReporter(nil, func(reporter.ErrorWithPos) {}), // warnings are buf lint's
		Resolver: protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
			text, err := read(path)
			if err == nil {
				return protocompile.SearchResult{Source: bytes.NewReader(text)}, nil
			}
			known, globalErr := protoregistry.GlobalFiles.FindFileByPath(path)
			if globalErr != nil {
				return protocompile.SearchResult{}, err
			}
			return protocompile.SearchResult{Desc: known}, nil
		}),
	}
	files, err := compiler.Compile(context.Background(), paths...)
	if err != nil {
		return nil, err
	}
	protos := make(Protos)
	for _, file := range files {
		// Marshal and unmarshal, so that options get the Go types of their
		// extensions.
		raw, err := proto.Marshal(file.(linker.Result).FileDescriptorProto())
		if err != nil {
			return nil, err
		}
		fd := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(raw, fd); err != nil {
			return nil, err
		}
		protos[file.Path()] = fd
	}
	return protos, nil
}

// printProtos prints every file, and reads the text again to make sure that it
// says what the descriptors say.
func printProtos(protos Protos) (map[string][]byte, error) {
	files, err := link(protos)
	if err != nil {
		return nil, err
	}
	printer := new(protoprint.Printer)
	printed := make(map[string][]byte)
	for _, path := range protos.paths() {
		if handKept[path] {
			continue
		}
		fd, err := files.FindFileByPath(path)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := printer.PrintProtoFile(fd, &b); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		printed[path] = b.Bytes()
	}
	if err := tidy(printed); err != nil {
		return nil, err
	}
	return printed, checkPrinted(protos, printed, files)
}

func checkPrinted(protos Protos, printed map[string][]byte, files *protoregistry.Files) error {
	var paths []string
	for path := range printed {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	again, err := compile(paths, func(path string) ([]byte, error) {
		if text, ok := printed[path]; ok {
			return text, nil
		}
		if fd, err := files.FindFileByPath(path); err == nil && handKept[path] {
			var b bytes.Buffer
			err := new(protoprint.Printer).PrintProtoFile(fd, &b)
			return b.Bytes(), err
		}
		return nil, fs.ErrNotExist
	})
	if err != nil {
		return fmt.Errorf("what was printed does not compile: %w", err)
	}
	for _, path := range paths {
		if !proto.Equal(canonical(protos[path]), canonical(again[path])) {
			return fmt.Errorf("%s has something that cannot be printed; nothing was written", path)
		}
	}
	return nil
}

// canonical returns a copy without what the order of declarations and the
// spelling of defaults add.
func canonical(fd *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	c := proto.Clone(fd).(*descriptorpb.FileDescriptorProto)
	c.SourceCodeInfo = nil
	for _, m := range c.MessageType {
		dropSyntheticOneofs(m)
		for _, f := range m.Field {
			f.JsonName = nil // explicit or derived, it is the same
		}
		slices.SortFunc(m.Field, func(a, b *descriptorpb.FieldDescriptorProto) int { return int(a.GetNumber() - b.GetNumber()) })
		slices.SortFunc(m.NestedType, func(a, b *descriptorpb.DescriptorProto) int { return strings.Compare(a.GetName(), b.GetName()) })
	}
	return c
}

// link makes descriptors of protos.
func link(protos Protos) (*protoregistry.Files, error) {
	files := new(protoregistry.Files)
	resolver := fallback{files}
	var add func(path string) error
	add = func(path string) error {
		fd, ours := protos[path]
		if _, err := files.FindFileByPath(path); err == nil || !ours {
			return nil
		}
		for _, dependency := range fd.Dependency {
			if err := add(dependency); err != nil {
				return err
			}
		}
		file, err := protodesc.NewFile(fd, resolver)
		if err != nil {
			return err
		}
		return files.RegisterFile(file)
	}
	for _, path := range protos.paths() {
		if err := add(path); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// fallback resolves in files and, what is not there, among the google protos
// that this program contains.
type fallback struct{ files *protoregistry.Files }

// FindFileByPath implements protodesc.Resolver.
func (f fallback) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if fd, err := f.files.FindFileByPath(path); err == nil {
		return fd, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

// FindDescriptorByName implements protodesc.Resolver.
func (f fallback) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if d, err := f.files.FindDescriptorByName(name); err == nil {
		return d, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}

// changedFiles returns the printed files that differ from those in dir.
func changedFiles(dir string, printed map[string][]byte) ([]string, error) {
	var changed []string
	for path, text := range printed {
		present, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(present, text) {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// writeProtos writes the changed files. Each is written beside its place first:
// a full disk leaves the old ones whole.
func writeProtos(dir string, printed map[string][]byte, changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
		return err
	}
	for _, path := range changed {
		if err := os.WriteFile(filepath.Join(dir, path+".new"), printed[path], 0o644); err != nil {
			return err
		}
	}
	for _, path := range changed {
		target := filepath.Join(dir, path)
		if err := os.Rename(target+".new", target); err != nil {
			return err
		}
	}
	return nil
}
