package http1_test

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// TestHangingDial connects to a server whose queue of connections is full: Linux
// answers nothing then.
func TestHangingDial(t *testing.T) {
	address := fullQueue(t)
	for _, end := range append(ends, end{"time to connect", http1.Dial, func() (context.Context, time.Time) {
		return context.Background(), time.Now().Add(time.Minute)
	}}) {
		t.Run(end.name, func(t *testing.T) {
			config := http1.Config{Address: address, Host: "api.test", DialTimeout: time.Minute, MaxHeader: maxHeader, MaxBody: maxBody}
			if end.kind == http1.Dial {
				config.DialTimeout = patience
			}
			wantEnd(t, http1.New(config), end, nil, false)
		})
	}
}

// fullQueue returns the address of a server which accepts nothing.
func fullQueue(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 10 {
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("the queue does not get full")
	return ""
}
