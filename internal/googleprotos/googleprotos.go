// Package googleprotos writes Google's protos that go with the contract. The
// repository does not vendor them, but the Go packages that the gateway is built with
// contain their descriptors, which can be printed.
package googleprotos

import (
	"slices"

	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Imported are those that the contract imports and compilers do not bring along by
// themselves (they do bring google/protobuf/*).
var Imported = []protoreflect.FileDescriptor{
	annotations.File_google_api_annotations_proto,
	annotations.File_google_api_field_behavior_proto,
	annotations.File_google_api_http_proto,
	httpbody.File_google_api_httpbody_proto,
	code.File_google_rpc_code_proto,
}

// OfErrors are those that callers read errors with.
var OfErrors = []protoreflect.FileDescriptor{
	errdetails.File_google_rpc_error_details_proto,
	status.File_google_rpc_status_proto,
}

// Write writes files below a folder, under their paths, in place of what is there.
func Write(folder string, files ...[]protoreflect.FileDescriptor) error {
	var printer protoprint.Printer
	return printer.PrintProtosToFileSystem(slices.Concat(files...), folder)
}
