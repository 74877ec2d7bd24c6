package rest

import (
	"net/http"
	"time"
)

// answer is the answer to a request as it is written. It implements
// http.ResponseWriter.
type answer struct {
	w      http.ResponseWriter
	status int  // 0 means 200
	begun  bool // something has been written
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.w.Header() }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.w.WriteHeader(status)
}

// Write implements http.ResponseWriter. The client has the time for what is written
// that its size asks for; the server's own WriteTimeout would begin with the request,
// and PGs are slow.
func (a *answer) Write(text []byte) (int, error) {
	_ = http.NewResponseController(a.w).SetWriteDeadline(time.Now().Add(writeTime(len(text))))
	if !a.begun {
		a.begin()
	}
	return a.w.Write(text)
}

// begin writes the header.
func (a *answer) begin() {
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusNoContent { // what has no content has neither (RFC 9110, 8.6)
		a.Header().Del("Content-Length")
		a.Header().Del("Content-Type")
	}
	a.WriteHeader(status)
}

// writeTime is how long a client may take to make room for so many bytes: the time
// that a slow but steady one needs, and some to begin.
func writeTime(size int) time.Duration {
	return writeTimeout + time.Duration(size)*time.Second/slowest
}
