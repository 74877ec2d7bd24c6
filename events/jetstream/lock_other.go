//go:build !unix

package jetstream

import (
	"errors"
	"os"
)

// lock fails: without a lock that ends with the process, two could destroy the folder.
func lock(string) (*os.File, error) {
	return nil, errors.New("a store in a folder needs a Unix system; use a NATS cluster")
}
