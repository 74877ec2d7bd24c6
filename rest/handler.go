package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

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
}

// Handler is the REST API. It is safe for concurrent use.
type Handler struct {
	server   *service.Server
	mapper   *errmap.Mapper
	logger   *slog.Logger
	opts     Options
	origins  *http.CrossOriginProtection
	routes   *routes
	held     held
	handlers map[*service.Operation]operationHandler

	bodyTimeout time.Duration // normally bodyTimeout
}

// operationHandler is how an operation is reached through grpc-gateway.
type operationHandler struct {
	mux *runtime.ServeMux // of its service
	url *url.URL          // its path, with something harmless for the parameters
}

// New returns the REST API of a server.
func New(server *service.Server, mapper *errmap.Mapper, logger *slog.Logger, opts Options) (*Handler, error) {
	h := &Handler{server: server, mapper: mapper, logger: logger, opts: opts, origins: http.NewCrossOriginProtection(),
		routes: newRoutes(server.Operations()), handlers: make(map[*service.Operation]operationHandler), bodyTimeout: bodyTimeout}
	h.held.limit = maxHeld
	muxes := make(map[string]*runtime.ServeMux)
	for _, op := range server.Operations() {
		mux := muxes[op.Service]
		if mux == nil {
			register, ok := registrations[op.Service]
			if !ok {
				return nil, fmt.Errorf("rest: no handlers for %s", op.Service)
			}
			mux = h.newMux()
			if err := register(mux, conn{server}); err != nil {
				return nil, fmt.Errorf("rest: %s: %w", op.Service, err)
			}
			muxes[op.Service] = mux
		}
		h.handlers[op] = operationHandler{mux, &url.URL{Path: harmless(op.Spec.Template)}}
	}
	return h, nil
}

func (h *Handler) newMux() *runtime.ServeMux {
	return runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler{}),
		runtime.WithForwardResponseRewriter(rewrite),
		runtime.WithErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
			x, _ := ctx.Value(exchangeKey{}).(*exchange)
			if x == nil { // nothing else comes here
				x = &exchange{call: service.Call{Op: service.Unknown}, out: answer{w: w}}
			}
			h.writeError(x, err)
		}),
		runtime.WithWriteContentLength(),
	)
}

// harmless is a template's path with parameters that grpc-gateway takes whatever
// their type is.
func harmless(template string) string {
	segments := strings.Split(template, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "0" // a text, a number, and a value of every enum
		}
	}
	return strings.Join(segments, "/")
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{call: service.Call{Headers: r.Header, Transport: "rest"}, out: answer{w: w}, changes: !reads(r.Method)}
	defer h.recover(x)
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // of the answer before, see answer.Write
	wait, wrong := callerTimeout(r.Header)
	read := &reading{w: w, r: r, x: x, h: h, wrongTimeout: wrong, ends: time.Now().Add(h.bodyTimeout)}
	ctx := r.Context()
	if wait > 0 {
		deadline := time.Now().Add(wait)
		if deadline.Before(read.ends) {
			read.ends, read.callers = deadline, true
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if r.ContentLength != 0 {
		// Also where the body does not matter: net/http waits for it before it sends
		// the answer.
		_ = control.SetReadDeadline(read.ends)
	}
	if failure, ok := h.refusal(r); ok {
		h.refuse(r, x, failure, nil)
		return
	}
	found := h.find(r)
	if found.op == nil {
		h.refuse(r, x, errmap.NoSuchOperation, found.allowed)
		return
	}
	x.call.Op, x.changes = found.op, found.op.Spec.IsMutation()
	read.values, x.call.Read = found.values, read.wire
	defer read.free()
	h.serve(ctx, r.Method, x)
}

// serve makes the call of an exchange.
func (h *Handler) serve(ctx context.Context, method string, x *exchange) {
	if x.call.Op.Streams {
		h.stream(ctx, x)
		return
	}
	x.call.Hold = func(size int) bool { x.size += size; return h.held.take(size) }
	defer func() { x.call.Release(); h.held.give(x.size) }()
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handler := h.handlers[x.call.Op]
	inner := http.Request{Method: method, URL: handler.url, Header: noHeaders, Body: http.NoBody}
	handler.mux.ServeHTTP(&x.out, inner.WithContext(context.WithValue(ctx, exchangeKey{}, x)))
}

// refusal is why a request is refused before anything else is looked at, if it is.
func (h *Handler) refusal(r *http.Request) (errmap.Failure, bool) {
	if h.opts.Hosts == nil {
		return errmap.CrossOrigin, h.origins.Check(r) != nil // a page could pay: text/plain needs nobody's leave
	}
	switch h.opts.Hosts.Check(r) {
	case nil:
		return 0, false
	case hosts.ErrHost:
		return errmap.HostNotAllowed, true
	}
	return errmap.CrossOrigin, true
}

// find looks for the operation of a request. HEAD is GET without the body, which
// net/http leaves out.
func (h *Handler) find(r *http.Request) match {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	found := h.routes.find(method, r.URL.EscapedPath())
	if slices.Contains(found.allowed, http.MethodGet) {
		found.allowed = append(found.allowed, http.MethodHead)
		slices.Sort(found.allowed)
	}
	return found
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
// one inside. An answer that has begun breaks off, so that nobody takes half of it
// for the whole.
func (h *Handler) recover(x *exchange) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == http.ErrAbortHandler:
		panic(p)
	}
	err := h.server.Panicked(&x.call, p)
	if x.out.begun {
		panic(http.ErrAbortHandler)
	}
	x.setHeaders()
	h.writeError(x, err)
}

