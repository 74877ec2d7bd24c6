package main

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Keywords that a schema may have without any effect on the contract: they
// describe, or they limit values, and of values PortOne is the judge.
var harmless = []string{
	"title", "description", "example", "default", "externalDocs", "deprecated", "readOnly", "writeOnly",
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems",
}

func keywords(own ...string) []string { return append(own, harmless...) }

// schema reads a named schema.
func (r *reader) schema(name string, n node) *Schema {
	s := &Schema{Name: name, at: n.position()}
	if code, ok := n.child("x-portone-status-code"); ok && code.Decode(&s.HTTPStatus) != nil {
		r.fail(code, "must be an HTTP status")
	}
	switch {
	case has(n, "oneOf"):
		s.Kind = UnionSchema
		r.union(s, n)
	case has(n, "enum"):
		s.Kind = EnumSchema
		r.enum(s, n)
	case has(n, "additionalProperties"):
		s.Kind = MapSchema
		r.members(n, keywords("type", "additionalProperties")...)
		r.checkType(n, "object")
		value, _ := n.child("additionalProperties")
		s.Value = r.memberType(value)
		if s.Value.List {
			r.fail(value, "a map of lists has no form in protobuf")
		}
	default:
		r.members(n, keywords("type", "properties", "required")...)
		r.checkType(n, "object")
		s.Members = r.properties(n)
	}
	return s
}

func has(n node, name string) bool {
	_, ok := n.child(name)
	return ok
}

// checkType fails unless n has the given type.
func (r *reader) checkType(n node, want string) {
	typ, _ := n.child("type")
	if got := r.text(typ); got != want {
		r.fail(n, "type is %q, protosync knows only %q here", got, want)
	}
}

func (r *reader) enum(s *Schema, n node) {
	r.members(n, keywords("type", "enum")...)
	r.checkType(n, "string")
	values, _ := n.child("enum")
	for _, v := range r.items(values) {
		value := r.text(v)
		if !isScreamingSnake(value) {
			r.fail(v, "enum value %q is not UPPER_SNAKE", value)
		}
		if slices.Contains(s.Values, value) {
			r.fail(v, "enum value %q stands twice", value)
		}
		s.Values = append(s.Values, value)
	}
}

func (r *reader) union(s *Schema, n node) {
	r.members(n, keywords("oneOf", "discriminator")...)
	var schemas []string
	cases, _ := n.child("oneOf")
	for _, c := range r.items(cases) {
		schemas = append(schemas, r.ref(c))
	}
	discriminator, ok := n.child("discriminator")
	if !ok {
		r.fail(n, "a union without a discriminator has no form in the contract")
		return
	}
	r.members(discriminator, "propertyName", "mapping")
	property, _ := discriminator.child("propertyName")
	s.Property = r.text(property)
	mapping, ok := discriminator.child("mapping")
	if !ok {
		r.fail(discriminator, "a discriminator without a mapping leaves the values to be guessed")
		return
	}
	for _, m := range r.members(mapping) {
		target := strings.TrimPrefix(r.text(m.node), schemaPrefix)
		if !slices.Contains(schemas, target) {
			r.fail(m.node, "%q maps to %s, which is not in oneOf", m.name, target)
		}
		if !isScreamingSnake(m.name) && !identifier.MatchString(lowerFirst(m.name)) {
			r.fail(m.node, "discriminator value %q is neither UPPER_SNAKE nor PascalCase", m.name)
		}
		if slices.ContainsFunc(s.Cases, func(c Case) bool { return c.Schema == target }) {
			r.fail(m.node, "%s stands under two discriminator values", target)
		}
		s.Cases = append(s.Cases, Case{Value: m.name, Schema: target})
	}
	if len(s.Cases) != len(schemas) {
		r.fail(mapping, "has %d values for the %d schemas of oneOf", len(s.Cases), len(schemas))
	}
}

