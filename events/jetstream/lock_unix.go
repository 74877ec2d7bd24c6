//go:build unix

package jetstream

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the folder for this process until the file is closed, or the process ends
// in whatever way: nats-server itself takes no lock, and two on one folder destroy it.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: another process uses the folder", path)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}
