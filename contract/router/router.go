// Package router finds the method of an HTTP request by PortOne's path templates.
package router

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"github.com/portone-gateway/portone-gateway/contract"
)

// Handler answers a request for a method. Params are the path parameters, unescaped,
// in the order of the template; one may be empty.
type Handler func(w http.ResponseWriter, r *http.Request, m *contract.Method, params []string)

// Refuser answers a request for which there is no method. Allowed are the HTTP
// methods that its path has, sorted; none where there is no such path.
type Refuser func(w http.ResponseWriter, r *http.Request, allowed []string)

// Router is an http.Handler that gives each request to the method that it asks for.
// It never changes, and is safe for concurrent use.
//
// It routes by grpc-gateway's runtime.ServeMux. A mux tries the patterns of an HTTP
// method one after the other, so that there are several, each for the few templates
// that look alike. Where templates overlap, a literal segment wins over a parameter,
// from the left, among those that have the HTTP method. HEAD is GET, whose body net/http
// leaves out.
type Router struct {
	muxes    map[shape]*runtime.ServeMux
	methods  []*contract.Method // those with parameters further left first
	literals map[string]bool    // segments of templates that are no parameters
	refuse   Refuser
}

// shape is what all paths of a template have in common.
type shape struct {
	first    string // segment
	segments int
}

func shapeOf(path string) shape {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return shape{first, strings.Count(path, "/")}
}

// New returns a router for methods, each of which must have a template that begins
// with a literal segment.
func New(methods []*contract.Method, handle Handler, refuse Refuser) (*Router, error) {
	t := &Router{muxes: make(map[shape]*runtime.ServeMux), methods: slices.Clone(methods), literals: make(map[string]bool), refuse: refuse}
	// A mux tries what was registered last first.
	slices.SortStableFunc(t.methods, func(a, b *contract.Method) int { return strings.Compare(rank(a), rank(b)) })
	for _, m := range t.methods {
		if first := shapeOf(m.Template).first; first == "" || isParam(first) {
			return nil, fmt.Errorf("router: %s: the path %q does not begin with a literal", m.FullName, m.Template)
		}
		for segment := range strings.SplitSeq(m.Template, "/") {
			if !isParam(segment) {
				t.literals[segment] = true
			}
		}
		err := t.mux(shapeOf(m.Template)).HandlePath(m.HTTPMethod, m.Template,
			func(w http.ResponseWriter, r *http.Request, values map[string]string) {
				params := make([]string, len(m.Params))
				for i, name := range m.Params {
					params[i] = values[name]
				}
				handle(w, r, m, params)
			})
		if err != nil {
			return nil, fmt.Errorf("router: %s: %w", m.FullName, err)
		}
	}
	return t, nil
}

// rank sorts templates so that a literal segment comes after a parameter.
func rank(m *contract.Method) string {
	segments := strings.Split(m.Template, "/")
	for i, segment := range segments {
		segments[i] = "1"
		if isParam(segment) {
			segments[i] = "0"
		}
	}
	return strings.Join(segments, "")
}

func isParam(segment string) bool { return strings.HasPrefix(segment, "{") }

// mux returns the mux for paths of a shape.
func (t *Router) mux(of shape) *runtime.ServeMux {
	if t.muxes[of] == nil {
		t.muxes[of] = runtime.NewServeMux(
			runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash), // a segment stays one whatever it contains
			runtime.WithDisableHTTPMethodOverride(),
			runtime.WithDisablePathLengthFallback(),
			runtime.WithRoutingErrorHandler(t.notFound),
			runtime.WithErrorHandler(t.malformed),
		)
	}
	return t.muxes[of]
}

// ServeHTTP implements http.Handler.
func (t *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := t.muxes[shapeOf(r.URL.EscapedPath())]
	if mux == nil {
		t.refuse(w, r, nil)
		return
	}
	if r.Method == http.MethodHead {
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	mux.ServeHTTP(w, r)
}

func (t *Router) notFound(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, _ int) {
	t.refuse(w, r, t.allowed(r.URL.EscapedPath()))
}

// malformed answers what a mux takes for a mistake in the path's escapes, which a
// request that net/http has read does not have.
func (t *Router) malformed(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, _ error) {
	t.refuse(w, r, nil)
}

// allowed are the HTTP methods that an escaped path has.
func (t *Router) allowed(path string) []string {
	var found []string
	segments := strings.Split(path, "/")
	for _, m := range t.methods {
		if matches(strings.Split(m.Template, "/"), segments) && !slices.Contains(found, m.HTTPMethod) {
			found = append(found, m.HTTPMethod)
		}
	}
	if slices.Contains(found, http.MethodGet) {
		found = append(found, http.MethodHead)
	}
	slices.Sort(found)
	return found
}

func matches(template, segments []string) bool {
	return slices.EqualFunc(template, segments, func(want, have string) bool { return isParam(want) || want == have })
}

// maxSegments is how many segments of a path a label has.
const maxSegments = 16

// Label is what a request asked for, as a log may have it: its HTTP method, and of
// its path only the segments that some template has. The others may be ids or name
// people, and are {}.
func (t *Router) Label(r *http.Request) string {
	method := r.Method
	if !slices.Contains(httpMethods, method) {
		method = "{}"
	}
	segments := strings.SplitN(r.URL.EscapedPath(), "/", maxSegments+1)
	for i, s := range segments {
		if s != "" && !t.literals[s] {
			segments[i] = "{}"
		}
	}
	return method + " " + strings.Join(segments, "/")
}

// httpMethods are those that have a meaning in HTTP.
var httpMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace}