// noHeaders are the headers that grpc-gateway sees: the caller's do not concern
// it. Nobody writes to them.
var noHeaders = http.Header{}

// refuse answers what is no call of an operation.
func (h *Handler) refuse(r *http.Request, x *exchange, failure errmap.Failure, allowed []string) {
	x.call.Asked = h.routes.asked(r.Method, r.URL.EscapedPath())
	err := h.server.Refuse(r.Context(), &x.call, failure)
	x.setHeaders()
	if failure == errmap.HostNotAllowed {
		x.status = http.StatusMisdirectedRequest
	}
	if len(allowed) > 0 {
		x.out.Header().Set("Allow", strings.Join(allowed, ", "))
		x.status = http.StatusMethodNotAllowed
	}
	h.writeError(x, err)
}

// writeError answers with an error.
func (h *Handler) writeError(x *exchange, err error) {
	var e *errmap.Error
	if !errors.As(err, &e) { // nothing else comes from the server; grpc-gateway would have a bug, or we
		h.logger.Error("an error of no kind", "error", err.Error())
		e = h.mapper.Failure(&errmap.Call{}, errmap.Broken, err)
	}
	header := x.out.Header()
	if after := e.RetryAfter(); after > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	httpStatus, body := errmap.REST(e.Full())
	if x.status != 0 {
		httpStatus = x.status
	}
	if x.changes {
		httpStatus = h.setOutcome(header, e, httpStatus)
	}
	writeBody(&x.out, httpStatus, body)
}

func writeBody(w http.ResponseWriter, httpStatus int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(httpStatus)
	_, _ = w.Write(body)
}

// stream answers with a file. One that breaks in the middle breaks the
// connection, so that nobody takes half of it for the whole.
func (h *Handler) stream(ctx context.Context, x *exchange) {
	err := h.server.InvokeStream(ctx, &x.call, func(file *upstream.Stream, piece []byte) error {
		if !x.out.begun {
			x.setHeaders()
			x.setFileHeaders(file)
		}
		_, err := x.out.Write(piece)
		return err
	})
	switch {
	case err == nil:
	case x.out.begun:
		panic(http.ErrAbortHandler)
	default:
		x.setHeaders()
		h.writeError(x, err)
	}
}

// setFileHeaders says of a file what PortOne says of it. Where it says no type,
// net/http must not guess one.
func (x *exchange) setFileHeaders(file *upstream.Stream) {
	header := x.out.Header()
	header["Content-Type"] = nil
	for _, name := range service.FileHeaders {
		if values := file.Header[name]; values != nil {
			header[name] = values
		}
	}
	if file.Length >= 0 {
		header.Set("Content-Length", strconv.FormatInt(file.Length, 10))
	}
	x.out.status = file.Status
}
