package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"

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
	files, err := fs.Glob(contract, "portone/v2/*.proto")
	if err != nil {
		return err
	}
	for _, path := range files {
		if err := c.write(contract, path); err != nil {
			return err
		}
	}
	if err := googleprotos.Write(c.Folder, googleprotos.Imported, googleprotos.OfErrors); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "The contract, %d files below portone/, and Google's below google/ are in %s.\n", len(files), c.Folder)
	return err
}

// write writes one file of the contract, in place of what is there.
func (c *protosConfig) write(contract fs.FS, path string) error {
	text, err := fs.ReadFile(contract, path)
	if err != nil {
		return err
	}
	root := c.Folder
	if err := os.MkdirAll(root+"/portone/v2", 0o755); err != nil {
		return err
	}
	return os.WriteFile(root+"/"+path, text, 0o644)
}
