// Command gateway speaks gRPC, and PortOne's own REST API, in front of PortOne.
//
// Exit status: 0 after a clean stop, 1 after an error, 2 for a wrong or missing
// setting.
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
	if !errors.As(err, new(*loggedError)) {
		log := logwriter.New(os.Stderr) // which gives up if no one reads
		fmt.Fprintln(log, "gateway:", err)
		log.Flush()
	}
	if errors.As(err, new(*settingError)) {
		os.Exit(2)
	}
	os.Exit(1)
}
