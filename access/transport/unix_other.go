//go:build !linux && !darwin

package transport

import (
	"net"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// unixPeer is not known on this system.
func unixPeer(*net.UnixConn) *identity.UnixPeer { return nil }
