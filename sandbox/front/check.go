package front

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/transcode"
)

// maxProblems is how many mistakes in a request are told at once.
const maxProblems = 20

// problemOf says what is wrong with a request, for the message of INVALID_REQUEST;
// empty if nothing is. Members that the contract does not know are no mistake:
// PortOne ignores them.
func problemOf(violations []transcode.Violation) string {
	problems := make([]string, 0, maxProblems)
	for _, v := range violations[:min(len(violations), maxProblems)] {
		problems = append(problems, v.Field+": "+v.Description)
	}
	return strings.Join(problems, "; ")
}

// hasRange reports whether messages of a type have a range in them: whatever in the
// contract has both `from` and `until` is one, of times or of dates.
func hasRange(md protoreflect.MessageDescriptor) bool {
	fields := md.Fields()
	if isRange(fields) {
		return true
	}
	for i := range fields.Len() {
		if fd := fields.Get(i); fd.Message() != nil && !fd.IsMap() && hasRange(fd.Message()) {
			return true
		}
	}
	return false
}

func isRange(fields protoreflect.FieldDescriptors) bool {
	return fields.ByName("from") != nil && fields.ByName("until") != nil
}

// backward leads to a range that ends before it begins, the first in the contract's
// order; empty if there is none.
func backward(m protoreflect.Message, path string) string {
	fields := m.Descriptor().Fields()
	if isRange(fields) && after(m, fields.ByName("from"), fields.ByName("until")) {
		return strings.TrimPrefix(path+".from", ".")
	}
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Message() == nil || fd.IsMap() || !m.Has(fd) {
			continue
		}
		within := path + "." + fd.JSONName()
		if !fd.IsList() {
			if found := backward(m.Get(fd).Message(), within); found != "" {
				return found
			}
			continue
		}
		for i := range m.Get(fd).List().Len() {
			if found := backward(m.Get(fd).List().Get(i).Message(), fmt.Sprintf("%s[%d]", within, i)); found != "" {
				return found
			}
		}
	}
	return ""
}

// after reports whether a member is given that is later than another. Dates sort as
// texts; those that are none are the domain's to refuse.
func after(m protoreflect.Message, a, b protoreflect.FieldDescriptor) bool {
	if !m.Has(a) || !m.Has(b) {
		return false
	}
	if a.Message() == nil {
		return m.Get(a).String() > m.Get(b).String()
	}
	at := func(fd protoreflect.FieldDescriptor) time.Time {
		return m.Get(fd).Message().Interface().(*timestamppb.Timestamp).AsTime()
	}
	return at(a).After(at(b))
}
