// Command gateway speaks gRPC, and PortOne's own REST API, in front of PortOne.
//
// Exit status: 0 after a clean stop, 1 after an error, 2 for a wrong or missing
// setting.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	err := Run(os.Args[1:], os.Stdout, os.Stderr)
	var setting *settingError
	switch {
	case err == nil:
	case errors.As(err, &setting):
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}
