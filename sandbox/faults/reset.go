package faults

import (
	"net"
	"net/http"
)

// Reset cuts the connection as hard as it can be: with a TCP reset, if the server
// hands the connection out. Else it
// panics with http.ErrAbortHandler.
func Reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, or a recorder: the stream is what can be reset
	}
	below := conn
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		below = wrapped.NetConn()
	}
	if tcp, ok := below.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // closing it is what counts
	}
	_ = below.Close()
}
