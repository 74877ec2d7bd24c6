package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	portonegateway "github.com/portone-gateway/portone-gateway"
	"github.com/portone-gateway/portone-gateway/internal/googleprotos"
)

// protosConfig says where to write the contract.
type protosConfig struct {
	Folder string `arg:"" help:"Folder to write to; it is made if it is not there."`
}

// run writes all that a compiler of protos needs: the contract and Google's files
// that it imports, and those that callers read errors with.
func (c *protosConfig) run(stdout io.Writer) error {
	contract, err := fs.Sub(portonegateway.Protos, "proto")
	if err != nil {
		return err
	}
	files := 0
	err = fs.WalkDir(contract, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		return c.write(contract, path)
	})
	if err != nil {
		return err
	}
	if err := googleprotos.Write(c.Folder, googleprotos.Imported, googleprotos.OfErrors); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "The contract, %d files below portone/, and Google's below google/ are in %s.\n", files, c.Folder)
	return err
}

// write writes one file of the contract, in place of what is there.
func (c *protosConfig) write(contract fs.FS, path string) error {
	text, err := fs.ReadFile(contract, path)
	if err != nil {
		return err
	}
	to := filepath.Join(c.Folder, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
