// Command protodeps lays out, offline, what buf needs to build the contract:
// the google protos that proto/ imports, and a buf configuration that finds
// them.
//
// buf.yaml names the google protos as a dependency from buf's registry, which is
// what somebody who uses proto/ as a module expects. This repository does not
// vendor them, and its tests and CI must not fetch them. protodeps prints them (see
// googleprotos) into a folder that git ignores:
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

	"go.yaml.in/yaml/v3"

	"github.com/portone-gateway/portone-gateway/internal/googleprotos"
)

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
	if err := googleprotos.Write(deps, googleprotos.Imported); err != nil {
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
