package errmap

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/contract"
)

// Native is an error of a service that the gateway itself provides.
type Native struct {
	// Code and Reason are what callers decide by. The reason's domain is contract.GatewayDomain.
	Code   codes.Code
	Reason string

	// English and Korean are texts for people.
	English, Korean string

	// Field and Problem say what is wrong with a request that is malformed; empty else.
	Field, Problem string

	// RetryAfter is when to try again; 0 says nothing about that.
	RetryAfter time.Duration

	// Cause is for the log only.
	Cause error
}

// Error makes the error of a call in a language.
func (n Native) Error(language Language) *Error {
	info := &errdetails.ErrorInfo{Reason: n.Reason, Domain: contract.GatewayDomain}
	st := &spb.Status{Code: int32(n.Code), Message: n.English}
	st.Details = append(st.Details, pack(info))
	if n.RetryAfter > 0 {
		st.Details = append(st.Details, pack(&errdetails.RetryInfo{RetryDelay: durationpb.New(n.RetryAfter)}))
	}
	if n.Problem != "" {
		st.Details = append(st.Details, pack(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: n.Field, Description: n.Problem, Reason: n.Reason}}}))
	}
	st.Details = append(st.Details, localized(language, [languages]string{English: n.English, Korean: n.Korean}))
	return &Error{full: st, reason: n.Reason, domain: contract.GatewayDomain, http: restStatus(n.Code, info), retry: n.RetryAfter, cause: n.Cause}
}
