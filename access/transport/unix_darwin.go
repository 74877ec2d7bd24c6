package transport

import (
	"net"

	"golang.org/x/sys/unix"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// unixPeer asks the kernel who connected to a unix socket (LOCAL_PEERCRED, unix(4)).
func unixPeer(conn *net.UnixConn) *identity.UnixPeer {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	var credentials *unix.Xucred
	if raw.Control(func(fd uintptr) {
		credentials, err = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	}) != nil || err != nil || credentials.Ngroups == 0 {
		return nil
	}
	return &identity.UnixPeer{UID: credentials.Uid, GID: credentials.Groups[0]}
}
