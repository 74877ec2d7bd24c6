package errmap

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Mapper makes errors. It is safe for concurrent use.
type Mapper struct {
	table       *table
	pgs         atomic.Pointer[Dictionaries]
	channels    *Channels
	unexplained func(pg string, form CodeForm)
	declined    func(pg string, reason portonev2.DeclineReason)
}

// New reads the tables. It fails only if they contradict the contract, which a
// test excludes.
func New() (*Mapper, error) {
	t, err := newTable()
	if err != nil {
		return nil, err
	}
	pgs, err := NewDictionaries(nil)
	if err != nil {
		return nil, err
	}
	channels, err := NewChannels(nil)
	if err != nil {
		return nil, err
	}
	m := &Mapper{table: t, channels: channels, unexplained: func(string, CodeForm) {}, declined: func(string, portonev2.DeclineReason) {}}
	m.pgs.Store(pgs)
	return m, nil
}

// Subject is what is known of a call when it fails.
type Subject struct {
	// Operation is PortOne's description of it; nil if there is none.
	Operation *portonev2.Operation

	// Mutation reports whether it may have changed something.
	Mutation bool

	// Key is the idempotency key that it carried; empty if it carried none.
	Key string

	// Language is the caller's.
	Language Language

	// Caller is the caller's name in the policy; empty where there is none, or it is not
	// to be told. It goes into the ErrorInfo's metadata.
	Caller string

	// IDs are the ids that the request named, such as paymentId. They go into the
	// ErrorInfo's metadata.
	IDs []ID

	// Sent is what went up: path, query, body. Where PortOne's message repeats any of
	// it, the status message does not quote it.
	Sent [][]byte

	// Channel names the channel that the request chose, by which the PG of a code may
	// be known, and its store; both may be empty. Asked for only where a PG failed.
	// May be nil.
	Channel func() (storeID, channelKey string)

	// Violations lists what the contract can tell of the mistakes in the request;
	// asked for only where PortOne finds it invalid. May be nil.
	Violations func() []transcode.Violation
}

// ID is an id in a request.
type ID struct{ Name, Value string }

// Answer makes the error for an answer of PortOne with a status other than 2xx: a
// typed error, or whatever else came in its place.
func (m *Mapper) Answer(c *Subject, httpStatus int, header http.Header, body []byte) *Error {
	begun := draft{call: c, http: httpStatus, retry: retryAfter(header)}
	e := begun
	if typ, ok := e.read(m, body); ok {
		return e.typed(m, typ)
	}
	e = begun
	if typ, ok := e.read(m, repair(body)); ok {
		return e.typed(m, typ)
	}
	return begun.untyped()
}

// draft is an error in the making.
type draft struct {
	call  *Subject
	http  int // PortOne's status; 0 if there was no answer
	retry time.Duration

	row     *row
	pgCode  string // of a PG_PROVIDER
	message string // PortOne's
	data    []byte // what is typed of its data, as a message
	wire    []byte // of the PortOneError
}

// member is a member of an error's JSON that is neither its type nor its message.
type member struct{ name, raw []byte }

// isType reports whether a text can be a type of PortOne's, which are names. A URI is
// the type of somebody else's problem (RFC 9457), such as a load balancer's.
func isType(text string) bool { return text != "" && !strings.ContainsAny(text, ":/") }

// read reads a typed error: an object with a member `type` that is one.
func (e *draft) read(m *Mapper, body []byte) (typ string, ok bool) {
	e.wire = make([]byte, 0, len(body)+64)
	var room [16]member
	others := room[:0]
	err := transcode.Members(body, func(name, raw []byte) {
		text, isText := "", false
		switch string(name) {
		case "type":
			if text, isText = transcode.Text(raw); isText {
				typ = text
			}
		case "message":
			if text, isText = transcode.Text(raw); isText {
				e.wire = appendString(e.wire, contract.PortOneErrorMessage, text)
				e.message = text
			}
		}
		if !isText {
			others = append(others, member{append([]byte(nil), name...), raw})
		}
	})
	if err != nil || !isType(typ) {
		return "", false
	}
	e.row = m.table.byType[typ]
	if row := m.table.bySchema[e.call.Operation.GetErrorSchemas()[typ]]; row != nil {
		e.row = row
	}
	if row := m.table.byUse[use{e.call.Operation.GetId(), typ}]; row != nil {
		e.row = row
	}
	e.wire = appendString(e.wire, contract.PortOneErrorType, typ)
	e.wire = appendVarint(e.wire, contract.PortOneErrorHTTPStatus, uint64(e.http))
	if e.row != nil {
		e.wire = appendVarint(e.wire, contract.PortOneErrorReason, uint64(e.row.reason))
	}
	e.addMembers(typ, body, others)
	return typ, true
}

