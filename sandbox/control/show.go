package control

import (
	"bufio"
	"io"
	"log/slog"
	"maps"
	"net/http"

	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

func (h *Handler) runCounters([]byte) (any, error) {
	var counters world.Counters
	err := h.target.Do(func(w *world.World, _ *domains.Stores) error {
		counters = maps.Clone(w.Counters)
		return nil
	})
	return counters, err
}

func (h *Handler) runDump([]byte) (any, error) {
	write, err := h.target.Dump()
	return written(write), err
}

// written is an answer that is too long to be put together before it is sent: it
// writes its JSON. It writes once.
type written func(io.Writer) error

// send sends the answer. If it fails on the way the connection is cut: the client
// must not take what it has for the whole.
func (write written) send(w http.ResponseWriter, log *slog.Logger) {
	w.Header().Set("Content-Type", typeJSON)
	out := bufio.NewWriterSize(w, 64<<10)
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		log.Error("an answer of the control API is cut off", slog.Any("cause", err))
		panic(http.ErrAbortHandler)
	}
}
