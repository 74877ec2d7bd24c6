package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// listen opens a listener at host:port or unix:///path. The error names the flag.
func listen(flag, addr string) (net.Listener, error) {
	network, address, err := networkOf(flag, addr)
	if err != nil {
		return nil, err
	}
	if network == "unix" {
		removeStale(address)
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, wrong(flag, "%v", err)
	}
	return listener, nil
}

// networkOf splits the address in a flag for net.Dial and net.Listen.
func networkOf(flag, addr string) (network, address string, err error) {
	if path, ok := strings.CutPrefix(addr, "unix://"); ok && filepath.IsAbs(path) {
		return "unix", path, nil
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return "", "", wrong(flag, "must be host:port or unix:///path, not %q", addr)
	}
	return "tcp", addr, nil
}

// removeStale removes the socket of a process that is gone. Only a connection
// refused says that no one listens: others fail where somebody does, who has much
// to do or belongs to another user.
func removeStale(path string) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		conn.Close()
		return
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		_ = os.Remove(path)
	}
}

// reachable is the address of a listener as a client on this machine uses it: one
// that listens on every address of the machine is reached on loopback.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	loopback := *tcp
	loopback.IP = net.IPv4(127, 0, 0, 1)
	return loopback.String()
}
