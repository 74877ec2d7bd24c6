//go:build unix

package http1

import (
	"net"
	"syscall"
)

// silence peeks at an idle connection without blocking: nothing to read, and not
// closed, is what it should find.
type silence struct {
	raw  syscall.RawConn
	look func(fd uintptr) // made once, so that a look needs no memory
	ok   bool
}

// of sets the connection, which can be looked at unless it is of an unknown kind.
func (s *silence) of(nc net.Conn) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	s.raw, _ = sc.SyscallConn()
	s.look = func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		s.ok = err == syscall.EAGAIN
	}
}

// holds tells that there is nothing, also where that cannot be known.
func (s *silence) holds() bool {
	if s.raw == nil {
		return true
	}
	s.ok = false
	// Control, unlike Read, has no regard for the deadline of the last call.
	return s.raw.Control(s.look) == nil && s.ok
}
