package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// bodyTimeout is how long the body of a request may take to arrive.
const bodyTimeout = 10 * time.Second

// Handler is the REST API. It is safe for concurrent use.
type Handler struct {
	server   *service.Server
	mapper   *errmap.Mapper
	logger   *slog.Logger
	origins  *http.CrossOriginProtection
	routes   *routes
	handlers map[*service.Operation]operationHandler
}

// operationHandler is how an operation is reached through grpc-gateway.
type operationHandler struct {
	mux *runtime.ServeMux // of its service
	url *url.URL          // its path, with something harmless for the parameters
}

// New returns the REST API of a server.
func New(server *service.Server, mapper *errmap.Mapper, logger *slog.Logger) (*Handler, error) {
	h := &Handler{server: server, mapper: mapper, logger: logger, origins: http.NewCrossOriginProtection(), routes: newRoutes(server.Operations()),
		handlers: make(map[*service.Operation]operationHandler)}
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
		runtime.WithErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
			h.writeError(w, err)
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
	x := &exchange{call: service.Call{Headers: r.Header, Transport: "rest"}, out: answer{w: w}}
	defer h.recover(x)
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // of the answer before, see answer.Write
	if r.ContentLength != 0 {
		// Also where the body does not matter: net/http waits for it before it sends
		// the answer.
		_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	}
	if h.origins.Check(r) != nil { // a page could pay: text/plain needs nobody's leave
		h.refuse(r, x, errmap.CrossOrigin, nil)
		return
	}
	found := h.routes.find(r.Method, r.URL.EscapedPath())
	if found.op == nil {
		h.refuse(r, x, errmap.NoSuchOperation, found.allowed)
		return
	}
	x.call.Op = found.op
	read := &reading{w: w, r: r, op: found.op, values: found.values, mapper: h.mapper}
	x.call.Read = read.wire
	defer read.free()
	if found.op.Streams {
		h.stream(r, x)
		return
	}
	ctx := context.WithValue(r.Context(), exchangeKey{}, x)
	handler := h.handlers[found.op]
	inner := http.Request{Method: r.Method, URL: handler.url, Header: noHeaders, Body: http.NoBody}
	handler.mux.ServeHTTP(&x.out, inner.WithContext(ctx))
	x.call.Release()
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
	h.writeError(&x.out, err)
}

// noHeaders are the headers that grpc-gateway sees: the caller's do not concern
// it. Nobody writes to them.
var noHeaders = http.Header{}

// refuse answers what is no call of an operation.
func (h *Handler) refuse(r *http.Request, x *exchange, failure errmap.Failure, allowed []string) {
	x.call.Asked = h.routes.asked(r.Method, r.URL.EscapedPath())
	err := h.server.Refuse(r.Context(), &x.call, failure)
	x.setHeaders()
	httpStatus, body := h.errorBody(&x.out, err)
	if len(allowed) > 0 {
		x.out.Header().Set("Allow", strings.Join(allowed, ", "))
		httpStatus = http.StatusMethodNotAllowed
	}
	writeBody(&x.out, httpStatus, body)
}

// writeError answers with an error.
func (h *Handler) writeError(w http.ResponseWriter, err error) {
	httpStatus, body := h.errorBody(w, err)
	writeBody(w, httpStatus, body)
}

// errorBody is an error as REST has it; what it says in headers is set.
func (h *Handler) errorBody(w http.ResponseWriter, err error) (httpStatus int, body []byte) {
	var e *errmap.Error
	if !errors.As(err, &e) { // nothing else comes from the server; grpc-gateway would have a bug, or we
		h.logger.Error("an error of no kind", "error", err.Error())
		e = h.mapper.Failure(&errmap.Call{}, errmap.Broken, err)
	}
	if after := e.RetryAfter(); after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	return errmap.REST(e.Full())
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
func (h *Handler) stream(r *http.Request, x *exchange) {
	err := h.server.InvokeStream(r.Context(), &x.call, func(file *upstream.Stream, piece []byte) error {
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
		h.writeError(&x.out, err)
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

// reading turns an HTTP request into a message.
type reading struct {
	w      http.ResponseWriter
	r      *http.Request
	op     *service.Operation
	values []string
	mapper *errmap.Mapper
	out    *[]byte
}

// wire reads the request. It is called at its place among the steps of a call.
func (rd *reading) wire(describe func() *errmap.Call) ([]byte, error) {
	body, err := rd.body(describe)
	if err != nil {
		return nil, err
	}
	if body != nil {
		defer bytepool.Shared.Put(body)
	} else {
		body = new([]byte)
	}
	rd.out = bytepool.Shared.Get(len(*body) + len(rd.r.URL.RawQuery) + 64)
	wire, err := rd.op.Spec.WireFromHTTP((*rd.out)[:0], rd.values, rd.r.URL.RawQuery, *body)
	*rd.out = wire
	if err != nil {
		return nil, rd.mapper.Malformed(describe(), err)
	}
	return wire, nil
}

// body reads the body; nil if there is none. Once it is there, nothing has to be
// read in time any more: what is left is to notice that the caller goes away. Until
// then the deadline stays, see ServeHTTP.
func (rd *reading) body(describe func() *errmap.Call) (*[]byte, error) {
	length := rd.r.ContentLength
	if length == 0 {
		return nil, nil
	}
	if length > service.MaxMessage {
		return nil, rd.mapper.Failure(describe(), errmap.RequestTooLarge, nil)
	}
	if length > 0 {
		body := bytepool.Shared.Get(int(length))
		if _, err := io.ReadFull(rd.r.Body, *body); err != nil {
			bytepool.Shared.Put(body)
			return nil, rd.mapper.Invalid(describe(), "", "its body did not arrive as a whole", err)
		}
		rd.arrived()
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(rd.r.Body, service.MaxMessage+1))
	switch {
	case err != nil:
		return nil, rd.mapper.Invalid(describe(), "", "its body did not arrive as a whole", err)
	case len(body) > service.MaxMessage:
		return nil, rd.mapper.Failure(describe(), errmap.RequestTooLarge, nil)
	}
	rd.arrived()
	return &body, nil
}

// arrived takes the deadline away that the body had.
func (rd *reading) arrived() {
	_ = http.NewResponseController(rd.w).SetReadDeadline(time.Time{})
}

// free gives back what the message takes.
func (rd *reading) free() {
	if rd.out != nil {
		bytepool.Shared.Put(rd.out)
	}
}