// properties reads the members of an object schema.
func (r *reader) properties(n node) []*Member {
	var required []string
	if list, ok := n.child("required"); ok {
		for _, item := range r.items(list) {
			required = append(required, r.text(item))
		}
	}
	var members []*Member
	if properties, ok := n.child("properties"); ok {
		for _, p := range r.members(properties) {
			members = append(members, &Member{
				Name:       p.name,
				Type:       r.memberType(p.node),
				Required:   slices.Contains(required, p.name),
				Deprecated: r.optionalBool(p.node, "deprecated"),
				at:         p.position(),
			})
		}
	}
	for _, name := range required {
		if !slices.ContainsFunc(members, func(m *Member) bool { return m.Name == name }) {
			r.fail(n, "requires %q, which is not among its properties", name)
		}
	}
	return members
}

// memberType reads the type of a property, a parameter, a list item or a map
// value.
func (r *reader) memberType(n node) Type {
	if has(n, "$ref") {
		r.members(n, keywords("$ref")...)
		return Type{Kind: Ref, Ref: r.ref(n)}
	}
	typ, _ := n.child("type")
	name := r.text(typ)
	if name == "array" {
		// Some arrays carry the properties of their items' schema once more.
		r.members(n, keywords("type", "items", "properties")...)
		items, _ := n.child("items")
		item := r.memberType(items)
		if item.List || item.Kind == FreeForm {
			r.fail(items, "a list of lists or of free-form objects has no form in the contract")
		}
		item.List = true
		return item
	}
	r.members(n, keywords("type", "format")...)
	format := ""
	if f, ok := n.child("format"); ok {
		format = r.text(f)
	}
	kind, ok := scalarKinds[[2]string{name, format}]
	if !ok {
		r.fail(n, "type %q with format %q is not one that protosync knows", name, format)
	}
	return Type{Kind: kind}
}

// scalarKinds maps type and format of inline schemas. An inline object can only
// be free-form here: one with properties is stopped before, as unknown.
var scalarKinds = map[[2]string]Kind{
	{"string", ""}:          String,
	{"string", "date-time"}: DateTime,
	{"string", "date"}:      Date,
	{"integer", "int32"}:    Int32,
	{"integer", "int64"}:    Int64,
	{"boolean", ""}:         Bool,
	{"object", ""}:          FreeForm,
}

// resolve checks that every $ref leads somewhere, and to something that can
// stand there.
func (r *reader) resolve(doc *Document) {
	must := func(at position, name string, kinds ...SchemaKind) {
		s, ok := doc.Schemas[name]
		switch {
		case r.err != nil:
		case !ok:
			r.err = at.errorf(r.file, "$ref to %s, which does not exist", name)
		case len(kinds) > 0 && !slices.Contains(kinds, s.Kind):
			r.err = at.errorf(r.file, "$ref to %s, a kind of schema that cannot stand here", name)
		}
	}
	member := func(m *Member, kinds ...SchemaKind) {
		if m.Type.Kind == Ref {
			must(m.at, m.Type.Ref, kinds...)
			if s := doc.Schemas[m.Type.Ref]; m.Type.List && s != nil && s.Kind == MapSchema && r.err == nil {
				r.err = m.at.errorf(r.file, "a list of maps has no form in protobuf")
			}
		}
	}
	for _, name := range doc.Order {
		s := doc.Schemas[name]
		for _, m := range s.Members {
			member(m)
		}
		for _, c := range s.Cases {
			must(s.at, c.Schema, ObjectSchema)
		}
		if s.Kind == MapSchema && s.Value.Kind == Ref {
			must(s.at, s.Value.Ref, ObjectSchema, UnionSchema)
		}
	}
	for _, op := range doc.Operations {
		for _, p := range op.Parameters {
			member(p, EnumSchema)
		}
		if op.Body.Schema != "" {
			must(op.at, op.Body.Schema, ObjectSchema)
		}
		if op.Answer.Schema != "" {
			must(op.at, op.Answer.Schema, ObjectSchema, UnionSchema)
		}
		must(op.at, op.Errors, UnionSchema)
	}
}

// isScreamingSnake reports whether s can be the tail of an enum value's name.
func isScreamingSnake(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// isTrue reports whether n is the boolean true.
func isTrue(n node) bool {
	return n.Node != nil && n.Kind == yaml.ScalarNode && n.Value == "true"
}
