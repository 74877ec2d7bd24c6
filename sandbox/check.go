package sandbox

import (
	"bytes"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/transcode"
)

// unrecognized is the number of the field that holds members without a typed form.
const unrecognized = 1000

// maxProblems is how many mistakes in a request are told at once.
const maxProblems = 20

// problemOf says what is wrong with a request, for the message of INVALID_REQUEST;
// empty if nothing is. Violations are those that transcode found; the message is
// searched for known members of another type than the contract has. Members that
// the contract does not know are no mistake: PortOne ignores them.
func problemOf(violations []transcode.Violation, message proto.Message) string {
	var c checker
	for _, v := range violations {
		c.add(v.Field, v.Description)
	}
	c.message(message.ProtoReflect(), "")
	return strings.Join(c.problems, "; ")
}

// checker collects mistakes.
type checker struct {
	problems []string
	told     map[string]bool
}

func (c *checker) add(path, problem string) {
	if c.told[path] || len(c.problems) == maxProblems {
		return
	}
	if c.told == nil {
		c.told = make(map[string]bool)
	}
	c.told[path] = true
	c.problems = append(c.problems, path+": "+problem)
}

// message looks for known members among the unrecognized ones, at every depth, in
// the order of the contract's fields.
func (c *checker) message(m protoreflect.Message, path string) {
	fields := m.Descriptor().Fields()
	rest := fields.ByNumber(unrecognized)
	if rest == nil {
		return // a timestamp
	}
	raw := m.Get(rest).Map()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd == rest {
			continue
		}
		name := join(path, fd.JSONName())
		if value := raw.Get(protoreflect.ValueOfString(fd.JSONName()).MapKey()); value.IsValid() {
			c.untyped(fd, name, value.String())
		}
		if fd.Message() != nil && !fd.IsMap() && m.Has(fd) {
			c.inside(m.Get(fd), fd, name)
		}
	}
}

// inside looks into a message or a list of messages.
func (c *checker) inside(value protoreflect.Value, fd protoreflect.FieldDescriptor, path string) {
	if !fd.IsList() {
		c.message(value.Message(), path)
		return
	}
	for i := range value.List().Len() {
		c.message(value.List().Get(i).Message(), fmt.Sprintf("%s[%d]", path, i))
	}
}

// untyped judges a member of the contract that came without a typed form: null is
// as good as absent, an empty list or object is a value of its type, and absence
// is noted as an empty text.
func (c *checker) untyped(fd protoreflect.FieldDescriptor, path, raw string) {
	compact := string(bytes.Join(bytes.Fields([]byte(raw)), nil))
	switch {
	case compact == "" || compact == "null":
	case compact == "[]" && fd.IsList(), compact == "{}" && fd.IsMap():
	default:
		c.add(path, "not a value of its type")
	}
}

func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}
