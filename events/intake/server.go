package intake

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

const (
	// readTimeout is how long a request may take to arrive, header and body.
	readTimeout = 10 * time.Second
	// writeTimeout is longer than a store or who decides about payments takes.
	writeTimeout = 30 * time.Second
	// idleTimeout is how long a connection waits for its next request.
	idleTimeout = time.Minute
	// maxHeader is how large the header of a request may be, in bytes.
	maxHeader = 16 << 10
	// maxConnections is how many there may be at a time; others wait to be accepted.
	maxConnections = 1024
)

// NewServer makes the server of a handler, with limits for strangers. Serve it on
// Limit(listener).
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// Limit bounds the connections of a listener.
func Limit(listener net.Listener) net.Listener {
	return netutil.LimitListener(listener, maxConnections)
}
