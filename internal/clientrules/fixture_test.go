package main

import (
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// statusOf reads a case's status.
func statusOf(t *testing.T, c vector) *spb.Status {
	t.Helper()
	st := new(spb.Status)
	if c.Status == nil {
		var code codes.Code
		if err := code.UnmarshalJSON([]byte(`"` + string(c.Code) + `"`)); err != nil {
			t.Fatal(err)
		}
		return &spb.Status{Code: int32(code), Message: c.Message}
	}
	if err := proto.Unmarshal(c.Status, st); err != nil {
		t.Fatal(err)
	}
	return st
}

// infoOf is a status's ErrorInfo.
func infoOf(t *testing.T, st *spb.Status) *errdetails.ErrorInfo {
	t.Helper()
	for _, detail := range st.GetDetails() {
		info := new(errdetails.ErrorInfo)
		if detail.UnmarshalTo(info) == nil {
			return info
		}
	}
	t.Fatalf("no ErrorInfo in %v", st)
	return nil
}
