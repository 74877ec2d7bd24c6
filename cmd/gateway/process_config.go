package main

import (
	"io/fs"
	"net"
	"os"
	"os/user"
	"strconv"
	"time"
)

// processConfig configures the process on its machine.
type processConfig struct {
	MetricsAddr string        `name:"metrics-addr" placeholder:"ADDR" help:"Where to serve /metrics, /healthz and /readyz beside --admin-addr, without /debug/pprof: host:port, or unix:///path."`
	DrainLinger time.Duration `name:"drain-linger" default:"0s" placeholder:"DURATION" help:"How long to serve /metrics after the drain, so that what was counted last is still read (${default})."`
	SocketMode  string        `name:"socket-mode" placeholder:"MODE" help:"Permissions of the unix sockets, such as 0660; else the umask decides."`
	SocketGroup string        `name:"socket-group" placeholder:"GROUP" help:"Group of the unix sockets, by name or number."`
}

// validateProcess checks what kong does not.
func (c *processConfig) validateProcess() error {
	if c.DrainLinger < 0 {
		return wrong("drain-linger", "must not be negative; is %v", c.DrainLinger)
	}
	if _, err := c.socketMode(); err != nil {
		return err
	}
	_, err := c.socketGroup()
	return err
}

// socketMode reads --socket-mode; 0 if it is not given.
func (c *processConfig) socketMode() (fs.FileMode, error) {
	if c.SocketMode == "" {
		return 0, nil
	}
	mode, err := strconv.ParseUint(c.SocketMode, 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		return 0, wrong("socket-mode", "must be permissions in octal, such as 0660, not %q", c.SocketMode)
	}
	return fs.FileMode(mode), nil
}

// socketGroup reads --socket-group; -1 if it is not given.
func (c *processConfig) socketGroup() (int, error) {
	if c.SocketGroup == "" {
		return -1, nil
	}
	group, err := user.LookupGroup(c.SocketGroup)
	if err == nil {
		return strconv.Atoi(group.Gid)
	}
	gid, err := strconv.ParseUint(c.SocketGroup, 10, 31)
	if err != nil {
		return -1, wrong("socket-group", "there is no group %q", c.SocketGroup)
	}
	return int(gid), nil
}

// listen opens a listener, whose socket has the permissions that are asked for. The
// group comes before the mode: with another order, the wrong group could connect for a
// moment.
func (c *processConfig) listen(flag, addr string) (net.Listener, error) {
	listener, err := listen(flag, addr)
	if err != nil || listener.Addr().Network() != "unix" {
		return listener, err
	}
	if err := c.permit(listener.Addr().String()); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

func (c *processConfig) permit(path string) error {
	gid, err := c.socketGroup()
	if err != nil {
		return err
	}
	if gid >= 0 {
		if err := os.Chown(path, -1, gid); err != nil {
			return wrong("socket-group", "%v", err)
		}
	}
	mode, err := c.socketMode()
	if err != nil || mode == 0 {
		return err
	}
	if err := os.Chmod(path, mode); err != nil {
		return wrong("socket-mode", "%v", err)
	}
	return nil
}
