package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
)

// Paths by which the benchmark, and no one else, talks to the stub upstream.
const (
	heldPath    = "/hopbench/held"    // how many calls are held now
	releasePath = "/hopbench/release" // answers them, and no longer holds any
)

// upstream is a stub of PortOne that knows the answers of the calls by heart. It
// holds those for heldID until it is told to release them.
type upstream struct {
	held     atomic.Int64
	release  func()
	released chan struct{}
}

func serveUpstream(l net.Listener, _ []string) error {
	return http.Serve(l, newUpstream())
}

func newUpstream() http.Handler {
	u := &upstream{released: make(chan struct{})}
	u.release = sync.OnceFunc(func() { close(u.released) })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /payments/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == heldID {
			u.hold(r)
		}
		writeJSON(w, heldCall.answer)
	})
	mux.HandleFunc("GET /payments", answering(getPage(100)))
	mux.HandleFunc("POST /payments/{id}/cancel", answering(cancelPayment(firstID)))
	mux.HandleFunc("GET "+heldPath, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, u.held.Load()) })
	mux.HandleFunc("POST "+releasePath, func(http.ResponseWriter, *http.Request) { u.release() })
	return mux
}

func (u *upstream) hold(r *http.Request) {
	u.held.Add(1)
	defer u.held.Add(-1)
	select {
	case <-u.released:
	case <-r.Context().Done():
	}
}

func answering(c *call) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.answer) }
}

func writeJSON(w http.ResponseWriter, answer []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // an error means that the client is gone, who knows it
}
