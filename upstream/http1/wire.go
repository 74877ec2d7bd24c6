package http1

import (
	"errors"
	"io"
	"net"
)

// wire is a connection that TLS runs over. It sees what TLS does not tell.
type wire struct {
	net.Conn
	wrote bool // something has gone out since this was set to false
	muted bool // reads give errMuted at once
}

var errTruncated = errors.New("the connection ended without TLS's goodbye")

// Read is Read of the connection below. An end that anybody on the way can make is
// not io.EOF: TLS would pass it on, and it would be the end of a body.
func (w *wire) Read(p []byte) (int, error) {
	if w.muted {
		return 0, errMuted{}
	}
	n, err := w.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		err = errTruncated
	}
	return n, err
}

// Write notes that it was called to some effect.
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if n > 0 {
		w.wrote = true
	}
	return n, err
}

// silent looks whether TLS has nothing more among what it has already read from
// the wire: neither data nor the server's goodbye.
func (w *wire) silent(tls net.Conn) bool {
	w.muted = true
	defer func() { w.muted = false }()
	var one [1]byte
	n, err := tls.Read(one[:])
	return n == 0 && errors.Is(err, errMuted{})
}

// errMuted is a net.Error that TLS takes for a passing one.
type errMuted struct{}

func (errMuted) Error() string   { return "nothing to read yet" }
func (errMuted) Timeout() bool   { return true }
func (errMuted) Temporary() bool { return true }
