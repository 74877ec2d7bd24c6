package main

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readDocument reads an OpenAPI 3 document in JSON (or YAML).
//
// It is strict on purpose: whatever it does not understand is an error that
// names the line, since a construct that is skipped would be a member that
// callers cannot reach, or a type that cannot be changed once it is published.
// A YAML parser reads it because the order of members decides the order of
// fields, and because messages need positions; JSON parsers keep neither.
func readDocument(file string, text []byte) (*Document, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: not a JSON document: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	r := &reader{file: file}
	if len(root.Content) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", file)
	}
	document := r.document(node{Node: root.Content[0]})
	if r.err != nil {
		return nil, r.err
	}
	return document, nil
}

// reader reads the parts of a document. The first mistake stays in err; after it
// the results mean nothing, but reading on does no harm.
type reader struct {
	file string
	err  error
}

// fail notes a mistake at n.
func (r *reader) fail(n node, format string, args ...any) {
	if r.err == nil {
		r.err = n.position().errorf(r.file, format, args...)
	}
}

func (p position) errorf(file, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s: %s", file, p.line, p.column, p.path, fmt.Sprintf(format, args...))
}

// node is a value in the document with the path that leads to it.
type node struct {
	*yaml.Node
	path string
}

func (n node) position() position {
	path := n.path
	if path == "" {
		path = "document"
	}
	if n.Node == nil {
		return position{path: path}
	}
	return position{line: n.Line, column: n.Column, path: path}
}

// child returns the value under a name of the mapping n, and whether it exists.
func (n node) child(name string) (node, bool) {
	if n.Node == nil || n.Kind != yaml.MappingNode {
		return node{path: n.path}, false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return node{Node: n.Content[i+1], path: join(n.path, name)}, true
		}
	}
	return node{path: join(n.path, name)}, false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// named is a member of a mapping.
type named struct {
	name string
	node
}

// members returns the members of the mapping n in order. Names that are not in
// known are mistakes, extensions (x-...) excepted; no known at all means that any
// name will do.
func (r *reader) members(n node, known ...string) []named {
	if n.Node == nil || n.Kind != yaml.MappingNode {
		r.fail(n, "must be an object")
		return nil
	}
	var list []named
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		name := n.Content[i].Value
		member := named{name, node{Node: n.Content[i+1], path: join(n.path, name)}}
		at := node{Node: n.Content[i], path: n.path}
		if seen[name] {
			r.fail(at, "member %q stands twice", name)
		}
		seen[name] = true
		if len(known) > 0 && !slices.Contains(known, name) && !strings.HasPrefix(name, "x-") {
			r.fail(at, "%q is a construct that protosync does not know", name)
		}
		list = append(list, member)
	}
	return list
}

func (r *reader) items(n node) []node {
	if n.Node == nil || n.Kind != yaml.SequenceNode {
		r.fail(n, "must be a list")
		return nil
	}
	list := make([]node, len(n.Content))
	for i, item := range n.Content {
		list[i] = node{Node: item, path: fmt.Sprintf("%s[%d]", n.path, i)}
	}
	return list
}

func (r *reader) text(n node) string {
	if n.Node == nil || n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		r.fail(n, "must be a string")
		return ""
	}
	return n.Value
}

func (r *reader) bool(n node) bool {
	var v bool
	if n.Node == nil || n.Kind != yaml.ScalarNode || n.Decode(&v) != nil {
		r.fail(n, "must be true or false")
	}
	return v
}

// optionalBool returns the boolean under a name, false if there is none.
func (r *reader) optionalBool(n node, name string) bool {
	child, ok := n.child(name)
	return ok && r.bool(child)
}

// ref returns the name of the schema that n is a $ref to.
func (r *reader) ref(n node) string {
	target, ok := n.child("$ref")
	if !ok {
		r.fail(n, "must be a $ref to a schema")
		return ""
	}
	text := r.text(target)
	name, ok := strings.CutPrefix(text, schemaPrefix)
	if !ok {
		r.fail(target, "$ref %q does not lead to a schema of this document", text)
	}
	return name
}

const schemaPrefix = "#/components/schemas/"

// document reads the root.
func (r *reader) document(root node) *Document {
	version, ok := root.child("openapi")
	if !ok || version.Kind != yaml.ScalarNode || !strings.HasPrefix(version.Value, "3.") {
		r.fail(root, "is no OpenAPI 3 document: it has no member openapi that begins with 3.")
		return nil
	}
	r.members(root, "openapi", "info", "servers", "paths", "components", "tags", "security", "externalDocs")
	doc := &Document{Schemas: make(map[string]*Schema)}
	if categories, ok := root.child("x-portone-categories"); ok {
		r.categories(doc, categories)
	}
	components, _ := root.child("components")
	schemas, ok := components.child("schemas")
	if !ok {
		r.fail(root, "has no components.schemas")
		return nil
	}
	for _, s := range r.members(schemas) {
		doc.Schemas[s.name] = r.schema(s.name, s.node)
		doc.Order = append(doc.Order, s.name)
	}
	paths, ok := root.child("paths")
	if !ok {
		r.fail(root, "has no paths")
		return nil
	}
	seen := make(map[string]string)
	for _, path := range r.members(paths) {
		for _, method := range r.members(path.node, "get", "put", "post", "patch", "delete", "summary", "description") {
			if method.name == "summary" || method.name == "description" {
				continue
			}
			op := r.operation(strings.ToUpper(method.name), path.name, method.node)
			if other, twice := seen[op.ID]; twice && r.err == nil {
				r.fail(method.node, "operationId %s is that of %s already", op.ID, other)
			}
			seen[op.ID] = op.Method + " " + op.Path
			doc.Operations = append(doc.Operations, op)
		}
	}
	r.resolve(doc)
	return doc
}

func (r *reader) categories(doc *Document, list node) {
	for _, item := range r.items(list) {
		id, _ := item.child("id")
		doc.Categories = append(doc.Categories, r.text(id))
		if children, ok := item.child("children"); ok {
			r.categories(doc, children)
		}
	}
}