// addMembers adds what an error has beside its type and message: as typed data
// where its type has any, as unrecognized members where not.
func (e *draft) addMembers(typ string, body []byte, others []member) {
	typed := false
	if e.row != nil && e.row.data != nil {
		if data, err := e.row.data.decode(typ, body); err == nil {
			e.wire = append(e.wire, e.row.data.tag...)
			e.wire = protowire.AppendBytes(e.wire, data)
			e.data, typed = data, true
		}
	}
	for _, o := range others {
		if string(o.name) == "pgCode" && e.row != nil && e.row.reason == portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER {
			e.pgCode, _ = transcode.Text(o.raw)
		}
		// The data leaves out a message, also one that is no text and so is here.
		if !typed || string(o.name) == "message" {
			e.wire = appendEntry(e.wire, contract.UnrecognizedNumber, o.name, o.raw)
		}
	}
}

// decode turns the body of an error into the wire form of its data.
func (d *data) decode(typ string, body []byte) ([]byte, error) {
	plan := d.plan
	if d.types[typ] {
		plan = d.typed
	}
	return plan.AppendWire(nil, body, transcode.Lenient)
}

// typed finishes an error whose type PortOne gave.
func (e *draft) typed(m *Mapper, typ string) *Error {
	code, text := codeOfHTTP(e.http, e.call.Mutation), unknownType
	if mayBeDone(e.http) {
		text = unknownFailure
	}
	var detail proto.Message
	wait := e.retry
	if e.row != nil {
		code, text = e.row.code, e.row.text
		detail = e.row.standardDetail(e.call)
		if wait == 0 && e.row.detail == retryInfo {
			wait = usualRetry
		}
	}
	code, text = e.explain(m, code, text)
	unclear := e.call.Mutation && code == codes.Unavailable
	if code = e.codeFor(code); unclear {
		text, wait = unclearFailure, 0
	}
	st := &spb.Status{Code: int32(code), Message: text[English] + e.quote(), Details: make([]*anypb.Any, 0, 5)}
	st.Details = append(st.Details,
		&anypb.Any{TypeUrl: typePrefix + "google.rpc.ErrorInfo", Value: e.errorInfo(typ)},
		&anypb.Any{TypeUrl: typePrefix + "portone.v2.PortOneError", Value: e.wire})
	if detail != nil {
		st.Details = append(st.Details, pack(detail))
	}
	if wait > 0 {
		st.Details = append(st.Details, pack(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}))
	}
	st.Details = append(st.Details, localized(e.call.Language, text))
	return &Error{full: st, reason: typ, domain: contract.PortOneDomain, http: e.http, retry: e.retry, settles: e.row.settles(e.http)}
}

// usualRetry is how long to wait where PortOne says that a retry helps and not
// when.
const usualRetry = time.Second

// localized is the text for people.
func localized(l Language, text [languages]string) *anypb.Any {
	value := appendString(make([]byte, 0, len(text[l])+16), 1, l.Tag())
	return &anypb.Any{TypeUrl: typePrefix + "google.rpc.LocalizedMessage", Value: appendString(value, 2, text[l])}
}

// errorInfo is the ErrorInfo of a typed error in wire form: under an outage of a PG
// every call ends here, and marshalling a map costs more than all the rest.
func (e *draft) errorInfo(typ string) []byte {
	info := appendString(make([]byte, 0, 256), 1, typ)
	info = appendString(info, 2, contract.PortOneDomain)
	e.eachMeta(func(name, value string) { info = appendEntry(info, 3, name, value) })
	return info
}

// codeFor is the code of an error for the call. Types and PG codes that reads and
// mutations share are UNKNOWN in the tables where the outcome of a mutation is; a
// read that failed for such a reason can be repeated. The other way round, a mutation
// that reached PortOne is never UNAVAILABLE, which meshes repeat by themselves.
func (e *draft) codeFor(code codes.Code) codes.Code {
	switch {
	case code == codes.Unknown && !e.call.Mutation && e.http > http.StatusInternalServerError:
		return codes.Unavailable
	case code == codes.Unavailable && e.call.Mutation:
		return codes.Unknown
	}
	return code
}

// eachMeta calls f for each entry of the ErrorInfo's metadata. A later one of the
// same name counts: what the gateway says, not what a request calls its ids.
func (e *draft) eachMeta(f func(name, value string)) {
	for _, id := range e.call.IDs {
		f(id.Name, id.Value)
	}
	if id := e.call.Operation.GetId(); id != "" {
		f(metaOperation, id)
	}
	if e.call.Caller != "" {
		f(metaCaller, e.call.Caller)
	}
	if e.http != 0 {
		f(metaHTTPStatus, strconv.Itoa(e.http))
	}
	if e.call.Mutation && e.call.Key != "" {
		f(metaKey, e.call.Key)
	}
}

// metadata is that of the ErrorInfo.
func (e *draft) metadata() map[string]string {
	meta := make(map[string]string, 4+len(e.call.IDs))
	e.eachMeta(func(name, value string) { meta[name] = value })
	return meta
}

