package rest

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"github.com/portone-gateway/portone-gateway/access/tlsconfig"
	"github.com/portone-gateway/portone-gateway/access/transport"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/contract/router"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/hosts"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// Options change what a Handler does. The zero value is for tests and for servers that
// no browser reaches.
type Options struct {
	// Hosts refuses requests of pages in browsers, and for other hosts. Default: pages
	// may read, and may change nothing; any host will do.
	Hosts *hosts.Guard

	// UnclearIsConflict answers 409 in place of PortOne's 5xx where the outcome of a
	// mutation is unclear, for proxies that repeat 5xx and heed no header. Default:
	// PortOne's own status.
	UnclearIsConflict bool

	// TLS is that of the listener, for what clients' certificates say. Default: no TLS.
	TLS *tlsconfig.Server

	// Natives are the services that the gateway answers by itself, which are Natives
	// of the server, too. Their paths begin with /-/.
	Natives []Registration
}

// Handler is the REST API. It is safe for concurrent use.
type Handler struct {
	server  *service.Server
	mapper  *errmap.Mapper
	logger  *slog.Logger
	opts    Options
	origins *http.CrossOriginProtection
	router  *router.Router
	natives *runtime.ServeMux
	held    held

	bodyTimeout time.Duration // normally bodyTimeout
}

// New returns the REST API of a server.
func New(server *service.Server, mapper *errmap.Mapper, logger *slog.Logger, opts Options) (*Handler, error) {
	h := &Handler{server: server, mapper: mapper, logger: logger, opts: opts, origins: http.NewCrossOriginProtection(), bodyTimeout: bodyTimeout}
	h.held.limit = maxHeld
	var err error
	if h.natives, err = h.newNatives(opts.Natives); err != nil {
		return nil, err
	}
	h.router, err = router.New(contract.Methods(), h.call, h.noMethod)
	return h, err
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(w, r)
	defer h.recover(x)
	x.call.Peer = transport.PeerFromRequest(r, h.opts.TLS)
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // of the answer before, see answer.Write
	wait, wrong := callerTimeout(r.Header)
	x.read = reading{x: x, r: r, h: h, wrongTimeout: wrong, ends: time.Now().Add(h.bodyTimeout)}
	defer x.read.free()
	if wait > 0 {
		deadline := time.Now().Add(wait)
		if deadline.Before(x.read.ends) {
			x.read.ends, x.read.callers = deadline, true
		}
		ctx, cancel := context.WithDeadline(r.Context(), deadline)
		defer cancel()
		r = r.WithContext(ctx)
	}
	if r.ContentLength != 0 {
		// Also where the body does not matter: net/http waits for it before it sends
		// the answer.
		_ = control.SetReadDeadline(x.read.ends)
	}
	if failure, ok := h.refusal(r); ok {
		h.refuse(x, r, failure)
		return
	}
	if isNative(r) {
		h.serveNative(x, r)
		return
	}
	h.router.ServeHTTP(x, r)
}

// call makes the call that a request asks for. The writer is the exchange.
func (h *Handler) call(w http.ResponseWriter, r *http.Request, m *contract.Method, params []string) {
	x := w.(*exchange)
	x.call.Method, x.changes = m, m.IsMutation()
	x.read.params, x.call.Read = params, x.read.wire
	if m.Streams {
		h.stream(r.Context(), x)
		return
	}
	x.call.Hold = func(size int) bool { x.size += size; return h.held.take(size) }
	defer func() { x.call.Release(); h.held.give(x.size) }()
	answer, err := h.server.Invoke(r.Context(), &x.call)
	x.setHeaders()
	if err != nil {
		h.writeError(x, err)
		return
	}
	x.status = x.call.Status
	x.write(answer)
}

// noMethod refuses a request for which there is no method. The writer is the exchange.
func (h *Handler) noMethod(w http.ResponseWriter, r *http.Request, allowed []string) {
	x := w.(*exchange)
	if len(allowed) > 0 {
		x.Header().Set("Allow", strings.Join(allowed, ", "))
		x.errorStatus = http.StatusMethodNotAllowed
	}
	h.refuse(x, r, errmap.NoSuchOperation)
}

// refusal is why a request is refused before anything else is looked at, if it is.
func (h *Handler) refusal(r *http.Request) (errmap.Failure, bool) {
	if h.opts.Hosts == nil {
		return errmap.CrossOrigin, h.origins.Check(r) != nil // a page could pay: text/plain needs no one's leave
	}
	switch err := h.opts.Hosts.Check(r); {
	case err == nil:
		return 0, false
	case errors.Is(err, hosts.ErrHost):
		return errmap.HostNotAllowed, true
	}
	return errmap.CrossOrigin, true
}

// reads reports whether a method changes nothing.
func reads(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// recover turns a panic outside the steps of a call into INTERNAL, as they do with
// one inside. An answer that has begun breaks off, so that no one takes half of it
// for the whole.
func (h *Handler) recover(x *exchange) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == any(http.ErrAbortHandler): // a value of panic, never wrapped
		panic(p)
	}
	err := h.server.Panicked(&x.call, p)
	if x.begun {
		panic(http.ErrAbortHandler)
	}
	x.setHeaders()
	h.writeError(x, err)
}

// refuse answers what is no call of an operation.
func (h *Handler) refuse(x *exchange, r *http.Request, failure errmap.Failure) {
	x.call.Asked = h.router.Label(r)
	err := h.server.Refuse(r.Context(), &x.call, failure)
	x.setHeaders()
	if failure == errmap.HostNotAllowed {
		x.errorStatus = http.StatusMisdirectedRequest
	}
	h.writeError(x, err)
}

// writeError answers with an error.
func (h *Handler) writeError(x *exchange, err error) {
	var e *errmap.Error
	if !errors.As(err, &e) { // nothing else comes from the server
		h.logger.Error("an error of no kind", "error", err.Error())
		e = h.mapper.Failure(&errmap.Subject{}, errmap.Internal, err)
	}
	header := x.Header()
	if after := e.RetryAfter(); after > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	if e.HTTPStatus() == http.StatusUnauthorized && e.Domain() == contract.GatewayDomain {
		header["Www-Authenticate"] = []string{"PortOne", "Bearer"} // RFC 9110, section 11.6.1
	}
	httpStatus, body := errmap.REST(e.Full())
	if x.errorStatus != 0 {
		httpStatus = x.errorStatus
	}
	if x.changes {
		httpStatus = h.setOutcome(header, e, httpStatus)
	}
	x.status = httpStatus
	x.write(body)
}

// stream answers with a file. One that breaks in the middle breaks the
// connection, so that no one takes half of it for the whole.
func (h *Handler) stream(ctx context.Context, x *exchange) {
	err := h.server.InvokeStream(ctx, &x.call, func(file *upstream.Stream, piece []byte) error {
		if !x.begun {
			x.setHeaders()
			x.setFileHeaders(file)
		}
		_, err := x.Write(piece)
		return err
	})
	switch {
	case err == nil:
	case x.begun:
		panic(http.ErrAbortHandler)
	default:
		x.setHeaders()
		h.writeError(x, err)
	}
}

// setFileHeaders says of a file what PortOne says of it. Where it says no type,
// net/http must not guess one.
func (x *exchange) setFileHeaders(file *upstream.Stream) {
	header := x.Header()
	header["Content-Type"] = nil
	for _, name := range service.FileHeaders {
		if values := file.Header[name]; values != nil {
			header[name] = values
		}
	}
	if file.Length >= 0 {
		header.Set("Content-Length", strconv.FormatInt(file.Length, 10))
	}
	x.status = file.Status
}
