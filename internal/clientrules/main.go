// Command clientrules writes what the client packages of every language share: the
// rules by which they take a failed call, the methods of the contract, and statuses
// to test both with. It takes them from errmap, portoneerr and the contract, so that
// no client has a list of its own.
//
//	go run ./internal/clientrules          # writes clients/rules.json and clients/vectors.json
//	go run ./internal/clientrules -check   # fails if they are not what it would write
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "only compare with the files that are there")
	dir := flag.String("dir", "clients", "`folder` of the files")
	flag.Parse()
	if err := run(*dir, *check); err != nil {
		fmt.Fprintln(os.Stderr, "clientrules:", err)
		os.Exit(1)
	}
}

// run writes the files into dir, or compares them with those that are there.
func run(dir string, check bool) error {
	files, err := generate()
	if err != nil {
		return err
	}
	for name, want := range files {
		path := filepath.Join(dir, name)
		if !check {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				return err
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s is not what errmap and the contract say: run go run ./internal/clientrules", path)
		}
	}
	return nil
}

// generate makes the files, by name.
func generate() (map[string][]byte, error) {
	rules, err := newRules()
	if err != nil {
		return nil, err
	}
	vectors, err := newVectors(rules)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for name, content := range map[string]any{"rules.json": rules, "vectors.json": vectors} {
		text := new(bytes.Buffer)
		e := json.NewEncoder(text)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(content); err != nil {
			return nil, err
		}
		files[name] = text.Bytes()
	}
	return files, nil
}