// standardDetail is the google.rpc detail that fits an error's kind.
func (r *row) standardDetail(c *Subject) proto.Message {
	text := r.text[English]
	switch r.detail {
	case badRequest:
		if r.reason == portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST {
			return invalidRequest(c)
		}
		return &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: r.about, Description: text, Reason: r.typ}}}
	case preconditionFailure:
		return &errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{{Type: r.typ, Subject: subject(r.about, c), Description: text}}}
	case resourceInfo:
		return &errdetails.ResourceInfo{ResourceType: r.about, ResourceName: idOf(r.about, c), Description: text}
	case quotaFailure:
		return &errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: subject(r.about, c), Description: text}}}
	}
	return nil
}

// invalidRequest lists what the contract can tell of a request that PortOne finds
// invalid; PortOne itself says it only in words, in its message.
func invalidRequest(c *Subject) proto.Message {
	if c.Violations == nil {
		return nil
	}
	found := c.Violations()
	if len(found) == 0 {
		return nil
	}
	detail := new(errdetails.BadRequest)
	for _, v := range found {
		detail.FieldViolations = append(detail.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Description})
	}
	return detail
}

// subject names a thing: payment/p-1, or its kind where the call names none.
func subject(kind string, c *Subject) string {
	if id := idOf(kind, c); id != "" {
		return kind + "/" + id
	}
	return kind
}

// idNames are the parameters that name things whose kind does not say so.
var idNames = map[string]string{
	"cashReceipt":          "paymentId",
	"certificate":          "brn",
	"company":              "businessRegistrationNumber",
	"paymentCancellation":  "cancellationId",
	"paymentSession":       "sessionId",
	"taxInvoice":           "taxInvoiceKey",
	"taxInvoiceAttachment": "attachmentId",
}

// idOf returns the id that the call gives for a kind of thing: paymentId for a
// payment. A platform's things are all called id; that is the kind's only where
// the operation is about it, as updatePlatformContract is about a contract: a
// contract that a partner's update names is not the partner. A change that is
// scheduled has the id of what it changes.
func idOf(kind string, c *Subject) string {
	if kind == "" {
		return ""
	}
	kind = platformKind(kind)
	about := strings.Contains(strings.ToLower(c.Operation.GetId()), strings.ToLower(kind))
	for _, id := range c.IDs {
		if strings.EqualFold(id.Name, kind+"Id") || id.Name == kind || id.Name == idNames[kind] || id.Name == "id" && about {
			return id.Value
		}
	}
	return ""
}

// platformKind is the kind of what a scheduled change is of. A payment's schedule
// is a thing of its own.
func platformKind(kind string) string {
	if of, scheduled := strings.CutSuffix(kind, "Schedule"); scheduled && of != "payment" {
		return of
	}
	return kind
}

// retryAfter reads a Retry-After header in either form (RFC 9110, section
// 10.2.3); 0 if there is none, or none that makes sense.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(max(0, min(seconds, int64(longestRetry/time.Second)))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(time.Until(at), longestRetry))
	}
	return 0
}

// longestRetry is the longest wait that is passed on; a longer one is a mistake.
const longestRetry = 24 * time.Hour

// codeOfHTTP is the code of an error of a type that the table does not have.
func codeOfHTTP(httpStatus int, mutation bool) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return codes.Unimplemented
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return codes.ResourceExhausted
	}
	switch {
	case httpStatus >= 500 && httpStatus != http.StatusInternalServerError && !mutation:
		return codes.Unavailable // nothing was changed, so that a retry is safe
	case httpStatus >= 500, mutation && mayBeDone(httpStatus):
		return codes.Unknown
	}
	return codes.FailedPrecondition // 409, 410, 412 and the rest: not in this state
}

const typePrefix = "type.googleapis.com/"

// pack packs a detail. Details are made of strings and numbers, which always can
// be marshalled, but for a string that is not UTF-8: that becomes an empty detail.
func pack(detail proto.Message) *anypb.Any {
	value, err := proto.Marshal(detail)
	if err != nil {
		value = nil
	}
	return &anypb.Any{TypeUrl: typePrefix + string(detail.ProtoReflect().Descriptor().FullName()), Value: value}
}

func appendString(dst []byte, number protowire.Number, text string) []byte {
	dst = protowire.AppendTag(dst, number, protowire.BytesType)
	return protowire.AppendString(dst, text)
}

func appendVarint(dst []byte, number protowire.Number, v uint64) []byte {
	dst = protowire.AppendTag(dst, number, protowire.VarintType)
	return protowire.AppendVarint(dst, v)
}

// appendEntry appends an entry of a map from string to string.
func appendEntry[S string | []byte](dst []byte, number protowire.Number, key, value S) []byte {
	dst = protowire.AppendTag(dst, number, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(2+protowire.SizeBytes(len(key))+protowire.SizeBytes(len(value))))
	dst = protowire.AppendVarint(append(dst, 1<<3|2), uint64(len(key)))
	dst = append(dst, key...)
	dst = protowire.AppendVarint(append(dst, 2<<3|2), uint64(len(value)))
	return append(dst, value...)
}
