package transcode

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Binding is the HTTP form of a method: how its request message becomes path, query and
// JSON body, and back. It is compiled once, never changes, and is safe for concurrent
// use.
type Binding struct {
	// Method is what is bound.
	Method *contract.Method

	// Input is the request message.
	Input *Message

	// Output is the answer's message, nil where the answer is no JSON but a
	// stream of google.api.HttpBody.
	Output *Message

	segments []segment
	query    map[string]*field // query parameters by name
}

// segment is a piece of a path: literal text, or a parameter.
type segment struct {
	literal string // with its slashes, already escaped
	param   *field
}

// requestBody is the query parameter that can hold the JSON of a GET or DELETE
// request (PortOne, "Using the query instead of a body for GET requests").
const requestBody = "requestBody"

// Bind compiles the HTTP form of a method.
func (c *Cache) Bind(method *contract.Method) (*Binding, error) {
	b := &Binding{Method: method, query: make(map[string]*field)}
	input, err := c.Message(method.Descriptor.Input())
	if err != nil {
		return nil, err
	}
	// The fields of a request know their part of it. The type's own form, which
	// others may use, stays as it is.
	own := *input
	own.fields = append([]field(nil), input.fields...)
	b.Input = &own
	if err := b.compilePath(); err != nil {
		return nil, fmt.Errorf("transcode: %s: %w", method.FullName, err)
	}
	for i := range own.fields {
		if f := &own.fields[i]; f.part == partQuery {
			b.query[f.name] = f
		}
	}
	if !method.Streams {
		if b.Output, err = c.Message(method.Descriptor.Output()); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// compilePath splits the template, and marks the fields that it names.
func (b *Binding) compilePath() error {
	literal := ""
	for s := range strings.SplitSeq(strings.TrimPrefix(b.Method.Template, "/"), "/") {
		literal += "/"
		name, isParam := strings.CutPrefix(s, "{")
		if !isParam {
			literal += s
			continue
		}
		fd := b.Input.desc.Fields().ByName(protoreflect.Name(strings.TrimSuffix(name, "}")))
		if fd == nil {
			return fmt.Errorf("the path names %s, which is no field", name)
		}
		f := b.Input.byTag(fd.Number())
		if f.card != single || f.kind != kindString && f.kind != kindEnum {
			return fmt.Errorf("field %s cannot be a path segment", fd.Name())
		}
		if f.part = partPath; len(b.segments) > 2*maxParams-2 {
			return fmt.Errorf("the path has more than %d parameters", maxParams)
		}
		b.segments = append(b.segments, segment{literal: literal}, segment{param: f})
		literal = ""
	}
	if literal != "" {
		b.segments = append(b.segments, segment{literal: literal})
	}
	return nil
}

// bodyInQuery reports whether the JSON of a request travels as the query parameter
// requestBody: for GET and DELETE, unless the operation takes a plain body.
func (b *Binding) bodyInQuery() bool {
	return (b.Method.HTTPMethod == "GET" || b.Method.HTTPMethod == "DELETE") && b.Method.Operation.GetBody() != portonev2.BodyForm_BODY_FORM_BODY
}

// sendsEmptyBody reports whether a request without any body member has the body {}
// all the same.
func (b *Binding) sendsEmptyBody() bool {
	switch b.Method.HTTPMethod {
	case "GET", "DELETE":
		return b.Method.Operation.GetBodyRequired()
	}
	return b.Method.Operation.GetBody() != portonev2.BodyForm_BODY_FORM_UNSPECIFIED
}
