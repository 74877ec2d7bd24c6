package transcode

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Call is the HTTP form of an RPC: how its request message becomes method, path,
// query and JSON body, and back. It is compiled once from the method's descriptor,
// never changes, and is safe for concurrent use.
type Call struct {
	// Operation is PortOne's description of the operation, from the contract.
	Operation *portonev2.Operation

	// Method is the HTTP method.
	Method string

	// Template is the path with field names in braces, as google.api.http has it.
	Template string

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

// Call returns the compiled form of an RPC.
func (c *Cache) Call(method protoreflect.MethodDescriptor) (*Call, error) {
	options := &descriptorpb.MethodOptions{}
	if err := known(method.Options(), options); err != nil {
		return nil, err
	}
	call := &Call{query: make(map[string]*field)}
	rule, _ := proto.GetExtension(options, annotations.E_Http).(*annotations.HttpRule)
	call.Method, call.Template = ruleOf(rule)
	call.Operation, _ = proto.GetExtension(options, portonev2.E_Operation).(*portonev2.Operation)
	if call.Method == "" || call.Operation == nil {
		return nil, fmt.Errorf("transcode: %s has no google.api.http or no portone.v2.operation", method.FullName())
	}
	input, err := c.Message(method.Input())
	if err != nil {
		return nil, err
	}
	// The fields of a request know their part of it. The type's own form, which
	// others may use, stays as it is.
	own := *input
	own.fields = append([]field(nil), input.fields...)
	call.Input = &own
	if err := call.compilePath(); err != nil {
		return nil, fmt.Errorf("transcode: %s: %w", method.FullName(), err)
	}
	for i := range own.fields {
		if f := &own.fields[i]; f.part == partQuery {
			call.query[f.name] = f
		}
	}
	if !method.IsStreamingServer() {
		if call.Output, err = c.Message(method.Output()); err != nil {
			return nil, err
		}
	}
	return call, nil
}

// IsMutation tells whether the operation may change something.
func (c *Call) IsMutation() bool { return c.Method != "GET" }

func ruleOf(rule *annotations.HttpRule) (method, template string) {
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Put:
		return "PUT", pattern.Put
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	case *annotations.HttpRule_Delete:
		return "DELETE", pattern.Delete
	}
	return "", ""
}

// compilePath splits the template, and marks the fields that it names.
func (c *Call) compilePath() error {
	literal := ""
	for s := range strings.SplitSeq(strings.TrimPrefix(c.Template, "/"), "/") {
		literal += "/"
		name, isParam := strings.CutPrefix(s, "{")
		if !isParam {
			literal += s
			continue
		}
		fd := c.Input.desc.Fields().ByName(protoreflect.Name(strings.TrimSuffix(name, "}")))
		if fd == nil {
			return fmt.Errorf("the path names %s, which is no field", name)
		}
		f := c.Input.byTag(fd.Number())
		if f.card != single || f.kind != kindString && f.kind != kindEnum {
			return fmt.Errorf("field %s cannot be a path segment", fd.Name())
		}
		if f.part = partPath; len(c.segments) > 2*maxParams-2 {
			return fmt.Errorf("the path has more than %d parameters", maxParams)
		}
		c.segments = append(c.segments, segment{literal: literal}, segment{param: f})
		literal = ""
	}
	if literal != "" {
		c.segments = append(c.segments, segment{literal: literal})
	}
	return nil
}

// bodyInQuery tells whether the JSON of a request travels as the query parameter
// requestBody: for GET and DELETE, unless the operation takes a plain body.
func (c *Call) bodyInQuery() bool {
	return (c.Method == "GET" || c.Method == "DELETE") && c.Operation.GetBody() != portonev2.BodyForm_BODY_FORM_BODY
}

// sendsEmptyBody tells whether a request without any body member has the body {}
// all the same.
func (c *Call) sendsEmptyBody() bool {
	switch c.Method {
	case "GET", "DELETE":
		return c.Operation.GetBodyRequired()
	}
	return c.Operation.GetBody() != portonev2.BodyForm_BODY_FORM_UNSPECIFIED
}
