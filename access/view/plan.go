package view

import (
	"fmt"
	"strings"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Unknown says what becomes of members and parameters that the contract does not
// know, where they stand beside one that is read. The zero value refuses all.
type Unknown struct {
	// Allow lets all pass, and Names these, but none that a server could take for one
	// that is read, or for a parameter.
	Allow bool
	Names map[string]bool
}

// Selection has the fields that are read. A message is read where it is selected and
// one of its fields is, too.
type Selection map[*Field]bool

// Plan reads the selected fields of an operation's HTTP request. It never changes, and
// is safe for concurrent use.
type Plan struct {
	root     *node
	segments []segment
	queries  map[string]*Field // all query parameters that the contract has
	unknown  Unknown
	lenient  bool

	jsonInQuery bool // the operation takes its JSON in the query
}

// node is a message of which fields are read.
type node struct {
	typ      *Type
	reads    []bool  // by the index of the field
	children []*node // for messages that are read
	selected []*Field
	guarded  []*Field // those for which nothing else may be taken
	away     []bool   // of the request: what does not travel in the body
}

// segment is a piece of a path: literal text with its slashes, or a parameter.
type segment struct {
	literal string
	param   *Field
}

// NewPlan makes a plan for an RPC. The fields of the selection are of types' types.
func NewPlan(types *Types, method *contract.Method, selection Selection, unknown Unknown) (*Plan, error) {
	root := types.Of(method.Descriptor.Input())
	p := &Plan{queries: make(map[string]*Field), unknown: unknown, jsonInQuery: takesJSONInQuery(method)}
	away := make([]bool, len(root.Fields))
	for _, f := range root.Fields {
		if f.query {
			p.queries[f.JSON], away[f.index] = f, true
		}
	}
	if err := p.compilePath(root, method, away); err != nil {
		return nil, err
	}
	p.root = newNode(root, selection, make(map[*Type]*node))
	p.root.away = away
	for _, f := range root.Fields {
		if away[f.index] && !p.root.reads[f.index] {
			p.root.guarded = append(p.root.guarded, f)
		}
	}
	return p, nil
}

// takesJSONInQuery reports whether an operation reads the query parameter requestBody.
func takesJSONInQuery(m *contract.Method) bool {
	form := m.Operation.GetBody()
	return form == portonev2.BodyForm_BODY_FORM_QUERY || form == portonev2.BodyForm_BODY_FORM_QUERY_OR_BODY
}

// NewLenientPlan makes a plan that reads what it can: what cannot be read is absent,
// and there is no Problem. It is for what is written down of a request, never to judge
// by.
func NewLenientPlan(types *Types, method *contract.Method, selection Selection) (*Plan, error) {
	p, err := NewPlan(types, method, selection, Unknown{})
	if err == nil {
		p.lenient = true
	}
	return p, err
}

func newNode(t *Type, selection Selection, made map[*Type]*node) *node {
	if n := made[t]; n != nil {
		return n
	}
	n := &node{typ: t, reads: make([]bool, len(t.Fields)), children: make([]*node, len(t.Fields))}
	made[t] = n
	for _, f := range t.Fields {
		if !selection[f] {
			continue
		}
		n.reads[f.index] = true
		n.selected, n.guarded = append(n.selected, f), append(n.guarded, f)
		if f.Kind == Message {
			n.children[f.index] = newNode(f.Of, selection, made)
		}
	}
	return n
}

// compilePath splits the template of the path.
func (p *Plan) compilePath(root *Type, method *contract.Method, away []bool) error {
	literal := ""
	for part := range strings.SplitSeq(strings.TrimPrefix(method.Template, "/"), "/") {
		literal += "/"
		name, isParam := strings.CutPrefix(part, "{")
		if !isParam {
			literal += part
			continue
		}
		f := root.Field(strings.TrimSuffix(name, "}"))
		if f == nil {
			return fmt.Errorf("view: %s: the path names %s, which is no field", method.FullName, name)
		}
		away[f.index] = true
		p.segments = append(p.segments, segment{literal: literal}, segment{param: f})
		literal = ""
	}
	if literal != "" {
		p.segments = append(p.segments, segment{literal: literal})
	}
	return nil
}
