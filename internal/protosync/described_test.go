package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

// TestContractIsDescribed holds proto/ to what its readers are promised: every
// service, RPC, field, enum and error reason has a comment, in English, that says
// more than its name.
func TestContractIsDescribed(t *testing.T) {
	files, err := readProtos("../../proto")
	if err != nil {
		t.Fatal(err)
	}
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for _, path := range files.paths() {
		fd := files[path]
		comment := func(path ...int32) string {
			for _, l := range fd.SourceCodeInfo.GetLocation() {
				if slices.Equal(l.Path, path) {
					return strings.TrimSpace(l.GetLeadingComments())
				}
			}
			return ""
		}
		for _, l := range fd.SourceCodeInfo.GetLocation() {
			if hangul.MatchString(l.GetLeadingComments()) {
				t.Errorf("%s: a comment that is not in English: %s", path, l.GetLeadingComments())
			}
		}
		for i, enum := range fd.EnumType {
			if comment(fileEnum, int32(i)) == "" {
				t.Errorf("%s: enum %s has no comment", path, enum.GetName())
			}
			for j, value := range enum.Value {
				if enum.GetName() == reasonEnum && len(strings.Fields(comment(fileEnum, int32(i), enumValueTag, int32(j)))) < 5 {
					t.Errorf("%s: %s has no comment worth having", path, value.GetName())
				}
			}
		}
		for i, message := range fd.MessageType {
			for j, field := range message.Field {
				if field.GetNumber() == contract.UnrecognizedNumber {
					continue // said once, in annotations.proto
				}
				if comment(fileMessage, int32(i), messageField, int32(j)) == "" {
					t.Errorf("%s: %s.%s has no comment", path, message.GetName(), field.GetName())
				}
			}
		}
		for i, service := range fd.Service {
			if comment(fileService, int32(i)) == "" {
				t.Errorf("%s: %s has no comment", path, service.GetName())
			}
			for j, method := range service.Method {
				text := comment(fileService, int32(i), serviceMethod, int32(j))
				if len(strings.Fields(text)) < 12 {
					t.Errorf("%s: %s has no comment worth having: %q", path, method.GetName(), text)
				}
				if unstable := strings.Contains(strings.ToLower(text), "without notice"); unstable != operationNote(method).GetUnstable() {
					t.Errorf("%s: the comment of %s says that it is unstable: %v", path, method.GetName(), unstable)
				}
			}
		}
	}
}

func operationNote(method *descriptorpb.MethodDescriptorProto) *portonev2.Operation {
	note, _ := proto.GetExtension(method.Options, portonev2.E_Operation).(*portonev2.Operation)
	return note
}
