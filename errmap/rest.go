package errmap

import (
	"encoding/json"
	"net/http"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// REST returns an error as REST has it: the HTTP status, and one JSON body that
// clients of PortOne read as PortOne's error (type, message, and what else PortOne
// sent) and clients of google APIs as a google.rpc.Status (code, message, details).
// Where PortOne itself has a member called code or details, PortOne's is there.
//
// It is made of the status alone, so a program that holds one (Error.Full, or the
// status of a gRPC call) can make it too.
func REST(st *status.Status) (httpStatus int, body []byte) {
	p := st.Proto()
	var info *errdetails.ErrorInfo
	var portone *portonev2.PortOneError
	for _, detail := range p.GetDetails() {
		switch m, _ := detail.UnmarshalNew(); m := m.(type) {
		case *errdetails.ErrorInfo:
			info = m
		case *portonev2.PortOneError:
			portone = m
		}
	}
	b := &restBody{taken: make(map[string]bool)}
	httpStatus = b.portone(p, info, portone)
	b.google(p)
	return httpStatus, append(b.text, '}')
}

// restBody is a body in the making.
type restBody struct {
	text  []byte
	taken map[string]bool
}

// member adds a member, unless there is one of that name.
func (b *restBody) member(name string, raw []byte) {
	if b.taken[name] {
		return
	}
	b.taken[name] = true
	if len(b.text) == 0 {
		b.text = append(b.text, '{')
	} else {
		b.text = append(b.text, ',')
	}
	b.text = append(append(b.text, quoted(name)...), ':')
	b.text = append(b.text, raw...)
}

// quoted is a JSON string.
func quoted(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // no string makes it fail
		return []byte(`""`)
	}
	return text
}

// portone adds the members of PortOne's error, or of one like it.
func (b *restBody) portone(p *spb.Status, info *errdetails.ErrorInfo, e *portonev2.PortOneError) (httpStatus int) {
	if e == nil {
		b.member("type", quoted(info.GetReason()))
		b.member("message", quoted(p.GetMessage()))
		return restStatus(codes.Code(p.GetCode()), info)
	}
	b.member("type", quoted(e.GetType()))
	if e.Message != nil {
		b.member("message", quoted(e.GetMessage()))
	}
	if data := dataOf(e); data != nil {
		b.data(data)
	}
	for name, raw := range e.GetUnrecognized() {
		b.member(name, []byte(raw))
	}
	return int(e.GetHttpStatus())
}

// dataOf returns the case of an error's data, or nil.
func dataOf(e *portonev2.PortOneError) proto.Message {
	m := e.ProtoReflect()
	fd := m.WhichOneof(m.Descriptor().Oneofs().ByName("data"))
	if fd == nil {
		return nil
	}
	return m.Get(fd).Message().Interface()
}

// data adds the members of an error's data, but for its type, which is there.
func (b *restBody) data(data proto.Message) {
	plan := transcode.PlanOf(data.ProtoReflect().Descriptor())
	wire, err := proto.Marshal(data)
	if err != nil {
		return
	}
	text, err := plan.AppendJSON(nil, wire)
	if err != nil {
		return
	}
	_ = transcode.Members(text, func(name, raw []byte) { b.member(string(name), raw) }) // our own JSON
}

// google adds the members of the google.rpc.Status.
func (b *restBody) google(p *spb.Status) {
	b.member("message", quoted(p.GetMessage()))
	b.member("code", strconv.AppendInt(nil, int64(p.GetCode()), 10))
	details := []byte{'['}
	for i, detail := range p.GetDetails() {
		if i > 0 {
			details = append(details, ',')
		}
		text, err := protojson.Marshal(detail)
		if err != nil {
			text = append(append([]byte(`{"@type":`), quoted(detail.GetTypeUrl())...), '}')
		}
		details = append(details, text...)
	}
	b.member("details", append(details, ']'))
}

// restStatus is the HTTP status of the gateway's own errors. Where it is unknown
// what became of a request, or known that it was carried out, the status is 409:
// proxies repeat requests with 5xx by themselves. What was answered in PortOne's
// place stays as it was.
func restStatus(code codes.Code, info *errdetails.ErrorInfo) int {
	switch info.GetReason() {
	case nameOf(reasonUnknown), nameOf(reasonUnreadable):
		return http.StatusConflict
	case nameOf(reasonTooLarge):
		return http.StatusRequestEntityTooLarge
	case nameOf(reasonNoSuch):
		return http.StatusNotFound
	}
	if upstream, err := strconv.Atoi(info.GetMetadata()[metaHTTPStatus]); err == nil && upstream >= 400 {
		return upstream
	}
	if info.GetReason() == nameOf(reasonFailed) && (code == codes.Unavailable || code == codes.Internal) {
		return http.StatusBadGateway
	}
	if s, known := httpOfCode[code]; known {
		return s
	}
	return http.StatusInternalServerError
}

// httpOfCode is the mapping of google/rpc/code.proto, with 499 for a caller that
// went away.
var httpOfCode = map[codes.Code]int{
	codes.Canceled: statusClientClosed, codes.Unknown: 500, codes.InvalidArgument: 400, codes.DeadlineExceeded: 504, codes.NotFound: 404,
	codes.AlreadyExists: 409, codes.PermissionDenied: 403, codes.ResourceExhausted: 429, codes.FailedPrecondition: 400,
	codes.Aborted: 409, codes.OutOfRange: 400, codes.Unimplemented: 501, codes.Internal: 500, codes.Unavailable: 503,
	codes.DataLoss: 500, codes.Unauthenticated: 401,
}
