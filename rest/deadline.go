package rest

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Headers that say how long the caller waits for the answer, in milliseconds. They do
// for REST what deadlines do for gRPC: the answer comes before the caller gives up, and
// has the idempotency key.
const (
	// headerTimeout is the gateway's own.
	headerTimeout = "X-Request-Timeout-Ms"

	// headerEnvoyTimeout is how long Envoy waits, which it says by itself.
	headerEnvoyTimeout = "X-Envoy-Expected-Rq-Timeout-Ms"
)

// maxTimeout is the longest that a caller can say that it waits.
const maxTimeout = 24 * time.Hour

var errTimeout = errors.New("must be given once, as a whole number of milliseconds from 1 to 86400000")

// callerTimeout is how long the caller of a request waits: the shorter, where there are
// both headers; 0 if there is none. The error is of the gateway's own header. Envoy's is
// no business of who sees the error, and says 0 where it waits for ever: what is not
// understood of it is ignored.
func callerTimeout(header http.Header) (time.Duration, error) {
	var wait time.Duration
	if values := header[headerTimeout]; values != nil {
		if wait = milliseconds(values); wait == 0 {
			return 0, errTimeout
		}
	}
	if envoy := milliseconds(header[headerEnvoyTimeout]); envoy > 0 && (wait == 0 || envoy < wait) {
		wait = envoy
	}
	return wait, nil
}

// milliseconds reads the values of a header; 0 for what is no such time.
func milliseconds(values []string) time.Duration {
	if len(values) != 1 {
		return 0
	}
	n, err := strconv.ParseUint(values[0], 10, 32)
	if wait := time.Duration(n) * time.Millisecond; err == nil && wait <= maxTimeout {
		return wait
	}
	return 0
}
