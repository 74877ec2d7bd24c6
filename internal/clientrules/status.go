package main

import (
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/contract"
)

// statusError is a status as a caller gets it.
type statusError struct{ st *spb.Status }

// Error implements error.
func (e statusError) Error() string { return e.st.GetMessage() }

// GRPCStatus is for status.FromError.
func (e statusError) GRPCStatus() *status.Status { return status.FromProto(e.st) }

// domainOf is the domain of the status's ErrorInfo; empty if it has none that the
// gateway made.
func domainOf(st *spb.Status) string {
	for _, detail := range st.GetDetails() {
		info := new(errdetails.ErrorInfo)
		if detail.UnmarshalTo(info) != nil {
			continue
		}
		if domain := info.GetDomain(); domain == contract.PortOneDomain || domain == contract.GatewayDomain {
			return domain
		}
	}
	return ""
}

// localized is the status's text for people.
func localized(st *spb.Status) string {
	for _, detail := range st.GetDetails() {
		text := new(errdetails.LocalizedMessage)
		if detail.UnmarshalTo(text) == nil {
			return text.GetMessage()
		}
	}
	return ""
}

// bare is the name of an enum's value without its prefix; empty for UNSPECIFIED.
func bare(value interface{ String() string }, prefix string) string {
	name := strings.TrimPrefix(value.String(), prefix)
	if name == "UNSPECIFIED" {
		return ""
	}
	return name
}
