package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

// run measures everything and prints it to out; progress is news for people.
func run(ctx context.Context, o options, out, progress io.Writer) error {
	folder, err := os.MkdirTemp("", "hopbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if !o.peersOnly && o.gateway == "" {
		fmt.Fprintln(progress, "building the gateway")
		if o.gateway, err = buildGateway(ctx, folder); err != nil {
			return err
		}
	}
	if o.profile != "" {
		return recordProfile(ctx, o, folder)
	}
	costs, err := measureCPU(ctx, o, folder, progress)
	if err != nil {
		return err
	}
	if err := printCPU(out, o, costs); err != nil {
		return err
	}
	if o.inFlight == 0 {
		return nil
	}
	footprints, err := measureMemory(ctx, o, folder, progress)
	if err != nil {
		return err
	}
	return printMemory(out, o, footprints)
}
