package main

import (
	"regexp"
	"strings"
)

// identifier is what an operationId, a parameter or a member may be called, so
// that it can be turned into a name of the contract and back.
var identifier = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// operation reads the operation n.
func (r *reader) operation(method, path string, n node) *Operation {
	r.members(n, "summary", "description", "operationId", "parameters", "requestBody", "responses",
		"security", "tags", "deprecated", "externalDocs")
	id, _ := n.child("operationId")
	op := &Operation{
		ID: r.text(id), Method: method, Path: path, at: n.position(),
		Deprecated: r.optionalBool(n, "deprecated"),
	}
	if !identifier.MatchString(op.ID) {
		r.fail(id, "operationId %q is not camelCase", op.ID)
	}
	if category, ok := n.child("x-portone-category"); ok {
		op.Category = r.text(category)
	}
	if unstable, ok := n.child("x-portone-unstable"); ok {
		op.Unstable = isTrue(unstable)
	}
	if list, ok := n.child("parameters"); ok {
		for _, p := range r.items(list) {
			r.parameter(op, p)
		}
	}
	if body, ok := n.child("requestBody"); ok {
		r.body(op, body)
	}
	r.checkPath(op, n)
	r.answer(op, n)
	errors, ok := n.child("x-portone-error")
	if !ok {
		r.fail(n, "has no x-portone-error, so its errors are unknown")
		return op
	}
	op.Errors = r.ref(errors)
	return op
}

func (r *reader) parameter(op *Operation, n node) {
	r.members(n, "name", "in", "description", "required", "schema", "content", "example", "deprecated")
	name, _ := n.child("name")
	in, _ := n.child("in")
	p := &Member{
		Name:       r.text(name),
		Required:   r.optionalBool(n, "required"),
		Deprecated: r.optionalBool(n, "deprecated"),
		at:         n.position(),
	}
	switch where := r.text(in); where {
	case "path":
		p.Place = InPath
	case "query":
		p.Place = InQuery
	default:
		r.fail(in, "parameters in %q are not known to protosync", where)
	}
	if content, ok := n.child("content"); ok {
		// PortOne's own way to send the body of a GET request.
		if p.Name != "requestBody" || p.Place != InQuery {
			r.fail(content, "only the query parameter requestBody may hold JSON")
		}
		op.Body.InQuery = true
		r.bodySchema(op, content)
		op.Body.Required = op.Body.Required || p.Required
		if either, ok := n.child("x-portone-query-or-body"); ok {
			op.Body.Required = op.Body.Required || r.optionalBool(either, "required")
		}
		return
	}
	if !identifier.MatchString(p.Name) {
		r.fail(name, "parameter name %q is not camelCase", p.Name)
	}
	schema, _ := n.child("schema")
	p.Type = r.memberType(schema)
	if p.Type.List || p.Type.Kind == FreeForm {
		r.fail(schema, "a parameter must be a single value")
	}
	op.Parameters = append(op.Parameters, p)
}

func (r *reader) body(op *Operation, n node) {
	r.members(n, "content", "required", "description")
	content, _ := n.child("content")
	op.Body.InBody = true
	op.Body.Required = op.Body.Required || r.optionalBool(n, "required")
	r.bodySchema(op, content)
}

// bodySchema reads the schema of a JSON body, which may be said twice.
func (r *reader) bodySchema(op *Operation, content node) {
	r.members(content, "application/json")
	media, _ := content.child("application/json")
	schema, _ := media.child("schema")
	name := r.ref(schema)
	if op.Body.Schema != "" && op.Body.Schema != name {
		r.fail(schema, "the body is %s in the query and %s in the body", op.Body.Schema, name)
	}
	op.Body.Schema = name
}

// checkPath fails unless path template and path parameters name each other.
func (r *reader) checkPath(op *Operation, n node) {
	inPath := make(map[string]bool)
	for segment := range strings.SplitSeq(op.Path, "/") {
		name, ok := strings.CutPrefix(segment, "{")
		if !ok {
			if strings.ContainsAny(segment, "{}*:") {
				r.fail(n, "path segment %q is neither a literal nor a {parameter}", segment)
			}
			continue
		}
		inPath[strings.TrimSuffix(name, "}")] = true
	}
	for _, p := range op.Parameters {
		if p.Place == InPath && !inPath[p.Name] {
			r.fail(n, "path parameter %s is not in the path %s", p.Name, op.Path)
		}
		if p.Place == InPath {
			delete(inPath, p.Name)
		}
	}
	for name := range inPath {
		r.fail(n, "the path has {%s}, but there is no such parameter", name)
	}
}

// answer reads the answer with status 200. The others are errors, which
// x-portone-error describes better.
func (r *reader) answer(op *Operation, n node) {
	responses, _ := n.child("responses")
	for _, response := range r.members(responses) {
		if response.name == "200" || strings.HasPrefix(response.name, "4") || strings.HasPrefix(response.name, "5") {
			continue
		}
		r.fail(response.node, "protosync knows answers with 200, 4xx and 5xx only")
	}
	ok200, ok := responses.child("200")
	if !ok {
		r.fail(responses, "has no answer with status 200")
		return
	}
	content, ok := ok200.child("content")
	if !ok {
		return
	}
	for _, media := range r.members(content, "application/json", "text/csv") {
		if media.name == "text/csv" {
			op.Answer.CSV = true
			continue
		}
		schema, _ := media.child("schema")
		op.Answer.Schema = r.ref(schema)
	}
	if op.Answer.CSV && op.Answer.Schema != "" {
		r.fail(content, "is both JSON and CSV")
	}
}
