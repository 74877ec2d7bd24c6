package front

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// routes finds operations by path and method.
type routes struct{ root *node }

// node is a place in the tree of paths.
type node struct {
	literal    map[string]*node
	param      *node
	operations map[string]*operation // by method
}

func newRoutes() *routes { return &routes{new(node)} }

func newNode() *node { return new(node) }

// add adds an operation under the template of its path.
func (r *routes) add(op *operation) error {
	at := r.root
	for segment := range strings.SplitSeq(strings.TrimPrefix(op.call.Template, "/"), "/") {
		at = at.child(segment)
	}
	if other := at.operations[op.call.Method]; other != nil {
		return fmt.Errorf("sandbox: %s and %s have the same method and path", op.id, other.id)
	}
	if at.operations == nil {
		at.operations = make(map[string]*operation)
	}
	at.operations[op.call.Method] = op
	return nil
}

// child returns the place behind a segment of a template, which may be new.
func (n *node) child(segment string) *node {
	if strings.HasPrefix(segment, "{") {
		if n.param == nil {
			n.param = newNode()
		}
		return n.param
	}
	if n.literal == nil {
		n.literal = make(map[string]*node)
	}
	if n.literal[segment] == nil {
		n.literal[segment] = newNode()
	}
	return n.literal[segment]
}

// find returns the operation of a method and an escaped path, with the path's
// parameters, unescaped. Where templates overlap, the literal segment wins, from
// the left, among those templates that have the method: GET
// /b2b/tax-invoices/draft reads the tax invoice with the key "draft". Without an
// operation, methods has those that the path has others for; none if there is no
// such path.
func (r *routes) find(method, escapedPath string) (op *operation, params []string, methods []string) {
	path, rooted := strings.CutPrefix(escapedPath, "/")
	if !rooted {
		return nil, nil, nil
	}
	segments := strings.Split(path, "/")
	s := search{method: method, params: make([]string, 0, 2)}
	if op = s.walk(r.root, segments); op == nil {
		slices.Sort(s.methods)
		return nil, nil, slices.Compact(s.methods)
	}
	return op, s.params, nil
}

// search is a walk through the tree.
type search struct {
	method  string
	params  []string
	methods []string
}

func (s *search) walk(n *node, segments []string) *operation {
	if len(segments) == 0 {
		for method := range n.operations {
			s.methods = append(s.methods, method)
		}
		return n.operations[s.method]
	}
	text, err := url.PathUnescape(segments[0])
	if err != nil || text == "" {
		return nil
	}
	if next := n.literal[text]; next != nil {
		if op := s.walk(next, segments[1:]); op != nil {
			return op
		}
	}
	if n.param == nil {
		return nil
	}
	s.params = append(s.params, text)
	if op := s.walk(n.param, segments[1:]); op != nil {
		return op
	}
	s.params = s.params[:len(s.params)-1]
	return nil
}
