package platform

import (
	"errors"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// firstOf makes checks until one fails.
func firstOf(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// listed keeps an error to those that the contract lists for a method, such as
// "/portone.v2.PlatformPartnerService/ReschedulePartner". Partners are changed in
// several ways, checked alike, and some of them list fewer errors than others:
// there, what is left is INVALID_REQUEST.
func listed(method string, err error) error {
	var fault *world.Refusal
	if !errors.As(err, &fault) || slices.Contains(errorsOf(method), errorType(fault.Reason)) {
		return err
	}
	return world.Invalid("%s", fault.Message)
}

// errorsOf returns the types of the errors that the contract lists for a method.
func errorsOf(method string) []string {
	name := strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", ".")
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	return proto.GetExtension(descriptor.Options(), portonev2.E_Operation).(*portonev2.Operation).GetErrors()
}

// errorType is the type of errors that have a reason.
func errorType(reason portonev2.ErrorReason) string {
	value := reason.Descriptor().Values().ByNumber(reason.Number())
	return proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType).GetType()
}
