package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/portone-gateway/portone-gateway/service"
)

// routes finds operations by method and path. It never changes once made, and is
// safe for concurrent use.
type routes struct {
	root     node
	literals map[string]bool // the segments of all templates that are no parameters
}

// node is a place in the tree of path segments.
type node struct {
	literals map[string]*node
	param    *node
	ops      map[string]*service.Operation // by HTTP method
}

func newRoutes(ops []*service.Operation) *routes {
	r := &routes{literals: make(map[string]bool)}
	for _, op := range ops {
		r.add(op)
	}
	return r
}

func (r *routes) add(op *service.Operation) {
	n := &r.root
	for s := range strings.SplitSeq(op.Spec.Template[1:], "/") {
		if strings.HasPrefix(s, "{") {
			if n.param == nil {
				n.param = &node{}
			}
			n = n.param
			continue
		}
		r.literals[s] = true
		if n.literals == nil {
			n.literals = make(map[string]*node)
		}
		if n.literals[s] == nil {
			n.literals[s] = &node{}
		}
		n = n.literals[s]
	}
	if n.ops == nil {
		n.ops = make(map[string]*service.Operation)
	}
	n.ops[op.Spec.Method] = op
}

// maxSegments is how many segments of a path the log has.
const maxSegments = 16

// asked is what a request asked for, for the log: its method, and of its path only
// what some operation has there too. The rest may be an id, or name somebody.
func (r *routes) asked(method, path string) string {
	if !slices.Contains(methods, method) {
		method = "{}"
	}
	segments := strings.SplitN(path, "/", maxSegments+1)
	for i, s := range segments {
		if s != "" && !r.literals[s] {
			segments[i] = "{}"
		}
	}
	return method + " " + strings.Join(segments, "/")
}

// methods are those that have a meaning in HTTP.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace}

// match is what find found.
type match struct {
	op *service.Operation

	// values are the path parameters, unescaped, in the order of the template.
	values []string

	// allowed are the methods that the path has, where op is nil because it does
	// not have the one asked for.
	allowed []string
}

// find looks for the operation of a method and an escaped path. A literal segment
// wins over a parameter, from the left; a segment is unescaped only after the path
// is split, so that a parameter may contain an escaped slash.
func (r *routes) find(method, path string) match {
	var m match
	rest, ok := strings.CutPrefix(path, "/")
	if ok {
		m.walk(&r.root, method, rest, make([]string, 0, 4))
	}
	slices.Sort(m.allowed)
	return m
}

// walk looks for the rest of a path below n.
func (m *match) walk(n *node, method, rest string, values []string) bool {
	raw, after, more := strings.Cut(rest, "/")
	text := raw
	if strings.IndexByte(raw, '%') >= 0 {
		var err error
		if text, err = url.PathUnescape(raw); err != nil {
			return false
		}
	}
	if next := n.literals[text]; next != nil && m.step(next, method, after, more, values) {
		return true
	}
	return n.param != nil && m.step(n.param, method, after, more, append(values, text))
}

// step goes on at n, where the path may end.
func (m *match) step(n *node, method, after string, more bool, values []string) bool {
	if more {
		return m.walk(n, method, after, values)
	}
	if op := n.ops[method]; op != nil {
		m.op, m.values = op, values
		return true
	}
	for other := range n.ops {
		if !slices.Contains(m.allowed, other) {
			m.allowed = append(m.allowed, other)
		}
	}
	return false
}
