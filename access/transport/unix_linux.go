package transport

import (
	"net"

	"golang.org/x/sys/unix"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// unixPeer asks the kernel who connected to a unix socket (SO_PEERCRED, unix(7)): the
// user at that time, whom no process can choose but as root.
func unixPeer(conn *net.UnixConn) *identity.UnixPeer {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	var credentials *unix.Ucred
	if raw.Control(func(fd uintptr) {
		credentials, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}) != nil || err != nil {
		return nil
	}
	return &identity.UnixPeer{UID: credentials.Uid, GID: credentials.Gid}
}
