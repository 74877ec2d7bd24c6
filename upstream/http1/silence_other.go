//go:build !unix

package http1

import "net"

// silence cannot be looked for on this system: a request may meet a connection
// that the server has closed.
type silence struct{}

func (*silence) of(net.Conn) {}

func (*silence) holds() bool { return true }
