package view

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/portone-gateway/portone-gateway/transcode"
)

// Problem is why a request cannot be judged.
type Problem struct {
	// Member leads to the place, by names of PortOne's JSON, such as amount.total or
	// ?storeId. Empty where it is the request as a whole.
	Member string

	// What is wrong, without values of the request.
	What string
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Member == "" {
		return p.What
	}
	return p.Member + ": " + p.What
}

// reader reads one request.
type reader struct {
	plan *Plan
	path []string // of the member that is being read
	err  *Problem // the first, which ends it all

	few [4]string // of path, where it is short
}

// Read reads the request. It returns either an object or a problem; a lenient plan
// always returns an object.
func (p *Plan) Read(r *transcode.Request) (*Object, *Problem) {
	rd := &reader{plan: p}
	rd.path = rd.few[:0]
	root := &Object{Type: p.root.typ}
	if n := len(p.root.selected); n > 0 {
		root.members = make([]member, 0, n)
	}
	inQuery := rd.all(root, r)
	if p.lenient || rd.err == nil && !(inQuery && r.Body != nil) {
		return root, nil
	}
	if rd.err == nil {
		rd.fail("the JSON stands in the body and in the query")
	}
	return nil, rd.err
}

// all reads path, query and body, and reports whether the query had the JSON.
func (r *reader) all(root *Object, request *transcode.Request) (inQuery bool) {
	r.readPath(root, request.Path)
	inQuery = r.readQuery(root, request.Query)
	if request.Body != nil && r.goesOn() {
		r.readBody(root, request.Body)
	}
	return inQuery
}

// goesOn reports whether reading has not failed, or does not mind.
func (r *reader) goesOn() bool { return r.err == nil || r.plan.lenient }

// fail notes a problem at the present place.
func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = &Problem{strings.Join(r.path, "."), fmt.Sprintf(format, args...)}
	}
}

// failAt notes a problem at a member of the present place.
func (r *reader) failAt(name, format string, args ...any) {
	r.path = append(r.path, printable(name))
	r.fail(format, args...)
	r.path = r.path[:len(r.path)-1]
}

// readPath reads the path against the template.
func (r *reader) readPath(root *Object, path []byte) {
	for _, s := range r.plan.segments {
		if s.param == nil {
			rest, ok := bytes.CutPrefix(path, []byte(s.literal))
			if !ok {
				r.fail("the path is another one than the operation's")
				return
			}
			path = rest
			continue
		}
		end := bytes.IndexByte(path, '/')
		if end < 0 {
			end = len(path)
		}
		text, ok := unescape(path[:end])
		path = path[end:]
		if !ok || !isPlainSegment(text) {
			r.failAt(s.param.JSON, "has a character that a server could take for a part of the path")
			continue
		}
		if r.plan.root.reads[s.param.index] {
			r.parameter(root, s.param, text)
		}
	}
	if len(path) > 0 {
		r.fail("the path is another one than the operation's")
	}
}

// isPlainSegment reports whether a path parameter is one segment for every server, also
// for one that unescapes before it looks for the operation.
func isPlainSegment(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c == 0x7f:
			return false
		case c == '/' || c == '\\' || c == '%' || c == '?' || c == '#' || c == ';':
			return false
		}
	}
	return text != "" && text != "." && text != ".."
}

// requestBody is the query parameter that can hold the JSON.
const requestBody = "requestBody"

// readQuery reads the query, and reports whether it has the JSON.
func (r *reader) readQuery(root *Object, query []byte) (inQuery bool) {
	var few [8]string
	seen := few[:0]
	for len(query) > 0 && r.goesOn() {
		pair := query
		if end := bytes.IndexByte(query, '&'); end >= 0 {
			pair, query = query[:end], query[end+1:]
		} else {
			query = nil
		}
		escaped, value, _ := bytes.Cut(pair, []byte("="))
		name, ok := unescape(escaped)
		text, alsoOK := unescape(value)
		if !ok || !alsoOK {
			r.fail("the query cannot be read")
			continue
		}
		for _, other := range seen {
			if other == name {
				r.failAt("?"+name, "stands twice")
			}
		}
		seen = append(seen, name)
		if name == requestBody && (r.plan.jsonInQuery || r.plan.lenient) {
			inQuery = true
			r.readBody(root, []byte(text))
			continue
		}
		r.query(root, name, text)
	}
	return inQuery
}

// query reads a query parameter.
func (r *reader) query(root *Object, name, text string) {
	f := r.plan.queries[name]
	if f == nil {
		r.unknown(r.plan.root, name, "?")
		return
	}
	if r.plan.root.reads[f.index] {
		r.parameter(root, f, text)
	}
}

// unknown decides about a name that the contract does not have.
func (r *reader) unknown(n *node, name, prefix string) {
	if r.plan.lenient {
		return
	}
	if !r.plan.unknown.Allow && !r.plan.unknown.Names[name] {
		r.failAt(prefix+name, "is not in the contract, and stands beside what is judged")
		return
	}
	for _, f := range n.guarded {
		if looksLike(name, f) {
			r.failAt(prefix+name, "could be taken for %s", f.JSON)
			return
		}
	}
	if prefix == "?" && fold(name) == fold(requestBody) {
		r.failAt(prefix+name, "could be taken for the body")
	}
}

// readBody reads the JSON of the request.
func (r *reader) readBody(root *Object, json []byte) {
	if len(r.plan.root.selected) == 0 && r.plan.lenient {
		return
	}
	r.object(r.plan.root, root, json)
}

// object reads a JSON object into what is read of a message.
func (r *reader) object(n *node, into *Object, json []byte) {
	err := transcode.Members(json, func(name, raw []byte) {
		if !r.goesOn() {
			return
		}
		f := n.typ.byJSON[string(name)]
		switch {
		case f == nil && n.typ.known[string(name)]:
		case f == nil || n.away != nil && n.away[f.index]:
			r.unknown(n, string(name), "")
		case n.reads[f.index]:
			r.member(n, into, f, raw)
		}
	})
	if err != nil {
		r.fail("is no JSON object that has each member once")
	}
}

// member reads a member that is selected.
func (r *reader) member(n *node, into *Object, f *Field, raw []byte) {
	r.path = append(r.path, f.JSON)
	if value, ok := r.value(n.children[f.index], f, raw); ok {
		into.members = append(into.members, member{f.index, value})
	}
	r.path = r.path[:len(r.path)-1]
}

// printable shortens and escapes a name that came from outside.
func printable(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most] + "..."
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\uFFFD' }) {
		return fmt.Sprintf("%q", name)
	}
	return name
}
