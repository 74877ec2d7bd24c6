package rest

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/portone-gateway/portone-gateway/access/transport"
	"github.com/portone-gateway/portone-gateway/service"
)

const (
	headerLimit = 10 * time.Second
	idleTimeout = 2 * time.Minute

	// writeTimeout is how long a client may take to make room for a little more of an
	// answer.
	writeTimeout = 30 * time.Second

	// slowest is how fast a client must read what is more than a little, in bytes per
	// second.
	slowest = 64 << 10
)

// NewServer returns an HTTP server for the REST API with limits against clients
// that are slow or send too much.
func NewServer(handler *Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ConnContext:       transport.ConnContext,
		ReadHeaderTimeout: headerLimit,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    service.MaxHeaders,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
