// Command gateway speaks gRPC, and PortOne's own REST API, in front of PortOne.
//
// Exit status: 0 after a clean stop, 1 after an error, 2 for a wrong or missing
// setting. `gateway policy` has 3 for a bad file, and 4 for tests that fail and calls
// that are refused.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/portone-gateway/portone-gateway/internal/logwriter"
)

func main() {
	err := Run(os.Args[1:], os.Stdout, os.Stderr)
	if err == nil {
		return
	}
	if !errors.As(err, new(*loggedError)) && err.Error() != "" {
		log := logwriter.New(os.Stderr) // which gives up if no one reads
		fmt.Fprintln(log, "gateway:", err)
		log.Flush()
	}
	if errors.As(err, new(*settingError)) {
		os.Exit(2)
	}
	var own interface{ ExitStatus() int }
	if errors.As(err, &own) {
		os.Exit(own.ExitStatus())
	}
	os.Exit(1)
}
