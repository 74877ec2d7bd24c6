// Command protodeps lays out, offline, what buf needs to build the contract:
// the google protos that proto/ imports, and a buf configuration that finds
// them.
//
// buf.yaml names the google protos as a dependency from buf's registry, which is
// what somebody who uses proto/ as a module expects. This repository does not
// vendor them, and its tests and CI must not fetch them; but the Go packages
// that the gateway is built with contain their descriptors. protodeps prints
// those descriptors as .proto files into a folder that git ignores:
//
//	.build/protodeps/google/...   the google protos
//	.build/buf.yaml               buf.yaml with that folder as a second module
//
// Run it from the repository's root; `go generate ./...` does, before buf.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jhump/protoreflect/v2/protoprint"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
)

// googleFiles are the protos that the contract imports and buf does not bring
// along by itself (it does bring google/protobuf/*).
var googleFiles = []protoreflect.FileDescriptor{
	annotations.File_google_api_annotations_proto,
	annotations.File_google_api_field_behavior_proto,
	annotations.File_google_api_http_proto,
	httpbody.File_google_api_httpbody_proto,
}

func main() {
	if err := layOut(".", ".build"); err != nil {
		fmt.Fprintln(os.Stderr, "protodeps:", err)
		os.Exit(1)
	}
}

// layOut writes the google protos and the buf configuration below out, for the
// repository whose buf.yaml is in root. What stood there before is replaced.
func layOut(root, out string) error {
	deps := filepath.Join(out, "protodeps")
	if err := os.RemoveAll(deps); err != nil {
		return err
	}
	var printer protoprint.Printer
	if err := printer.PrintProtosToFileSystem(googleFiles, deps); err != nil {
		return err
	}
	config, err := offlineConfig(filepath.Join(root, "buf.yaml"), deps)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "buf.yaml"), config, 0o644)
}

// offlineConfig returns the buf configuration at path without its registry
// dependencies and with the folder deps as a further module, which is neither
// linted nor checked for breaking changes: it is not ours.
func offlineConfig(path, deps string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config map[string]any
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	modules, ok := config["modules"].([]any)
	if !ok {
		return nil, fmt.Errorf("%s: no list of modules", path)
	}
	deps = filepath.ToSlash(deps)
	config["modules"] = append(modules, map[string]any{
		"path":     deps,
		"lint":     map[string]any{"ignore": []string{deps}},
		"breaking": map[string]any{"ignore": []string{deps}},
	})
	delete(config, "deps")
	return yaml.Marshal(config)
}
