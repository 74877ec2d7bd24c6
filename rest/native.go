package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/service"
)

// nativePrefix begins the paths of the services that the gateway answers by itself.
// PortOne has no such path, and can hardly come to have one.
const nativePrefix = "/-/"

// Registration adds the handlers that grpc-gateway generates for a service to a mux.
type Registration func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error

// newNatives makes the mux of the services that the gateway answers by itself. Their
// JSON is protobuf's.
func (h *Handler) newNatives(registrations []Registration) (*runtime.ServeMux, error) {
	mux := runtime.NewServeMux(
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }), // the call has them
		runtime.WithForwardResponseOption(func(_ context.Context, w http.ResponseWriter, _ proto.Message) error {
			w.(*exchange).setHeaders()
			return nil
		}),
		runtime.WithErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
			h.nativeError(w.(*exchange), r, err)
		}),
		runtime.WithRoutingErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, httpStatus int) {
			x := w.(*exchange)
			if httpStatus == http.StatusMethodNotAllowed {
				x.errorStatus = httpStatus
			}
			h.refuse(x, r, errmap.NoSuchOperation)
		}),
	)
	for _, register := range registrations {
		if err := register(context.Background(), mux, h.server.Conn()); err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// isNative reports whether a request is for a service that the gateway answers by
// itself.
func isNative(r *http.Request) bool { return strings.HasPrefix(r.URL.EscapedPath(), nativePrefix) }

// serveNative answers a request for such a service. The body is read before, so that
// what waits for an answer does not wait for it.
func (h *Handler) serveNative(x *exchange, r *http.Request) {
	x.changes = false // nothing of PortOne's
	body, err := x.read.body()
	if err != nil {
		h.finish(x, h.server.RefuseWith(r.Context(), &x.call, func() error { return err }))
		return
	}
	var text []byte
	if body != nil {
		text = *body
	}
	r = r.WithContext(service.WithCall(r.Context(), &x.call))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	h.natives.ServeHTTP(x, r)
}

// nativeError answers with the error of a call, or with why there was none.
func (h *Handler) nativeError(x *exchange, r *http.Request, err error) {
	var e *errmap.Error
	if !errors.As(err, &e) { // of grpc-gateway, which could not read the request
		problem := "it cannot be read"
		if st := status.Convert(err); st.Code() == codes.InvalidArgument {
			problem = st.Message()
		}
		err = h.server.RefuseWith(r.Context(), &x.call, func() error { return h.mapper.Invalid(x.call.Describe(), "", problem, nil) })
	}
	h.finish(x, err)
}

// finish answers with an error.
func (h *Handler) finish(x *exchange, err error) {
	x.setHeaders()
	h.writeError(x, err)
}
