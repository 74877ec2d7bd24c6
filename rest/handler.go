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
)

// bodyTimeout is how long the body of a request may take to arrive.
const bodyTimeout = 10 * time.Second

// Handler is the REST API. It is safe for concurrent use.
type Handler struct {
	server   *service.Server
	mapper   *errmap.Mapper
	logger   *slog.Logger
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
	h := &Handler{server: server, mapper: mapper, logger: logger, routes: newRoutes(server.Operations()),
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
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // of the answer before, see mustRead
	if r.ContentLength != 0 {
		// Also where the body does not matter: net/http waits for it before it sends
		// the answer.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	}
	found := h.routes.find(r.Method, r.URL.EscapedPath())
	if found.op == nil {
		h.refuse(w, r, found.allowed)
		return
	}
	x := &exchange{call: service.Call{Op: found.op, Headers: r.Header, Transport: "rest"}, header: w.Header(), answering: func() { mustRead(w) }}
	read := &reading{w: w, r: r, op: found.op, values: found.values, mapper: h.mapper}
	x.call.Read = read.wire
	defer read.free()
	if found.op.Streams {
		h.stream(w, r, x)
		return
	}
	ctx := context.WithValue(r.Context(), exchangeKey{}, x)
	handler := h.handlers[found.op]
	inner := http.Request{Method: r.Method, URL: handler.url, Header: noHeaders, Body: http.NoBody}
	handler.mux.ServeHTTP(w, inner.WithContext(ctx))
	x.call.Release()
}

// noHeaders are the headers that grpc-gateway sees: the caller's do not concern
// it. Nobody writes to them.
var noHeaders = http.Header{}

// refuse answers what is no operation.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, allowed []string) {
	language := errmap.ParseLanguage(r.Header.Get("Accept-Language"))
	e := h.mapper.Failure(&errmap.Call{Language: language}, errmap.NoSuchOperation, nil)
	httpStatus, body := errmap.REST(e.Full())
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		httpStatus = http.StatusMethodNotAllowed
	}
	writeBody(w, httpStatus, body)
}

// writeError answers with an error.
func (h *Handler) writeError(w http.ResponseWriter, err error) {
	var e *errmap.Error
	if !errors.As(err, &e) { // nothing else comes from the server; grpc-gateway would have a bug, or we
		h.logger.Error("an error of no kind", "error", err.Error())
		e = h.mapper.Failure(&errmap.Call{}, errmap.Broken, err)
	}
	httpStatus, body := errmap.REST(e.Full())
	if after := e.RetryAfter(); after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	writeBody(w, httpStatus, body)
}

// mustRead gives the client time to read what is written next. The server's own
// WriteTimeout would begin with the request, and PGs are slow.
func mustRead(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
}

func writeBody(w http.ResponseWriter, httpStatus int, body []byte) {
	mustRead(w)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(httpStatus)
	_, _ = w.Write(body)
}

// stream answers with a file. One that breaks in the middle breaks the
// connection, so that nobody takes half of it for the whole.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request, x *exchange) {
	began := false
	err := h.server.InvokeStream(r.Context(), &x.call, func(contentType, disposition string, piece []byte) error {
		if !began {
			began = true
			x.setHeaders()
			setUnlessEmpty(w.Header(), "Content-Type", contentType)
			setUnlessEmpty(w.Header(), "Content-Disposition", disposition)
		}
		mustRead(w)
		_, err := w.Write(piece)
		return err
	})
	switch {
	case err == nil:
	case began:
		panic(http.ErrAbortHandler)
	default:
		x.setHeaders()
		h.writeError(w, err)
	}
}

func setUnlessEmpty(header http.Header, name, value string) {
	if value != "" {
		header.Set(name, value)
	}
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
