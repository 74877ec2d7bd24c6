package front

import (
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/sandbox/control"
	"github.com/portone-gateway/portone-gateway/sandbox/faults"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// maxBody is how long the body of a request may be.
const maxBody = 4 << 20

// ServeHTTP answers a request as PortOne would, or one to the control API below
// /sandbox/. It is safe for concurrent use.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if path == "/sandbox" || strings.HasPrefix(path, control.Prefix) {
		s.control.ServeHTTP(w, r)
		return
	}
	s.router.ServeHTTP(w, r)
}

// serveMethod answers a request for a method of the contract.
func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request, m *contract.Method, params []string) {
	if slices.Contains(params, "") {
		nowhere(nil).send(w)
		return
	}
	op := s.catalog.byID[m.ID()]
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		unread(err).send(w)
		return
	}
	began := time.Now()
	a, f := s.handle(r.Header, op.read(params, r.URL.RawQuery, body))
	s.log.Debug("answered", slog.String("operation", op.id), slog.Int("status", a.status),
		slog.Duration("took", time.Since(began)), slog.String("cut", string(f.Cut)))
	deliver(w, a, &f)
}

// serveNowhere answers a request for which there is no method.
func (s *Server) serveNowhere(w http.ResponseWriter, _ *http.Request, allowed []string) {
	nowhere(allowed).send(w)
}

// nowhere answers a request to which no operation belongs; methods are those that
// its path has.
func nowhere(methods []string) answer {
	if len(methods) == 0 {
		return plain(http.StatusNotFound)
	}
	a := plain(http.StatusMethodNotAllowed)
	a.allow = strings.Join(methods, ", ")
	return a
}

// unread answers a request whose body could not be read.
func unread(err error) answer {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return plain(http.StatusRequestEntityTooLarge)
	}
	return plain(http.StatusBadRequest)
}

// handle answers a request, and returns the fault to deliver the answer with.
func (s *Server) handle(h http.Header, r *request) (answer, faults.Fault) {
	st := s.current()
	if !open[r.op.id] && !s.accepts(st, h.Get("Authorization")) {
		return s.refuse(world.Refuse(unauthorized, "no valid Authorization: PortOne <API secret> or Bearer <access token>")), faults.Fault{}
	}
	f, err := s.faultOf(st, h, r)
	if err != nil {
		return s.refuse(world.Refuse(invalidRequest, "%v", err)), faults.Fault{}
	}
	if f.Stops() {
		s.sleep(f.Latency)
		return s.faulty(st, &f, r), f
	}
	key, err := keyOf(h, r.op)
	if err != nil {
		return s.refuse(world.Refuse(invalidRequest, "%s: %v", idempotencyHeader, err)), f
	}
	return s.once(st, key, r, func() answer {
		s.sleep(f.Latency)
		if f.IsOutcome() {
			return s.faulty(st, &f, r)
		}
		return s.perform(st, r)
	}), f
}

// accepts reports whether credentials are accepted, and counts their requests by the
// label of the secret where secrets have labels.
func (s *Server) accepts(st *state, authorization string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, accepted := st.stores.Auth.User(authorization)
	if accepted && len(s.labels) > 0 {
		st.world.Counters.Add("requests." + cmp.Or(s.labels[user], otherSecrets))
	}
	return accepted
}

// otherSecrets is the label of secrets that have none.
const otherSecrets = "other"
